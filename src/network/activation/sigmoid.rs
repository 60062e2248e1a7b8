//! The logistic sigmoid.

use super::Activation;

pub(super) struct Sigmoid;

/// `1/(1 + e^{−u})`, from the side on which the exponential cannot overflow.
pub(super) fn logistic(u: f64) -> f64 {
    let decayed = libm::exp(-u.abs());
    if u >= 0.0 { 1.0 / (1.0 + decayed) } else { decayed / (1.0 + decayed) }
}

impl Activation for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let (value, mirrored) = (logistic(u), logistic(-u));
        (value, value * mirrored)
    }

    fn slope_bound(&self) -> f64 {
        0.25
    }

    /// `|σ''| = v(1 − v)|1 − 2v|` is largest at `v = (1 ± 1/√3)/2`, where it is `1/(6√3)`.
    fn curvature_bound(&self) -> f64 {
        1.0 / (6.0 * 3f64.sqrt())
    }

    fn value_bound(&self) -> f64 {
        1.0
    }
}
