//! The bootstrap over whole replicas.

use super::units::{Units, mean, spread};
use super::{Estimate, Undefined, normal_quantile, normal_tail, student_quantile};
use crate::random::{Noise, RngKey};
use rayon::prelude::*;

/// How resampled values become an interval.
///
/// ```
/// use rtrl_lab::{random::RngKey, stats::{Bootstrap, IntervalKind}};
/// let x = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0, 9.0];
/// let mean = |rows: &[usize]| Some(rows.iter().map(|i| x[*i]).sum::<f64>() / rows.len() as f64);
/// let bootstrap = Bootstrap { resamples: 2000, key: RngKey::root(1) };
/// let of = |kind| bootstrap.interval(x.len(), mean, 0.9, kind).unwrap();
/// let (plain, bca) = (of(IntervalKind::Percentile), of(IntervalKind::Bca));
/// // The mean of values with a long tail above: both ends move up.
/// assert!(bca.lower > plain.lower && bca.upper > plain.upper && bca.value == plain.value);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalKind {
    /// The quantiles of the resampled values.
    Percentile,
    /// Bias-corrected and accelerated, the acceleration by the jackknife. Source: Efron (1987), doi
    /// 10.1080/01621459.1987.10478410.
    Bca,
}

/// A bootstrap: so many resamples, from noise at this key (resample r has replicate number r).
///
/// ```
/// use rtrl_lab::{random::RngKey, stats::{Bootstrap, IntervalKind}};
/// let share = |rows: &[usize]| {
///     Some(rows.iter().filter(|row| **row < 50).count() as f64 / rows.len() as f64)
/// };
/// let bootstrap = Bootstrap { resamples: 2000, key: RngKey::root(1) };
/// let half = bootstrap.interval(100, share, 0.95, IntervalKind::Percentile).unwrap();
/// // √(½ · ½/100), to 6 errors of 2000 resamples.
/// assert!(half.value == 0.5 && (half.standard_error - 0.05).abs() < 0.005);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Where the noise is.
    pub key: RngKey,
}

/// The share of resamples in which a statistic may be missing.
const MISSING_ALLOWED: f64 = 0.01;

impl Bootstrap {
    /// The interval of one statistic of `count` independent replicas; see [`Bootstrap::intervals`].
    ///
    /// ```
    /// use rtrl_lab::{random::RngKey, stats::{Bootstrap, IntervalKind, Sample, normal_quantile}};
    /// let x: Vec<f64> = (0..20).map(|i| normal_quantile((f64::from(i) + 0.5) / 20.0)).collect();
    /// let mean = |rows: &[usize]| Some(rows.iter().map(|i| x[*i]).sum::<f64>() / 20.0);
    /// let bootstrap = Bootstrap { resamples: 4000, key: RngKey::root(1) };
    /// let seen = bootstrap.interval(20, mean, 0.95, IntervalKind::Percentile).unwrap();
    /// let student = Sample::new(&x).unwrap().mean(0.95).unwrap();
    /// // A quantile of 4000 resamples is right to some 2 %.
    /// assert!((seen.upper / student.upper - 1.0).abs() < 0.1);
    /// ```
    ///
    /// # Errors
    /// As [`Bootstrap::intervals`].
    pub fn interval(
        &self,
        count: usize,
        statistic: impl Fn(&[usize]) -> Option<f64> + Sync,
        level: f64,
        kind: IntervalKind,
    ) -> Result<Estimate, Undefined> {
        Ok(self.intervals(count, 1, |chosen| statistic(chosen).map(|value| vec![value]), level, kind)?[0])
    }

    /// Intervals of `width` statistics of `count` independent replicas, all from the same
    /// resamples.
    ///
    /// The statistic sees the indices of the replicas it is to use and answers `None` where it does
    /// not exist.
    ///
    /// The resampled spread of n replicas lacks a factor `√((n − 1)/n)` and knows of no degrees of
    /// freedom, so quantiles are read at `Φ(−√(n/(n − 1)) t)`, t being Student's quantile with n −
    /// 1 degrees: for a mean of normal values that is Student's interval. Source: Hesterberg
    /// (2015), doi 10.1080/00031305.2015.1089789.
    ///
    /// ```
    /// use rtrl_lab::{random::RngKey, stats::{Bootstrap, IntervalKind}};
    /// let mean = |rows: &[usize]| rows.iter().sum::<usize>() as f64 / rows.len() as f64;
    /// let both = |rows: &[usize]| Some(vec![mean(rows), 2.0 * mean(rows)]);
    /// let bootstrap = Bootstrap { resamples: 200, key: RngKey::root(1) };
    /// let seen = bootstrap.intervals(9, 2, both, 0.9, IntervalKind::Percentile).unwrap();
    /// assert_eq!((seen[0].value, seen[1].value), (4.0, 8.0));
    /// assert_eq!(seen[1].upper, 2.0 * seen[0].upper);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two replicas, where the statistic does not exist on the sample
    /// itself, or on more than 1 % of the resamples.
    pub fn intervals(
        &self,
        count: usize,
        width: usize,
        statistic: impl Fn(&[usize]) -> Option<Vec<f64>> + Sync,
        level: f64,
        kind: IntervalKind,
    ) -> Result<Vec<Estimate>, Undefined> {
        if count < 2 {
            return Err(Undefined::because("fewer than two replicas cannot be resampled"));
        }
        let finite = |values: Option<Vec<f64>>| values.filter(|values| values.iter().all(|x| x.is_finite()));
        let all: Vec<usize> = (0..count).collect();
        let centre = finite(statistic(&all)).ok_or_else(|| Undefined::because("the statistic does not exist on the sample"))?;
        let drawn: Vec<Option<Vec<f64>>> = (0..self.resamples)
            .into_par_iter()
            .map(|resample| {
                let mut noise = Noise::at(self.key.replicate(resample));
                let chosen: Vec<usize> = (0..count).map(|_| noise.index(count)).collect();
                finite(statistic(&chosen))
            })
            .collect();
        let missing = drawn.iter().filter(|values| values.is_none()).count();
        if missing as f64 > MISSING_ALLOWED * self.resamples as f64 {
            return Err(Undefined::because(format!("the statistic does not exist on {missing} of {} resamples", self.resamples)));
        }
        let left_out: Vec<Vec<f64>> = match kind {
            IntervalKind::Percentile => Vec::new(),
            IntervalKind::Bca => (0..count)
                .into_par_iter()
                .filter_map(|out| finite(statistic(&(0..count).filter(|index| *index != out).collect::<Vec<_>>())))
                .collect(),
        };
        let tail = tail(level, count);
        Ok((0..width)
            .map(|index| {
                let mut values: Vec<f64> = drawn.iter().flatten().map(|values| values[index]).collect();
                values.sort_by(f64::total_cmp);
                let (low, high) = match kind {
                    IntervalKind::Percentile => (tail, 1.0 - tail),
                    IntervalKind::Bca => adjusted_levels(&values, centre[index], &left_out.iter().map(|v| v[index]).collect::<Vec<_>>(), tail),
                };
                let standard_error = spread(&values);
                Estimate { value: centre[index], standard_error, lower: quantile(&values, low), upper: quantile(&values, high), level }
            })
            .collect())
    }
}

/// The share of resamples beyond each end for `count` replicas.
fn tail(level: f64, count: usize) -> f64 {
    let n = count as f64;
    normal_tail((n / (n - 1.0)).sqrt() * student_quantile(0.5 + level / 2.0, n - 1.0))
}

/// The two levels at which a BCa interval reads the resampled values.
fn adjusted_levels(sorted: &[f64], centre: f64, left_out: &[f64], tail: f64) -> (f64, f64) {
    let n = sorted.len() as f64;
    let below = sorted.iter().filter(|x| **x < centre).count() as f64 + 0.5 * sorted.iter().filter(|x| **x == centre).count() as f64;
    let bias = normal_quantile((below / n).clamp(0.5 / n, 1.0 - 0.5 / n));
    let units = Units::of(left_out);
    let left_out = units.apply(left_out);
    let mean = mean(&left_out);
    let (squares, cubes) = left_out.iter().fold((0.0, 0.0), |sum, x| {
        let d = mean - x;
        (sum.0 + d * d, sum.1 + d * d * d)
    });
    let acceleration = if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 };
    let at = |p: f64| {
        let shifted = bias + normal_quantile(p);
        1.0 - normal_tail(bias + shifted / (1.0 - acceleration * shifted))
    };
    (at(tail), at(1.0 - tail))
}

/// The quantile of sorted values by linear interpolation of the order statistics (type 6: position
/// `p (n + 1)`).
pub(super) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = (p * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, (sorted.len() - 1) as f64);
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
