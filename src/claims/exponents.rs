//! Exponents: the slope of the log of a level against the log of a size, with an interval over whole replicas.

use super::rates;
use crate::random::{Address, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Undefined};

/// The least-squares slope of `log level` against `log size`; `levels` gives one level a size from the replicas it is shown, `None` where one is not positive.
pub(super) fn exponent(
    sizes: &[f64],
    replicas: usize,
    levels: impl Fn(&[usize]) -> Option<Vec<f64>> + Sync,
    level: f64,
    address: Address,
) -> Result<Estimate, Undefined> {
    let logs: Vec<f64> = sizes.iter().map(|size| libm::log(*size)).collect();
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let spread: f64 = logs.iter().map(|x| (x - mean) * (x - mean)).sum();
    let slope = |chosen: &[usize]| -> Option<f64> {
        let levels = levels(chosen)?;
        levels.iter().all(|y| *y > 0.0).then(|| logs.iter().zip(&levels).map(|(x, y)| (x - mean) * libm::log(*y)).sum::<f64>() / spread)
    };
    let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: address.stream(stream::RESAMPLING) };
    bootstrap.interval(replicas, slope, level, IntervalKind::Percentile)
}

/// The root mean square of the entries of a column over the chosen rows, the entries being squares.
pub(super) fn root_mean(squares: &[f64], chosen: &[usize]) -> Option<f64> {
    let mean = chosen.iter().map(|row| squares[*row]).sum::<f64>() / chosen.len() as f64;
    (mean > 0.0 && mean.is_finite()).then(|| mean.sqrt())
}

/// The norm of the mean of the chosen rows without its noise bias; `None` where its square is not positive. Products of a row with itself are left out, also where a
/// resample holds it twice.
pub(super) fn norm_of_mean(rows: &[&[f64]], chosen: &[usize]) -> Option<f64> {
    let mut counts = vec![0.0; rows.len()];
    chosen.iter().for_each(|row| counts[*row] += 1.0);
    let mut sum = vec![0.0; rows.first()?.len()];
    let (mut own, mut same) = (0.0, 0.0);
    for (count, row) in counts.iter().zip(rows).filter(|(count, _)| **count > 0.0) {
        sum.iter_mut().zip(*row).for_each(|(sum, x)| *sum += count * x);
        own += count * count * row.iter().map(|x| x * x).sum::<f64>();
        same += count * count;
    }
    let square = (sum.iter().map(|x| x * x).sum::<f64>() - own) / ((chosen.len() * chosen.len()) as f64 - same);
    (square > 0.0 && square.is_finite()).then(|| square.sqrt())
}

/// The distance of an estimated number from the one that theory states, by the same interval: an equivalence, so both ends count.
pub(super) fn distance_from(estimate: Estimate, stated: f64) -> Estimate {
    let (low, high) = (estimate.lower - stated, estimate.upper - stated);
    Estimate {
        value: (estimate.value - stated).abs(),
        lower: if low * high <= 0.0 { 0.0 } else { low.abs().min(high.abs()) },
        upper: low.abs().max(high.abs()),
        ..estimate
    }
}
