//! The add task: an event whose chance is a sum over two past inputs, with floors that are known.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass, is_count_up_to};
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;
use crate::stats::normal_tail;

/// The state is `(x_t, x_{t−1}, …)`, as far back as the far lag.
///
/// ```text
/// x_t = 0 or 1 with chance ½ each,   P(y_t = 1 | x) = ½ + ½ x_{t−near} − ¼ x_{t−far}
/// ```
///
/// Source: Pitis (2016), "Recurrent neural networks in TensorFlow I", where the lags are 3 and 8.
#[derive(Clone, Debug)]
struct AddTask {
    near: usize,
    far: usize,
}

impl AddTask {
    fn chance(&self, state: &[f64]) -> f64 {
        0.5 + 0.5 * state[self.near] - 0.25 * state[self.far]
    }
}

impl Kernel for AddTask {
    fn state_len(&self) -> usize {
        self.near.max(self.far) + 1
    }

    fn innovation_len(&self) -> usize {
        1
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        next[0] = f64::from(u8::from(innovation[0] > 0.0));
        next[1..].copy_from_slice(&now[..now.len() - 1]);
    }
}

impl DataProcess for AddTask {
    fn inputs(&self) -> usize {
        1
    }

    fn outputs(&self) -> usize {
        1
    }

    fn observation_len(&self) -> usize {
        1
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input[0] = state[0];
    }

    fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
        target[0] = f64::from(u8::from(normal_tail(observation_noise[0]) < self.chance(state)));
    }

    fn mean_target(&self, state: &[f64], target: &mut [f64]) {
        target[0] = self.chance(state);
    }

    fn input_bounds(&self) -> Vec<f64> {
        vec![1.0]
    }

    fn targets(&self) -> Targets {
        Targets::Chances
    }

    fn admits(&self, state: &[f64]) -> bool {
        state.iter().all(|coin| is_count_up_to(*coin, 1))
    }

    fn knows_best(&self) -> bool {
        true
    }

    fn start(&self, _spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        state.iter_mut().for_each(|x| *x = f64::from(u8::from(*x > 0.0)));
    }
}

/// `kind = "add-task"`.
pub(super) struct Kind;

/// Longest lag; every input since is part of the data state.
const FARTHEST: usize = 10_000;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "add-task"
    }

    fn formula(&self) -> &'static str {
        "P(Y = 1) = ½ + ½ X(t − near) − ¼ X(t − far), with coins X"
    }

    fn keys(&self) -> &'static [Entry] {
        const { &[Entry::filled("near", "3", "lag that makes the event likelier"), Entry::filled("far", "8", "lag that makes it less likely")] }
    }

    fn example(&self) -> &'static str {
        "near = 3\nfar = 8"
    }

    fn known(&self) -> &'static str {
        "stationary; forgotten after the far lag; bounded; best losses 0.66156 knowing neither lag, 0.51917 the near, 0.62774 the far, 0.45445 both (lags 3 and 8 or any two)"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let lag = |key: &str, default: usize| keys.at.count(key, keys.get(key)?.unwrap_or(default), (0, FARTHEST));
        let (near, far) = (lag("near", 3)?, lag("far", 8)?);
        if near == far {
            return Err(keys.error("far", "both lags are the same", "give two different lags"));
        }
        Ok(Made::drawn(AddTask { near, far }))
    }
}
