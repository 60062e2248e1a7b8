//! The arc tangent, whose slope falls like `1/u²`.

use super::Activation;

pub(super) struct Arctan;

impl Activation for Arctan {
    fn name(&self) -> &'static str {
        "arctan"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (libm::atan(u), 1.0 / (1.0 + u * u))
    }

    /// The angle between `(1, u)` and `(1, u + δ)`; the slope moves by
    /// `−δ (2u + δ) σ'(u) σ'(u + δ)`.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let moved = u + delta;
        let slopes = (1.0 / (1.0 + u * u)) * (1.0 / (1.0 + moved * moved));
        (libm::atan2(delta, 1.0 + u * moved), -delta * (u + moved) * slopes)
    }

    fn curvature(&self, u: f64) -> f64 {
        let slope = 1.0 / (1.0 + u * u);
        -2.0 * u * slope * slope
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    /// `|σ''| = 2|u|/(1 + u²)²` is largest at `u² = 1/3`, where it is `3√3/8`.
    fn curvature_bound(&self) -> f64 {
        0.375 * 3f64.sqrt()
    }

    fn value_bound(&self) -> f64 {
        std::f64::consts::FRAC_PI_2
    }
}
