//! Activation functions with their first derivative and the bounds a contraction certificate needs.

mod identity;
mod sigmoid;
mod softplus;
mod tanh;

/// A scalar activation `σ`, twice continuously differentiable with bounded derivatives.
pub trait Activation: Send + Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// `(σ(u), σ'(u))`.
    fn value_and_slope(&self, u: f64) -> (f64, f64);

    /// `L = sup |σ'|`.
    fn slope_bound(&self) -> f64;

    /// `L₂ = sup |σ''|`.
    fn curvature_bound(&self) -> f64;

    /// `sup |σ|`, infinite where the activation is unbounded.
    fn value_bound(&self) -> f64;
}

/// Every activation a study can name.
pub const ALL: [&dyn Activation; 4] = [&identity::Identity, &tanh::Tanh, &sigmoid::Sigmoid, &softplus::Softplus];

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
