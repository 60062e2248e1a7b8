//! Distances of coupled pairs over time.

use crate::markov::Coupled;
use crate::stats::{Estimate, Undefined};
use ndarray::Array2;

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
    smaller: Option<(Array2<f64>, f64)>,
    log_normal: bool,
}

impl DecayCurve {
    /// A curve of the moment of order `order` (1, 2 or 4) from distances (pairs × times). `magnitude` is the size of the states themselves;
    /// `keeps_differences` tells whether the kernel carried differences to full precision or as differences of states, whose rounding is then the floor.
    pub fn new(distances: Coupled<Array2<f64>>, order: u32, magnitude: f64, keeps_differences: bool) -> Self {
        DecayCurve { distances, order, magnitude, keeps_differences, carriers: None, smaller: None, log_normal: false }
    }

    /// Rows that are populations: `carriers` holds mean and variance of `log d` among the pairs that carry the row's moment, time after time (rows × 2 times).
    #[must_use]
    pub fn carried_by(self, carriers: Array2<f64>) -> Self {
        DecayCurve { carriers: Some(carriers), ..self }
    }

    /// Rows that are populations: the same number of rows from populations with `factor` times fewer pairs, which tell what a population's finite size does to a rate.
    #[must_use]
    pub fn beside_smaller(self, distances: Array2<f64>, factor: f64) -> Self {
        DecayCurve { smaller: Some((distances, factor)), ..self }
    }

    /// The moment curve of the smaller populations over the rows `chosen`, and by what factor they are smaller; `None` where none were followed beside every row.
    pub fn smaller_moment_over(&self, chosen: &[usize]) -> Option<(Vec<f64>, f64)> {
        let (distances, factor) = self.smaller.as_ref().filter(|(distances, _)| distances.dim() == self.distances().dim())?;
        Some((self.moment_of(distances, chosen), *factor))
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
        DecayCurve { log_normal: true, ..self }
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
        self.moment_of(self.distances(), chosen)
    }

    fn moment_of(&self, distances: &Array2<f64>, chosen: &[usize]) -> Vec<f64> {
        if self.log_normal {
            return (0..distances.ncols()).map(|t| self.log_normal_moment(distances, chosen, t)).collect();
        }
        let mut sums = vec![0.0; distances.ncols()];
        for pair in chosen {
            for (sum, d) in sums.iter_mut().zip(distances.row(*pair)) {
                *sum += self.power(*d);
            }
        }
        sums.iter().map(|sum| self.root(sum / chosen.len() as f64)).collect()
    }

    fn log_normal_moment(&self, distances: &Array2<f64>, chosen: &[usize], t: usize) -> f64 {
        let (count, order) = (chosen.len() as f64, f64::from(self.order));
        let logs: Vec<f64> = chosen.iter().map(|row| order * libm::log(distances[[*row, t]])).collect();
        let mean = logs.iter().sum::<f64>() / count;
        if mean == f64::NEG_INFINITY && self.carriers.is_some() {
            // Some populations have met for good: what is left is the plain mean of the others.
            let powers: f64 = chosen.iter().map(|row| self.power(distances[[*row, t]])).sum();
            return self.root(powers / count);
        }
        let variance = logs.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / (count - 1.0).max(1.0);
        if mean == f64::NEG_INFINITY { 0.0 } else { libm::exp((mean + 0.5 * variance) / order) }
    }

    /// The moment curve over all pairs.
    pub fn moment(&self) -> Vec<f64> {
        self.moment_over(&(0..self.pairs()).collect::<Vec<_>>())
    }

    /// How many pairs the moment at time `t` effectively rests on, `(Σ d^p)² / Σ d^{2p}`; 0 where all distances vanish, all of them for a log-normal mean.
    pub fn effective_pairs(&self, t: usize) -> f64 {
        if self.log_normal {
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
