//! The cross-entropy of one of several classes.

use super::{Loss, Targets};

/// ```text
/// p_i = e^{ŷ_i}/Σ_j e^{ŷ_j},   ℓ = −Σ_i y_i ln p_i,   ∂ℓ/∂ŷ_i = p_i Σ_j y_j − y_i
/// ```
///
/// `y` holds the share of every class, 1 and zeros for a class that is known; in nats.
pub(super) struct Softmax;

impl Loss for Softmax {
    fn name(&self) -> &'static str {
        "softmax-cross-entropy"
    }

    fn formula(&self) -> &'static str {
        "−Σ Y ln softmax(Ŷ), for Y ≥ 0 with sum 1"
    }

    fn value_and_slope(&self, prediction: &mut [f64], target: &[f64]) -> f64 {
        let top = prediction.iter().fold(f64::NEG_INFINITY, |top, y| top.max(*y));
        let mut total = 0.0;
        let mut against = 0.0;
        let mut all = 0.0;
        for (slope, y) in prediction.iter_mut().zip(target) {
            *slope -= top;
            against += y * *slope;
            all += y;
            *slope = libm::exp(*slope);
            total += *slope;
        }
        for (slope, y) in prediction.iter_mut().zip(target) {
            *slope = *slope / total * all - y;
        }
        all * libm::log(total) - against
    }

    fn takes(&self) -> Targets {
        Targets::Shares
    }

    fn best(&self, mean: &[f64], prediction: &mut [f64]) -> bool {
        for (odds, p) in prediction.iter_mut().zip(mean) {
            *odds = libm::log(*p).max(-700.0);
        }
        true
    }

    fn is_affine_in_target(&self) -> bool {
        true
    }
}
