//! The softplus `ln(1 + e^u)`, smooth and unbounded above.

use super::sigmoid::{Sigmoid, logistic};
use super::{Activation, WIDE, subtracted};

pub(super) struct Softplus;

impl Activation for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (u.max(0.0) + libm::log1p(libm::exp(-u.abs())), logistic(u))
    }

    /// `ln((1 + e^{u+δ})/(1 + e^u)) = ln(1 + v(e^δ − 1))` with `v` the sigmoid, which is the slope.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        if delta.abs() > WIDE {
            return subtracted(self, u, delta);
        }
        (libm::log1p(logistic(u) * libm::expm1(delta)), Sigmoid.difference(u, delta).0)
    }

    fn curvature(&self, u: f64) -> f64 {
        Sigmoid.value_and_slope(u).1
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    fn curvature_bound(&self) -> f64 {
        0.25
    }

    fn value_bound(&self) -> f64 {
        f64::INFINITY
    }
}
