//! Maps that move without noise and never settle: what one number of the state tells of the next.

mod henon;
mod logistic;
mod lorenz;
mod mackey_glass;

pub(super) use henon::Kind as Henon;
pub(super) use logistic::Kind as Logistic;
pub(super) use lorenz::Kind as Lorenz;
pub(super) use mackey_glass::Kind as MackeyGlass;

use super::kind::Made;
use super::section::Keys;
use super::{DataProcess, InputError};
use crate::markov::Kernel;
use crate::random::Noise;

/// A map `z ↦ f(z)` whose first coordinate is observed.
trait Map: Clone + Send + Sync + 'static {
    /// Coordinates.
    fn len(&self) -> usize;

    /// Writes `f(now)`.
    fn step(&self, now: &[f64], next: &mut [f64]);

    /// A point from which the attractor is reached.
    fn first(&self, noise: &mut Noise, point: &mut [f64]);
}

/// Steps after which a start is taken to lie on the attractor, and most that follow before it
/// counts, so that starts are spread over it.
const WARM: usize = 1000;
/// Steps from which mean and deviation are had.
const MEASURED: usize = 1 << 17;

/// ```text
/// X_t = (x_t − μ)/s,   Y_t = (x_{t+1} − μ)/s,   x_t the first coordinate of z_t
/// ```
///
/// `μ` and `s` are mean and deviation of `x` over 2¹⁷ steps on the attractor. There is no noise:
/// two copies of the chain that are not the same move apart, so that the claims which couple copies
/// are contradicted. The state is `(z_{t+1}, x_t)`.
#[derive(Clone, Debug)]
struct Chaotic<M> {
    map: M,
    mean: f64,
    deviation: f64,
}

impl<M: Map> Chaotic<M> {
    /// The process of a section.
    fn make(map: M, keys: Keys<'_>) -> Result<Made, InputError> {
        let mut noise = Noise::at(crate::random::RngKey::root(0).within("chaotic"));
        let process = Chaotic { map, mean: 0.0, deviation: 1.0 };
        let mut now = process.reached(&mut noise);
        let mut next = now.clone();
        let (mut mean, mut squares) = (0.0, 0.0);
        for count in 1..=MEASURED {
            process.map.step(&now, &mut next);
            std::mem::swap(&mut now, &mut next);
            let away = now[0] - mean;
            mean += away / count as f64;
            squares += away * (now[0] - mean);
        }
        let deviation = (squares / MEASURED as f64).sqrt();
        if !(deviation.is_finite() && deviation > 1e-9 * (1.0 + f64::abs(mean))) {
            let what = if deviation.is_finite() { "the map settles on one point" } else { "the map leaves the finite numbers" };
            return Err(keys.error("kind", what, "choose parameters for which it stays on an attractor, as the defaults do"));
        }
        Ok(Made::drawn(Chaotic { mean, deviation, ..process }))
    }

    /// A point of the attractor.
    fn reached(&self, noise: &mut Noise) -> Vec<f64> {
        let mut now = vec![0.0; self.map.len()];
        self.map.first(noise, &mut now);
        let mut next = now.clone();
        for _ in 0..WARM + noise.index(WARM) {
            self.map.step(&now, &mut next);
            std::mem::swap(&mut now, &mut next);
        }
        now
    }

    fn standardised(&self, x: f64) -> f64 {
        (x - self.mean) / self.deviation
    }
}

impl<M: Map> Kernel for Chaotic<M> {
    fn state_len(&self) -> usize {
        self.map.len() + 1
    }

    fn innovation_len(&self) -> usize {
        0
    }

    fn step(&self, now: &[f64], _innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let n = self.map.len();
        next[n] = now[0];
        self.map.step(&now[..n], &mut next[..n]);
    }
}

impl<M: Map> DataProcess for Chaotic<M> {
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
        input[0] = self.standardised(state[self.map.len()]);
    }

    fn input_difference(&self, _state: &[f64], difference: &[f64], input: &mut [f64]) {
        input[0] = difference[self.map.len()] / self.deviation;
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        target[0] = self.standardised(state[0]);
    }

    /// Whether the map does not leave the finite numbers from there.
    fn admits(&self, state: &[f64]) -> bool {
        let n = self.map.len();
        let (mut now, mut next) = (state[..n].to_vec(), vec![0.0; n]);
        for _ in 0..WARM {
            self.map.step(&now, &mut next);
            std::mem::swap(&mut now, &mut next);
        }
        state[n].is_finite() && now.iter().all(|z| z.is_finite())
    }

    /// A point of the attractor, whatever the spread.
    fn start(&self, _spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        let n = self.map.len();
        let now = self.reached(noise);
        self.map.step(&now, &mut state[..n]);
        state[n] = now[0];
    }
}
