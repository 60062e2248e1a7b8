//! The linear Gaussian joint chain: stationary mean and covariance of data and hidden state, rates,
//! loss.

use super::{OracleError, error::LARGEST};
use crate::linalg::{Times, solve_discrete_lyapunov, solve_stein, spectral_radius};
use crate::markov::Blocks;
use crate::theory::LinearModel;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

/// The exact linear Gaussian case of a model.
///
/// ```text
/// z = (D, S, vec V),   z' = F z + c + noise,   μ = N(m_∞, L_∞ L_∞ᵀ)
/// ```
///
/// `vec V` runs by rows of `V` (N × P), its columns grouped by unit as in
/// [`Elman`](crate::network::Elman). No formula needs an eigenvector, so defective cases are no
/// special ones. A joint chain of more than 3000 coordinates, `q + N + N P`, is refused: with one
/// input N = 13 is the largest cell.
///
/// ```
/// use ndarray::{arr1, arr2};
/// use rtrl_lab::theory::{LinearGaussian, LinearModel};
/// let model = LinearModel {
///     transition: arr2(&[[0.5]]),
///     noise_factor: arr2(&[[1.0]]),
///     inputs: vec![0],
///     target: arr2(&[[1.0]]),
///     target_noise: 0.0,
///     beta: 0.0,
///     b_matrix: arr2(&[[0.0]]),
///     w_matrix: arr2(&[[1.0]]),
///     bias: arr1(&[0.0]),
///     c_matrix: arr2(&[[0.0]]),
///     readout_bias: arr1(&[0.0]),
/// };
/// // The prediction is 0, so the loss is half the variance of D: 1/(1 − 1/4)/2.
/// assert!((LinearGaussian::new(model).unwrap().loss() - 2.0 / 3.0).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct LinearGaussian {
    pub(super) model: LinearModel,
    rho_data: f64,
    rho_recurrent: f64,
    /// Stationary mean of `(D, S)`.
    pub(super) state_mean: Array1<f64>,
    /// Stationary covariance of `(D, S)`.
    pub(super) state_covariance: Array2<f64>,
    /// `K` of the error `e_t = K (u_t − ū) + ē − σ η`, `u = (D, S)`.
    pub(super) error_matrix: Array2<f64>,
    /// `ē`.
    pub(super) error_mean: Array1<f64>,
}

impl LinearGaussian {
    /// Works out the stationary law of `(D, S)` and the error's coefficients.
    ///
    /// ```
    /// # use {ndarray::{Array2, arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{LinearGaussian, OracleError};
    /// // q + N + N P with N = 14 and P = 14 · 16.
    /// let n = 14;
    /// let model = LinearModel {
    ///     b_matrix: Array2::zeros((n, n)),
    ///     w_matrix: Array2::ones((n, 1)),
    ///     ..model
    /// };
    /// assert_eq!(LinearGaussian::new(model).unwrap_err(), OracleError::TooLarge(15 + 14 * 224));
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where data or cell do not contract, the joint chain is too large, or a
    /// number grows beyond the largest there is or falls below the smallest.
    pub fn new(model: LinearModel) -> Result<Self, OracleError> {
        let (q, n) = (model.order(), model.hidden());
        let dimension = q + n + n * model.recurrent_parameters();
        if dimension > LARGEST {
            return Err(OracleError::TooLarge(dimension));
        }
        let radius = |what, matrix: ArrayView2<f64>| -> Result<f64, OracleError> {
            let radius = spectral_radius(matrix)?;
            if radius < 1.0 { Ok(radius) } else { Err(OracleError::NotContractive { what, radius }) }
        };
        let recurrence = model.recurrence();
        let rho_data = radius("the data's transition matrix", model.transition.view())?;
        let rho_recurrent = radius("the recurrent matrix N^-beta B", recurrence.view())?;
        let mut state_mean = Array1::zeros(q + n);
        let drift = model.bias.clone().insert_axis(Axis(1));
        state_mean.slice_mut(s![q..]).assign(&solve_stein(&recurrence, &Array2::eye(1), &drift)?.column(0));
        let mut noise = Array2::zeros((q + n, q + n));
        noise.slice_mut(s![..q, ..q]).assign(&model.noise_factor.times(&model.noise_factor.t()));
        let state_covariance = solve_discrete_lyapunov(&model.state_transition(), &noise)?;
        if let Some((coordinate, variance)) = vanishing(&model, &state_covariance) {
            return Err(OracleError::Underflow { coordinate, variance });
        }
        let mut error_matrix = model.c_matrix.times(&model.state_transition().slice(s![q.., ..]));
        let mut data_part = error_matrix.slice_mut(s![.., ..q]);
        data_part -= &model.target;
        let error_mean = error_matrix.times(&state_mean) + model.c_matrix.times(&model.bias) + &model.readout_bias;
        Ok(LinearGaussian { rho_data, rho_recurrent, state_mean, state_covariance, error_matrix, error_mean, model })
    }

    /// The model.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert_eq!(exact.model().b_matrix, arr2(&[[0.5]]));
    /// ```
    pub fn model(&self) -> &LinearModel {
        &self.model
    }

    /// Spectral radius of the data's transition matrix.
    ///
    /// ```
    /// # use {ndarray::{Array2, arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// // A rotation by a right angle times 0.8.
    /// let transition = arr2(&[[0.0, 0.8], [-0.8, 0.0]]);
    /// let (noise_factor, target) = (Array2::eye(2), arr2(&[[1.0, 0.0]]));
    /// let model = LinearModel { transition, noise_factor, target, ..model };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert!((exact.rho_data() - 0.8).abs() < 1e-14);
    /// ```
    pub fn rho_data(&self) -> f64 {
        self.rho_data
    }

    /// Spectral radius of `N^{−β} B`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { b_matrix: arr2(&[[-0.75]]), ..model };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert_eq!(exact.rho_recurrent(), 0.75);
    /// ```
    pub fn rho_recurrent(&self) -> f64 {
        self.rho_recurrent
    }

    /// Geometric rate of the joint chain, the larger of the two.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { transition: arr2(&[[-0.875]]), ..model };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert_eq!(exact.rate(), 0.875);
    /// ```
    pub fn rate(&self) -> f64 {
        self.rho_data.max(self.rho_recurrent)
    }

    /// Lengths of the blocks.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::markov::Blocks;
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert_eq!(exact.blocks(), Blocks { data: 1, hidden: 1, derivative: 3 });
    /// ```
    pub fn blocks(&self) -> Blocks {
        let n = self.model.hidden();
        Blocks { data: self.model.order(), hidden: n, derivative: n * self.model.recurrent_parameters() }
    }

    /// Length `q + N` of `u = (D, S)`.
    pub(super) fn states(&self) -> usize {
        self.state_mean.len()
    }

    /// The rows of `F` that lead to `S` (N × (q + N)).
    pub(super) fn hidden_transition(&self) -> Array2<f64> {
        self.model.state_transition().slice(s![self.model.order().., ..]).to_owned()
    }

    /// The stationary mean of `S` (N).
    pub(super) fn hidden_mean(&self) -> Array1<f64> {
        self.state_mean.slice(s![self.model.order()..]).to_owned()
    }

    /// The long-run loss `J = ½ (|ē|² + tr K Σ Kᵀ + m σ²)`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// // A readout bias of 3 and noise of deviation 2 beside the error S/2.
    /// let model = LinearModel { readout_bias: arr1(&[3.0]), target_noise: 2.0, ..model };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// assert!((exact.loss() - 0.5 * (9.0 + 4.0 + 0.25 * 4.0 / 3.0)).abs() < 1e-12);
    /// ```
    pub fn loss(&self) -> f64 {
        let spread = self.error_matrix.times(&self.state_covariance).times(&self.error_matrix.t()).diag().sum();
        let noise = self.model.target_noise * self.model.target_noise * self.error_mean.len() as f64;
        0.5 * (self.error_mean.times(&self.error_mean) + spread + noise)
    }
}

/// A coordinate of `(D, S)` that noise reaches and whose variance is too small a number to be one
/// of full accuracy.
fn vanishing(model: &LinearModel, covariance: &Array2<f64>) -> Option<(usize, f64)> {
    const SMALLEST: f64 = f64::MIN_POSITIVE / f64::EPSILON;
    let transition = model.state_transition();
    let mut reached: Vec<bool> = (0..covariance.nrows()).map(|i| i < model.order() && model.noise_factor.row(i).iter().any(|g| *g != 0.0)).collect();
    for _ in 0..reached.len() {
        reached = (0..reached.len()).map(|i| reached[i] || reached.iter().zip(transition.row(i)).any(|(from, f)| *from && *f != 0.0)).collect();
    }
    (0..reached.len()).map(|i| (i, covariance[[i, i]])).find(|(i, variance)| reached[*i] && *variance < SMALLEST)
}

/// `a bᵀ`.
pub(super) fn outer(a: &Array1<f64>, b: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j])
}

/// `½ (M + Mᵀ)`.
pub(super) fn symmetric(matrix: &Array2<f64>) -> Array2<f64> {
    (matrix + &matrix.t()) * 0.5
}

/// `tr A B`.
pub(super) fn trace(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b.t().iter()).map(|(x, y)| x * y).sum()
}
