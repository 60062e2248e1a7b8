//! The asymptotic variance of time averages of the gradient.

use super::direction::Direction;
use super::joint::{outer, trace};
use super::{LinearGaussian, OracleError};
use crate::linalg::{Times, solve_stein};
use ndarray::{Array1, Array2, s};

/// The increment `v_p(z') − (P v_p)(z)` on standard normals `ε` (q):
/// `(R x + r)ᵀ ε + εᵀ T ε − tr T`.
struct Increment {
    /// The part of `R` that acts on `u` (q × (q + N)).
    linear: Array2<f64>,
    /// `r` (q).
    constant: Array1<f64>,
    /// `T` (q × q).
    square: Array2<f64>,
}

impl LinearGaussian {
    /// The limit of the covariance of `T^{-1/2} Σ_{t<T} (G_t − ∇J)` in all parameters, in the flat
    /// order of a [`Network`](crate::network::Network).
    ///
    /// ```text
    /// Σ_as = Cov_μ(v(z') − (P v)(z)) + σ² E_μ[g_p · g_r],   G_p = g_p · (e − σ η)
    /// Cov(increments)_{pr} = tr R_p Σ_z R_rᵀ + r_p · r_r + 2 tr T_p T_r,
    ///     R = 2 Nᵀ U F, r = Nᵀ w, T = Nᵀ U N
    /// ```
    ///
    /// with `v = xᵀ U x + wᵀ x + const` the solution of the Poisson equation, see
    /// [`LinearGaussian::poisson`], and `N` the noise factor. The observation noise `η_t` is fresh
    /// at every step and independent of the chain, so its part adds and has no memory. The part of
    /// `R` that acts on the derivatives is the same for all recurrent parameters:
    /// `tr R_V Cov(V_p, V_r) R_Vᵀ` comes from one adjoint equation, never from the covariance of
    /// the joint chain.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let variance = rtrl_lab::theory::LinearGaussian::new(model).unwrap().asymptotic_variance();
    /// // In the readout bias G is S/2, whose sum over time is that of the noise.
    /// assert!((variance.unwrap()[[4, 4]] - 1.0).abs() < 1e-12);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn asymptotic_variance(&self) -> Result<Array2<f64>, OracleError> {
        let (directions, sums) = (self.directions()?, self.lag_sums()?);
        let levers = self.levers(&directions);
        let (recurrence, transition) = (self.model.recurrence(), self.model.state_transition());
        let mut noise = Array2::zeros((self.states(), self.model.order()));
        noise.slice_mut(s![..self.model.order(), ..]).assign(&self.model.noise_factor);
        // 2 Nᵀ U_{uv}, with U_{uv} = ½ Yᵀ A.
        let across = noise.t().times(&sums.spread.t()).times(&recurrence);
        let increments: Vec<Increment> = self
            .poisson_cores(&directions, &levers, &sums)?
            .into_iter()
            .enumerate()
            .map(|(index, core)| {
                let pulled = noise.t().times(&core.matrix);
                let mut linear = pulled.times(&transition) * 2.0;
                if let Some(p) = directions.get(index) {
                    linear += &outer(&across.column(p.unit).to_owned(), &p.feature);
                }
                Increment { linear, constant: noise.t().times(&core.vector), square: pulled.times(&noise) }
            })
            .collect();
        let own: Vec<&Array2<f64>> = increments.iter().map(|increment| &increment.linear).collect();
        let mut variance = self.gram(&directions, &across.times(&recurrence), &own)?;
        let own: Vec<&Array2<f64>> = levers.iter().map(|lever| &lever.own).collect();
        let observed = self.gram(&directions, &self.model.c_matrix.times(&recurrence), &own)?;
        let square = self.model.target_noise * self.model.target_noise;
        for ((p, r), value) in variance.indexed_iter_mut() {
            let (a, b) = (&increments[p], &increments[r]);
            *value += a.constant.times(&b.constant) + 2.0 * trace(&a.square, &b.square);
            *value += square * (observed[[p, r]] + levers[p].mean.times(&levers[r].mean));
        }
        Ok(variance)
    }

    /// `E[ℓ_p · ℓ_r]` in stationarity of the centred `ℓ_p = R V_p + Q_p u` (R the same for all
    /// recurrent parameters, missing for the readout's).
    ///
    /// ```text
    /// tr R Cov(V_p, V_r) Rᵀ = fᵀ X_r Aᵀ Ω_i + f'ᵀ X_p Aᵀ Ω_{i'} + Ω_{ii'} fᵀ Σ f',
    ///     Ω = Aᵀ Ω A + Rᵀ R
    /// ```
    fn gram(&self, directions: &[Direction], shared: &Array2<f64>, own: &[&Array2<f64>]) -> Result<Array2<f64>, OracleError> {
        let recurrence = self.model.recurrence();
        let back = recurrence.t().to_owned();
        let weight = solve_stein(&back, &recurrence, &shared.t().times(shared))?;
        let weighed = back.times(&weight);
        // For each recurrent parameter: X Aᵀ Ω, X Rᵀ and Σ f.
        let pulled: Vec<[Array2<f64>; 2]> = directions.iter().map(|p| [p.covariance.times(&weighed), p.covariance.times(&shared.t())]).collect();
        let spreads: Vec<Array1<f64>> = directions.iter().map(|p| self.state_covariance.times(&p.feature)).collect();
        let moved: Vec<Array2<f64>> = own.iter().map(|own| self.state_covariance.times(&own.t())).collect();
        let mut gram = Array2::zeros((own.len(), own.len()));
        for a in 0..own.len() {
            for b in 0..=a {
                let mut value = trace(own[a], &moved[b]);
                if let Some([_, through]) = pulled.get(a) {
                    value += trace(own[b], through);
                }
                if let Some([_, through]) = pulled.get(b) {
                    value += trace(own[a], through);
                }
                if let (Some(p), Some(r)) = (directions.get(a), directions.get(b)) {
                    value += p.feature.times(&pulled[b][0].column(p.unit))
                        + r.feature.times(&pulled[a][0].column(r.unit))
                        + weight[[p.unit, r.unit]] * p.feature.times(&spreads[b]);
                }
                gram[[a, b]] = value;
                gram[[b, a]] = value;
            }
        }
        Ok(gram)
    }
}
