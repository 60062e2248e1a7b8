//! How many values of one series tell as much as one independent value.

use super::Undefined;
use super::effective::Autocovariance;
use super::units::{Units, constant};

/// The integrated autocorrelation time of one series, by Geyer's initial monotone sequence of
/// pairs, at least 1.
///
/// ```text
/// τ = −1 + 2 Σ_k min_{j ≤ k} (ρ_{2j} + ρ_{2j+1}),   while the pairs stay positive
/// ```
///
/// The mean of n values has the variance of n/τ independent ones. The series is taken whole, unlike
/// in [`effective_sample_size`](super::effective_sample_size), so that a drift shows as a long
/// time. Source: Geyer (1992), doi 10.1214/ss/1177011137.
///
/// ```
/// use rtrl_lab::random::{Noise, RngKey};
/// use rtrl_lab::stats::autocorrelation_time;
/// let mut state = 0.0;
/// let mut next = |xi: &f64| { state = 0.6 * state + xi; state };
/// let noise = Noise::at(RngKey::root(1)).normal_vector(40_000);
/// let series: Vec<f64> = noise.iter().map(|xi| next(xi)).collect();
/// // An autoregression has (1 + φ)/(1 − φ) = 4.
/// assert!((autocorrelation_time(&series).unwrap() - 4.0).abs() < 0.4);
/// ```
///
/// # Errors
/// [`Undefined`] for fewer than four values, one that is not finite, or a constant series.
pub fn autocorrelation_time(series: &[f64]) -> Result<f64, Undefined> {
    let n = series.len();
    if n < 4 || series.iter().any(|x| !x.is_finite()) || constant(series) {
        return Err(Undefined::because("an autocorrelation time needs four finite values that are not all the same"));
    }
    let inside = Units::of(series).apply(series);
    let mut covariance = Autocovariance::new(&inside, n);
    let variance = covariance.at(0);
    let (mut sum, mut smallest) = (0.0, f64::INFINITY);
    for pair in 0..n / 2 {
        let both = (covariance.at(2 * pair) + covariance.at(2 * pair + 1)) / variance;
        if both.is_nan() || both <= 0.0 {
            break;
        }
        smallest = smallest.min(both);
        sum += smallest;
    }
    Ok((2.0 * sum - 1.0).max(1.0))
}
