//! Independent observations that have been checked once.

use super::{Estimate, Undefined};

/// At least one finite observation.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    values: &'a [f64],
}

impl<'a> Sample<'a> {
    /// Checks the observations.
    ///
    /// # Errors
    /// [`Undefined`] where there is none, or one is not finite.
    pub fn new(values: &'a [f64]) -> Result<Self, Undefined> {
        if values.is_empty() {
            return Err(Undefined::because("there is no observation"));
        }
        match values.iter().filter(|x| !x.is_finite()).count() {
            0 => Ok(Sample { values }),
            bad => Err(Undefined::because(format!("{bad} of {} observations are not finite", values.len()))),
        }
    }

    /// The mean with a Student interval. A constant sample has a mean with standard error 0.
    ///
    /// ```
    /// use rtrl_lab::stats::Sample;
    /// let mean = Sample::new(&[1.0, 2.0, 3.0]).unwrap().mean(0.95).unwrap();
    /// assert_eq!(mean.value, 2.0);
    /// assert!((mean.standard_error - (1.0f64 / 3.0).sqrt()).abs() < 1e-15);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two observations.
    pub fn mean(&self, level: f64) -> Result<Estimate, Undefined> {
        let n = self.values.len() as f64;
        if self.values.len() < 2 {
            return Err(Undefined::because("one observation has no standard error"));
        }
        // Centred on the first value, so that a constant sample is exact and a large offset costs no digits.
        let origin = self.values[0];
        let shift = self.values.iter().map(|x| x - origin).sum::<f64>() / n;
        let squares: f64 = self.values.iter().map(|x| (x - origin - shift) * (x - origin - shift)).sum();
        Ok(Estimate::student(origin + shift, (squares / (n - 1.0) / n).sqrt(), n - 1.0, level))
    }
}
