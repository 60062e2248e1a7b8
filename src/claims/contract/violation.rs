//! Small cases in which claims are false: the raw material of the designed violations.

use crate::claims::{Budget, Case, Learning, Start};
use crate::data::{Autoregression, LinearTarget, Var};
use crate::network::{Elman, Network, Readout, activation};
use crate::random::RngKey;
use crate::theory::Certificate;
use crate::training::{Method, Schedule};
use ndarray::Array2;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The plain numbers of a small case: scalar data `D' = φ D + ξ`, target `Y = D`, an Elman cell
/// with diagonal `B`.
pub(crate) struct Fixture<'a> {
    pub phi: f64,
    pub recurrent: &'a [f64],
    pub input_weight: f64,
    pub activation: &'static str,
    pub learning: Learning,
}

/// A schedule that RTRL converges under, for violations that are about something else.
pub(crate) const SOUND_SCHEDULE: Schedule = Schedule { initial: 0.05, offset: 1000.0, exponent: 0.7 };

/// Learning that no violation but its own depends on.
pub(crate) fn plain_learning() -> Learning {
    Learning { method: Method::RTRL, schedule: SOUND_SCHEDULE, steps: 2000, projection: None }
}

impl Fixture<'_> {
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
            transition: Array2::from_elem((1, 1), self.phi),
            noise_factor: Array2::from_elem((1, 1), 1.0),
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![1.0]], 0.1),
        });
        let certificate = Certificate::of(&cell, Some(&data.0.transition));
        let network = Network { cell: Box::new(cell), readout: Readout::new(&vec![1.0 / n as f64; n], &[0.0], n) };
        Case {
            key: RngKey::root(seed).within("violation").within(claim),
            // No exact answer and no spectral radius may decide in the measurement's place.
            certificate,
            linear: None,
            unit: None,
            start: Start { data: None, hidden: None, spread: 3.0 },
            learning: self.learning,
            budgets: BTreeMap::from([(claim.to_string(), budget)]),
            ..Case::new(&format!("violation of {claim}"), Arc::new(data), network)
        }
    }
}

/// Two attractors: each unit of `S' = tanh(1.6 S + 0.05 X)` stays on its side of zero, so two
/// starts never meet. The recurrence is no stronger than that, because a start near the saddle at
/// zero stretches derivatives by the slope there a step, and one such pair would hide all others.
pub(in crate::claims) fn bistable(seed: u64, claim: &str, margin: f64) -> Case {
    let budget = Budget { chains: 64, steps: 120, burn_in: 50, margin, times: vec![5, 40], ..Budget::default() };
    Fixture { phi: 0.5, recurrent: &[1.6, 1.6], input_weight: 0.05, activation: "tanh", learning: plain_learning() }.build(seed, claim, budget)
}
