//! The interval of a share.

use super::beta_quantile;

/// Clopper and Pearson's interval for `hits` of `trials` at a level; (0, 1) without a trial.
/// Source: doi 10.1093/biomet/26.4.404.
///
/// ```
/// use rtrl_lab::stats::clopper_pearson;
/// let (lower, upper) = clopper_pearson(0, 10, 0.95);
/// // The share at which no hit in ten has probability 0.025.
/// assert!(lower == 0.0 && (upper - (1.0 - 0.025f64.powf(0.1))).abs() < 1e-9);
/// assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
/// ```
pub fn clopper_pearson(hits: usize, trials: usize, level: f64) -> (f64, f64) {
    let (k, n, tail) = (hits as f64, trials as f64, (1.0 - level) / 2.0);
    let lower = if hits == 0 { 0.0 } else { beta_quantile(tail, k, n - k + 1.0) };
    let upper = if hits >= trials { 1.0 } else { beta_quantile(1.0 - tail, k + 1.0, n - k) };
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_clopper_and_pearsons() {
        let (lower, upper) = clopper_pearson(8, 10, 0.95);
        assert!((lower - 0.443_904).abs() < 1e-5 && (upper - 0.974_789).abs() < 1e-5, "{lower} {upper}");
        assert_eq!(clopper_pearson(10, 10, 0.95).1, 1.0);
    }
}
