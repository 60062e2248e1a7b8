//! A teacher: targets that a recurrent network of known size has made.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass};
use crate::linalg::{Norm, operator_norm};
use crate::markov::Kernel;
use crate::random::{Noise, RngKey};
use ndarray::Array2;

/// ```text
/// X_{t+1} = φ X_t + √(1 − φ²) ξ_{t+1},   H_{t+1} = tanh(W H_t + B X_t),   Y_t = C H_{t+1} + σ η_t
/// ```
///
/// The state is `(X_t, H_t)`. Weights are drawn from a seed of their own: `W` (n × n) has the
/// stated spectral norm, entries of `B` (n × d) have variance 1/d and those of `C` (1 × n) variance
/// 1/n. A student of the same kind and at least as many units reaches the loss `σ²/2` and no less.
#[derive(Clone, Debug)]
struct Teacher {
    phi: f64,
    noise: f64,
    recurrent: Array2<f64>,
    input: Array2<f64>,
    readout: Vec<f64>,
}

impl Teacher {
    /// `H_{t+1}` of a state.
    fn hidden(&self, state: &[f64], next: &mut [f64]) {
        let (x, h) = state.split_at(self.input.ncols());
        for (i, next) in next.iter_mut().enumerate() {
            let drive = self.input.row(i).iter().zip(x).fold(0.0, |sum, (b, x)| sum + b * x);
            *next = libm::tanh(self.recurrent.row(i).iter().zip(h).fold(drive, |sum, (w, h)| sum + w * h));
        }
    }
}

impl Kernel for Teacher {
    fn state_len(&self) -> usize {
        self.input.ncols() + self.input.nrows()
    }

    fn innovation_len(&self) -> usize {
        self.input.ncols()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let (inputs, hidden) = next.split_at_mut(self.input.ncols());
        self.hidden(now, hidden);
        let fresh = (1.0 - self.phi * self.phi).sqrt();
        for ((next, now), xi) in inputs.iter_mut().zip(now).zip(innovation) {
            *next = self.phi * now + fresh * xi;
        }
    }
}

impl DataProcess for Teacher {
    fn inputs(&self) -> usize {
        self.input.ncols()
    }

    fn outputs(&self) -> usize {
        1
    }

    fn observation_len(&self) -> usize {
        1
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input.copy_from_slice(&state[..input.len()]);
    }

    fn input_difference(&self, _state: &[f64], difference: &[f64], input: &mut [f64]) {
        input.copy_from_slice(&difference[..input.len()]);
    }

    fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
        let mut hidden = vec![0.0; self.input.nrows()];
        self.hidden(state, &mut hidden);
        target[0] = self.readout.iter().zip(&hidden).fold(self.noise * observation_noise[0], |sum, (c, h)| sum + c * h);
    }

    fn knows_best(&self) -> bool {
        true
    }

    fn start(&self, spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        let (inputs, hidden) = state.split_at_mut(self.input.ncols());
        inputs.iter_mut().for_each(|x| *x *= spread);
        hidden.iter_mut().for_each(|h| *h = libm::tanh(spread * *h));
    }
}

/// `kind = "teacher"`.
pub(super) struct Kind;

/// Most units and inputs of a teacher.
const LARGEST: usize = 1000;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "teacher"
    }

    fn formula(&self) -> &'static str {
        "targets of a drawn tanh network on autoregressive inputs, whose weights a student may find"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("inputs", "1", "number of inputs"),
                Entry::filled("hidden", "4", "the teacher's units"),
                Entry::filled("recurrent_norm", "0.8", "spectral norm of the teacher's recurrent weights"),
                Entry::filled("phi", "0.5", "correlation of one step, between -1 and 1"),
                Entry::filled("target_noise", "0.1", "standard deviation of the noise of the target"),
                Entry::filled("seed", "1", "seed of the teacher's weights"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "inputs = 2\nhidden = 3\nrecurrent_norm = 0.8\nphi = 0.5\ntarget_noise = 0.1\nseed = 1"
    }

    fn known(&self) -> &'static str {
        "stationary; inputs are forgotten at rate φ, the teacher's units at recurrent_norm; Gaussian tails; best squared loss target_noise²/2"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let inputs = keys.at.count("inputs", keys.get("inputs")?.unwrap_or(1), (1, LARGEST))?;
        let hidden = keys.at.count("hidden", keys.get("hidden")?.unwrap_or(4), (1, LARGEST))?;
        let norm = keys.number("recurrent_norm", 0.8, (0.0, 100.0), false)?;
        let phi = keys.number("phi", 0.5, (-1.0, 1.0), true)?;
        let noise = keys.number("target_noise", 0.1, (0.0, 1e12), false)?;
        let seed: u64 = keys.get("seed")?.unwrap_or(1);
        let mut drawn = Noise::at(RngKey::root(seed).within("teacher"));
        let mut matrix = |rows: usize, columns: usize, scale: f64| {
            let numbers = drawn.normal_vector(rows * columns);
            Array2::from_shape_fn((rows, columns), |(i, j)| scale * numbers[i * columns + j])
        };
        let recurrent = matrix(hidden, hidden, 1.0);
        let input = matrix(hidden, inputs, (inputs as f64).sqrt().recip());
        let readout = matrix(1, hidden, (hidden as f64).sqrt().recip()).into_raw_vec_and_offset().0;
        let recurrent = &recurrent * (norm / operator_norm(recurrent.view(), Norm::Spectral));
        Ok(Made::drawn(Teacher { phi, noise, recurrent, input, readout }))
    }
}
