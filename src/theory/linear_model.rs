//! The parameters of the linear Gaussian case, and the network that has them.

use super::OracleError;
use crate::network::{Activation, Elman, Network, Readout};
use ndarray::{Array1, Array2};

/// A linear network on a Gaussian vector autoregression.
///
/// ```text
/// D_{t+1} = Φ D_t + ε,  ε ~ N(0, Q);   X_t = D_t[inputs];   Y_t = T D_t + σ_η η_t
/// S_{t+1} = N^{−β} B S_t + W X_t + b;  Ŷ_t = C S_{t+1} + c
/// ```
///
/// ```
/// use ndarray::{arr1, arr2};
/// use rtrl_lab::theory::{LinearGaussian, LinearModel};
/// // S' = S/2 + X and Ŷ = S' on independent X = Y: the error is S/2.
/// let model = LinearModel {
///     transition: arr2(&[[0.0]]),
///     noise_factor: arr2(&[[1.0]]),
///     inputs: vec![0],
///     target: arr2(&[[1.0]]),
///     target_noise: 0.0,
///     beta: 0.0,
///     b_matrix: arr2(&[[0.5]]),
///     w_matrix: arr2(&[[1.0]]),
///     bias: arr1(&[0.0]),
///     c_matrix: arr2(&[[1.0]]),
///     readout_bias: arr1(&[0.0]),
/// };
/// assert!((LinearGaussian::new(model).unwrap().loss() - 0.125 / (1.0 - 0.25)).abs() < 1e-14);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    /// `Φ` (q × q).
    pub transition: Array2<f64>,
    /// `G` (q × q) with `Q = G Gᵀ`.
    pub noise_factor: Array2<f64>,
    /// Coordinates of `D` that the network sees.
    pub inputs: Vec<usize>,
    /// `T` (m × q).
    pub target: Array2<f64>,
    /// `σ_η`, a standard deviation.
    pub target_noise: f64,
    /// The mean-field exponent `β`.
    pub beta: f64,
    /// `B` (N × N).
    pub b_matrix: Array2<f64>,
    /// `W` (N × d).
    pub w_matrix: Array2<f64>,
    /// `b` (N).
    pub bias: Array1<f64>,
    /// `C` (m × N).
    pub c_matrix: Array2<f64>,
    /// `c` (m).
    pub readout_bias: Array1<f64>,
}

impl LinearModel {
    /// The network of these parameters: one layer under the identity, or under another activation,
    /// which is then no longer the linear model's.
    ///
    /// [`LinearModel::at`] leads back.
    ///
    /// # Panics
    /// Where a field has not the shape that is told beside it.
    pub fn network(&self, activation: &'static dyn Activation) -> Network {
        let flat = |matrix: &Array2<f64>| matrix.iter().copied().collect::<Vec<f64>>();
        let cell = Elman::new(&flat(&self.b_matrix), &flat(&self.w_matrix), &self.bias.to_vec(), self.beta, activation)
            .expect("the blocks of a linear model fit each other");
        Network { cell: Box::new(cell), readout: Readout::new(&flat(&self.c_matrix), &self.readout_bias.to_vec(), self.hidden()) }
    }

    /// This model with the parameters of `network`, on the same data.
    ///
    /// # Errors
    /// [`OracleError::NotLinear`] of a network that is not one layer under the identity and the
    /// squared loss.
    pub fn at(&self, network: &Network) -> Result<LinearModel, OracleError> {
        let linear = network.cell.one_layer().filter(|layer| layer.activation.is_linear() && network.readout.loss().is_squared());
        let layer = linear.ok_or(OracleError::NotLinear)?;
        Ok(LinearModel {
            beta: layer.beta,
            b_matrix: layer.recurrent,
            w_matrix: layer.input,
            bias: layer.bias.into(),
            c_matrix: network.readout.weights(),
            readout_bias: network.readout.bias().into(),
            ..self.clone()
        })
    }

    /// `N^{−β}`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { b_matrix: ndarray::Array2::eye(4), beta: 0.5, ..model };
    /// assert_eq!(model.scale(), 0.5);
    /// ```
    pub fn scale(&self) -> f64 {
        1.0 / libm::pow(self.hidden() as f64, self.beta)
    }

    /// `A = N^{−β} B`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let b_matrix = ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]);
    /// let model = LinearModel { b_matrix, beta: 1.0, ..model };
    /// assert_eq!(model.recurrence(), ndarray::arr2(&[[0.5, 1.0], [1.5, 2.0]]));
    /// ```
    pub fn recurrence(&self) -> Array2<f64> {
        &self.b_matrix * self.scale()
    }

    /// Length `q` of the data state.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { transition: ndarray::Array2::eye(3), ..model };
    /// assert_eq!(model.order(), 3);
    /// ```
    pub fn order(&self) -> usize {
        self.transition.nrows()
    }

    /// Hidden size `N`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { b_matrix: ndarray::Array2::eye(5), ..model };
    /// assert_eq!(model.hidden(), 5);
    /// ```
    pub fn hidden(&self) -> usize {
        self.b_matrix.nrows()
    }

    /// Number of recurrent parameters `P`.
    pub(crate) fn recurrent_parameters(&self) -> usize {
        self.hidden() * (self.hidden() + self.inputs.len() + 1)
    }

    /// `F` of `u = (D, S)`: `u' = F u + (0, b) + noise`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { transition: arr2(&[[0.25]]), w_matrix: arr2(&[[3.0]]), ..model };
    /// assert_eq!(model.state_transition(), arr2(&[[0.25, 0.0], [3.0, 0.5]]));
    /// ```
    pub fn state_transition(&self) -> Array2<f64> {
        let (q, n) = (self.order(), self.hidden());
        let mut f = Array2::zeros((q + n, q + n));
        f.slice_mut(ndarray::s![..q, ..q]).assign(&self.transition);
        f.slice_mut(ndarray::s![q.., q..]).assign(&self.recurrence());
        for i in 0..n {
            for (j, coordinate) in self.inputs.iter().enumerate() {
                f[[q + i, *coordinate]] += self.w_matrix[[i, j]];
            }
        }
        f
    }
}
