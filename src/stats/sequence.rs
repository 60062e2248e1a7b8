//! Intervals for a mean that stay valid however often and whenever one looks.

use super::{Estimate, Undefined};

/// An asymptotic confidence sequence for the mean of independent observations, fed as they come.
///
/// ```text
/// X̄_t ± σ̂_t √( 2 (t ρ² + 1)/(t² ρ²) · log( √(t ρ² + 1) / α ) ),
///     ρ² = (−2 log α + log(1 − 2 log α)) / t*
/// ```
///
/// With probability about `1 − α` the mean lies in all intervals at once, so a run may be stopped
/// by looking at it. `t*` is the number of observations at which the interval is narrowest against
/// the fixed-sample one; elsewhere it is valid but wider. Asymptotic as a normal interval is: first
/// looks should come after some tens of observations. Dependent draws must be fed as means of long
/// batches. Source: Waudby-Smith et al. (2024), arXiv 2103.06476, theorem 2.2.
///
/// ```
/// use rtrl_lab::stats::ConfidenceSequence;
/// let mut sequence = ConfidenceSequence::new(0.95, 100).unwrap();
/// (0..100).for_each(|t| sequence.push(f64::from(t % 2)));
/// let estimate = sequence.interval().unwrap();
/// assert!((estimate.value - 0.5).abs() < 1e-14);
/// assert!((estimate.upper - 0.5 - 0.152_525_0).abs() < 1e-6);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConfidenceSequence {
    level: f64,
    /// ρ².
    tuning: f64,
    count: usize,
    mean: f64,
    /// Sum of squares about the mean.
    squares: f64,
}

impl ConfidenceSequence {
    /// An empty sequence at `level`, narrowest near `intended` observations.
    ///
    /// ```
    /// use rtrl_lab::stats::ConfidenceSequence;
    /// assert_eq!(ConfidenceSequence::new(0.95, 100).unwrap().count(), 0);
    /// assert!(ConfidenceSequence::new(1.0, 100).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where the level is not in (0, 1) or `intended` is 0.
    pub fn new(level: f64, intended: usize) -> Result<Self, Undefined> {
        if !(level > 0.0 && level < 1.0) || intended == 0 {
            return Err(Undefined::because("a confidence sequence needs a level in (0, 1) and an intended number of observations above 0"));
        }
        let information = -2.0 * libm::log(1.0 - level);
        let tuning = (information + libm::log1p(information)) / intended as f64;
        Ok(ConfidenceSequence { level, tuning, count: 0, mean: 0.0, squares: 0.0 })
    }

    /// Takes one observation; one that is not finite makes every later interval undefined.
    ///
    /// ```
    /// let mut sequence = rtrl_lab::stats::ConfidenceSequence::new(0.95, 100).unwrap();
    /// [1.0, 3.0].into_iter().for_each(|x| sequence.push(x));
    /// let estimate = sequence.interval().unwrap();
    /// assert_eq!((estimate.value, estimate.standard_error), (2.0, 1.0));
    /// ```
    pub fn push(&mut self, x: f64) {
        self.count += 1;
        let step = x - self.mean;
        self.mean += step / self.count as f64;
        self.squares += step * (x - self.mean);
    }

    /// Takes a batch of observations in order.
    ///
    /// ```
    /// let mut one = rtrl_lab::stats::ConfidenceSequence::new(0.95, 100).unwrap();
    /// let mut other = one.clone();
    /// one.extend(&[4.0, 0.0, 8.0]);
    /// [4.0, 0.0, 8.0].into_iter().for_each(|x| other.push(x));
    /// assert_eq!(one, other);
    /// assert_eq!(one.interval().unwrap().value, 4.0);
    /// ```
    pub fn extend(&mut self, batch: &[f64]) {
        batch.iter().for_each(|x| self.push(*x));
    }

    /// Number of observations so far.
    ///
    /// ```
    /// let mut sequence = rtrl_lab::stats::ConfidenceSequence::new(0.9, 10).unwrap();
    /// sequence.extend(&[0.5; 7]);
    /// assert_eq!(sequence.count(), 7);
    /// ```
    pub fn count(&self) -> usize {
        self.count
    }

    /// The interval now; its standard error is that of a fixed sample.
    ///
    /// ```
    /// let mut sequence = rtrl_lab::stats::ConfidenceSequence::new(0.95, 100).unwrap();
    /// sequence.extend(&[2.0, 2.0]);
    /// assert_eq!(sequence.interval().unwrap_err().reason, "all observations so far are equal");
    /// sequence.extend(&[5.0]);
    /// let estimate = sequence.interval().unwrap();
    /// // Squares 6 on two degrees of freedom, over 3 observations.
    /// assert!((estimate.value - 3.0).abs() < 1e-14);
    /// assert!((estimate.standard_error - 1.0).abs() < 1e-14);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two observations, after one that was not finite, and while all
    /// are equal: no spread seen is not certainty.
    pub fn interval(&self) -> Result<Estimate, Undefined> {
        if self.count < 2 {
            return Err(Undefined::because("fewer than two observations have no spread"));
        }
        if !self.squares.is_finite() {
            return Err(Undefined::because("an observation was not finite"));
        }
        if self.squares == 0.0 {
            return Err(Undefined::because("all observations so far are equal"));
        }
        let t = self.count as f64;
        let standard_error = (self.squares / (t - 1.0) / t).sqrt();
        let spread = t * self.tuning;
        let half = standard_error * (2.0 * (spread + 1.0) / spread * (0.5 * libm::log1p(spread) - libm::log(1.0 - self.level))).sqrt();
        Ok(Estimate { value: self.mean, standard_error, lower: self.mean - half, upper: self.mean + half, level: self.level })
    }
}
