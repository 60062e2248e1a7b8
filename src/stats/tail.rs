//! The tail index of a positive sample.

use super::{Estimate, Undefined, normal_quantile};

/// Fewest observations for which the rule for `k` makes sense.
const FEWEST: usize = 40;

/// Hill's estimate of the tail index `α` in `P(X > x) ~ x^{−α}` from independent positive observations, on the `k = ⌊2 √n⌋` largest.
///
/// ```text
/// 1/α̂ = k^{-1} Σ_{i ≤ k} log( X_(i) / X_(k+1) )
/// ```
///
/// The interval is the normal one for `1/α̂`, whose standard error is `1/(α̂ √k)`, taken through the reciprocal. A light tail shows as a large `α̂`
/// that grows with `n`. Source: Hill (1975), doi 10.1214/aos/1176343247.
///
/// # Errors
/// [`Undefined`] with fewer than 40 observations, one that is not positive and finite, or a constant upper tail.
pub fn tail_index(values: &[f64], level: f64) -> Result<Estimate, Undefined> {
    if values.len() < FEWEST {
        return Err(Undefined::because(format!("a tail index needs at least {FEWEST} observations, not {}", values.len())));
    }
    if values.iter().any(|x| !x.is_finite() || *x <= 0.0) {
        return Err(Undefined::because("a tail index needs positive, finite observations"));
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let k = (2.0 * (values.len() as f64).sqrt()) as usize;
    let inverse = sorted[..k].iter().map(|x| libm::log(x / sorted[k])).sum::<f64>() / k as f64;
    if inverse <= 0.0 {
        return Err(Undefined::because("the largest observations are all equal"));
    }
    let z = normal_quantile(0.5 + level / 2.0) / (k as f64).sqrt();
    let value = 1.0 / inverse;
    let upper = if z < 1.0 { value / (1.0 - z) } else { f64::MAX };
    Ok(Estimate { value, standard_error: value / (k as f64).sqrt(), lower: value / (1.0 + z), upper, level })
}
