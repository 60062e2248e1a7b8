//! Distances of coupled pairs over time.

use super::moment_exponent::HEAVIEST;
use crate::markov::Coupled;
use crate::stats::{Estimate, Undefined};
use ndarray::{Array2, ArrayView1};
use std::ops::RangeInclusive;

/// Distances `d_{i,t}` of `M` independent coupled pairs at the times `t = 0, 1, …, T`.
#[derive(Clone, Debug, PartialEq)]
pub struct DecayCurve {
    distances: Coupled<Array2<f64>>,
    order: u32,
    magnitude: f64,
    keeps_differences: bool,
    /// Mean and variance of `log d` within every row at every time, by turns.
    carriers: Option<Array2<f64>>,
    /// Distances of populations that are smaller by the factor, row by row.
    smaller: Option<(Rows, f64)>,
    /// Logarithms of `d^p`, where rows are log-normal: resamples need them thousands of times.
    logarithms: Option<Array2<f64>>,
}

/// Distances of smaller populations, and the logarithms of their powers.
type Rows = (Array2<f64>, Array2<f64>);

impl DecayCurve {
    /// A curve of the moment of order `order` (1, 2 or 4) from distances (pairs × times). `magnitude` is the size of the states themselves;
    /// `keeps_differences` tells whether the kernel carried differences to full precision or as differences of states, whose rounding is then the floor.
    pub fn new(distances: Coupled<Array2<f64>>, order: u32, magnitude: f64, keeps_differences: bool) -> Self {
        DecayCurve { distances, order, magnitude, keeps_differences, carriers: None, smaller: None, logarithms: None }
    }

    /// Rows that are populations: `carriers` holds mean and variance of `log d` among the pairs that carry the row's moment, time after time (rows × 2 times).
    #[must_use]
    pub fn carried_by(self, carriers: Array2<f64>) -> Self {
        DecayCurve { carriers: Some(carriers), ..self }
    }

    /// Rows that are populations: the same number of rows from populations with `factor` times fewer pairs, which tell what a population's finite size does to a rate.
    #[must_use]
    pub fn beside_smaller(self, distances: Array2<f64>, factor: f64) -> Self {
        let logarithms = self.logarithms_of(&distances);
        DecayCurve { smaller: Some(((distances, logarithms), factor)), ..self }
    }

    /// Logarithms of the moment curve of the smaller populations over the rows `chosen`, at `times`, and by what factor they are smaller; `None` where none were followed beside every row
    /// or the curve is not positive and finite there.
    pub(super) fn smaller_logarithms_over(&self, chosen: &[usize], times: RangeInclusive<usize>) -> Option<(Vec<f64>, f64)> {
        let ((distances, logarithms), factor) = self.smaller.as_ref().filter(|((distances, _), _)| distances.dim() == self.distances().dim())?;
        let logarithms = self.logarithms.as_ref().map(|_| logarithms);
        // A small population that loses sight of the moment says nothing of the large one.
        let last = *times.end();
        let spread = logarithms.map_or(0.0, |logs| log_mean_and_variance(logs, chosen, last).1);
        if spread.is_finite() && 0.5 * spread > HEAVIEST * last.max(1) as f64 {
            return None;
        }
        Some((self.log_moments((distances, logarithms), chosen, times)?, *factor))
    }

    /// Logarithms of [`DecayCurve::moment_over`] at `times`; `None` where it is not positive and finite there.
    pub(super) fn logarithms_over(&self, chosen: &[usize], times: RangeInclusive<usize>) -> Option<Vec<f64>> {
        self.log_moments((self.distances(), self.logarithms.as_ref()), chosen, times)
    }

    fn logarithms_of(&self, distances: &Array2<f64>) -> Array2<f64> {
        distances.mapv(|d| f64::from(self.order) * libm::log(d))
    }

    /// Rows that are moments of populations, long after their start: the logarithm of such a moment is a sum over steps and nearly normal, so that
    ///
    /// ```text
    /// log E d^p = mean of log d_i^p + ½ variance of log d_i^p    over rows i
    /// ```
    ///
    /// where the plain mean would rest on the largest few rows and fall short. Log-normal mean: Aitchison and Brown (1957).
    #[must_use]
    pub fn log_normal(self) -> Self {
        let logarithms = Some(self.logarithms_of(self.distances()));
        DecayCurve { logarithms, ..self }
    }

    /// Mean and variance of `log d` at time `t` among the pairs that carry the moment, each weighted with its part `d^p` of it; `None` where rows are no populations of bounded
    /// distances or no pair is apart.
    pub fn carriers(&self, t: usize) -> Option<[f64; 2]> {
        let carriers = self.carriers.as_ref()?;
        let row = |index: usize| [carriers[[index, 2 * t]], carriers[[index, 2 * t + 1]]];
        let rows = self.distances().column(t);
        let seen: Vec<(f64, [f64; 2])> = rows.iter().enumerate().filter(|(_, d)| **d > 0.0).map(|(index, d)| (self.power(*d), row(index))).collect();
        let total: f64 = seen.iter().map(|(weight, _)| weight).sum();
        let mean = seen.iter().map(|(weight, [mean, _])| weight * mean).sum::<f64>() / total;
        let variance = seen.iter().map(|(weight, [own, spread])| weight * (spread + (own - mean) * (own - mean))).sum::<f64>() / total;
        (mean.is_finite() && variance.is_finite()).then_some([mean, variance])
    }

    /// Whether rows are populations that say where their pairs stand.
    pub fn is_of_populations(&self) -> bool {
        self.carriers.is_some()
    }

    /// Whether the rows are smooth in time, as where products of Jacobians are the same on every path: third differences of late logarithms are then those of a polynomial's.
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
    pub fn floor(&self) -> f64 {
        // States of size s carry rounding of 1e-16 s a step, which contraction keeps from growing; squares of 1e-140 are still normal numbers.
        const ROUNDING: f64 = 1e-11;
        const SMALLEST: f64 = 1e-140;
        if self.keeps_differences || !self.magnitude.is_finite() {
            return SMALLEST;
        }
        let top = self.moment().into_iter().filter(|d| d.is_finite()).fold(self.magnitude, f64::max);
        (ROUNDING * top).max(SMALLEST)
    }

    /// Logarithmic residuals below this are rounding and carry no information on the shape of the curve.
    pub fn resolution(&self) -> f64 {
        1e-6
    }

    /// The distances, pairs × times.
    pub fn distances(&self) -> &Array2<f64> {
        self.distances.ensemble()
    }

    /// Order of the moment.
    pub fn order(&self) -> u32 {
        self.order
    }

    /// Number of pairs `M`.
    pub fn pairs(&self) -> usize {
        self.distances().nrows()
    }

    /// Size of the states.
    pub fn magnitude(&self) -> f64 {
        self.magnitude
    }

    /// Pairs with a distance that is not a finite number.
    pub fn diverged(&self) -> usize {
        self.distances().rows().into_iter().filter(|row| row.iter().any(|d| !d.is_finite())).count()
    }

    fn power(&self, distance: f64) -> f64 {
        (0..self.order.trailing_zeros()).fold(distance, |power, _| power * power)
    }

    fn root(&self, moment: f64) -> f64 {
        (0..self.order.trailing_zeros()).fold(moment, |root, _| root.sqrt())
    }

    /// `(M^{-1} Σ_i d_{i,t}^p)^{1/p}` over the pairs `chosen`, for every t.
    pub fn moment_over(&self, chosen: &[usize]) -> Vec<f64> {
        let own = (self.distances(), self.logarithms.as_ref());
        (0..self.distances().ncols()).map(|t| libm::exp(self.log_moment(own, chosen, t))).collect()
    }

    /// Logarithms of the moment curve at `times`; `None` where one is not finite. The rows are passed through one after another, since they lie in memory so.
    fn log_moments(&self, rows: (&Array2<f64>, Option<&Array2<f64>>), chosen: &[usize], times: RangeInclusive<usize>) -> Option<Vec<f64>> {
        let (first, count) = (*times.start(), chosen.len() as f64);
        let width = times.end() - first + 1;
        let seen = |rows: &Array2<f64>, row: usize| -> Vec<f64> { rows.row(row).iter().skip(first).take(width).copied().collect() };
        let Some(logs) = rows.1 else {
            let mut sums = vec![0.0; width];
            for row in chosen {
                sums.iter_mut().zip(seen(rows.0, *row)).for_each(|(sum, d)| *sum += self.power(d));
            }
            return finite(sums.into_iter().map(|sum| libm::log(self.root(sum / count))).collect());
        };
        let mut means = vec![0.0; width];
        for row in chosen {
            means.iter_mut().zip(seen(logs, *row)).for_each(|(sum, l)| *sum += l);
        }
        means.iter_mut().for_each(|sum| *sum /= count);
        if means.contains(&f64::NEG_INFINITY) {
            return finite(times.map(|t| self.log_moment(rows, chosen, t)).collect());
        }
        let mut squares = vec![0.0; width];
        for row in chosen {
            squares.iter_mut().zip(seen(logs, *row)).zip(&means).for_each(|((sum, l), mean)| *sum += (l - mean) * (l - mean));
        }
        let log = |(mean, squares): (f64, f64)| (mean + 0.5 * squares / (count - 1.0).max(1.0)) / f64::from(self.order);
        finite(means.into_iter().zip(squares).map(log).collect())
    }

    /// Logarithm of the moment at time `t`.
    fn log_moment(&self, (distances, logs): (&Array2<f64>, Option<&Array2<f64>>), chosen: &[usize], t: usize) -> f64 {
        let count = chosen.len() as f64;
        let plain = || libm::log(self.root(chosen.iter().map(|row| self.power(distances[[*row, t]])).sum::<f64>() / count));
        let Some(logs) = logs else { return plain() };
        let (mean, variance) = log_mean_and_variance(logs, chosen, t);
        if mean == f64::NEG_INFINITY {
            // Some populations have met for good: what is left is the plain mean of the others.
            return if self.carriers.is_some() { plain() } else { mean };
        }
        (mean + 0.5 * variance) / f64::from(self.order)
    }

    /// The moment curve over all pairs.
    pub fn moment(&self) -> Vec<f64> {
        self.moment_over(&(0..self.pairs()).collect::<Vec<_>>())
    }

    /// How many pairs the moment at time `t` effectively rests on, `(Σ d^p)² / Σ d^{2p}`; 0 where all distances vanish, all of them for a log-normal mean.
    pub fn effective_pairs(&self, t: usize) -> f64 {
        if self.logarithms.is_some() {
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
    /// # Errors
    /// [`Undefined`] with fewer than two pairs or a distance that is not finite.
    pub fn estimate(&self, t: usize, level: f64) -> Result<Estimate, Undefined> {
        let powers: Vec<f64> = self.distances().column(t).iter().map(|d| self.power(*d)).collect();
        let mean = crate::stats::Sample::new(&powers)?.mean(level)?;
        Ok(mean.map_monotone(|moment| self.root(moment.max(0.0))))
    }
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
