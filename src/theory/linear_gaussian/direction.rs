//! What one recurrent parameter feeds into its unit, and the stationary derivative that comes of
//! it.

use super::{LinearGaussian, OracleError, joint::outer};
use crate::linalg::{Times, solve_contractive_stein, solve_stein};
use ndarray::{Array1, Array2};

/// The recursion `V_p' = A V_p + e_i (fᵀ u + κ)` of the derivative in one recurrent parameter, in
/// stationarity.
///
/// `F_p = ∂F/∂θ_p = e_i fᵀ`, so the derivative of the stationary covariance is
/// `∂Σ = [0, X] + [0, X]ᵀ`.
pub(super) struct Direction {
    /// The unit `i`.
    pub unit: usize,
    /// `f` (q + N): `N^{−β} S_j`, `X_j` or nothing.
    pub feature: Array1<f64>,
    /// `V̄_p = (I − A)^{-1} e_i (fᵀ ū + κ)` (N), which is also `∂S̄/∂θ_p`.
    pub mean: Array1<f64>,
    /// `X = Cov(u, V_p) = F X Aᵀ + F Σ f e_iᵀ` ((q + N) × N).
    pub covariance: Array2<f64>,
}

/// The factor `g_p` of `G_p = g_p · e`: `∂Ŷ/∂θ_p`, written about the stationary mean.
///
/// ```text
/// g_p = C V_p' = C A V_p + Q u + const   (recurrent),   e_o S'_j or e_o   (readout)
/// ```
pub(super) struct Lever {
    /// `Q` (m × (q + N)).
    pub own: Array2<f64>,
    /// `E g_p` (m).
    pub mean: Array1<f64>,
}

impl LinearGaussian {
    /// The directions of all recurrent parameters, in flat order.
    pub(super) fn directions(&self) -> Result<Vec<Direction>, OracleError> {
        let (q, n) = (self.model.order(), self.model.hidden());
        let recurrence = self.model.recurrence();
        let transition = self.model.state_transition();
        let back = recurrence.t().to_owned();
        let resolvent = solve_stein(&recurrence, &Array2::eye(n), &Array2::eye(n))?;
        let hidden = (0..n).map(|j| (Some(q + j), self.model.scale()));
        let features: Vec<(Option<usize>, f64)> = hidden.chain(self.model.inputs.iter().map(|j| (Some(*j), 1.0))).chain([(None, 1.0)]).collect();
        let mut directions = Vec::with_capacity(self.model.recurrent_parameters());
        for unit in 0..n {
            for (coordinate, factor) in &features {
                let mut feature = Array1::zeros(self.states());
                let (mut level, mut covariance) = (*factor, Array2::zeros((self.states(), n)));
                if let Some(coordinate) = coordinate {
                    feature[*coordinate] = *factor;
                    level *= self.state_mean[*coordinate];
                    let mut own = Array1::zeros(n);
                    own[unit] = 1.0;
                    covariance =
                        solve_contractive_stein(&transition, &back, &outer(&transition.times(&self.state_covariance.times(&feature)), &own))?;
                }
                directions.push(Direction { unit, feature, mean: &resolvent.column(unit) * level, covariance });
            }
        }
        Ok(directions)
    }

    /// The levers of all parameters, in flat order.
    pub(super) fn levers(&self, directions: &[Direction]) -> Vec<Lever> {
        let (c_matrix, outputs) = (&self.model.c_matrix, self.error_mean.len());
        let (forward, hidden_mean) = (self.hidden_transition(), self.hidden_mean());
        let mut levers: Vec<Lever> =
            directions.iter().map(|p| Lever { own: outer(&c_matrix.column(p.unit).to_owned(), &p.feature), mean: c_matrix.times(&p.mean) }).collect();
        for output in 0..outputs {
            let mut own = Array1::zeros(outputs);
            own[output] = 1.0;
            for unit in 0..self.model.hidden() {
                levers.push(Lever { own: outer(&own, &forward.row(unit).to_owned()), mean: &own * hidden_mean[unit] });
            }
            levers.push(Lever { own: Array2::zeros((outputs, self.states())), mean: own });
        }
        levers
    }
}
