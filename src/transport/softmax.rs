//! Softmax sums of rows of costs, over vectors.

use super::ground::LANES;
use crate::simd::dispatch::dispatched;
use crate::simd::elementary::exp;

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
            let e = exp(work - top);
            *weight += e;
            *weighted += e * cost;
        }
    }
    *sums = Softmax { top, weight: weights.iter().sum(), cost: weighted.iter().sum() };
}
