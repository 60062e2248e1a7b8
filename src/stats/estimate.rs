//! A point, a standard error and an interval: nothing else is ever printed of a random number.

use super::{normal_quantile, student_quantile};
use serde::{Deserialize, Serialize};

/// An estimate with its interval at a nominal level.
///
/// ```
/// use rtrl_lab::stats::Estimate;
/// let rate = Estimate { value: 0.5, standard_error: 0.1, lower: 0.3, upper: 0.8, level: 0.95 };
/// let log_rate = rate.map_monotone(f64::ln);
/// assert_eq!((log_rate.lower, log_rate.upper), (0.3f64.ln(), 0.8f64.ln()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the interval.
    pub lower: f64,
    /// Upper end of the interval.
    pub upper: f64,
    /// Nominal level of the interval, for example 0.95.
    pub level: f64,
}

impl Estimate {
    /// A number that is known: no error, an interval of one point, level 1.
    ///
    /// ```
    /// let three = rtrl_lab::stats::Estimate::exact(3.0);
    /// assert!(three.contains(3.0) && !three.contains(3.0 + 4.0 * f64::EPSILON));
    /// assert_eq!((three.standard_error, three.level), (0.0, 1.0));
    /// ```
    pub fn exact(value: f64) -> Self {
        Estimate { value, standard_error: 0.0, lower: value, upper: value, level: 1.0 }
    }

    /// A symmetric normal interval.
    ///
    /// ```
    /// let estimate = rtrl_lab::stats::Estimate::normal(1.0, 0.1, 0.95);
    /// assert!((estimate.upper - 1.195_996_398_454_005_4).abs() < 1e-14);
    /// assert!((estimate.lower - 0.804_003_601_545_994_6).abs() < 1e-14);
    /// ```
    pub fn normal(value: f64, standard_error: f64, level: f64) -> Self {
        Self::symmetric(value, standard_error, normal_quantile(0.5 + level / 2.0), level)
    }

    /// A symmetric Student interval with `dof` degrees of freedom.
    ///
    /// ```
    /// let estimate = rtrl_lab::stats::Estimate::student(1.0, 0.1, 10.0, 0.95);
    /// assert!((estimate.upper - 1.222_813_885).abs() < 1e-8);
    /// ```
    pub fn student(value: f64, standard_error: f64, dof: f64, level: f64) -> Self {
        Self::symmetric(value, standard_error, student_quantile(0.5 + level / 2.0, dof), level)
    }

    fn symmetric(value: f64, standard_error: f64, quantile: f64, level: f64) -> Self {
        let half = quantile * standard_error;
        Estimate { value, standard_error, lower: value - half, upper: value + half, level }
    }

    /// Whether the interval holds `x`.
    ///
    /// ```
    /// let estimate = rtrl_lab::stats::Estimate::normal(0.0, 1.0, 0.95);
    /// assert_eq!([-1.95, 1.97, f64::NAN].map(|x| estimate.contains(x)), [true, false, false]);
    /// ```
    pub fn contains(&self, x: f64) -> bool {
        self.lower <= x && x <= self.upper
    }

    /// The estimate of a monotone function of the quantity; the standard error by the slope of the
    /// chord over one standard error.
    ///
    /// ```
    /// use rtrl_lab::stats::Estimate;
    /// let root = Estimate { value: 3.0, standard_error: 1.0, lower: 1.0, upper: 5.0, level: 0.9 };
    /// let square = root.map_monotone(|x| x * x);
    /// assert_eq!((square.value, square.lower, square.upper), (9.0, 1.0, 25.0));
    /// // (16 − 4)/2.
    /// assert_eq!(square.standard_error, 6.0);
    /// assert_eq!(root.map_monotone(|x| -x).lower, -5.0);
    /// ```
    pub fn map_monotone(&self, f: impl Fn(f64) -> f64) -> Estimate {
        let (value, a, b) = (f(self.value), f(self.lower), f(self.upper));
        let chord = (f(self.value + self.standard_error) - f(self.value - self.standard_error)).abs() / 2.0;
        Estimate { value, standard_error: chord, lower: a.min(b), upper: a.max(b), level: self.level }
    }
}
