//! Series of one number a step whose every property is known: what is seen is the number, what is
//! asked for is the next.

mod fractional;
mod heavy_tailed;
mod periodic;
mod random_walk;
mod trending;

pub(super) use fractional::Kind as Fractional;
pub(super) use heavy_tailed::Kind as HeavyTailed;
pub(super) use periodic::Kind as Periodic;
pub(super) use random_walk::Kind as RandomWalk;
pub(super) use trending::Kind as Trending;

use super::DataProcess;
use crate::markov::{Kernel, subtract_copies};
use crate::random::Noise;

/// A recursion whose first number is the series.
trait Series: Send + Sync + 'static {
    /// Numbers of its state.
    fn len(&self) -> usize;

    /// Normals of a step.
    fn innovations(&self) -> usize;

    /// The part of a step that is linear in the state: `next = A now`. Where
    /// [`Series::is_linear`] does not hold, the whole of what is not noise.
    fn drift(&self, now: &[f64], next: &mut [f64]);

    /// Adds what is noise.
    fn shock(&self, innovation: &[f64], next: &mut [f64]);

    /// Whether the difference of two copies on the same noise moves by the drift alone.
    fn is_linear(&self) -> bool;

    /// A state to begin from.
    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]);

    /// Whether these numbers are a state.
    fn admits(&self, state: &[f64]) -> bool {
        state.iter().all(|number| number.is_finite())
    }
}

/// A series and its next value. The state is `(z_{t+1}, x_t)`: what is seen is `x_t`, what is asked
/// for the first number of `z_{t+1}`.
struct Ahead<S>(S);

impl<S: Series> Kernel for Ahead<S> {
    fn state_len(&self) -> usize {
        self.0.len() + 1
    }

    fn innovation_len(&self) -> usize {
        self.0.innovations()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let n = self.0.len();
        next[n] = now[0];
        self.0.drift(&now[..n], &mut next[..n]);
        self.0.shock(innovation, &mut next[..n]);
    }

    fn keeps_differences(&self) -> bool {
        self.0.is_linear()
    }

    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        if !self.0.is_linear() {
            subtract_copies(self, now, difference, innovation, next, next_difference, work);
            return;
        }
        let n = self.0.len();
        next_difference[n] = difference[0];
        self.0.drift(&difference[..n], &mut next_difference[..n]);
    }
}

impl<S: Series> DataProcess for Ahead<S> {
    fn inputs(&self) -> usize {
        1
    }

    fn outputs(&self) -> usize {
        1
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input[0] = state[self.0.len()];
    }

    fn input_difference(&self, _state: &[f64], difference: &[f64], input: &mut [f64]) {
        input[0] = difference[self.0.len()];
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        target[0] = state[0];
    }

    fn differs_linearly(&self) -> bool {
        self.0.is_linear()
    }

    fn admits(&self, state: &[f64]) -> bool {
        let n = self.0.len();
        self.0.admits(&state[..n]) && state[n].is_finite()
    }

    fn start(&self, spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        let n = self.0.len();
        let mut now = vec![0.0; n];
        self.0.first(spread, noise, &mut now);
        state[n] = now[0];
        let mut innovation = vec![0.0; self.0.innovations()];
        noise.normals(&mut innovation);
        self.0.drift(&now, &mut state[..n]);
        self.0.shock(&innovation, &mut state[..n]);
    }
}
