//! The parameters of two units on one channel of independent data.

use crate::network::Activation;

/// Two units and their data.
///
/// ```text
/// S_i' = σ(Σ_j b_ij S_j + w_i X + c_i),   X = ν ξ,  ξ ~ N(0, 1) independent from step to step
/// ```
///
/// ```
/// use rtrl_lab::{network::activation, theory::{PlaneModel, PlaneNetwork}};
/// // Without phi and bias, half of all inputs are above 0.
/// let model = PlaneModel {
///     activation: activation::SIGMOID,
///     recurrent: [[0.0; 2]; 2],
///     input: [1.0, -2.0],
///     bias: [0.0; 2],
///     innovation: 1.0,
/// };
/// let mean = PlaneNetwork::new(model).unwrap().mean([0.6, 0.5], 1).unwrap();
/// assert!((mean[0] - 0.5).abs() < 1e-12 && (mean[1] - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Copy)]
pub struct PlaneModel {
    /// `σ`, bounded.
    pub activation: &'static dyn Activation,
    /// `b_ij`, by rows.
    pub recurrent: [[f64; 2]; 2],
    /// `w_i`.
    pub input: [f64; 2],
    /// `c_i`.
    pub bias: [f64; 2],
    /// `ν`, a standard deviation, above 0.
    pub innovation: f64,
}

impl PlaneModel {
    /// The drives of both units.
    pub(super) fn drives(&self, state: [f64; 2], x: f64) -> [f64; 2] {
        [0, 1].map(|i| self.recurrent[i][0] * state[0] + self.recurrent[i][1] * state[1] + self.input[i] * x + self.bias[i])
    }
}

impl std::fmt::Debug for PlaneModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (activation, PlaneModel { recurrent, input, bias, innovation, .. }) = (self.activation.name(), self);
        write!(f, "S' = {activation}({recurrent:?} S + {input:?} X + {bias:?}), X = {innovation} ξ")
    }
}
