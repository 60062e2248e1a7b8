//! The error function `2/√π ∫_0^u e^{−t²} dt`, which is bounded and steeper than 1 at 0.

use super::{Activation, WIDE};
use std::f64::consts::{FRAC_2_SQRT_PI, SQRT_2};

pub(super) struct Erf;

/// `2/√π e^{−u²}`.
fn density(u: f64) -> f64 {
    FRAC_2_SQRT_PI * libm::exp(-u * u)
}

/// Beyond this the slope is 0 in every difference.
const FLAT: f64 = 27.5;

/// Nodes and weights of Gauss and Legendre's rule with 8 points, one half of each; over steps up to
/// [`WIDE`] its error is below rounding.
const RULE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// `erf(u + δ) − erf u`: near steps as an integral of the slope, far ones from the side on which no
/// digits are lost.
pub(super) fn risen(u: f64, delta: f64) -> f64 {
    let moved = u + delta;
    if delta.abs() <= WIDE {
        let (middle, half) = (u + 0.5 * delta, 0.5 * delta);
        let both = |(node, weight): &(f64, f64)| weight * (density(middle + half * node) + density(middle - half * node));
        return half * RULE.iter().map(both).sum::<f64>();
    }
    match (u > 0.5 && moved > 0.5, u < -0.5 && moved < -0.5) {
        (true, _) => libm::erfc(u) - libm::erfc(moved),
        (_, true) => libm::erfc(-moved) - libm::erfc(-u),
        _ => libm::erf(moved) - libm::erf(u),
    }
}

/// `2/√π (e^{−(u + δ)²} − e^{−u²})`.
pub(super) fn density_risen(u: f64, delta: f64) -> f64 {
    if delta.abs() > WIDE || u.abs() > FLAT {
        return density(u + delta) - density(u);
    }
    density(u) * libm::expm1(-delta * (2.0 * u + delta))
}

/// The normal law's `(Φ(u), φ(u))`, right in its tails.
pub(super) fn normal(u: f64) -> (f64, f64) {
    let scaled = u / SQRT_2;
    (0.5 * libm::erfc(-scaled), 0.5 * density(scaled) / SQRT_2)
}

/// How far `(Φ, φ)` rises from `u` to `u + δ`.
pub(super) fn normal_risen(u: f64, delta: f64) -> (f64, f64) {
    let (u, delta) = (u / SQRT_2, delta / SQRT_2);
    (0.5 * risen(u, delta), 0.5 * density_risen(u, delta) / SQRT_2)
}

impl Activation for Erf {
    fn name(&self) -> &'static str {
        "erf"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        (libm::erf(u), density(u))
    }

    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        (risen(u, delta), density_risen(u, delta))
    }

    fn curvature(&self, u: f64) -> f64 {
        -2.0 * u * density(u)
    }

    fn slope_bound(&self) -> f64 {
        FRAC_2_SQRT_PI
    }

    /// `|σ''| = 2|u| σ'(u)` is largest at `u² = ½`.
    fn curvature_bound(&self) -> f64 {
        SQRT_2 * density(0.5f64.sqrt())
    }

    fn value_bound(&self) -> f64 {
        1.0
    }
}
