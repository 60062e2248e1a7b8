//! An exact change of units, in which sums of values of any size and offset neither overflow nor
//! lose digits.

use super::Undefined;
use std::borrow::Cow;

/// Values whose largest size has a binary exponent within this of zero are left in their own units:
/// cubes of them, and sums of 2³² of those, are ordinary numbers.
const USUAL: i32 = 128;
/// An offset is taken off where all of n values lie within n times this share of the largest size,
/// and at most [`CLOSE`] of it. The mean of wider values is right to 10⁻³ of its standard error
/// without.
const NARROW: f64 = 1.0 / (1u64 << 40) as f64;
/// Differences of values that lie so close together are exact.
const CLOSE: f64 = 1.0 / 256.0;

/// Units of a sample: a value is `x = origin + 2^exponent z`, and `z` is what sums run over.
///
/// The origin is one of the values where they lie so close together that the rounding of their sum
/// would show, and 0 otherwise; the exponent is that of the largest size where squares could leave
/// the range of numbers, and 0 otherwise. Both steps are exact (the first by Sterbenz's lemma), so
/// a statistic that does not depend on offset and scale has the same bits for `x` and `2^k x`. Most
/// samples are in plain units, in which nothing is changed. Source of the lemma: Sterbenz (1974),
/// ISBN 9780134953224.
///
/// ```
/// use rtrl_lab::stats::Units;
/// let far = [1e13 + 1.0, 1e13 + 3.0];
/// let units = Units::of(&far);
/// assert_eq!(units.apply(&far)[..], [0.0, 2.0]);
/// assert_eq!(units.place(1.0), 1e13 + 2.0);
/// assert!(Units::of(&[1.0, -3.0]).is_plain());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Units {
    origin: f64,
    exponent: i32,
}

impl Units {
    /// The units of some finite values; plain where there is none.
    ///
    /// ```
    /// use rtrl_lab::stats::Units;
    /// assert_eq!(Units::of(&[1.0, 2.0]), Units::of(&[]));
    /// assert_ne!(Units::of(&[1e300, 2.0]), Units::of(&[]));
    /// ```
    pub fn of(values: &[f64]) -> Self {
        let (low, high) = range(values);
        let size = low.abs().max(high.abs());
        // Values of one sign, so that the range does not overflow.
        let narrow = low * high.signum() > 0.0 && high - low <= CLOSE.min(NARROW * values.len() as f64) * size;
        let (origin, size) = if narrow { (values[0], high - low) } else { (0.0, size) };
        Units { origin, ..Units::of_size(size) }
    }

    /// Units without an offset, for values of which the largest has this size; plain for 0.
    pub(super) fn of_size(size: f64) -> Self {
        let exponent = if size > 0.0 && size.is_finite() { libm::ilogb(size) } else { 0 };
        Units { origin: 0.0, exponent: if exponent.abs() <= USUAL { 0 } else { exponent } }
    }

    /// Whether values are left as they are.
    ///
    /// ```
    /// let plain = |x: f64| rtrl_lab::stats::Units::of(&[x, -x]).is_plain();
    /// // 2¹²⁸ is about 3.4e38.
    /// assert!(plain(1e38) && !plain(1e40) && plain(1e-38) && !plain(1e-40));
    /// ```
    pub fn is_plain(&self) -> bool {
        self.origin == 0.0 && self.exponent == 0
    }

    /// Values in these units.
    ///
    /// ```
    /// let large = [2f64.powi(600), -2f64.powi(601)];
    /// assert_eq!(rtrl_lab::stats::Units::of(&large).apply(&large)[..], [0.5, -1.0]);
    /// ```
    pub fn apply<'a>(&self, values: &'a [f64]) -> Cow<'a, [f64]> {
        if self.is_plain() {
            return Cow::Borrowed(values);
        }
        // Two factors, since the power of two itself may be no number.
        let half = self.exponent / 2;
        let (first, second) = (libm::ldexp(1.0, -half), libm::ldexp(1.0, half - self.exponent));
        Cow::Owned(values.iter().map(|x| (x - self.origin) * first * second).collect())
    }

    /// A value of the sample's own units from one of these.
    ///
    /// ```
    /// let units = rtrl_lab::stats::Units::of(&[2f64.powi(600), -2f64.powi(601)]);
    /// assert_eq!(units.place(-0.25), -2f64.powi(599));
    /// ```
    pub fn place(&self, z: f64) -> f64 {
        self.origin + self.length(z)
    }

    /// A distance, infinite where it overflows.
    ///
    /// ```
    /// use rtrl_lab::stats::Units;
    /// // An offset is no part of a distance.
    /// assert_eq!(Units::of(&[1e13 + 1.0, 1e13 + 3.0]).length(2.0), 2.0);
    /// assert_eq!(Units::of(&[1e300, -1e300]).length(1e300), f64::INFINITY);
    /// ```
    pub fn length(&self, z: f64) -> f64 {
        libm::ldexp(z, self.exponent)
    }

    /// A distance of the sample's own units in these.
    pub(super) fn within(&self, x: f64) -> f64 {
        libm::ldexp(x, -self.exponent)
    }

    /// A squared distance, infinite where it overflows.
    ///
    /// ```
    /// let units = rtrl_lab::stats::Units::of(&[2f64.powi(200), -2f64.powi(201)]);
    /// assert_eq!((units.length(0.5), units.square(0.25)), (2f64.powi(200), 2f64.powi(400)));
    /// ```
    pub fn square(&self, z: f64) -> f64 {
        libm::ldexp(z, 2 * self.exponent)
    }
}

/// A positive number that a change of units may have taken out of the range of numbers.
///
/// # Errors
/// [`Undefined`] where it has overflowed, or has become 0.
pub(super) fn in_range(x: f64, what: &str) -> Result<f64, Undefined> {
    let leaves = |end: &str| Undefined::because(format!("{what} {end}; choose another unit"));
    if x == 0.0 {
        Err(leaves("is smaller than the smallest number"))
    } else if x.is_finite() {
        Ok(x)
    } else {
        Err(leaves("is larger than the largest number"))
    }
}

/// Least and largest value; (∞, −∞) without one.
fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)))
}

/// Whether all values are equal.
pub(super) fn constant(values: &[f64]) -> bool {
    values.iter().all(|x| *x == values[0])
}

/// The mean; of equal values exactly that value.
pub(super) fn mean(values: &[f64]) -> f64 {
    if constant(values) { values.first().copied().unwrap_or(f64::NAN) } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Variance with divisor one less than the number, of values in their units; exactly 0 for equal
/// values.
pub(super) fn variance(values: &[f64]) -> f64 {
    squares(values) / (values.len() as f64 - 1.0)
}

/// Sum of squares about the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean) * (x - mean)).sum()
}

/// Standard deviation with divisor one less than the number; exactly 0 for equal values.
pub(super) fn spread(values: &[f64]) -> f64 {
    let units = Units::of(values);
    units.length(variance(&units.apply(values)).sqrt())
}

/// Mean and standard deviation, with the number itself as divisor, of finite values of any size and
/// offset; the deviation of equal values is exactly 0.
///
/// ```
/// use rtrl_lab::stats::mean_and_deviation;
/// assert_eq!(mean_and_deviation(&[14.62; 100_000]), (14.62, 0.0));
/// assert_eq!(mean_and_deviation(&[1e300, -1e300]), (0.0, 1e300));
/// ```
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let units = Units::of(values);
    let inside = units.apply(values);
    (units.place(mean(&inside)), units.length((squares(&inside) / values.len() as f64).sqrt()))
}

/// Whether values differ by nothing but rounding: their range is at most eight units in the last
/// place of the largest.
///
/// ```
/// use rtrl_lab::stats::constant_to_rounding;
/// assert!(
///     constant_to_rounding(&[0.3, 0.1 + 0.2, 0.3])
///         && !constant_to_rounding(&[1.7e12, 1.7e12 + 0.5])
/// );
/// ```
pub fn constant_to_rounding(values: &[f64]) -> bool {
    let (low, high) = range(values);
    // Halves, so that the range does not overflow.
    0.5 * high - 0.5 * low <= 4.0 * f64::EPSILON * low.abs().max(high.abs())
}
