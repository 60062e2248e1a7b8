//! Huber's loss: squared near the target, straight beyond.

use super::Loss;

/// Distance from the target at which the loss turns straight.
const BEND: f64 = 1.0;

/// ```text
/// ℓ = Σ_i h(ŷ_i − y_i),   h(e) = ½ e² for |e| ≤ 1,   |e| − ½ beyond
/// ```
///
/// Source: Huber (1964), doi 10.1214/aoms/1177703732.
pub(super) struct Huber;

impl Loss for Huber {
    fn name(&self) -> &'static str {
        "huber"
    }

    fn formula(&self) -> &'static str {
        "Σ h(Ŷ − Y), h(e) = ½ e² for |e| ≤ 1, |e| − ½ beyond"
    }

    fn value_and_slope(&self, prediction: &mut [f64], target: &[f64]) -> f64 {
        let mut value = 0.0;
        for (slope, y) in prediction.iter_mut().zip(target) {
            let error = *slope - y;
            *slope = error.clamp(-BEND, BEND);
            value += *slope * (error - 0.5 * *slope);
        }
        value
    }
}
