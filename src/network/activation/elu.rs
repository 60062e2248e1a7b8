//! The exponential linear unit: `u` above 0, `e^u − 1` below. Its second derivative jumps at 0.
//! Source: Clevert, Unterthiner and Hochreiter (2016), arXiv:1511.07289.

use super::Activation;

pub(super) struct Elu;

impl Activation for Elu {
    fn name(&self) -> &'static str {
        "elu"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        if u > 0.0 { (u, 1.0) } else { (libm::expm1(u), libm::exp(u)) }
    }

    /// Below 0 both differences are `e^u (e^δ − 1)`; across 0 no digits are lost by subtraction.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let moved = u + delta;
        match (u > 0.0, moved > 0.0) {
            (true, true) => (delta, 0.0),
            (false, false) => {
                // From the higher end, so that nothing overflows.
                let risen = if delta > 0.0 { -libm::exp(moved) * libm::expm1(-delta) } else { libm::exp(u) * libm::expm1(delta) };
                (risen, risen)
            }
            (false, true) => (moved - libm::expm1(u), -libm::expm1(u)),
            (true, false) => (libm::expm1(moved) - u, libm::expm1(moved)),
        }
    }

    fn curvature(&self, u: f64) -> f64 {
        if u >= 0.0 { 0.0 } else { libm::exp(u) }
    }

    fn is_smooth(&self) -> bool {
        false
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    fn curvature_bound(&self) -> f64 {
        1.0
    }

    fn value_bound(&self) -> f64 {
        f64::INFINITY
    }
}
