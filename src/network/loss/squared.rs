//! Half the squared distance.

use super::Loss;

/// `ℓ = ½‖ŷ − y‖²`, with slope `ŷ − y`.
pub(super) struct Squared;

impl Loss for Squared {
    fn name(&self) -> &'static str {
        "squared"
    }

    fn formula(&self) -> &'static str {
        "½ ‖Ŷ − Y‖²"
    }

    fn value_and_slope(&self, prediction: &mut [f64], target: &[f64]) -> f64 {
        let mut value = 0.0;
        for (slope, y) in prediction.iter_mut().zip(target) {
            *slope -= y;
            value += 0.5 * *slope * *slope;
        }
        value
    }

    fn best(&self, mean: &[f64], prediction: &mut [f64]) -> bool {
        prediction.copy_from_slice(mean);
        true
    }

    fn is_affine_in_target(&self) -> bool {
        true
    }

    fn is_squared(&self) -> bool {
        true
    }
}
