//! Exponents: the slope of the log of a level against the log of a size, with an interval over
//! whole replicas.

use crate::claims::judging::decay_rate;
use crate::random::{RngKey, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined, unbiased_square};
use libm::hypot;

/// The least-squares slope of `log level` against `log size`; `levels` gives one level a size from
/// the replicas it is shown, `None` where one is not positive.
pub(in crate::claims) fn exponent(
    sizes: &[f64],
    replicas: usize,
    levels: impl Fn(&[usize]) -> Option<Vec<f64>> + Sync,
    level: f64,
    key: RngKey,
) -> Result<Estimate, Undefined> {
    let logs: Vec<f64> = sizes.iter().map(|size| libm::log(*size)).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let spread: f64 = logs.iter().map(|x| (x - mean) * (x - mean)).sum();
    let slope = |chosen: &[usize]| -> Option<f64> {
        let levels = levels(chosen)?;
        levels.iter().all(|y| *y > 0.0).then(|| logs.iter().zip(&levels).map(|(x, y)| (x - mean) * libm::log(*y)).sum::<f64>() / spread)
    };
    let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.stream(stream::RESAMPLING) };
    bootstrap.interval(replicas, slope, level, IntervalKind::Percentile)
}

/// The exponent of a level in the limit of small sizes, which fall by one factor `r` from each to
/// the next and are at least three.
///
/// Where `level = c s^p (1 + a s + O(s²))`, the slope between neighbours is `p + O(s)`, so that the
/// last two slopes give
///
/// ```text
/// p* = p_last + (p_last − p_before)/(r − 1) = p + O(s²)
/// ```
///
/// The interval over replicas is widened by the whole correction, in quadrature: what it leaves is
/// smaller.
pub(in crate::claims) fn exponent_in_limit(
    sizes: &[f64],
    replicas: usize,
    levels: impl Fn(&[usize]) -> Option<Vec<f64>> + Sync,
    level: f64,
    key: RngKey,
) -> Result<Estimate, Undefined> {
    let count = sizes.len();
    let ratio = sizes[count - 2] / sizes[count - 1];
    let slopes = |chosen: &[usize]| -> Option<[f64; 2]> {
        let levels = levels(chosen)?;
        let slope = |k: usize| libm::log(levels[k] / levels[k + 1]) / libm::log(sizes[k] / sizes[k + 1]);
        levels[count - 3..].iter().all(|y| *y > 0.0).then(|| [slope(count - 3), slope(count - 2)])
    };
    let correction = |[before, last]: [f64; 2]| (last - before) / (ratio - 1.0);
    let bootstrap = Bootstrap { resamples: decay_rate::RESAMPLES, key: key.stream(stream::RESAMPLING) };
    let estimate = bootstrap.interval(replicas, |chosen| slopes(chosen).map(|s| s[1] + correction(s)), level, IntervalKind::Percentile)?;
    let all: Vec<usize> = (0..replicas).collect();
    let systematic = slopes(&all).map_or(f64::NAN, correction);
    Ok(Estimate {
        lower: estimate.value - hypot(estimate.value - estimate.lower, systematic),
        upper: estimate.value + hypot(estimate.upper - estimate.value, systematic),
        ..estimate
    })
}

/// The root mean square of the entries of a column over the chosen rows, the entries being squares.
pub(in crate::claims) fn root_mean(squares: &[f64], chosen: &[usize]) -> Option<f64> {
    let mean = chosen.iter().map(|row| squares[*row]).sum::<f64>() / chosen.len() as f64;
    (mean > 0.0 && mean.is_finite()).then(|| mean.sqrt())
}

/// The norm of the mean of the chosen rows without its noise bias; `None` where its square is not
/// positive. Products of a row with itself are left out, also where a resample holds it twice.
pub(in crate::claims) fn norm_of_mean(rows: &[&[f64]], chosen: &[usize]) -> Option<f64> {
    let mut counts = vec![0.0; rows.len()];
    chosen.iter().for_each(|row| counts[*row] += 1.0);
    let counted = counts.iter().zip(rows).filter(|(count, _)| **count > 0.0).map(|(count, row)| (*count, *row));
    let square = unbiased_square(counted, rows.first()?.len());
    (square > 0.0 && square.is_finite()).then(|| square.sqrt())
}

/// The distance of an estimated number from the one that theory states, by the same interval: an
/// equivalence, so both ends count.
pub(in crate::claims) fn distance_from(estimate: Estimate, stated: f64) -> Estimate {
    let (low, high) = (estimate.lower - stated, estimate.upper - stated);
    Estimate {
        value: (estimate.value - stated).abs(),
        lower: if low * high <= 0.0 { 0.0 } else { low.abs().min(high.abs()) },
        upper: low.abs().max(high.abs()),
        ..estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_in_the_limit_is_free_of_the_first_correction() {
        let sizes = [0.02, 0.005, 0.00125, 0.0003125];
        // Replicas differ in the correction alone.
        let levels = |chosen: &[usize]| {
            let mean = chosen.iter().map(|row| 4.0 + 0.1 * *row as f64).sum::<f64>() / chosen.len() as f64;
            Some(sizes.iter().map(|s| 3.0 * libm::pow(*s, 1.5) * (1.0 + mean * s)).collect())
        };
        let at = RngKey::root(1).within("exponent");
        let (plain, limit) = (exponent(&sizes, 20, levels, 0.95, at).unwrap(), exponent_in_limit(&sizes, 20, levels, 0.95, at).unwrap());
        assert!(!plain.contains(1.5) && limit.contains(1.5), "{plain:?} {limit:?}");
        assert!((limit.value - 1.5).abs() < 1e-4 && limit.upper - limit.lower < 0.02, "{limit:?}");
    }
}
