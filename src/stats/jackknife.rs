//! The jackknife: the error of any function of a sample from its values with one part left out.

use super::{Estimate, Undefined};

/// An interval of `value` from the values `left_out` that the same function has without each of the
/// `k` parts of the sample.
///
/// ```text
/// se² = (k − 1)/k Σ_j (v_j − v̄)²
/// ```
///
/// The interval is Student's with `k − 1` degrees of freedom. Source: Efron and Tibshirani (1993),
/// An Introduction to the Bootstrap, chapter 11.
///
/// ```
/// // Of a mean it is the usual standard error.
/// let (sample, mean) = ([1.0, 2.0, 6.0], 3.0);
/// let left_out = sample.map(|x| (3.0 * mean - x) / 2.0);
/// let estimate = rtrl_lab::stats::jackknife(mean, &left_out, 0.95).unwrap();
/// assert!((estimate.standard_error - (7.0f64 / 3.0).sqrt()).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than two parts, or where a value is not finite.
pub fn jackknife(value: f64, left_out: &[f64], level: f64) -> Result<Estimate, Undefined> {
    if left_out.len() < 2 {
        return Err(Undefined::because("the jackknife needs at least two parts to leave out"));
    }
    let k = left_out.len() as f64;
    let mean = left_out.iter().sum::<f64>() / k;
    let error = ((k - 1.0) / k * left_out.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()).sqrt();
    if !(value.is_finite() && error.is_finite()) {
        return Err(Undefined::because("a value of the jackknife is not finite"));
    }
    Ok(Estimate::student(value, error, k - 1.0, level))
}
