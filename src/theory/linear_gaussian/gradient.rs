//! The gradient of the long-run loss, and gradients by their blocks.

use super::joint::outer;
use super::{LinearGaussian, OracleError};
use crate::linalg::{Times, solve_stein};
use ndarray::{Array1, Array2, Axis, concatenate, s};

/// A gradient by its blocks.
///
/// ```
/// # use ndarray::{arr1, arr2};
/// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
/// # let model = rtrl_lab::theory::LinearModel {
/// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
/// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
/// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
/// # };
/// let gradient = rtrl_lab::theory::LinearGaussian::new(model).unwrap().gradient().unwrap();
/// // J = (v − 1)/2 with v = 1/(1 − b²): ∂J/∂b = b v² and ∂J/∂C = v − 1 at b = 1/2.
/// assert!((gradient.b_matrix[[0, 0]] - 8.0 / 9.0).abs() < 1e-13);
/// assert!((gradient.c_matrix[[0, 0]] - 1.0 / 3.0).abs() < 1e-13);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BlockGradient {
    /// In `B` (N × N).
    pub b_matrix: Array2<f64>,
    /// In `W` (N × d).
    pub w_matrix: Array2<f64>,
    /// In `b` (N).
    pub bias: Array1<f64>,
    /// In `C` (m × N).
    pub c_matrix: Array2<f64>,
    /// In `c` (m).
    pub readout_bias: Array1<f64>,
}

impl BlockGradient {
    /// Euclidean norm over `B`, `W`, `b`.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// let gradient = rtrl_lab::theory::BlockGradient {
    ///     b_matrix: arr2(&[[2.0]]), w_matrix: arr2(&[[3.0]]), bias: arr1(&[6.0]),
    ///     c_matrix: arr2(&[[4.0]]), readout_bias: arr1(&[4.0]),
    /// };
    /// assert_eq!(gradient.recurrent_norm(), (2f64 * 2.0 + 3.0 * 3.0 + 6.0 * 6.0).sqrt());
    /// ```
    pub fn recurrent_norm(&self) -> f64 {
        self.b_matrix.iter().chain(&self.w_matrix).chain(&self.bias).map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Euclidean norm over all parameters.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// let gradient = rtrl_lab::theory::BlockGradient {
    ///     b_matrix: arr2(&[[2.0]]), w_matrix: arr2(&[[3.0]]), bias: arr1(&[6.0]),
    ///     c_matrix: arr2(&[[4.0]]), readout_bias: arr1(&[4.0]),
    /// };
    /// // 4 + 9 + 36 and 16 + 16.
    /// assert!((gradient.norm() - 9.0).abs() < 1e-14);
    /// ```
    pub fn norm(&self) -> f64 {
        let readout: f64 = self.c_matrix.iter().chain(&self.readout_bias).map(|x| x * x).sum();
        let recurrent = self.recurrent_norm();
        (recurrent * recurrent + readout).sqrt()
    }

    /// The blocks by name, by rows.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// let gradient = rtrl_lab::theory::BlockGradient {
    ///     b_matrix: arr2(&[[2.0]]), w_matrix: arr2(&[[3.0]]), bias: arr1(&[6.0]),
    ///     c_matrix: arr2(&[[4.0]]), readout_bias: arr1(&[4.0]),
    /// };
    /// assert_eq!(gradient.blocks()[2], ("b", vec![6.0]));
    /// assert_eq!(gradient.blocks()[3], ("C", vec![4.0]));
    /// ```
    pub fn blocks(&self) -> [(&'static str, Vec<f64>); 5] {
        [
            ("B", self.b_matrix.iter().copied().collect()),
            ("W", self.w_matrix.iter().copied().collect()),
            ("b", self.bias.to_vec()),
            ("C", self.c_matrix.iter().copied().collect()),
            ("c", self.readout_bias.to_vec()),
        ]
    }

    /// All entries in the flat order of a [`Network`](crate::network::Network): rows
    /// `(B_i | W_i | b_i)`, then rows `(C_o | c_o)`.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// let gradient = rtrl_lab::theory::BlockGradient {
    ///     b_matrix: arr2(&[[1.0, 2.0], [5.0, 6.0]]),
    ///     w_matrix: arr2(&[[3.0], [7.0]]),
    ///     bias: arr1(&[4.0, 8.0]),
    ///     c_matrix: arr2(&[[9.0, 10.0]]),
    ///     readout_bias: arr1(&[11.0]),
    /// };
    /// assert_eq!(gradient.flat().to_vec(), (1..=11).map(f64::from).collect::<Vec<_>>());
    /// ```
    pub fn flat(&self) -> Array1<f64> {
        let column = |vector: &Array1<f64>| vector.clone().insert_axis(Axis(1));
        let recurrent = concatenate![Axis(1), self.b_matrix, self.w_matrix, column(&self.bias)];
        let readout = concatenate![Axis(1), self.c_matrix, column(&self.readout_bias)];
        recurrent.iter().chain(&readout).copied().collect()
    }
}

/// Sums over the lags of a loss's influence, as seen from the hidden state.
pub(super) struct LagSums {
    /// `y = (I − Aᵀ)^{-1} Cᵀ ē` (N).
    pub mean: Array1<f64>,
    /// `Y = Aᵀ Y F + Cᵀ K` (N × (q + N)).
    pub spread: Array2<f64>,
}

impl LinearGaussian {
    /// The gradient `∇J`.
    ///
    /// ```text
    /// ∇_B = N^{−β} Σ_k (Aᵀ)^k Cᵀ E[e_t S_{t−k}ᵀ],   E[e_t u_{t−k}ᵀ] = ē ūᵀ + K F^k Σ
    /// ```
    ///
    /// and the same with `X_{t−k}` for `W`, 1 for `b`. The sum over lags is a Stein equation.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { w_matrix: arr2(&[[2.0]]), readout_bias: arr1(&[3.0]), ..model };
    /// let gradient = rtrl_lab::theory::LinearGaussian::new(model).unwrap().gradient().unwrap();
    /// // J = (w² v − 2 w + 1 + c²)/2 with v = 4/3, where S has mean 0.
    /// assert!((gradient.w_matrix[[0, 0]] - (2.0 * 4.0 / 3.0 - 1.0)).abs() < 1e-13);
    /// assert!((gradient.readout_bias[0] - 3.0).abs() < 1e-13);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn gradient(&self) -> Result<BlockGradient, OracleError> {
        let sums = self.lag_sums()?;
        let correlation = self.error_matrix.times(&self.state_covariance);
        Ok(BlockGradient {
            c_matrix: correlation.times(&self.hidden_transition().t()) + outer(&self.error_mean, &self.hidden_mean()),
            readout_bias: self.error_mean.clone(),
            ..self.recurrent_blocks(&sums.mean, &sums.spread.times(&self.state_covariance))
        })
    }

    /// `y` and `Y`.
    pub(super) fn lag_sums(&self) -> Result<LagSums, OracleError> {
        let back = self.model.recurrence().t().to_owned();
        let mean_source = self.model.c_matrix.t().times(&self.error_mean).insert_axis(Axis(1));
        let mean = solve_stein(&back, &Array2::eye(1), &mean_source)?.column(0).to_owned();
        let spread = solve_stein(&back, &self.model.state_transition(), &self.model.c_matrix.t().times(&self.error_matrix))?;
        Ok(LagSums { mean, spread })
    }

    /// The recurrent blocks that belong to lag sums `mean` (N) and `spread` (N × (q + N)); the
    /// readout blocks are zero.
    pub(super) fn recurrent_blocks(&self, mean: &Array1<f64>, spread: &Array2<f64>) -> BlockGradient {
        let (q, n) = (self.model.order(), self.model.hidden());
        let all = spread + &outer(mean, &self.state_mean);
        BlockGradient {
            b_matrix: all.slice(s![.., q..]).to_owned() * self.model.scale(),
            w_matrix: Array2::from_shape_fn((n, self.model.inputs.len()), |(i, j)| all[[i, self.model.inputs[j]]]),
            bias: mean.clone(),
            c_matrix: Array2::zeros(self.model.c_matrix.dim()),
            readout_bias: Array1::zeros(self.error_mean.len()),
        }
    }
}
