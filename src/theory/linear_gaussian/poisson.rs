//! The Poisson equation of the instantaneous gradient, solved exactly.

use super::direction::{Direction, Lever};
use super::gradient::LagSums;
use super::joint::{outer, symmetric, trace};
use super::{LinearGaussian, OracleError, Quadratic};
use crate::linalg::{Times, solve_contractive_stein};
use ndarray::{Array1, Array2, Axis, concatenate, s};

/// The solution of `v − P v = E_η G − ∇J` with `E_μ v = 0`, a quadratic function of the joint state
/// for every parameter, in flat order.
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
/// let (poisson, law) = (exact.poisson().unwrap(), exact.stationary().unwrap());
/// // ∂J/∂b = 8/9 is the mean of G, and v has mean 0.
/// assert!((poisson.mean[0] - 8.0 / 9.0).abs() < 1e-13);
/// assert!((poisson.gradient[0].mean(&law) - 8.0 / 9.0).abs() < 1e-13);
/// assert!(poisson.solution[0].mean(&law).abs() < 1e-13);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonSolution {
    /// `E_η G_p(z, η)`: coefficients `M_p`, `a_p`, `b_p`.
    pub gradient: Vec<Quadratic>,
    /// `v_p`: coefficients `U_p`, `w_p` and the constant that centres it.
    pub solution: Vec<Quadratic>,
    /// `∇J = E_μ G`.
    pub mean: Array1<f64>,
}

impl PoissonSolution {
    /// `v(z)` at a joint state `(D, S, vec V)`.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let poisson = rtrl_lab::theory::LinearGaussian::new(model).unwrap().poisson().unwrap();
    /// // In the readout bias G is S/2, so v = S/(1 − 1/2)/2 + D.
    /// let v = poisson.at(&[3.0, 5.0, 0.0, 0.0, 0.0]);
    /// assert!((v[4] - 8.0).abs() < 1e-13);
    /// ```
    pub fn at(&self, state: &[f64]) -> Vec<f64> {
        self.solution.iter().map(|v| v.at(state)).collect()
    }

    /// `E_η G(z, η)` at a joint state, the gradient without observation noise.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let poisson = rtrl_lab::theory::LinearGaussian::new(model).unwrap().poisson().unwrap();
    /// // The error is S/2 = 2, and V' = (1/2) · 6 + (S, D, 1).
    /// let gradient = poisson.gradient_at(&[3.0, 4.0, 6.0, 6.0, 6.0]);
    /// for (found, lever) in gradient.iter().zip([7.0, 6.0, 4.0, 5.0, 1.0]) {
    ///     assert!((found - 2.0 * lever).abs() < 1e-12);
    /// }
    /// ```
    pub fn gradient_at(&self, state: &[f64]) -> Vec<f64> {
        self.gradient.iter().map(|g| g.at(state)).collect()
    }
}

/// A function's coefficients in `u = (D, S)` about the stationary mean.
pub(super) struct Core {
    /// `U` ((q + N) × (q + N)).
    pub matrix: Array2<f64>,
    /// `w` (q + N).
    pub vector: Array1<f64>,
}

/// What the functions of all recurrent parameters have in common: `x_vᵀ cross x_u + vectorᵀ x_v`,
/// with `x_v` the centred `V_p`.
struct Shared {
    cross: Array2<f64>,
    vector: Array1<f64>,
}

impl LinearGaussian {
    /// The solution of the Poisson equation for the gradient in every parameter.
    ///
    /// ```text
    /// v_p = x_vᵀ Aᵀ Y x_u + x_uᵀ U x_u + (Aᵀ y)ᵀ x_v + wᵀ x_u − tr Aᵀ Y X − tr U Σ,
    ///     x = z − E_μ z
    /// U = Fᵀ U F + ½ (f Y_i + Y_iᵀ fᵀ),   w = Fᵀ w + f y_i + Kᵀ C V̄_p
    /// ```
    ///
    /// for a recurrent parameter p = (i, f) with `V_p' = A V_p + e_i (fᵀ u + κ)`,
    /// `X = Cov(u, V_p)`, row `Y_i` of the lag sums `Y = Aᵀ Y F + Cᵀ K`, and
    /// `y = (I − Aᵀ)^{-1} Cᵀ ē`. `V_p` meets no other derivative and never itself, so the equations
    /// are of size q + N and not of the joint chain's. For a readout parameter the first and third
    /// terms are missing and the sources are those of `E_η G`. Observation noise has mean zero in
    /// `G` and does not enter.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{GaussianStart, LinearGaussian};
    /// let exact = LinearGaussian::new(model).unwrap();
    /// let (poisson, state) = (exact.poisson().unwrap(), arr1(&[3.0, 4.0, 1.0, -2.0, 0.5]));
    /// let start = GaussianStart { mean: state.clone(), deviation: state.clone() * 0.0 };
    /// let next = exact.law(&start, 1).unwrap();
    /// // v − P v = G − ∇J at a state.
    /// let (v, gradient) = (poisson.at(&state.to_vec()), poisson.gradient_at(&state.to_vec()));
    /// for p in 0..5 {
    ///     let change = v[p] - poisson.solution[p].mean(&next);
    ///     assert!((change - (gradient[p] - poisson.mean[p])).abs() < 1e-11);
    /// }
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn poisson(&self) -> Result<PoissonSolution, OracleError> {
        let (directions, sums) = (self.directions()?, self.lag_sums()?);
        let levers = self.levers(&directions);
        let cores = self.poisson_cores(&directions, &levers, &sums)?;
        let back = self.model.recurrence().t().to_owned();
        let immediate = Shared {
            cross: back.times(&self.model.c_matrix.t().times(&self.error_matrix)),
            vector: back.times(&self.model.c_matrix.t().times(&self.error_mean)),
        };
        let summed = Shared { cross: back.times(&sums.spread), vector: back.times(&sums.mean) };
        let mut answer = PoissonSolution { gradient: Vec::new(), solution: Vec::new(), mean: self.gradient()?.flat() };
        for (index, (lever, core)) in levers.iter().zip(cores).enumerate() {
            let direction = directions.get(index).map(|direction| (index, direction));
            let through = direction.map_or(0.0, |(_, direction)| trace(&summed.cross, &direction.covariance));
            let centring = -trace(&core.matrix, &self.state_covariance) - through;
            let own = self.gradient_core(lever);
            answer.gradient.push(self.assembled(own, &immediate, direction, lever.mean.times(&self.error_mean)));
            answer.solution.push(self.assembled(core, &summed, direction, centring));
        }
        Ok(answer)
    }

    /// The coefficients of `E_η G_p` in `u`.
    fn gradient_core(&self, lever: &Lever) -> Core {
        Core {
            matrix: symmetric(&lever.own.t().times(&self.error_matrix)),
            vector: lever.own.t().times(&self.error_mean) + self.error_matrix.t().times(&lever.mean),
        }
    }

    /// `U` and `w` of all parameters, in flat order.
    pub(super) fn poisson_cores(&self, directions: &[Direction], levers: &[Lever], sums: &LagSums) -> Result<Vec<Core>, OracleError> {
        let transition = self.model.state_transition();
        let back = transition.t().to_owned();
        let mut cores = Vec::with_capacity(levers.len());
        for (index, lever) in levers.iter().enumerate() {
            let source = match directions.get(index) {
                Some(p) => Core {
                    matrix: symmetric(&outer(&p.feature, &sums.spread.row(p.unit).to_owned())),
                    vector: &p.feature * sums.mean[p.unit] + self.error_matrix.t().times(&lever.mean),
                },
                None => self.gradient_core(lever),
            };
            cores.push(Core {
                matrix: solve_contractive_stein(&back, &transition, &source.matrix)?,
                vector: solve_contractive_stein(&back, &Array2::eye(1), &source.vector.insert_axis(Axis(1)))?.column(0).to_owned(),
            });
        }
        Ok(cores)
    }

    /// The function of the joint state with the given coefficients about the stationary mean;
    /// `direction` is `None` for a readout parameter.
    fn assembled(&self, core: Core, shared: &Shared, direction: Option<(usize, &Direction)>, constant: f64) -> Quadratic {
        let (states, n, width) = (self.states(), self.model.hidden(), self.model.recurrent_parameters());
        let coordinates: Vec<usize> = (0..states).collect();
        let Some((index, direction)) = direction else {
            let centred = Quadratic { coordinates, matrix: core.matrix, vector: core.vector, constant };
            return Quadratic::about(&self.state_mean, centred);
        };
        let mut matrix = Array2::zeros((states + n, states + n));
        matrix.slice_mut(s![..states, ..states]).assign(&core.matrix);
        matrix.slice_mut(s![states.., ..states]).assign(&(&shared.cross * 0.5));
        matrix.slice_mut(s![..states, states..]).assign(&(&shared.cross.t() * 0.5));
        let centred = Quadratic {
            coordinates: coordinates.into_iter().chain((0..n).map(|row| states + row * width + index)).collect(),
            matrix,
            vector: concatenate![Axis(0), core.vector, shared.vector],
            constant,
        };
        Quadratic::about(&concatenate![Axis(0), self.state_mean, direction.mean], centred)
    }
}
