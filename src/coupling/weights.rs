//! A moment of the distance among weighted pairs, and the weights.

use crate::simd::elementary::exp_all;

/// A moment of the distance and the law of `log d` among the pairs that carry it, each weighted
/// with its part of the moment.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
/// # let noise = |seed| Noise::at(RngKey::root(seed));
/// let pairs = [1.0, 2.0].map(|apart| Synchronous::new(&half, vec![0.0], vec![apart]));
/// let population =
///     Population::new(&half, pairs.into(), vec![noise(0), noise(1)], noise(2), &[0..1]);
/// let [moment] = population.moments(&[0..1]);
/// // Parts 1/5 and 4/5 of the moment.
/// assert!((moment.root - 2.5f64.sqrt()).abs() < 1e-12);
/// assert!((moment.log_mean - 0.8 * 2f64.ln()).abs() < 1e-12);
/// assert!((moment.log_variance - 0.16 * 2f64.ln().powi(2)).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// `(E d^p)^{1/p}`.
    pub root: f64,
    /// `E d^p log d / E d^p`; NaN where no pair is apart.
    pub log_mean: f64,
    /// Variance of `log d` under the same weights.
    pub log_variance: f64,
}

/// Mean and variance of the finite values under weights; NaN without one.
pub(super) fn weighted_moments(values: &[f64], weights: &[f64]) -> (f64, f64) {
    let weighted = || values.iter().zip(weights).filter(|(value, _)| value.is_finite());
    let (sum, total) = weighted().fold((0.0, 0.0), |(sum, total), (value, weight)| (sum + weight * value, total + weight));
    let mean = sum / total;
    (mean, weighted().map(|(value, weight)| weight * (value - mean) * (value - mean)).sum::<f64>() / total)
}

/// Weights in units of the largest.
pub(super) struct Weights {
    pub values: Vec<f64>,
    pub mean: f64,
    /// Logarithm of the largest weight; 0 where all vanish.
    pub unit: f64,
}

impl Weights {
    /// From their logarithms; all NaN where one is.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        let top = values.iter().fold(f64::NEG_INFINITY, |top, l| if top.is_nan() || l.is_nan() { f64::NAN } else { top.max(*l) });
        let unit = if top == f64::NEG_INFINITY { 0.0 } else { top };
        let mut sum = 0.0;
        values.iter_mut().for_each(|value| *value -= unit);
        exp_all(&mut values);
        values.iter().for_each(|value| sum += value);
        let mean = if top.is_finite() || top == f64::NEG_INFINITY { sum / values.len() as f64 } else { f64::NAN };
        Weights { values, mean, unit }
    }
}
