//! Activation functions with their first derivative and the bounds a contraction certificate needs.

mod identity;
mod sigmoid;
mod softplus;
mod tanh;

#[cfg(test)]
pub(crate) use tanh::SameBits;

/// A scalar activation `σ`, twice continuously differentiable with bounded derivatives.
pub trait Activation: Send + Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// `(σ(u), σ'(u))`.
    fn value_and_slope(&self, u: f64) -> (f64, f64);

    /// Turns a slice of `u` into `σ(u)` and writes `σ'(u)` beside it: what the ensembles call, many units at once. It may differ from
    /// [`Activation::value_and_slope`] by rounding.
    fn values_and_slopes(&self, u: &mut [f64], slopes: &mut [f64]) {
        for (u, slope) in u.iter_mut().zip(slopes) {
            (*u, *slope) = self.value_and_slope(*u);
        }
    }

    /// `(σ(u + δ) − σ(u), σ'(u + δ) − σ'(u))`, to full relative precision however small `δ` is.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64);

    /// `L = sup |σ'|`.
    fn slope_bound(&self) -> f64;

    /// `L₂ = sup |σ''|`.
    fn curvature_bound(&self) -> f64;

    /// `sup |σ|`, infinite where the activation is unbounded.
    fn value_bound(&self) -> f64;
}

/// Above this step two values are far enough apart to be subtracted.
const WIDE: f64 = 0.5;

/// The difference of value and slope by subtraction, for steps wider than [`WIDE`].
fn subtracted(activation: &dyn Activation, u: f64, delta: f64) -> (f64, f64) {
    let ((here, slope), (there, other)) = (activation.value_and_slope(u), activation.value_and_slope(u + delta));
    (there - here, other - slope)
}

/// Every activation a study can name.
pub const ALL: [&dyn Activation; 4] = [&identity::Identity, &tanh::Tanh, &sigmoid::Sigmoid, &softplus::Softplus];

/// The hyperbolic tangent, which data processes use too.
pub const TANH: &dyn Activation = &tanh::Tanh;

/// The activation called `name`.
///
/// ```
/// use rtrl_lab::network::activation;
/// let tanh = activation::named("tanh").unwrap();
/// assert_eq!(tanh.value_and_slope(0.0), (0.0, 1.0));
/// assert!(activation::named("step").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn Activation> {
    ALL.into_iter().find(|activation| activation.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_agree_with_subtraction_where_that_is_precise_and_with_the_slope_where_it_is_not() {
        for activation in ALL {
            for u in [-3.0, -0.7, 0.0, 0.2, 1.9, 4.0] {
                let (_, slope) = activation.value_and_slope(u);
                for delta in [-2.0, -0.3, 0.1, 0.49, 0.51, 3.0] {
                    let (fine, plain) = (activation.difference(u, delta), subtracted(activation, u, delta));
                    assert!((fine.0 - plain.0).abs() < 1e-14 * (1.0 + u.abs()), "{} {u} {delta}", activation.name());
                    assert!((fine.1 - plain.1).abs() < 1e-14, "{} {u} {delta}", activation.name());
                }
                let tiny = 1e-120;
                let (value, moved) = activation.difference(u, tiny);
                assert!((value / (slope * tiny) - 1.0).abs() < 1e-12, "{} {u}", activation.name());
                let curvature = (activation.value_and_slope(u + 1e-5).1 - activation.value_and_slope(u - 1e-5).1) / 2e-5;
                assert!((moved / tiny - curvature).abs() < 1e-8, "{} {u}: {} {curvature}", activation.name(), moved / tiny);
            }
        }
    }
}
