//! The identity, which makes the network linear and the oracle exact.

use super::Activation;

pub(super) struct Identity;

impl Activation for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (u, 1.0)
    }

    fn difference(&self, _u: f64, delta: f64) -> (f64, f64) {
        (delta, 0.0)
    }

    fn curvature(&self, _u: f64) -> f64 {
        0.0
    }

    fn is_linear(&self) -> bool {
        true
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    fn curvature_bound(&self) -> f64 {
        0.0
    }

    fn value_bound(&self) -> f64 {
        f64::INFINITY
    }
}
