//! Distances of coupled pairs over time.

use super::moment_exponent::HEAVIEST;
use crate::markov::Coupled;
use crate::stats::{Estimate, Undefined};
use ndarray::{Array2, ArrayView1};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// Distances `d_{i,t}` of `M` independent coupled pairs at the times `t = 0, 1, …, T`.
///
/// ```
/// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
/// let distances = ndarray::array![[1.0, 0.5, 0.25], [7.0, 3.5, 1.75]];
/// let moment = DecayCurve::new(Coupled::declare(distances), 2, 1.0, true).moment();
/// // The root of (1 + 49)/2, halved at every step.
/// assert!(moment.iter().zip([5.0, 2.5, 1.25]).all(|(seen, exact)| (seen - exact).abs() < 1e-14));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DecayCurve {
    rows: Rows,
    order: u32,
    magnitude: f64,
    keeps_differences: bool,
    /// Mean and variance of `log d` within every row at every time, by turns.
    log_moments: Option<Array2<f64>>,
    /// Distances of populations that are smaller by the factor, row by row.
    smaller: Option<(Rows, f64)>,
}

/// Groups that stand for many more pairs in a resample.
const GROUPS: usize = 4096;

/// Distances, rows × times.
#[derive(Clone, Debug, PartialEq)]
struct Rows {
    distances: Coupled<Array2<f64>>,
    /// Logarithms of `d^p`, where rows are log-normal: resamples need them thousands of times.
    logarithms: Option<Array2<f64>>,
}

impl DecayCurve {
    /// A curve of the moment of order `order` (1, 2 or 4) from distances (pairs × times).
    /// `magnitude` is the size of the states themselves; `keeps_differences` tells whether the
    /// kernel carried differences to full precision or as differences of states, whose rounding is
    /// then the floor.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let start = |order| {
    ///     let distances = Coupled::declare(ndarray::array![[1.0], [2.0], [0.0]]);
    ///     DecayCurve::new(distances, order, 1.0, true).moment()[0]
    /// };
    /// assert!((start(1) - 1.0).abs() < 1e-14 && (start(2) - (5.0f64 / 3.0).sqrt()).abs() < 1e-14);
    /// assert!((start(4) - (17.0f64 / 3.0).powf(0.25)).abs() < 1e-14);
    /// ```
    pub fn new(distances: Coupled<Array2<f64>>, order: u32, magnitude: f64, keeps_differences: bool) -> Self {
        DecayCurve { rows: Rows { distances, logarithms: None }, order, magnitude, keeps_differences, log_moments: None, smaller: None }
    }

    /// Rows that are populations: `log_moments` holds mean and variance of `log d` among the pairs
    /// that carry the row's moment, time after time (rows × 2 times).
    #[must_use]
    pub(crate) fn carried_by(self, log_moments: Array2<f64>) -> Self {
        DecayCurve { log_moments: Some(log_moments), ..self }
    }

    /// The curve whose rows are groups of pairs, where pairs are so many that the groups are as
    /// good to resample: moments of order p over all groups are those over all pairs.
    pub(super) fn in_groups(&self) -> Cow<'_, DecayCurve> {
        let pairs = self.pairs();
        if pairs < 4 * GROUPS || self.rows.logarithms.is_some() || self.smaller.is_some() {
            return Cow::Borrowed(self);
        }
        let mut sums = Array2::zeros((GROUPS, self.distances().ncols()));
        for (pair, row) in self.distances().rows().into_iter().enumerate() {
            let group = sums.row_mut(pair * GROUPS / pairs);
            group.into_iter().zip(row).for_each(|(sum, d)| *sum += self.power(*d));
        }
        let share = GROUPS as f64 / pairs as f64;
        sums.mapv_inplace(|sum| self.root(share * sum));
        let rows = Rows { distances: Coupled::declare(sums), logarithms: None };
        Cow::Owned(DecayCurve { rows, log_moments: None, smaller: None, ..*self })
    }

    /// Rows that are populations: the same number of rows from populations with `factor` times
    /// fewer pairs, which tell what a population's finite size does to a rate.
    #[must_use]
    pub(crate) fn beside_smaller(self, distances: Array2<f64>, factor: f64) -> Self {
        let rows = Rows { distances: Coupled::declare(distances), logarithms: None };
        let rows = if self.rows.logarithms.is_some() { rows.log_normal(self.order) } else { rows };
        DecayCurve { smaller: Some((rows, factor)), ..self }
    }

    /// Logarithms of the moment curve of the smaller populations over the rows `chosen`, at
    /// `times`, and by what factor they are smaller; `None` where none were followed beside every
    /// row or the curve is not positive and finite there.
    pub(super) fn smaller_logarithms_over(&self, chosen: &[usize], times: RangeInclusive<usize>) -> Option<(Vec<f64>, f64)> {
        let (rows, factor) = self.smaller.as_ref().filter(|(rows, _)| rows.distances.ensemble().dim() == self.distances().dim())?;
        // A small population that loses sight of the moment says nothing of the large one.
        let last = *times.end();
        let spread = rows.logarithms.as_ref().map_or(0.0, |logs| log_mean_and_variance(logs, chosen, last).1);
        if spread.is_finite() && 0.5 * spread > HEAVIEST * last.max(1) as f64 {
            return None;
        }
        Some((finite(self.log_moments(rows, chosen, times))?, *factor))
    }

    /// Logarithms of the moment curve over the rows `chosen`, at `times`; `None` where it is not
    /// positive and finite there.
    pub(super) fn logarithms_over(&self, chosen: &[usize], times: RangeInclusive<usize>) -> Option<Vec<f64>> {
        finite(self.log_moments(&self.rows, chosen, times))
    }

    /// Rows that are moments of populations, long after their start: the logarithm of such a moment
    /// is a sum over steps and nearly normal, so that
    ///
    /// ```text
    /// log E d^p = mean of log d_i^p + ½ variance of log d_i^p    over rows i
    /// ```
    ///
    /// where the plain mean would rest on the largest few rows and fall short. Log-normal mean:
    /// Aitchison and Brown (1957).
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let square = 1f64.exp() * 1f64.exp();
    /// let distances = Coupled::declare(ndarray::array![[1.0], [square]]);
    /// let curve = DecayCurve::new(distances, 1, 1.0, true);
    /// // Logarithms 0 and 2 have mean 1 and variance 2.
    /// assert!((curve.log_normal().moment()[0] / square - 1.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn log_normal(self) -> Self {
        DecayCurve { rows: self.rows.log_normal(self.order), ..self }
    }

    /// Mean and variance of `log d` at time `t` among the pairs that carry the moment, each
    /// weighted with its part `d^p` of it; `None` where rows are no populations of bounded
    /// distances or no pair is apart.
    pub(crate) fn log_moments_at(&self, t: usize) -> Option<[f64; 2]> {
        let log_moments = self.log_moments.as_ref()?;
        let row = |index: usize| [log_moments[[index, 2 * t]], log_moments[[index, 2 * t + 1]]];
        let rows = self.distances().column(t);
        let seen: Vec<(f64, [f64; 2])> = rows.iter().enumerate().filter(|(_, d)| **d > 0.0).map(|(index, d)| (self.power(*d), row(index))).collect();
        let total: f64 = seen.iter().map(|(weight, _)| weight).sum();
        let mean = seen.iter().map(|(weight, [mean, _])| weight * mean).sum::<f64>() / total;
        let variance = seen.iter().map(|(weight, [own, spread])| weight * (spread + (own - mean) * (own - mean))).sum::<f64>() / total;
        (mean.is_finite() && variance.is_finite()).then_some([mean, variance])
    }

    /// Whether rows are populations that say where their pairs stand.
    pub(crate) fn is_of_populations(&self) -> bool {
        self.log_moments.is_some()
    }

    /// Whether the rows are smooth in time, as where products of Jacobians are the same on every
    /// path: third differences of late logarithms are then those of a polynomial's.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let smooth = |swing: f64| {
    ///     let log = |t: usize| -0.1 * t as f64 + if t % 2 == 0 { swing } else { 0.0 };
    ///     let distances = ndarray::Array2::from_shape_fn((2, 40), |(_, t)| log(t).exp());
    ///     DecayCurve::new(Coupled::declare(distances), 2, 1.0, true).is_smooth()
    /// };
    /// // A third difference of the swing is four times its size, beside 1e-4.
    /// assert!(smooth(0.0) && smooth(2e-5) && !smooth(3e-5));
    /// ```
    pub fn is_smooth(&self) -> bool {
        const SMOOTH: f64 = 1e-4;
        let (distances, floor) = (self.distances(), self.floor());
        let usable = (0..distances.ncols()).take_while(|t| distances.column(*t).iter().all(|d| *d > floor && d.is_finite())).count();
        if usable < 16 {
            return false;
        }
        let smooth = |row: ArrayView1<f64>| {
            let logs: Vec<f64> = (usable - usable / 4..usable).map(|t| libm::log(row[t])).collect();
            logs.windows(4).all(|four| (four[3] - 3.0 * four[2] + 3.0 * four[1] - four[0]).abs() < SMOOTH)
        };
        distances.rows().into_iter().all(smooth)
    }

    /// Distances below this are rounding.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let floor = |keeps_differences| {
    ///     let distances = Coupled::declare(ndarray::array![[1.0, 0.5]]);
    ///     DecayCurve::new(distances, 2, 1000.0, keeps_differences).floor()
    /// };
    /// assert!(floor(true) == 1e-140 && (floor(false) / 1e-8 - 1.0).abs() < 1e-12);
    /// ```
    pub fn floor(&self) -> f64 {
        // States of size s carry rounding of 1e-16 s a step, which contraction keeps from growing;
        // squares of 1e-140 are still normal numbers.
        const ROUNDING: f64 = 1e-11;
        const SMALLEST: f64 = 1e-140;
        if self.keeps_differences || !self.magnitude.is_finite() {
            return SMALLEST;
        }
        let top = self.moment().into_iter().filter(|d| d.is_finite()).fold(self.magnitude, f64::max);
        (ROUNDING * top).max(SMALLEST)
    }

    /// Logarithmic residuals below this are rounding and carry no information on the shape of the
    /// curve.
    pub(crate) fn resolution(&self) -> f64 {
        1e-6
    }

    /// The distances, pairs × times.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let distances = ndarray::array![[3.0, 0.5], [2.0, 0.1]];
    /// let curve = DecayCurve::new(Coupled::declare(distances), 1, 1.0, true);
    /// assert_eq!(curve.distances()[[1, 0]], 2.0);
    /// ```
    pub fn distances(&self) -> &Array2<f64> {
        self.rows.distances.ensemble()
    }

    /// Order of the moment.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let curve = DecayCurve::new(Coupled::declare(ndarray::array![[1.0]]), 4, 1.0, true);
    /// assert_eq!(curve.order(), 4);
    /// ```
    pub fn order(&self) -> u32 {
        self.order
    }

    /// Number of pairs `M`.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let distances = ndarray::Array2::ones((64, 10));
    /// assert_eq!(DecayCurve::new(Coupled::declare(distances), 2, 1.0, true).pairs(), 64);
    /// ```
    pub fn pairs(&self) -> usize {
        self.distances().nrows()
    }

    /// Size of the states.
    pub(crate) fn magnitude(&self) -> f64 {
        self.magnitude
    }

    /// Pairs with a distance that is not a finite number.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let distances = ndarray::array![[1.0, f64::NAN], [1.0, 2.0], [1.0, f64::INFINITY]];
    /// assert_eq!(DecayCurve::new(Coupled::declare(distances), 2, 1.0, true).diverged(), 2);
    /// ```
    pub fn diverged(&self) -> usize {
        self.distances().rows().into_iter().filter(|row| row.iter().any(|d| !d.is_finite())).count()
    }

    fn power(&self, distance: f64) -> f64 {
        (0..self.order.trailing_zeros()).fold(distance, |power, _| power * power)
    }

    fn root(&self, moment: f64) -> f64 {
        (0..self.order.trailing_zeros()).fold(moment, |root, _| root.sqrt())
    }

    /// Logarithms of `(M^{-1} Σ_i d_{i,t}^p)^{1/p}` over the rows `chosen`, or of the log-normal
    /// mean, at `times`; −∞ where the moment vanishes. The rows are passed through one after
    /// another, since they lie in memory so.
    fn log_moments(&self, rows: &Rows, chosen: &[usize], times: RangeInclusive<usize>) -> Vec<f64> {
        let count = chosen.len() as f64;
        let zeros = vec![0.0; times.end() - times.start() + 1];
        let plain = || -> Vec<f64> {
            let distances = rows.distances.ensemble();
            // The usual order by itself, so that the loop holds no other.
            let sums = match self.order {
                2 => summed(distances, chosen, &times, &zeros, |d, _| d * d),
                _ => summed(distances, chosen, &times, &zeros, |d, _| self.power(d)),
            };
            sums.into_iter().map(|sum| libm::log(self.root(sum / count))).collect()
        };
        let Some(logs) = &rows.logarithms else { return plain() };
        let means: Vec<f64> = summed(logs, chosen, &times, &zeros, |l, _| l).into_iter().map(|sum| sum / count).collect();
        let squares = summed(logs, chosen, &times, &means, |l, mean| (l - mean) * (l - mean));
        // Some populations have met for good: what is left is the plain mean of the others.
        let others = if self.log_moments.is_some() && means.contains(&f64::NEG_INFINITY) { plain() } else { means.clone() };
        let log = |((mean, squares), others): ((&f64, f64), f64)| {
            if *mean == f64::NEG_INFINITY { others } else { (mean + 0.5 * squares / (count - 1.0).max(1.0)) / f64::from(self.order) }
        };
        means.iter().zip(squares).zip(others).map(log).collect()
    }

    /// The moment curve over all pairs, for every t.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let distances = Coupled::declare(ndarray::arr2(&[[3.0, 0.0]; 2]));
    /// let moment = DecayCurve::new(distances, 2, 1.0, true).moment();
    /// assert!((moment[0] - 3.0).abs() < 1e-14 && moment[1] == 0.0);
    /// ```
    pub fn moment(&self) -> Vec<f64> {
        let (all, times) = ((0..self.pairs()).collect::<Vec<_>>(), self.distances().ncols());
        if times == 0 { vec![] } else { self.log_moments(&self.rows, &all, 0..=times - 1).into_iter().map(libm::exp).collect() }
    }

    /// How many pairs the moment at time `t` effectively rests on, `(Σ d^p)² / Σ d^{2p}`; 0 where
    /// all distances vanish, all of them for a log-normal mean.
    pub(crate) fn effective_pairs(&self, t: usize) -> f64 {
        if self.rows.logarithms.is_some() {
            return self.pairs() as f64;
        }
        let (mut sum, mut squares) = (0.0, 0.0);
        for d in self.distances().column(t) {
            let power = self.power(*d);
            sum += power;
            squares += power * power;
        }
        if squares > 0.0 { sum * sum / squares } else { 0.0 }
    }

    /// The moment at time `t` with a Student interval of its p-th power, taken through the root.
    ///
    /// ```
    /// use rtrl_lab::{ergodicity::DecayCurve, markov::Coupled};
    /// let distances = ndarray::array![[9.0, 1.0], [9.0, 7.0]];
    /// let curve = DecayCurve::new(Coupled::declare(distances), 1, 1.0, true);
    /// let moment = curve.estimate(1, 0.95).unwrap();
    /// assert_eq!(moment.value, 4.0);
    /// assert!((moment.standard_error - 3.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two pairs or a distance that is not finite.
    pub fn estimate(&self, t: usize, level: f64) -> Result<Estimate, Undefined> {
        let powers: Vec<f64> = self.distances().column(t).iter().map(|d| self.power(*d)).collect();
        let mean = crate::stats::Sample::new(&powers)?.mean(level)?;
        Ok(mean.map_monotone(|moment| self.root(moment.max(0.0))))
    }
}

impl Rows {
    /// The same with the logarithms of `d^p` for p the order.
    fn log_normal(self, order: u32) -> Self {
        let logarithms = Some(self.distances.ensemble().mapv(|d| f64::from(order) * libm::log(d)));
        Rows { logarithms, ..self }
    }
}

/// Sums of a term of the value and of what stands beside it in `others`, over the rows `chosen`,
/// time after time.
fn summed(rows: &Array2<f64>, chosen: &[usize], times: &RangeInclusive<usize>, others: &[f64], term: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; times.end() - times.start() + 1];
    let rows = rows.as_standard_layout();
    for row in chosen {
        let row = rows.row(*row);
        // Slices, since a loop over an array's own iterator takes one number at a time.
        let values = row.to_slice().map_or(&[][..], |row| &row[times.clone()]);
        assert_eq!(values.len(), sums.len(), "a standard layout has its rows as slices");
        for ((sum, value), other) in sums.iter_mut().zip(values).zip(others) {
            *sum += term(*value, *other);
        }
    }
    sums
}

/// The values where all of them are finite.
fn finite(values: Vec<f64>) -> Option<Vec<f64>> {
    values.iter().all(|value| value.is_finite()).then_some(values)
}

/// Mean and variance of the logarithms at time `t`; a variance of NaN where one of them is −∞.
fn log_mean_and_variance(logs: &Array2<f64>, chosen: &[usize], t: usize) -> (f64, f64) {
    let count = chosen.len() as f64;
    let mean = chosen.iter().map(|row| logs[[*row, t]]).sum::<f64>() / count;
    (mean, chosen.iter().map(|row| logs[[*row, t]] - mean).map(|l| l * l).sum::<f64>() / (count - 1.0).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_the_moments_of_their_pairs() {
        let pairs = 4 * GROUPS + 1000;
        let distances = Array2::from_shape_fn((pairs, 3), |(pair, t)| (1.0 + (pair % 97) as f64) / (1.0 + t as f64));
        let curve = DecayCurve::new(Coupled::declare(distances), 2, 1.0, true);
        let groups = curve.in_groups();
        assert_eq!(groups.pairs(), GROUPS);
        assert!(groups.moment().iter().zip(curve.moment()).all(|(a, b)| (a / b - 1.0).abs() < 1e-12));
        let few = DecayCurve::new(Coupled::declare(Array2::ones((4 * GROUPS - 1, 1))), 2, 1.0, true);
        assert_eq!(few.in_groups().pairs(), 4 * GROUPS - 1);
    }
}
