//! The exact case: identity activation on a Gaussian autoregression, where the joint chain is one linear Gaussian recursion.

use super::linear_model::LinearModel;
use crate::linalg::{LinalgError, compress_factor, solve_discrete_lyapunov, solve_stein, spectral_radius};
use crate::markov::{Block, Blocks};
use crate::transport::{FactoredGaussian, wasserstein_2};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};

/// Largest joint dimension that the oracle takes on.
const LARGEST: usize = 3000;

/// Why there is no exact answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// A recursion does not contract.
    #[error("{what} has spectral radius {radius:.6}; below 1 is needed for a stationary law")]
    NotContractive {
        /// Which matrix.
        what: &'static str,
        /// Its spectral radius.
        radius: f64,
    },
    /// Too large.
    #[error("the joint chain has {0} coordinates and the exact law is worked out for at most {LARGEST}; take fewer hidden units")]
    TooLarge(usize),
    /// A matrix fact failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}

/// A Gaussian start of `(D, S)`; the derivatives start at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianStart {
    /// Mean of `(D_0, S_0)`.
    pub mean: Array1<f64>,
    /// Standard deviation of each coordinate, independent; zero for a point.
    pub deviation: Array1<f64>,
}

/// A gradient by its blocks.
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
    pub fn recurrent_norm(&self) -> f64 {
        self.b_matrix.iter().chain(&self.w_matrix).chain(&self.bias).map(|x| x * x).sum::<f64>().sqrt()
    }

    /// Euclidean norm over all parameters.
    pub fn norm(&self) -> f64 {
        let readout: f64 = self.c_matrix.iter().chain(&self.readout_bias).map(|x| x * x).sum();
        let recurrent = self.recurrent_norm();
        (recurrent * recurrent + readout).sqrt()
    }

    /// The blocks by name, by rows.
    pub fn blocks(&self) -> [(&'static str, Vec<f64>); 5] {
        [
            ("B", self.b_matrix.iter().copied().collect()),
            ("W", self.w_matrix.iter().copied().collect()),
            ("b", self.bias.to_vec()),
            ("C", self.c_matrix.iter().copied().collect()),
            ("c", self.readout_bias.to_vec()),
        ]
    }
}

/// The exact linear Gaussian case of a model.
///
/// ```text
/// z = (D, S, vec V),   z' = F z + c + noise,   μ = N(m_∞, L_∞ L_∞ᵀ)
/// ```
///
/// `vec V` runs by rows of `V` (N × P), its columns grouped by unit as in [`Elman`](crate::network::Elman). No formula needs an eigenvector, so
/// defective cases are no special ones.
///
/// ```
/// use ndarray::{arr1, arr2};
/// use rtrl_lab::theory::{LinearGaussian, LinearModel};
/// let model = LinearModel {
///     transition: arr2(&[[0.5]]), noise_factor: arr2(&[[1.0]]), inputs: vec![0], target: arr2(&[[1.0]]), target_noise: 0.0, beta: 0.0,
///     b_matrix: arr2(&[[0.0]]), w_matrix: arr2(&[[1.0]]), bias: arr1(&[0.0]), c_matrix: arr2(&[[0.0]]), readout_bias: arr1(&[0.0]),
/// };
/// // The prediction is 0, so the loss is half the variance of D: 1/(1 − 1/4)/2.
/// assert!((LinearGaussian::new(model).unwrap().loss() - 2.0 / 3.0).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct LinearGaussian {
    model: LinearModel,
    rho_data: f64,
    rho_recurrent: f64,
    /// Stationary mean of `(D, S)`.
    state_mean: Array1<f64>,
    /// Stationary covariance of `(D, S)`.
    state_covariance: Array2<f64>,
    /// `K` and `k` of the error `e_t = K u_t + k − σ η`.
    error_matrix: Array2<f64>,
    error_mean: Array1<f64>,
}

impl LinearGaussian {
    /// Works out the stationary law of `(D, S)` and the error's coefficients.
    ///
    /// # Errors
    /// [`OracleError`] where data or cell do not contract, or the joint chain is too large.
    pub fn new(model: LinearModel) -> Result<Self, OracleError> {
        let radius = |what, matrix: ArrayView2<f64>| -> Result<f64, OracleError> {
            let radius = spectral_radius(matrix)?;
            if radius < 1.0 { Ok(radius) } else { Err(OracleError::NotContractive { what, radius }) }
        };
        let recurrence = model.recurrence();
        let rho_data = radius("the data's transition matrix", model.transition.view())?;
        let rho_recurrent = radius("the recurrent matrix N^-beta B", recurrence.view())?;
        let (q, n) = (model.order(), model.hidden());
        let dimension = q + n + n * model.recurrent_parameters();
        if dimension > LARGEST {
            return Err(OracleError::TooLarge(dimension));
        }
        let mut state_mean = Array1::zeros(q + n);
        let drift = model.bias.clone().insert_axis(Axis(1));
        state_mean.slice_mut(s![q..]).assign(&solve_stein(&recurrence, &Array2::eye(1), &drift)?.column(0));
        let mut noise = Array2::zeros((q + n, q + n));
        noise.slice_mut(s![..q, ..q]).assign(&model.noise_factor.dot(&model.noise_factor.t()));
        let state_covariance = solve_discrete_lyapunov(&model.state_transition(), &noise)?;
        let mut error_matrix = model.c_matrix.dot(&model.state_transition().slice(s![q.., ..]));
        let mut data_part = error_matrix.slice_mut(s![.., ..q]);
        data_part -= &model.target;
        let error_mean = error_matrix.dot(&state_mean) + model.c_matrix.dot(&model.bias) + &model.readout_bias;
        Ok(LinearGaussian { rho_data, rho_recurrent, state_mean, state_covariance, error_matrix, error_mean, model })
    }

    /// The model.
    pub fn model(&self) -> &LinearModel {
        &self.model
    }

    /// Spectral radius of the data's transition matrix.
    pub fn rho_data(&self) -> f64 {
        self.rho_data
    }

    /// Spectral radius of `N^{−β} B`.
    pub fn rho_recurrent(&self) -> f64 {
        self.rho_recurrent
    }

    /// Geometric rate of the joint chain, the larger of the two.
    pub fn rate(&self) -> f64 {
        self.rho_data.max(self.rho_recurrent)
    }

    /// Lengths of the blocks.
    pub fn blocks(&self) -> Blocks {
        let n = self.model.hidden();
        Blocks { data: self.model.order(), hidden: n, derivative: n * self.model.recurrent_parameters() }
    }

    /// The long-run loss `J = ½ (|ē|² + tr K Σ Kᵀ + m σ²)`.
    pub fn loss(&self) -> f64 {
        let spread = self.error_matrix.dot(&self.state_covariance).dot(&self.error_matrix.t()).diag().sum();
        let noise = self.model.target_noise * self.model.target_noise * self.error_mean.len() as f64;
        0.5 * (self.error_mean.dot(&self.error_mean) + spread + noise)
    }

    /// The gradient `∇J`.
    ///
    /// ```text
    /// ∇_B = N^{−β} Σ_k (Aᵀ)^k Cᵀ E[e_t S_{t−k}ᵀ],   E[e_t u_{t−k}ᵀ] = ē ūᵀ + K F^k Σ
    /// ```
    ///
    /// and the same with `X_{t−k}` for `W`, 1 for `b`. The sum over lags is a Stein equation.
    ///
    /// # Errors
    /// [`OracleError`] where LAPACK fails.
    pub fn gradient(&self) -> Result<BlockGradient, OracleError> {
        let (q, sums) = (self.model.order(), self.lag_sums()?);
        let correlation = self.error_matrix.dot(&self.state_covariance);
        let forward = self.model.state_transition().slice(s![q.., ..]).to_owned();
        let next_mean = self.state_mean.slice(s![q..]).to_owned();
        Ok(BlockGradient {
            c_matrix: correlation.dot(&forward.t()) + outer(&self.error_mean, &next_mean),
            readout_bias: self.error_mean.clone(),
            ..self.recurrent_blocks(&sums.mean, &sums.spread.dot(&self.state_covariance))
        })
    }

    /// The stationary bias `E[G(τ)] − ∇J` of rolling TBPTT(τ) in the recurrent parameters; its readout blocks are zero.
    ///
    /// ```text
    /// bias = −Σ_{k ≥ τ} (Aᵀ)^k Cᵀ E[e_t u_{t−k}ᵀ] = −(Aᵀ)^τ [ (I − Aᵀ)^{-1} Cᵀ ē ūᵀ + Y F^τ Σ ],   Y = Aᵀ Y F + Cᵀ K
    /// ```
    ///
    /// The tail is summed in closed form, so the bias keeps its relative accuracy at large τ. τ counts differentiated applications of the cell.
    ///
    /// # Errors
    /// [`OracleError`] where LAPACK fails.
    pub fn tbptt_bias(&self, length: usize) -> Result<BlockGradient, OracleError> {
        let sums = self.lag_sums()?;
        let (back, forth) = (self.model.recurrence().t().to_owned(), self.model.state_transition());
        let (mut mean, mut spread) = (-sums.mean, -sums.spread);
        for _ in 0..length {
            mean = back.dot(&mean);
            spread = back.dot(&spread).dot(&forth);
        }
        Ok(self.recurrent_blocks(&mean, &spread.dot(&self.state_covariance)))
    }

    /// `(I − Aᵀ)^{-1} Cᵀ ē` and `Y`.
    fn lag_sums(&self) -> Result<LagSums, OracleError> {
        let back = self.model.recurrence().t().to_owned();
        let mean_source = self.model.c_matrix.t().dot(&self.error_mean).insert_axis(Axis(1));
        let mean = solve_stein(&back, &Array2::eye(1), &mean_source)?.column(0).to_owned();
        let spread = solve_stein(&back, &self.model.state_transition(), &self.model.c_matrix.t().dot(&self.error_matrix))?;
        Ok(LagSums { mean, spread })
    }

    /// The recurrent blocks that belong to lag sums `mean` (N) and `spread` (N × (q + N)); the readout blocks are zero.
    fn recurrent_blocks(&self, mean: &Array1<f64>, spread: &Array2<f64>) -> BlockGradient {
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

    /// `F z` for every column of `z`.
    fn image(&self, z: &Array2<f64>) -> Array2<f64> {
        let (q, n, d) = (self.model.order(), self.model.hidden(), self.model.inputs.len());
        let (group, width) = (n + d + 1, self.model.recurrent_parameters());
        let mut image = Array2::zeros(z.dim());
        image.slice_mut(s![..q + n, ..]).assign(&self.model.state_transition().dot(&z.slice(s![..q + n, ..])));
        let recurrence = self.model.recurrence();
        for row in 0..n {
            for other in 0..n {
                let factor = recurrence[[row, other]];
                if factor != 0.0 {
                    let from = z.slice(s![q + n + other * width..q + n + (other + 1) * width, ..]);
                    image.slice_mut(s![q + n + row * width..q + n + (row + 1) * width, ..]).scaled_add(factor, &from);
                }
            }
            let own = q + n + row * width + row * group;
            image.slice_mut(s![own..own + n, ..]).scaled_add(self.model.scale(), &z.slice(s![q..q + n, ..]));
            for (j, coordinate) in self.model.inputs.iter().enumerate() {
                image.row_mut(own + n + j).scaled_add(1.0, &z.row(*coordinate));
            }
        }
        image
    }

    /// The noise factor of the joint recursion.
    fn noise(&self) -> Array2<f64> {
        let mut noise = Array2::zeros((self.blocks().len(), self.model.order()));
        noise.slice_mut(s![..self.model.order(), ..]).assign(&self.model.noise_factor);
        noise
    }

    /// The stationary law of the joint chain.
    ///
    /// # Errors
    /// [`OracleError`] where LAPACK fails.
    pub fn stationary(&self) -> Result<FactoredGaussian, OracleError> {
        Ok(FactoredGaussian { mean: self.stationary_mean()?, factor: self.stationary_factor() })
    }

    fn stationary_mean(&self) -> Result<Array1<f64>, OracleError> {
        let (q, n, d) = (self.model.order(), self.model.hidden(), self.model.inputs.len());
        let (group, width) = (n + d + 1, self.model.recurrent_parameters());
        // V̄ = A V̄ + Ē, with the mean of (N^{−β} S, X, 1) in each unit's own columns.
        let mut immediate = Array2::zeros((n, width));
        for row in 0..n {
            for k in 0..n {
                immediate[[row, row * group + k]] = self.model.scale() * self.state_mean[q + k];
            }
            immediate[[row, row * group + n + d]] = 1.0;
        }
        let derivative = solve_stein(&self.model.recurrence(), &Array2::eye(width), &immediate)?;
        Ok(concatenate![Axis(0), self.state_mean, Array1::from_iter(derivative.iter().copied())])
    }

    /// `L_∞` by doubling: `L_{2k} = [L_k, F^k L_k]`.
    fn stationary_factor(&self) -> Array2<f64> {
        let mut power = self.image(&Array2::eye(self.blocks().len()));
        let mut factor = compress_factor(&self.noise());
        for _ in 0..64 {
            let image = power.dot(&factor);
            let size = |m: &Array2<f64>| m.iter().map(|x| x * x).sum::<f64>();
            let done = size(&image) <= 1e-36 * size(&factor);
            factor = compress_factor(&concatenate![Axis(1), factor, image]);
            if done {
                break;
            }
            power = power.dot(&power);
        }
        factor
    }

    /// `W_2` between the law at time t and the stationary law, in each block of [`Block::ALL`], at the given times.
    ///
    /// The mean's difference runs by its own recursion and the covariance is carried as a factor, see [`wasserstein_2`].
    ///
    /// # Errors
    /// [`OracleError`] where LAPACK fails.
    pub fn distances(&self, start: &GaussianStart, times: &[usize]) -> Result<Vec<[f64; 4]>, OracleError> {
        let stationary = self.stationary()?;
        let states = start.mean.len();
        let mut difference = -&stationary.mean;
        let mut head = difference.slice_mut(s![..states]);
        head += &start.mean;
        let mut factor = Array2::zeros((self.blocks().len(), states));
        for (i, deviation) in start.deviation.iter().enumerate() {
            factor[[i, i]] = *deviation;
        }
        let noise = self.noise();
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|index| times[*index]);
        let mut distances = vec![[0.0; 4]; times.len()];
        let mut now = 0;
        for index in order {
            while now < times[index] {
                difference = self.image(&difference.insert_axis(Axis(1))).column(0).to_owned();
                factor = compress_factor(&concatenate![Axis(1), self.image(&factor), noise]);
                now += 1;
            }
            for (slot, block) in distances[index].iter_mut().zip(Block::ALL) {
                let range = self.blocks().range(block);
                let rows = |factor: &Array2<f64>| factor.slice(s![range.clone(), ..]).to_owned();
                *slot = wasserstein_2(&difference.slice(s![range.clone()]).to_owned(), &rows(&factor), &rows(&stationary.factor));
            }
        }
        Ok(distances)
    }
}

struct LagSums {
    mean: Array1<f64>,
    spread: Array2<f64>,
}

fn outer(a: &Array1<f64>, b: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j])
}
