//! The hyperbolic tangent.

use super::Activation;

pub(super) struct Tanh;

impl Activation for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = libm::tanh(u);
        (value, 1.0 - value * value)
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
