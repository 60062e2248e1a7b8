//! The hyperbolic tangent.

use super::{Activation, STEEP, WIDE, subtracted};
use crate::simd::elementary;

pub(super) struct Tanh;

impl Activation for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = libm::tanh(u);
        let slope = 1.0 - value * value;
        (value, if slope < STEEP { secant_squared(u, libm::exp) } else { slope })
    }

    fn values_and_slopes(&self, u: &mut [f64], slopes: &mut [f64]) {
        if elementary::tanh_and_slopes(u, slopes, FLAT) {
            return;
        }
        slopes.copy_from_slice(u);
        elementary::tanh_all(u);
        for (value, slope) in u.iter().zip(slopes.iter_mut()) {
            let plain = 1.0 - value * value;
            *slope = if plain < STEEP { secant_squared(*slope, elementary::exp) } else { plain };
        }
    }

    /// By the addition theorem, `tanh(u + δ) − tanh u = (1 − v²) τ/(1 + vτ)` with `v = tanh u`,
    /// `τ = tanh δ`; the slope `1 − v²` then moves by `−(v + v′)` times as much. Far steps are
    /// subtracted, but for two values on one flat end:
    ///
    /// ```text
    /// tanh a − tanh b = sinh(a − b)/(cosh a cosh b) = 2 s (1 − e^{−2|δ|}) e^{−2 min(|a|,
    ///     |b|)}/((1 + e^{−2|a|})(1 + e^{−2|b|}))
    /// ```
    ///
    /// with `s` the sign of `δ`.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let moved_to = u + delta;
        if delta.abs() > WIDE && u * moved_to > 0.0 && u.abs().min(moved_to.abs()) > FLAT {
            let decayed = |x: f64| libm::exp(-2.0 * x);
            let ends = (1.0 + decayed(u.abs())) * (1.0 + decayed(moved_to.abs()));
            let size = 2.0 * (1.0 - decayed(delta.abs())) * decayed(u.abs().min(moved_to.abs())) / ends;
            return (size.copysign(delta), self.value_and_slope(moved_to).1 - self.value_and_slope(u).1);
        }
        if delta.abs() > WIDE {
            return subtracted(self, u, delta);
        }
        let (value, slope) = self.value_and_slope(u);
        let turn = libm::tanh(delta);
        let moved = slope * turn / (1.0 + value * turn);
        (moved, -(2.0 * value + moved) * moved)
    }

    fn differences(&self, u: &mut [f64], delta: &mut [f64]) {
        const AT_ONCE: usize = 64;
        let (mut values, mut slopes, mut turns) = ([0.0; AT_ONCE], [0.0; AT_ONCE], [0.0; AT_ONCE]);
        for (u, delta) in u.chunks_mut(AT_ONCE).zip(delta.chunks_mut(AT_ONCE)) {
            let (values, slopes, turns) = (&mut values[..u.len()], &mut slopes[..u.len()], &mut turns[..u.len()]);
            values.copy_from_slice(u);
            turns.copy_from_slice(delta);
            self.values_and_slopes(values, slopes);
            elementary::tanh_all(turns);
            for (((u, delta), (value, slope)), turn) in u.iter_mut().zip(delta).zip(values.iter().zip(slopes)).zip(turns) {
                if delta.abs() > WIDE {
                    (*delta, *u) = self.difference(*u, *delta);
                    continue;
                }
                let moved = *slope * *turn / (1.0 + value * *turn);
                (*delta, *u) = (moved, -(2.0 * value + moved) * moved);
            }
        }
    }

    fn curvature(&self, u: f64) -> f64 {
        let (value, slope) = self.value_and_slope(u);
        -2.0 * value * slope
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    /// `|σ''| = 2|v|(1 − v²)` is largest at `v = 1/√3`, where it is `4/(3√3)`.
    fn curvature_bound(&self) -> f64 {
        4.0 / (3.0 * 3f64.sqrt())
    }

    fn value_bound(&self) -> f64 {
        1.0
    }
}

/// Beyond this `1 − tanh² u` is below [`STEEP`].
const FLAT: f64 = 4.0;

/// `sech² u = 4 e^{−2|u|}/(1 + e^{−2|u|})²`, right to rounding where `1 − tanh² u` has lost its
/// digits.
fn secant_squared(u: f64, exp: impl Fn(f64) -> f64) -> f64 {
    let decayed = exp(-2.0 * u.abs());
    4.0 * decayed / ((1.0 + decayed) * (1.0 + decayed))
}

/// The hyperbolic tangent whose single values have the bits of the ensembles', for tests of equal
/// bits.
#[cfg(test)]
pub(crate) struct SameBits;

#[cfg(test)]
impl Activation for SameBits {
    fn name(&self) -> &'static str {
        "tanh-same-bits"
    }
    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = elementary::tanh(u);
        let slope = 1.0 - value * value;
        (value, if slope < STEEP { secant_squared(u, elementary::exp) } else { slope })
    }
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        Tanh.difference(u, delta)
    }
    fn curvature(&self, u: f64) -> f64 {
        Tanh.curvature(u)
    }
    fn slope_bound(&self) -> f64 {
        1.0
    }
    fn curvature_bound(&self) -> f64 {
        1.0
    }
    fn value_bound(&self) -> f64 {
        1.0
    }
}
