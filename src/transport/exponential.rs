//! Softmax sums of rows of costs, with an exponential of our own that vectors run over.

use super::ground::LANES;
use crate::simd::dispatch::dispatched;

/// Below this the exponential is 0.
const FLOOR: f64 = -708.0;
/// 1.5 · 2⁵²: adding it leaves the nearest whole number in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// ln 2, its first 32 bits and the rest, so that whole multiples of the first part are exact.
const LN_2: (f64, f64) = (f64::from_bits(0x3fe6_2e42_fee0_0000), f64::from_bits(0x3dea_39ef_3579_3c76));
/// Coefficients 1/k! of the series from k = 13 down to 2; on |r| ≤ ln 2 / 2 the rest is below
/// 5e-18.
const SERIES: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// `e^x` for x ≤ 0, within 2 units in the last place; 0 below −708. Plain products and sums, so
/// every instruction set gives the same bits.
#[inline(always)]
fn exponential(x: f64) -> f64 {
    let t = if x > FLOOR { x } else { FLOOR };
    let shifted = t * std::f64::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let r = (t - whole * LN_2.0) - whole * LN_2.1;
    let series = SERIES.iter().fold(0.0, |sum, coefficient| sum * r + coefficient);
    let near_one = 1.0 + (r + r * r * series);
    let value = f64::from_bits(near_one.to_bits().wrapping_add(shifted.to_bits() << 52));
    if x > FLOOR { value } else { 0.0 }
}

/// The sums of a row under the weights `exp(b_j − c_j / ε)`, the largest taken out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Softmax {
    /// `max_j (b_j − c_j / ε)`.
    pub(super) top: f64,
    /// `Σ_j exp(b_j − c_j / ε − top)`.
    pub(super) weight: f64,
    /// `Σ_j c_j exp(b_j − c_j / ε − top)`.
    pub(super) cost: f64,
}

/// The softmax sums of `costs` at the scaled potentials `b`, padded with −∞; `work` is as long.
pub(super) fn softmax(costs: &[f64], b: &[f64], inverse_epsilon: f64, work: &mut [f64]) -> Softmax {
    let mut sums = Softmax::default();
    softmax_row(costs, b, inverse_epsilon, work, &mut sums);
    sums
}

dispatched! { fn softmax_row / softmax_wide / softmax_fused =
softmax_body(costs: &[f64], b: &[f64], inverse_epsilon: f64, work: &mut [f64], sums: &mut Softmax) }

#[inline(always)]
fn softmax_body(costs: &[f64], b: &[f64], inverse_epsilon: f64, work: &mut [f64], sums: &mut Softmax) {
    let mut tops = [f64::NEG_INFINITY; LANES];
    for ((work, cost), b) in work.chunks_exact_mut(LANES).zip(costs.chunks_exact(LANES)).zip(b.chunks_exact(LANES)) {
        for (((work, cost), b), top) in work.iter_mut().zip(cost).zip(b).zip(&mut tops) {
            *work = b - cost * inverse_epsilon;
            *top = if *work > *top { *work } else { *top };
        }
    }
    let top = tops.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let (mut weights, mut weighted) = ([0.0f64; LANES], [0.0f64; LANES]);
    for (work, cost) in work.chunks_exact(LANES).zip(costs.chunks_exact(LANES)) {
        for (((work, cost), weight), weighted) in work.iter().zip(cost).zip(&mut weights).zip(&mut weighted) {
            let e = exponential(work - top);
            *weight += e;
            *weighted += e * cost;
        }
    }
    *sums = Softmax { top, weight: weights.iter().sum(), cost: weighted.iter().sum() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for k in 0..2_000_000 {
            let x = -(k as f64) * 707.9 / 2e6;
            let (ours, theirs) = (exponential(x), libm::exp(x));
            worst = worst.max((ours - theirs).abs() / (theirs * f64::EPSILON));
        }
        // In units of 2⁻⁵² of the value, of which a unit in the last place is one half to one.
        assert!(worst <= 2.0, "{worst}");
        assert!(worst > 0.0, "the same function was compared with itself");
        assert_eq!(exponential(0.0), 1.0);
        assert_eq!((exponential(f64::NEG_INFINITY), exponential(-708.5)), (0.0, 0.0));
    }
}
