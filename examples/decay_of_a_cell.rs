//! How fast does a cell of one's own forget? `cargo run --release --example decay_of_a_cell`

use ndarray::Array2;
use rtrl_lab::claims::{self, Case};
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::network::{Cell, Layout, NamedBlock, Network, Readout};

/// `S' = a S + sin X`, a leaky unit for each input: one parameter `a` a unit.
#[derive(Clone)]
struct Leaky(Vec<f64>);

#[rustfmt::skip]
impl Cell for Leaky {
    fn state_len(&self) -> usize { self.0.len() }
    fn inputs(&self) -> usize { self.0.len() }
    fn layout(&self) -> Layout { Layout::of(vec![NamedBlock { name: "a", rows: self.0.len(), columns: 1, offset: 0, stride: 1 }]) }
    fn parameters(&self) -> &[f64] { &self.0 }
    fn parameters_mut(&mut self) -> &mut [f64] { &mut self.0 }
    fn tape_len(&self) -> usize { self.0.len() }
    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        tape.copy_from_slice(state);
        next.iter_mut().enumerate().for_each(|(i, next)| *next = self.0[i] * state[i] + input[i].sin());
    }
    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let at = |values: Option<&[f64]>, i: usize| values.map_or(0.0, |values| values[i]);
        image.iter_mut().enumerate().for_each(|(i, slot)| *slot = self.0[i] * at(tangent, i) + tape[i] * at(direction, i));
    }
    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        for (i, a) in adjoint.iter().enumerate() {
            previous[i] = self.0[i] * a;
            gradient[i] += tape[i] * a;
        }
    }
    fn boxed_clone(&self) -> Box<dyn Cell> { Box::new(self.clone()) }
    fn name(&self) -> &'static str { "leaky unit" }
    fn nonlinearity(&self) -> &'static str { "sine of the input" }
    fn is_smooth(&self) -> bool {
        true
    }
}

fn main() {
    let target = LinearTarget::new(vec![vec![1.0, -1.0]], 0.1);
    let data = Var(Autoregression { transition: Array2::eye(2) * 0.5, noise_factor: Array2::eye(2), inputs: vec![0, 1], target });
    let network = Network { cell: Box::new(Leaky(vec![0.9, 0.6])), readout: Readout::new(&[1.0, 0.5], &[0.0], 2) };
    let claim = claims::named("hidden_contraction").expect("the claim is on the list");
    let case = Case::new("leaky", std::sync::Arc::new(data), network).with_budget(claim, |budget| budget.chains = 128);
    let finding = case.ask(claim);
    let rate = finding.estimate.as_ref().expect("the distance shrinks");
    println!("{}: {}", finding.outcome(), finding.reason);
    println!("rate {:.4} in [{:.4}, {:.4}], exactly 0.9", rate.value, rate.lower, rate.upper);
    assert!(rate.contains(0.9));
}
