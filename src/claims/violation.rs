//! Small cases in which claims are false: the raw material of the designed violations.

use super::{Budget, Case, Derivatives, Learning, Start};
use crate::data::{Autoregression, LinearTarget, Var};
use crate::network::{Elman, Network, Readout, activation};
use crate::random::Address;
use crate::theory::Certificate;
use crate::training::{Method, Schedule};
use ndarray::Array2;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The plain numbers of a small case: scalar data `D' = φ D + ξ`, target `Y = D`, an Elman cell with diagonal `B`.
pub(crate) struct Blueprint<'a> {
    pub memory: f64,
    pub recurrent: &'a [f64],
    pub input_weight: f64,
    pub activation: &'static str,
    pub learning: Learning,
}

/// A schedule that RTRL converges under, for violations that are about something else.
pub(crate) const SOUND_SCHEDULE: Schedule = Schedule { initial: 0.05, offset: 1000.0, exponent: 0.7 };

/// Learning that no violation but its own depends on.
pub(crate) fn plain_learning() -> Learning {
    Learning { method: Method::Rtrl, schedule: SOUND_SCHEDULE, steps: 2000, projection: None }
}

impl Blueprint<'_> {
    /// The case with the given claim's budget.
    pub(crate) fn build(&self, seed: u64, claim: &str, budget: Budget) -> Case {
        let n = self.recurrent.len();
        let mut b_matrix = vec![0.0; n * n];
        for (i, value) in self.recurrent.iter().enumerate() {
            b_matrix[i * n + i] = *value;
        }
        let activation = activation::named(self.activation).expect("the blueprint names an activation on offer");
        let cell = Elman::new(&b_matrix, &vec![self.input_weight; n], &vec![0.0; n], 0.0, activation).expect("the blueprint's shapes fit");
        let data = Var(Autoregression {
            transition: Array2::from_elem((1, 1), self.memory),
            noise_factor: Array2::from_elem((1, 1), 1.0),
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![1.0]], 0.1),
        });
        Case {
            name: format!("violation of {claim}"),
            address: Address::root(seed).within("violation").within(claim),
            level: 0.95,
            certificate: Certificate::of(&cell, Some(&data.0.transition)),
            data: Arc::new(data),
            network: Network { cell: Box::new(cell), readout: Readout::new(&vec![1.0 / n as f64; n], &[0.0], n) },
            activation: activation.name(),
            linear: None,
            unit: None,
            recorded: None,
            derivatives: Derivatives::Exact,
            start: Start { data: None, hidden: None, spread: 3.0 },
            learning: self.learning,
            budgets: BTreeMap::from([(claim.to_string(), budget)]),
        }
    }
}

/// Two attractors: each unit of `S' = tanh(1.6 S + 0.05 X)` stays on its side of zero, so two starts never meet. The recurrence is no stronger than that, because a
/// start near the saddle at zero stretches derivatives by the slope there a step, and one such pair would hide all others.
pub(super) fn bistable(seed: u64, claim: &str, margin: f64) -> Case {
    let budget = Budget { chains: 64, steps: 120, burn_in: 50, margin, seeds: 0, checkpoints: 0, taus: vec![], times: vec![5, 40] };
    Blueprint { memory: 0.5, recurrent: &[1.6, 1.6], input_weight: 0.05, activation: "tanh", learning: plain_learning() }.build(seed, claim, budget)
}
