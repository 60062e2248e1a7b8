//! The logistic sigmoid.

use super::{Activation, STEEP, WIDE, subtracted};
use crate::simd::elementary;

pub(super) struct Sigmoid;

/// `1/(1 + e^{−u})`, from the side on which the exponential cannot overflow.
pub(in crate::network) fn logistic(u: f64) -> f64 {
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

    fn values_and_slopes(&self, u: &mut [f64], slopes: &mut [f64]) {
        for (u, slope) in u.iter().zip(slopes.iter_mut()) {
            *slope = -u.abs();
        }
        elementary::exp_all(slopes);
        for (u, slope) in u.iter_mut().zip(slopes) {
            let decayed = *slope;
            let (large, small) = (1.0 / (1.0 + decayed), decayed / (1.0 + decayed));
            *u = if *u >= 0.0 { large } else { small };
            *slope = large * small;
        }
    }

    /// Far steps are subtracted, near 1 from the other side: `σ(a) − σ(b) = σ(−b) − σ(−a)`. Else
    /// `v′ − v = v(1 − v)ε/(1 + vε)` with `ε = e^δ − 1`; the slope `v − v²` then moves by
    /// `1 − v − v′` times as much.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        if delta.abs() > WIDE {
            let (left_here, left_there) = (logistic(-u), logistic(-u - delta));
            if left_here.max(left_there) < STEEP {
                return (left_here - left_there, self.value_and_slope(u + delta).1 - self.value_and_slope(u).1);
            }
            return subtracted(self, u, delta);
        }
        let (value, slope) = self.value_and_slope(u);
        let growth = libm::expm1(delta);
        let moved = slope * growth / (1.0 + value * growth);
        (moved, (logistic(-u) - value - moved) * moved)
    }

    fn curvature(&self, u: f64) -> f64 {
        let (value, mirrored) = (logistic(u), logistic(-u));
        value * mirrored * (mirrored - value)
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
