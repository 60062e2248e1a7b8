//! The softplus `ln(1 + e^u)`, smooth and unbounded above.

use super::Activation;
use super::sigmoid::logistic;

pub(super) struct Softplus;

impl Activation for Softplus {
    fn name(&self) -> &'static str {
        "softplus"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (u.max(0.0) + libm::log1p(libm::exp(-u.abs())), logistic(u))
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
