//! The Hessian of the long-run loss in all parameters.

use super::direction::Direction;
use super::{LinearGaussian, OracleError};
use crate::linalg::{Times, solve_stein};
use ndarray::{Array1, Array2, s};

impl LinearGaussian {
    /// The Hessian `∇²J` in all parameters, in the flat order of a
    /// [`Network`](crate::network::Network).
    ///
    /// ```text
    /// J = ½ |ē|² + ½ tr K Σ Kᵀ,   ∂_p Σ = F ∂_p Σ Fᵀ + F_p Σ Fᵀ + F Σ F_pᵀ,   Λ = Fᵀ Λ F + Kᵀ K
    /// ∂_p ∂_r J = fᵀ (∂_r Σ) Ψ_i + f'ᵀ (∂_p Σ) Ψ_{i'} + (C_i · C_{i'} + Λ_{ii'}) fᵀ Σ f'
    ///     + ē_p · ē_r + y_i fᵀ ū_r + y_{i'} f'ᵀ ū_p
    /// ```
    ///
    /// for recurrent parameters p = (i, f), r = (i', f') with `F_p = e_i fᵀ`, `Ψ = Fᵀ Λ e + Kᵀ C`,
    /// `y = (I − Aᵀ)^{-1} Cᵀ ē`. The second derivative of `Σ` enters through its trace against
    /// `Kᵀ K` only, so one adjoint equation for `Λ` stands in for an equation a pair. In `c` and
    /// `C`, `J` is a quadratic form. Cost: a Stein equation of size (q + N) × N a recurrent
    /// parameter. The result is symmetric to the last bit.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let hessian = rtrl_lab::theory::LinearGaussian::new(model).unwrap().hessian().unwrap();
    /// // 2 J = C² w² v − 2 C w + (C c/(1 − b) + c_o)² + 1 in (b, w, c, C, c_o), v = 1/(1 − b²).
    /// assert!((hessian[[0, 0]] - (1.0 + 3.0 * 0.25) / 0.75f64.powi(3)).abs() < 1e-12);
    /// assert!((hessian[[1, 1]] - 4.0 / 3.0).abs() < 1e-12);
    /// assert!((hessian[[2, 4]] - 2.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn hessian(&self) -> Result<Array2<f64>, OracleError> {
        let (directions, sums) = (self.directions()?, self.lag_sums()?);
        let (q, transition) = (self.model.order(), self.model.state_transition());
        let weight = solve_stein(&transition.t().to_owned(), &transition, &self.error_matrix.t().times(&self.error_matrix))?;
        let correlated = self.model.c_matrix.t().times(&self.model.c_matrix) + weight.slice(s![q.., q..]);
        let psi = transition.t().times(&weight.slice(s![.., q..])) + self.error_matrix.t().times(&self.model.c_matrix);
        // Column i of each: (∂_r Σ) Ψ_i + y_i ū_r.
        let pulled: Vec<Array2<f64>> = directions
            .iter()
            .map(|r| {
                let mut pulled = self.covariance_derivative(r).times(&psi);
                let mut hidden = pulled.slice_mut(s![q.., ..]);
                hidden += &super::joint::outer(&r.mean, &sums.mean);
                pulled
            })
            .collect();
        let recurrent = directions.len();
        let readout = self.error_mean.len() * (self.model.hidden() + 1);
        let mut hessian = Array2::zeros((recurrent + readout, recurrent + readout));
        for (a, p) in directions.iter().enumerate() {
            let error_p = self.model.c_matrix.times(&p.mean);
            let spread = self.state_covariance.times(&p.feature);
            for (b, r) in directions.iter().enumerate().take(a + 1) {
                hessian[[a, b]] = p.feature.times(&pulled[b].column(p.unit))
                    + r.feature.times(&pulled[a].column(r.unit))
                    + correlated[[p.unit, r.unit]] * spread.times(&r.feature)
                    + error_p.times(&self.model.c_matrix.times(&r.mean));
            }
            for (position, value) in self.mixed(p, &error_p, &spread).into_iter().enumerate() {
                hessian[[recurrent + position, a]] = value;
            }
        }
        hessian.slice_mut(s![recurrent.., recurrent..]).assign(&self.readout_hessian());
        for a in 0..hessian.nrows() {
            for b in 0..a {
                hessian[[b, a]] = hessian[[a, b]];
            }
        }
        Ok(hessian)
    }

    /// `∂_p Σ = [0, X] + [0, X]ᵀ`.
    fn covariance_derivative(&self, p: &Direction) -> Array2<f64> {
        let q = self.model.order();
        let mut half = Array2::zeros(self.state_covariance.dim());
        half.slice_mut(s![.., q..]).assign(&p.covariance);
        &half + &half.t()
    }

    /// The row of the Hessian of one recurrent parameter against all of the readout, given `C V̄_p`
    /// and `Σ f`.
    fn mixed(&self, p: &Direction, error_p: &Array1<f64>, spread: &Array1<f64>) -> Vec<f64> {
        let (forward, hidden_mean) = (self.hidden_transition(), self.hidden_mean());
        let moved = forward.times(&self.covariance_derivative(p));
        let mut row = Vec::new();
        for (output, error_row) in self.error_matrix.rows().into_iter().enumerate() {
            for unit in 0..self.model.hidden() {
                let direct = if unit == p.unit { spread.times(&error_row) } else { 0.0 };
                let through = self.model.c_matrix[[output, p.unit]] * spread.times(&forward.row(unit));
                let means = error_p[output] * hidden_mean[unit] + self.error_mean[output] * p.mean[unit];
                row.push(direct + through + moved.row(unit).times(&error_row) + means);
            }
            row.push(error_p[output]);
        }
        row
    }

    /// The Hessian in `(C_o | c_o)`: the second moment of `(S, 1)`, once an output.
    fn readout_hessian(&self) -> Array2<f64> {
        let (q, n, outputs) = (self.model.order(), self.model.hidden(), self.error_mean.len());
        let mean = |i: usize| if i < n { self.state_mean[q + i] } else { 1.0 };
        let moment = Array2::from_shape_fn((n + 1, n + 1), |(i, j)| {
            let covariance = if i < n && j < n { self.state_covariance[[q + i, q + j]] } else { 0.0 };
            covariance + mean(i) * mean(j)
        });
        let mut hessian = Array2::zeros((outputs * (n + 1), outputs * (n + 1)));
        for output in 0..outputs {
            let range = output * (n + 1)..(output + 1) * (n + 1);
            hessian.slice_mut(s![range.clone(), range]).assign(&moment);
        }
        hessian
    }
}
