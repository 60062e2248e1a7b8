//! A hidden Markov chain: a regime that cannot be seen, and inputs that tell of it.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, LinearTarget, SeriesClass, is_count_up_to};
use crate::markov::Kernel;
use crate::random::Noise;
use crate::stats::normal_tail;
use ndarray::Array2;

/// ```text
/// K_{t+1} ~ P[K_t, ·],   X_t = m[K_t] + σ ξ_t,   Y_t = T e_{K_t} + σ_η η_t
/// ```
///
/// The state is `(K, X)`, of 1 + d numbers; `K` counts from 0. The next regime is the quantile of
/// its law at one uniform number, so that two copies on the same noise meet when their quantiles
/// agree.
#[derive(Clone, Debug)]
pub(super) struct HiddenMarkov {
    /// Sums of the rows of `P` (R × R) up to each regime.
    cumulative: Array2<f64>,
    /// The means `m` (R × d).
    means: Array2<f64>,
    /// The standard deviation `σ`.
    noise: f64,
    /// The target, a row of R numbers for each.
    target: LinearTarget,
}

impl HiddenMarkov {
    fn regimes(&self) -> usize {
        self.means.nrows()
    }

    /// The regime that `P[now, ·]` has at the quantile of a standard normal number.
    fn next(&self, now: usize, innovation: f64) -> usize {
        let below = normal_tail(-innovation);
        self.cumulative.row(now).iter().take_while(|sum| **sum <= below).count().min(self.regimes() - 1)
    }
}

impl Kernel for HiddenMarkov {
    fn state_len(&self) -> usize {
        1 + self.means.ncols()
    }

    fn innovation_len(&self) -> usize {
        1 + self.means.ncols()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let regime = self.next(now[0] as usize, innovation[0]);
        next[0] = regime as f64;
        for ((x, mean), xi) in next[1..].iter_mut().zip(self.means.row(regime)).zip(&innovation[1..]) {
            *x = mean + self.noise * xi;
        }
    }
}

impl DataProcess for HiddenMarkov {
    fn inputs(&self) -> usize {
        self.means.ncols()
    }

    fn outputs(&self) -> usize {
        self.target.outputs()
    }

    fn observation_len(&self) -> usize {
        self.target.outputs()
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        input.copy_from_slice(&state[1..]);
    }

    fn input_bounds(&self) -> Vec<f64> {
        let largest = |means: ndarray::ArrayView1<f64>| means.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        self.means.columns().into_iter().map(|means| if self.noise == 0.0 { largest(means) } else { f64::INFINITY }).collect()
    }

    fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
        let regime: Vec<f64> = (0..self.regimes()).map(|k| f64::from(u8::from(k == state[0] as usize))).collect();
        self.target.write(&regime, observation_noise, target);
    }

    fn admits(&self, state: &[f64]) -> bool {
        is_count_up_to(state[0], self.regimes() - 1) && state[1..].iter().all(|x| x.is_finite())
    }

    fn start(&self, spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        state[0] = ((normal_tail(-state[0]) * self.regimes() as f64) as usize).min(self.regimes() - 1) as f64;
        state[1..].iter_mut().for_each(|x| *x *= spread);
    }
}

/// `kind = "hidden-markov"`.
pub(super) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "hidden-markov"
    }

    fn formula(&self) -> &'static str {
        "hidden Markov chain K with X = m[K] + noise"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::needed("transition", "[[0.9, 0.1], [0.2, 0.8]]", "probabilities of the next regime, a row a regime"),
                Entry::needed("means", "[[1.0], [-0.5]]", "mean of the inputs in each regime, a row a regime"),
                Entry::filled("noise", "1.0", "standard deviation around the mean"),
                Entry::needed("target", "[1.0, -1.0]", "the target in each regime"),
                Entry::filled("target_noise", "0.0", "standard deviation of the noise of the target"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "transition = [[0.9, 0.1], [0.2, 0.8]]\nmeans = [[1.0], [-0.5]]\nnoise = 0.5\ntarget = [1.0, -1.0]\ntarget_noise = 0.1"
    }

    fn known(&self) -> &'static str {
        "stationary where the regimes mix; their second eigenvalue is the rate; Gaussian tails around the means"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let rows: Vec<Vec<f64>> = keys.required("transition", "give the probabilities of the next regime, a row a regime")?;
        let regimes = rows.len();
        let mut cumulative = keys.at.matrix("transition", &rows, (Some(regimes), Some(regimes)))?;
        for row in cumulative.rows_mut() {
            if row.iter().any(|p| *p < 0.0) || (row.sum() - 1.0).abs() > 1e-9 {
                return Err(keys.error("transition", "a row is no law of the next regime", "give probabilities that add up to 1"));
            }
            let mut sum = 0.0;
            for p in row {
                sum += *p;
                *p = sum;
            }
        }
        let means: Vec<Vec<f64>> = keys.required("means", "give the mean of the inputs in each regime, a row a regime")?;
        let means = keys.at.matrix("means", &means, (Some(regimes), None))?;
        let noise = keys.number("noise", 1.0, (0.0, 1e12), false)?;
        Ok(Made::drawn(HiddenMarkov { cumulative, means, noise, target: LinearTarget::stated(keys, regimes)? }))
    }
}
