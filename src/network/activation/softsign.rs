//! The softsign `u/(1 + |u|)`, whose second derivative jumps at 0.

use super::Activation;

pub(super) struct Softsign;

impl Activation for Softsign {
    fn name(&self) -> &'static str {
        "softsign"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let scale = 1.0 / (1.0 + u.abs());
        (u * scale, scale * scale)
    }

    /// With `p = 1/(1 + |u|)`, `q = 1/(1 + |u + δ|)`, on one side of 0: `δ p q` and
    /// `(q − p)(q + p)`, `q − p = −|δ| p q` or `|δ| p q`.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let moved = u + delta;
        let (p, q) = (1.0 / (1.0 + u.abs()), 1.0 / (1.0 + moved.abs()));
        if u * moved >= 0.0 {
            let outward = if u > 0.0 || moved > 0.0 { delta } else { -delta };
            return (delta * p * q, -outward * p * q * (p + q));
        }
        (moved * q - u * p, (u.abs() - moved.abs()) * p * q * (p + q))
    }

    fn curvature(&self, u: f64) -> f64 {
        let scale = 1.0 / (1.0 + u.abs());
        if u < 0.0 { 2.0 * scale * scale * scale } else { -2.0 * scale * scale * scale }
    }

    fn is_smooth(&self) -> bool {
        false
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    fn curvature_bound(&self) -> f64 {
        2.0
    }

    fn value_bound(&self) -> f64 {
        1.0
    }
}
