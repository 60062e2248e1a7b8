//! The sine, bounded and not monotone.

use super::Activation;

pub(super) struct Sin;

impl Activation for Sin {
    fn name(&self) -> &'static str {
        "sin"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (libm::sin(u), libm::cos(u))
    }

    /// `sin(u + δ) − sin u = 2 sin(δ/2) cos(u + δ/2)`, and the slope by the same rule.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let (half, middle) = (2.0 * libm::sin(0.5 * delta), u + 0.5 * delta);
        (half * libm::cos(middle), -half * libm::sin(middle))
    }

    fn curvature(&self, u: f64) -> f64 {
        -libm::sin(u)
    }

    fn is_monotone(&self) -> bool {
        false
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
