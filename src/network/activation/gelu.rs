//! The Gaussian error linear unit `u Φ(u)`, with `Φ` the normal law. Source: Hendrycks and Gimpel
//! (2016), arXiv:1606.08415.

use super::Activation;
use super::erf::{normal, normal_risen};
use std::f64::consts::{FRAC_2_SQRT_PI, SQRT_2};

pub(super) struct Gelu;

impl Activation for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let (law, density) = normal(u);
        (u * law, law + u * density)
    }

    /// `δ Φ(u + δ) + u ΔΦ`, and `ΔΦ + δ φ(u + δ) + u Δφ`.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let ((law, density), (law_risen, density_risen)) = (normal(u + delta), normal_risen(u, delta));
        (delta * law + u * law_risen, law_risen + delta * density + u * density_risen)
    }

    fn curvature(&self, u: f64) -> f64 {
        normal(u).1 * (2.0 - u * u)
    }

    fn is_monotone(&self) -> bool {
        false
    }

    /// At `u = √2`: `Φ(√2) + √2 φ(√2)`.
    fn slope_bound(&self) -> f64 {
        0.5 * libm::erfc(-1.0) + 0.5 * FRAC_2_SQRT_PI * libm::exp(-1.0)
    }

    /// At 0: `2 φ(0)`.
    fn curvature_bound(&self) -> f64 {
        FRAC_2_SQRT_PI / SQRT_2
    }

    fn value_bound(&self) -> f64 {
        f64::INFINITY
    }
}
