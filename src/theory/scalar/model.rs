//! The parameters of one unit on one channel of data.

use crate::network::Activation;

/// One unit and its data.
///
/// ```text
/// X' = φ X + ν ξ,  ξ ~ N(0, 1);   S' = σ(b S + w X + c);   Ŷ = C S' + c_o;   Y = a X + a_o + σ_η η
/// ```
///
/// `S'` and `Ŷ` read the `X` of their own step, as everywhere in this library.
///
/// ```
/// use rtrl_lab::{network::activation, theory::{ScalarModel, ScalarNetwork}};
/// let identity = activation::named("identity").unwrap();
/// // The best guess 0.8 X + 1 of Y = 0.8 X + 1 + 0.1 η, by a unit without phi.
/// let plain = ScalarModel::plain(identity, 0.0, 2.0, 0.0);
/// let fit = ScalarModel { readout: 0.4, readout_bias: 1.0, phi: 0.5, ..plain };
/// let model = ScalarModel { target: 0.8, target_bias: 1.0, target_noise: 0.1, ..fit };
/// assert!((ScalarNetwork::new(model).unwrap().loss().unwrap() - 0.5 * 0.01).abs() < 1e-12);
/// ```
#[derive(Clone, Copy)]
pub struct ScalarModel {
    /// `σ`.
    pub activation: &'static dyn Activation,
    /// `b`, of either sign.
    pub recurrent: f64,
    /// `w`, not 0.
    pub input: f64,
    /// `c`.
    pub bias: f64,
    /// `C`.
    pub readout: f64,
    /// `c_o`.
    pub readout_bias: f64,
    /// `φ`, 0 for independent data.
    pub phi: f64,
    /// `ν`, a standard deviation, above 0.
    pub innovation: f64,
    /// `a`.
    pub target: f64,
    /// `a_o`.
    pub target_bias: f64,
    /// `σ_η`, a standard deviation.
    pub target_noise: f64,
}

impl ScalarModel {
    /// A unit on independent standard normal data, readout and target 1 without biases or noise.
    ///
    /// ```
    /// use rtrl_lab::{network::activation, theory::ScalarModel};
    /// let model = ScalarModel::plain(activation::TANH, 0.9, 1.0, 0.25);
    /// assert_eq!((model.recurrent, model.input, model.bias), (0.9, 1.0, 0.25));
    /// assert_eq!((model.phi, model.innovation, model.target_noise), (0.0, 1.0, 0.0));
    /// ```
    pub fn plain(activation: &'static dyn Activation, recurrent: f64, input: f64, bias: f64) -> Self {
        ScalarModel {
            activation,
            recurrent,
            input,
            bias,
            readout: 1.0,
            readout_bias: 0.0,
            phi: 0.0,
            innovation: 1.0,
            target: 1.0,
            target_bias: 0.0,
            target_noise: 0.0,
        }
    }

    /// Standard deviation `ν/√(1 − φ²)` of stationary data.
    pub(crate) fn data_deviation(&self) -> f64 {
        self.innovation / ((1.0 - self.phi) * (1.0 + self.phi)).sqrt()
    }

    /// `b s + w x + c`.
    pub(super) fn drive(&self, s: f64, x: f64) -> f64 {
        self.recurrent * s + self.input * x + self.bias
    }

    /// Whether the data are independent from step to step.
    pub(super) fn independent(&self) -> bool {
        self.phi == 0.0
    }
}

impl std::fmt::Debug for ScalarModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "S' = {}({} S + {} X + {}), X' = {} X + {} ξ, Ŷ = {} S' + {}, Y = {} X + {} + {} η",
            self.activation.name(),
            self.recurrent,
            self.input,
            self.bias,
            self.phi,
            self.innovation,
            self.readout,
            self.readout_bias,
            self.target,
            self.target_bias,
            self.target_noise
        )
    }
}
