//! The cross-entropy of events, each with its own prediction.

use super::{Loss, Targets};
use crate::network::activation;

/// ```text
/// ℓ = Σ_i [ln(1 + e^{ŷ_i}) − y_i ŷ_i],   ∂ℓ/∂ŷ_i = 1/(1 + e^{−ŷ_i}) − y_i
/// ```
///
/// `ŷ_i` is the log-odds of event i, `y_i` in `[0, 1]` its outcome or its chance; in nats.
pub(super) struct Bernoulli;

impl Loss for Bernoulli {
    fn name(&self) -> &'static str {
        "bernoulli-cross-entropy"
    }

    fn formula(&self) -> &'static str {
        "Σ [ln(1 + e^Ŷ) − Y Ŷ], for Y in [0, 1]"
    }

    fn value_and_slope(&self, prediction: &mut [f64], target: &[f64]) -> f64 {
        let mut value = 0.0;
        for (slope, y) in prediction.iter_mut().zip(target) {
            let odds = *slope;
            // `ln(1 + e^ŷ) − y ŷ` without loss of digits where `ŷ` is large and `y` near 1.
            let decayed = libm::log1p(libm::exp(-odds.abs()));
            value += decayed + if odds > 0.0 { (1.0 - y) * odds } else { -y * odds };
            *slope = activation::SIGMOID.value_and_slope(odds).0 - y;
        }
        value
    }

    fn takes(&self) -> Targets {
        Targets::Chances
    }

    fn best(&self, mean: &[f64], prediction: &mut [f64]) -> bool {
        for (odds, p) in prediction.iter_mut().zip(mean) {
            *odds = libm::log(p / (1.0 - p)).clamp(-700.0, 700.0);
        }
        true
    }

    fn is_affine_in_target(&self) -> bool {
        true
    }
}
