//! Numbers of twice the digits: sums and products of doubles whose rounding is kept.

use std::ops::{Add, Div, Mul, Sub};

/// A number as the unevaluated sum of two doubles, the second at most half a unit in the last place
/// of the first.
///
/// Each operation is right to a few units of 2⁻¹⁰⁴. Sources: Dekker (1971), doi 10.1007/BF01397083;
/// Ogita, Rump and Oishi (2005), doi 10.1137/030601818.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Twofold {
    high: f64,
    low: f64,
}

/// Independent sums of an inner product.
const LANES: usize = 8;
/// Products a lane after which the sums are put away to twice the digits, so that their number does
/// not matter.
const RUN: usize = 128;

impl Twofold {
    pub(super) const ZERO: Twofold = Twofold { high: 0.0, low: 0.0 };

    /// The exact product of two doubles, where it stays in range.
    pub(super) fn product(a: f64, b: f64) -> Self {
        let high = a * b;
        Twofold { high, low: product_error(high, split(a), split(b)) }
    }

    /// The nearest double.
    pub(super) fn round(self) -> f64 {
        self.high + self.low
    }

    pub(super) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return Twofold::ZERO;
        }
        // One step of Newton's method from the root of the leading part.
        let root = self.high.sqrt();
        let rest = (self - Twofold::product(root, root)).round();
        normalised(root, rest / (2.0 * root))
    }
}

impl From<f64> for Twofold {
    fn from(high: f64) -> Self {
        Twofold { high, low: 0.0 }
    }
}

impl Add for Twofold {
    type Output = Twofold;
    fn add(self, other: Twofold) -> Twofold {
        let (high, error) = two_sum(self.high, other.high);
        let (low, rest) = two_sum(self.low, other.low);
        let carried = normalised(high, error + low);
        normalised(carried.high, carried.low + rest)
    }
}

impl Sub for Twofold {
    type Output = Twofold;
    fn sub(self, other: Twofold) -> Twofold {
        self + Twofold { high: -other.high, low: -other.low }
    }
}

impl Mul for Twofold {
    type Output = Twofold;
    fn mul(self, other: Twofold) -> Twofold {
        let leading = Twofold::product(self.high, other.high);
        normalised(leading.high, leading.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Twofold {
    type Output = Twofold;
    fn div(self, other: Twofold) -> Twofold {
        let first = self.high / other.high;
        let rest = self - other * Twofold::from(first);
        let second = rest.high / other.high;
        let last = (rest - other * Twofold::from(second)).high / other.high;
        normalised(first, second) + Twofold::from(last)
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// For `low` no larger than `high`.
fn normalised(high: f64, low: f64) -> Twofold {
    let sum = high + low;
    Twofold { high: sum, low: low - (sum - high) }
}

/// A double as two halves of 26 bits, so that products of halves are exact.
fn split(a: f64) -> [f64; 2] {
    const FACTOR: f64 = (1u32 << 27) as f64 + 1.0;
    let scaled = FACTOR * a;
    let high = scaled - (scaled - a);
    [high, a - high]
}

fn product_error(product: f64, [a, a_low]: [f64; 2], [b, b_low]: [f64; 2]) -> f64 {
    ((a * b - product) + a * b_low + a_low * b) + a_low * b_low
}

/// A series with every value split once.
pub(super) struct SplitSeries {
    values: Vec<f64>,
    halves: [Vec<f64>; 2],
}

impl SplitSeries {
    pub(super) fn new(values: Vec<f64>) -> Self {
        let halves = [0, 1].map(|half| values.iter().map(|x| split(*x)[half]).collect());
        SplitSeries { values, halves }
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Values and their halves from `from` on, in eights.
    fn eights(&self, from: usize) -> [&[[f64; LANES]]; 3] {
        [&self.values, &self.halves[0], &self.halves[1]].map(|part| part[from..].as_chunks().0)
    }

    /// `Σ_t x_t y_{t − lag}` over all `t` for which both exist; the series are equally long.
    pub(super) fn with_past(&self, other: &SplitSeries, lag: usize) -> Twofold {
        let n = self.values.len().saturating_sub(lag);
        let (now, then) = (self.eights(lag), other.eights(0));
        let mut total = Twofold::ZERO;
        for from in (0..n / LANES).step_by(RUN) {
            let (mut sums, mut errors) = ([0.0; LANES], [0.0; LANES]);
            for place in from..(from + RUN).min(n / LANES) {
                let ([x, x_high, x_low], [y, y_high, y_low]) = (now.map(|part| &part[place]), then.map(|part| &part[place]));
                for k in 0..LANES {
                    let product = x[k] * y[k];
                    let (sum, error) = two_sum(sums[k], product);
                    sums[k] = sum;
                    errors[k] += error + product_error(product, [x_high[k], x_low[k]], [y_high[k], y_low[k]]);
                }
            }
            total = (0..LANES).fold(total, |total, k| total + Twofold::from(sums[k]) + Twofold::from(errors[k]));
        }
        (n / LANES * LANES..n).fold(total, |total, t| total + Twofold::product(self.values[t + lag], other.values[t]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values on a grid on which sums of products are whole numbers of 2⁻¹⁰⁰: an exact answer in
    /// integers.
    #[test]
    fn inner_products_are_right_to_thirty_digits() {
        let mut noise = crate::random::Noise::at(crate::random::RngKey::root(8));
        let whole: Vec<i64> = (0..1003).map(|_| noise.index(1 << 52) as i64 - (1 << 51)).collect();
        let series = SplitSeries::new(whole.iter().map(|x| *x as f64).collect());
        for lag in [0, 1, 7, 501] {
            let exact: i128 = whole.iter().zip(&whole[lag..]).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum();
            let found = series.with_past(&series, lag);
            let error = (exact - found.high as i128 - found.low as i128).unsigned_abs();
            let size: u128 = whole.iter().zip(&whole[lag..]).map(|(a, b)| (i128::from(*a) * i128::from(*b)).unsigned_abs()).sum();
            assert!(error as f64 <= 1e-29 * size as f64, "lag {lag}: {error} of {size}");
        }
    }

    #[test]
    fn quotients_and_roots_undo_products() {
        let third = Twofold::from(1.0) / Twofold::from(3.0);
        assert!((third * Twofold::from(3.0) - Twofold::from(1.0)).round().abs() < 1e-31);
        let root = Twofold::from(2.0).sqrt();
        assert!((root * root - Twofold::from(2.0)).round().abs() < 1e-31);
    }
}
