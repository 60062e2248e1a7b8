//! The sigmoid linear unit `u/(1 + e^{−u})`, also called swish. Source: Elfwing, Uchibe and Doya
//! (2018), doi 10.1016/j.neunet.2017.12.012.

use super::Activation;
use super::sigmoid::{Sigmoid, logistic};

pub(super) struct Silu;

impl Activation for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        let value = logistic(u);
        (u * value, value * (1.0 + u * logistic(-u)))
    }

    /// With `s` the sigmoid: `δ s(u + δ) + u Δs`, and `Δs + δ s'(u + δ) + u Δs'`.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let ((value, slope), (risen, slope_risen)) = (Sigmoid.value_and_slope(u + delta), Sigmoid.difference(u, delta));
        (delta * value + u * risen, risen + delta * slope + u * slope_risen)
    }

    fn curvature(&self, u: f64) -> f64 {
        let (value, slope) = Sigmoid.value_and_slope(u);
        slope * (2.0 + u * (logistic(-u) - value))
    }

    fn is_monotone(&self) -> bool {
        false
    }

    /// At the root `u = 2.3993572805154675…` of `u tanh(u/2) = 2`.
    fn slope_bound(&self) -> f64 {
        1.099_839_320_128_867
    }

    /// At 0.
    fn curvature_bound(&self) -> f64 {
        0.5
    }

    fn value_bound(&self) -> f64 {
        f64::INFINITY
    }
}
