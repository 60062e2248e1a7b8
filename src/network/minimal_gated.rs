//! The minimal gated unit.

use super::activation::{SIGMOID, TANH, logistic};
use super::gated::{self, Gate, Hidden, UnitRule, UnitStep};
use super::kind::{BlockSpec, CellKind, CellOptions, Sizes};
use super::unit_rule::{Bounded, Corner};
use super::{Cell, ElmanError};
use ndarray::Array2;

/// ```text
/// f = σ(B_f S + W_f X + b_f),  n = tanh(W X + b + f (B S + b_B)),  S' = (1 − f) S + f n
/// ```
///
/// One gate forgets and lets in. It acts after the recurrent product, as the reset gate of
/// [`super::gru`]. Source: Zhou et al. (2016), arXiv:1603.09420, where it acts before.
#[derive(Clone)]
struct MinimalGated;

impl UnitRule for MinimalGated {
    const NAME: &'static str = "minimal gated unit";
    const NONLINEARITY: &'static str = "sigmoid and tanh";
    const ROWS: usize = 1;
    const GATES: &'static [Gate] = &[
        Gate { hidden: Hidden::All, input: true, bias: true, names: ["B_f", "W_f", "b_f"] },
        Gate { hidden: Hidden::None, input: true, bias: true, names: ["", "W", "b"] },
        Gate { hidden: Hidden::All, input: false, bias: true, names: ["B", "", "b_B"] },
    ];

    fn units(&self, u: &mut [f64], s: &[f64], out: UnitStep<'_>) {
        let (gate, u) = u.split_at_mut(s.len());
        let (candidate, hidden) = u.split_at_mut(s.len());
        let (of_gate, slopes) = out.slopes.split_at_mut(s.len());
        let (of_candidate, of_hidden) = slopes.split_at_mut(s.len());
        SIGMOID.values_and_slopes(gate, of_gate);
        candidate.iter_mut().zip(gate.iter().zip(&*hidden)).for_each(|(u, (f, h))| *u += f * h);
        TANH.values_and_slopes(candidate, of_candidate);
        for e in 0..s.len() {
            let (f, n) = (gate[e], candidate[e]);
            let through = f * of_candidate[e];
            out.next[e] = s[e] + f * (n - s[e]);
            of_gate[e] *= n - s[e] + through * hidden[e];
            of_candidate[e] = through;
            of_hidden[e] = through * f;
            out.direct[e] = 1.0 - f;
        }
    }

    /// A row is `1 − f + f Q`, linear in `f`: the slope `f (1 − f)` of the gate meets
    /// `|n − S| ≤ 1 + n̄` and `f |B S + b_B|`.
    fn comparison(&self, reach: &dyn Fn(usize, usize) -> f64, unit: usize) -> Option<Bounded> {
        let [gate, of_input, of_hidden] = [0, 1, 2].map(|gate| reach(gate, unit));
        let (low, top) = (logistic(-gate), logistic(gate));
        let n = libm::tanh(of_input + top * of_hidden);
        let at = |f: f64| Corner { slopes: vec![f * (1.0 - low) * (1.0 + n + top * of_hidden), f, f * top], direct: vec![1.0 - f] };
        Some(Bounded { corners: vec![at(low), at(top)] })
    }
}

/// Minimal gated units.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "mgu"
    }

    fn formula(&self) -> &'static str {
        "S' = (1 − f) S + f tanh(W X + b + f (B S + b_B)), with one gate f"
    }

    fn takes_activation(&self) -> bool {
        false
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        gated::blocks::<MinimalGated>(sizes)
    }

    fn build(&self, blocks: &[Array2<f64>], _options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        gated::build(MinimalGated, blocks)
    }
}
