//! How far the states of online learning lie from those of frozen parameters, to first order in the
//! step.

use super::direction::Direction;
use super::joint::outer;
use super::{LinearGaussian, OracleError};
use crate::linalg::{Times, solve_stein};
use ndarray::{Array1, Array2};

/// Mean differences between the states that online RTRL carries and those of the same noise at the
/// parameters frozen, divided by the step `α`, as `α → 0`.
///
/// ```
/// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
/// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
/// # let model = LinearModel {
/// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
/// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
/// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
/// # };
/// // Without noise and with c = 1, C = 3, c_o = −5: S = 2, e = 1 and V' G = 3 (4² + 2²).
/// let model = LinearModel {
///     noise_factor: arr2(&[[0.0]]), bias: arr1(&[1.0]), c_matrix: arr2(&[[3.0]]),
///     readout_bias: arr1(&[-5.0]), ..model
/// };
/// let staleness = rtrl_lab::theory::LinearGaussian::new(model).unwrap().staleness().unwrap();
/// assert!((staleness.hidden[0] - 60.0).abs() < 1e-11);
/// assert!((staleness.readout_bias[0] - 3.0 * 60.0).abs() < 1e-11);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Staleness {
    /// `lim E[S_{t+1} − Ŝ_{t+1}(θ_t)]/α` (N).
    pub hidden: Array1<f64>,
    /// `lim E[V_{t+1} − V̂_{t+1}(θ_t)]/α` (N × P, columns in flat order).
    pub derivative: Array2<f64>,
    /// `lim E[G_t − Ĝ_t(θ_t)]/α` in the readout bias `c` (m): there the gradient is the error
    /// itself, so this is `C` times `hidden`.
    pub readout_bias: Array1<f64>,
}

impl LinearGaussian {
    /// The staleness of online RTRL at a constant small step in all parameters.
    ///
    /// ```text
    /// δ_t = S_t − Ŝ_t(θ_t),       δ_{t+1} = A δ_t + α V_{t+1} G_t + O(α²),
    ///     S_{t+1} − Ŝ_{t+1}(θ_t) = A δ_t + O(α²)
    /// Δ_p = V_p − V̂_p(θ_t),       Δ_p′ = A Δ_p + e_i f_pᵀ δ + α Σ_q W_{pq}′ G_q
    /// W_{pq}′ = A W_{pq} + e_k f_qᵀ V_p + e_i f_pᵀ V_q
    /// ```
    ///
    /// `Ŝ(θ)`, `V̂(θ)` run on the same noise with θ held since ever; `p = (i, f_p)`, `q = (k, f_q)`
    /// are recurrent parameters, `f` acting on the hidden part alone, and `W = ∂V/∂θ`. The
    /// stationary means of `V G` and `W G` are third moments of jointly Gaussian variables, so
    /// products of means and covariances; the covariances come from Stein equations, one a pair (p,
    /// q). They grow like a power of `1/(1 − ρ_A)` that depends on the model: here it is a number
    /// to be read, not a law. Cost: `O(P²)` equations of size q + N.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// use rtrl_lab::theory::{LinearGaussian, LinearModel};
    /// // Without noise: S = 1/(1 − ½) = 2, e = 1, V = (4, 0, 2) in (B, W, b),
    /// // so V G = 4² + 2² and A/(1 − A) = 1.
    /// let model = LinearModel {
    ///     transition: arr2(&[[0.5]]),
    ///     noise_factor: arr2(&[[0.0]]),
    ///     inputs: vec![0],
    ///     target: arr2(&[[1.0]]),
    ///     target_noise: 0.0,
    ///     beta: 0.0,
    ///     b_matrix: arr2(&[[0.5]]),
    ///     w_matrix: arr2(&[[1.0]]),
    ///     bias: arr1(&[1.0]),
    ///     c_matrix: arr2(&[[1.0]]),
    ///     readout_bias: arr1(&[-1.0]),
    /// };
    /// let staleness = LinearGaussian::new(model).unwrap().staleness().unwrap();
    /// assert!((staleness.hidden[0] - 20.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn staleness(&self) -> Result<Staleness, OracleError> {
        let (directions, recurrence) = (self.directions()?, self.model.recurrence());
        let gradient = self.gradient()?.flat();
        let n = self.model.hidden();
        let resolvent = solve_stein(&recurrence, &Array2::eye(n), &Array2::eye(n))?;
        let pulled = self.error_matrix.t().times(&self.model.c_matrix);
        let mean_adjoint = self.model.c_matrix.t().times(&self.error_mean);
        let mut source: Array1<f64> = Array1::zeros(n);
        for (q, slope) in directions.iter().zip(&gradient) {
            let own = self.derivative_covariance(q, q)?;
            source = source + &q.mean * *slope + self.ahead(q).t().times(&pulled).times(&q.mean) + own.times(&mean_adjoint);
        }
        let moved = resolvent.times(&source);
        let hidden_part = |p: &Direction| p.feature.slice(ndarray::s![self.model.order()..]).to_owned();
        let mut derivative = Array2::zeros((n, directions.len()));
        for (column, p) in directions.iter().enumerate() {
            let feature_p = hidden_part(p);
            let mut source: Array1<f64> = Array1::zeros(n);
            for (q, slope) in directions.iter().zip(&gradient) {
                let feature_q = hidden_part(q);
                if feature_p.iter().chain(&feature_q).all(|f| *f == 0.0) {
                    continue;
                }
                let second = self.second_order(p, q, [&feature_p, &feature_q])?;
                source = source
                    + resolvent.times(&second.mean_source) * *slope
                    + second.ahead.t().times(&pulled).times(&q.mean)
                    + second.with_derivative.times(&mean_adjoint);
            }
            let mut carried = Array1::zeros(n);
            carried[p.unit] = feature_p.times(&moved);
            let settled = resolvent.times(&(&carried + &source));
            derivative.column_mut(column).assign(&(recurrence.times(&settled) + carried));
        }
        let hidden = recurrence.times(&moved);
        Ok(Staleness { readout_bias: self.model.c_matrix.times(&hidden), hidden, derivative })
    }

    /// `Cov(u_t, V_{p,t+1}) = X_p Aᵀ + Σ f e_iᵀ` ((q + N) × N).
    fn ahead(&self, p: &Direction) -> Array2<f64> {
        p.covariance.times(&self.model.recurrence().t()) + outer(&self.state_covariance.times(&p.feature), &self.unit(p.unit))
    }

    fn unit(&self, index: usize) -> Array1<f64> {
        let mut unit = Array1::zeros(self.model.hidden());
        unit[index] = 1.0;
        unit
    }

    /// `Π_{pq} = Cov(V_p, V_q) = A Π Aᵀ + A X_pᵀ f_q e_kᵀ + e_i f_pᵀ X_q Aᵀ + (f_pᵀ Σ f_q) e_i
    /// e_kᵀ` (N × N).
    fn derivative_covariance(&self, p: &Direction, q: &Direction) -> Result<Array2<f64>, OracleError> {
        let recurrence = self.model.recurrence();
        let (own_p, own_q) = (self.unit(p.unit), self.unit(q.unit));
        let source = outer(&recurrence.times(&p.covariance.t().times(&q.feature)), &own_q)
            + outer(&own_p, &recurrence.times(&q.covariance.t().times(&p.feature)))
            + outer(&own_p, &own_q) * p.feature.times(&self.state_covariance.times(&q.feature));
        Ok(solve_stein(&recurrence, &recurrence.t().to_owned(), &source)?)
    }

    /// What `W_{pq}` has in common with the states and with `V_q`; `features` are the hidden parts
    /// of `f_p` and `f_q`.
    fn second_order(&self, p: &Direction, q: &Direction, features: [&Array1<f64>; 2]) -> Result<SecondOrder, OracleError> {
        let ([feature_p, feature_q], recurrence) = (features, self.model.recurrence());
        let (back, transition) = (recurrence.t().to_owned(), self.model.state_transition());
        let (own_p, own_q) = (self.unit(p.unit), self.unit(q.unit));
        let driven = outer(&p.covariance.times(feature_q), &own_q) + outer(&q.covariance.times(feature_p), &own_p);
        let present = solve_stein(&transition, &back, &transition.times(&driven))?;
        let (mixed, own) = (self.derivative_covariance(p, q)?, self.derivative_covariance(q, q)?);
        let drive = |feature: &Array1<f64>, covariance: &Array2<f64>, other: &Direction| {
            recurrence.times(&covariance.t().times(feature)) + &own_q * other.covariance.times(feature).times(&q.feature)
        };
        let source = outer(&recurrence.times(&present.t().times(&q.feature)), &own_q)
            + outer(&own_q, &drive(feature_q, &mixed, p))
            + outer(&own_p, &drive(feature_p, &own, q));
        Ok(SecondOrder {
            mean_source: &own_q * feature_q.times(&p.mean) + &own_p * feature_p.times(&q.mean),
            ahead: present.times(&back) + driven,
            with_derivative: solve_stein(&recurrence, &back, &source)?,
        })
    }
}

/// Moments of `W_{pq}`.
struct SecondOrder {
    /// `(I − A) E W_{pq}` (N).
    mean_source: Array1<f64>,
    /// `Cov(u_t, W_{pq,t+1})` ((q + N) × N).
    ahead: Array2<f64>,
    /// `Cov(W_{pq}, V_q)` (N × N).
    with_derivative: Array2<f64>,
}
