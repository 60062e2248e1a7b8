//! The hyperbolic tangent.

use super::{Activation, WIDE, subtracted};
use crate::network::elementary;

pub(super) struct Tanh;

impl Activation for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = libm::tanh(u);
        (value, 1.0 - value * value)
    }

    fn values_and_slopes(&self, u: &mut [f64], slopes: &mut [f64]) {
        elementary::tanh_all(u);
        for (value, slope) in u.iter().zip(slopes) {
            *slope = 1.0 - value * value;
        }
    }

    /// By the addition theorem, `tanh(u + δ) − tanh u = (1 − v²) τ/(1 + vτ)` with `v = tanh u`, `τ = tanh δ`; the slope `1 − v²` then moves by `−(v + v′)` times as much.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        if delta.abs() > WIDE {
            return subtracted(self, u, delta);
        }
        let (value, slope) = self.value_and_slope(u);
        let turn = libm::tanh(delta);
        let moved = slope * turn / (1.0 + value * turn);
        (moved, -(2.0 * value + moved) * moved)
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

/// The hyperbolic tangent whose single values have the bits of the ensembles', for tests of equal bits.
#[cfg(test)]
pub(crate) struct SameBits;

#[cfg(test)]
impl Activation for SameBits {
    fn name(&self) -> &'static str {
        "tanh-same-bits"
    }
    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = elementary::tanh(u);
        (value, 1.0 - value * value)
    }
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        Tanh.difference(u, delta)
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
