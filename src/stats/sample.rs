//! Independent observations that have been checked once.

use super::quantiles::sorted_median;
use super::{Estimate, Undefined, Units, normal_quantile};

/// At least one finite observation.
///
/// ```
/// let sample = rtrl_lab::stats::Sample::new(&[2.0, 4.0, 9.0]).unwrap();
/// let mean = sample.mean(0.95).unwrap();
/// // Variance (9 + 1 + 16)/2 over 3 observations.
/// assert!(mean.value == 5.0 && (mean.standard_error - (13.0f64 / 3.0).sqrt()).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    values: &'a [f64],
}

impl<'a> Sample<'a> {
    /// Checks the observations.
    ///
    /// ```
    /// let refused = rtrl_lab::stats::Sample::new(&[1.0, f64::NAN]).unwrap_err();
    /// assert_eq!(refused.reason, "1 of 2 observations are not finite");
    /// ```
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
        // Centred on the first value, so that a constant sample is exact and a large offset costs
        // no digits.
        let units = Units::of(self.values);
        let values = units.apply(self.values);
        let origin = values[0];
        let shift = values.iter().map(|x| x - origin).sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - origin - shift) * (x - origin - shift)).sum();
        Ok(Estimate::student(units.place(origin + shift), units.length((squares / (n - 1.0) / n).sqrt()), n - 1.0, level))
    }

    /// The mean of squares or other positive, skewed values, with Student's interval for its
    /// logarithm: the standard error over the mean, by the delta method.
    ///
    /// ```
    /// let squares = [0.1, 4.0, 0.3, 1.2, 0.02, 2.1];
    /// let mean = rtrl_lab::stats::Sample::new(&squares).unwrap().positive_mean(0.95).unwrap();
    /// assert!(mean.lower > 0.0 && mean.upper - mean.value > mean.value - mean.lower);
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two observations, or a mean that is not positive.
    pub fn positive_mean(&self, level: f64) -> Result<Estimate, Undefined> {
        let mean = self.mean(level)?;
        if mean.value <= 0.0 {
            return Err(Undefined::because("the mean is not positive, so it has no logarithm"));
        }
        let dof = self.values.len() as f64 - 1.0;
        let log = Estimate::student(libm::log(mean.value), mean.standard_error / mean.value, dof, level);
        Ok(Estimate { value: mean.value, standard_error: mean.standard_error, lower: libm::exp(log.lower), upper: libm::exp(log.upper), level })
    }

    /// The mean of values whose own mean is positive where some of them are not, as products of two
    /// estimates of one number: [`Sample::positive_mean`], or [`Sample::mean`] where the mean is
    /// not positive.
    ///
    /// ```
    /// let products = [0.1, -0.2, -0.3];
    /// let mean =
    ///     rtrl_lab::stats::Sample::new(&products).unwrap().positive_or_plain_mean(0.95).unwrap();
    /// assert!(mean.value < 0.0 && mean.contains(0.1));
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] with fewer than two observations.
    pub fn positive_or_plain_mean(&self, level: f64) -> Result<Estimate, Undefined> {
        self.positive_mean(level).or_else(|_| self.mean(level))
    }

    /// The median, with the interval between order statistics that covers whatever the law,
    /// interpolated between two neighbouring ones to come near its level.
    ///
    /// ```text
    /// P(X_(d) ≤ median ≤ X_(n+1−d)) = γ_d = 1 − 2 P(Bin(n, ½) < d),   γ_{d+1} < level ≤ γ_d
    /// lower = (1 − λ) X_(d) + λ X_(d+1),   λ = (n − d) I/(d + (n − 2d) I),
    ///     I = (γ_d − level)/(γ_d − γ_{d+1})
    /// ```
    ///
    /// The standard error is the interval's length in normal quantiles. Skewed or heavy laws, whose
    /// mean a few observations decide, have a median like any other. Source: Hettmansperger and
    /// Sheather (1986), doi 10.1016/0167-7152(86)90021-0.
    ///
    /// ```
    /// use rtrl_lab::stats::Sample;
    /// let values: Vec<f64> = (1..=12).map(f64::from).collect();
    /// let median = Sample::new(&values).unwrap().median(0.95).unwrap();
    /// assert_eq!(median.value, 6.5);
    /// // Between (3, 10), which covers with probability 0.9614, and (4, 9), with 0.8540.
    /// assert!(3.0 < median.lower && median.lower < 3.5 && median.upper == 13.0 - median.lower);
    /// assert!(Sample::new(&values[..5]).unwrap().median(0.95).is_err());
    /// ```
    ///
    /// # Errors
    /// [`Undefined`] where even the smallest and the largest observation do not cover at the level:
    /// fewer than six at 95 %.
    pub fn median(&self, level: f64) -> Result<Estimate, Undefined> {
        let mut sorted = self.values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len();
        // P(Bin(n, ½) = d) and γ_d, from d = 1 on.
        let (mut mass, mut below) = (libm::exp2(-(n as f64)), 0.0);
        let mut covers = vec![1.0];
        for d in 1..=n / 2 + 1 {
            below += mass;
            mass *= (n + 1 - d) as f64 / d as f64;
            covers.push((1.0 - 2.0 * below).max(0.0));
        }
        let Some(d) = (1..=n / 2).rev().find(|d| covers[*d] >= level) else {
            return Err(Undefined::because(format!("the median of {n} observations has no interval at level {level}; allow more")));
        };
        let part = (covers[d] - level) / (covers[d] - covers[d + 1]);
        let (whole, from) = (n as f64, d as f64);
        let weight = (whole - from) * part / (from + (whole - 2.0 * from) * part);
        let between = |outer: f64, inner: f64| weight.mul_add(inner - outer, outer);
        let (lower, upper) = (between(sorted[d - 1], sorted[d]), between(sorted[n - d], sorted[n - d - 1]));
        let value = sorted_median(&sorted);
        let standard_error = (upper - lower) / (2.0 * normal_quantile(0.5 + level / 2.0));
        Ok(Estimate { value, standard_error, lower, upper, level })
    }
}
