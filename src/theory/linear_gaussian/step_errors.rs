//! The error of truncation in the gradient of a single step, in the root mean square.

use super::joint::trace;
use super::{LinearGaussian, OracleError};
use crate::linalg::Times;
use ndarray::{Array1, Array2};

impl LinearGaussian {
    /// What TBPTT(τ) leaves out of the recurrent gradient of one loss that is followed back over
    /// `most` applications, relative to that gradient, in the root mean square, for τ = 1 … `most`.
    ///
    /// ```text
    /// g(τ) = Σ_{k < τ} (Aᵀ)^k Cᵀ e_t z_{t−k}ᵀ,   error(τ)² = E ‖g(most) − g(τ)‖² / E ‖g(most)‖²
    /// E ‖g(most) − g(τ)‖² = Σ_{j, k ≥ τ} E[ e_tᵀ M e_t z_{t−j} · z_{t−k} ],   M = C A^j (Aᵀ)^k Cᵀ
    /// ```
    ///
    /// with `z = (N^{-β} S, X, 1)`. All are jointly Gaussian, so that a fourth moment is a sum of
    /// products of means and covariances (Isserlis 1918, doi 10.1093/biomet/12.1-2.134): with `ē`,
    /// `Σ_e` of the error, `z̄` of `z` and `R_k = Cov(e_t, z_{t−k}) = K F^k Σ`,
    ///
    /// ```text
    /// tr(M (ē ēᵀ + Σ_e)) (z̄ · z̄ + tr Cov(z_{t−j}, z_{t−k})) + 2 tr(R_jᵀ M_s R_k)
    ///     + 2 ēᵀ M_s (R_j + R_k) z̄,   M_s = (M + Mᵀ)/2
    /// ```
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: 0.0 * &one,
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.0]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// // Without a recurrent weight one application is all there is.
    /// assert_eq!(exact.step_errors(3).unwrap(), [0.0; 3]);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where no application is followed or the gradient of every step is zero.
    pub fn step_errors(&self, most: usize) -> Result<Vec<f64>, OracleError> {
        let seen = Seen::of(self);
        let (back, forth) = (self.model.recurrence(), self.model.state_transition());
        let noise = self.model.target_noise * self.model.target_noise;
        let mut spread = self.error_matrix.times(&self.state_covariance).times(&self.error_matrix.t());
        spread.diag_mut().iter_mut().for_each(|x| *x += noise);
        let second = spread + super::joint::outer(&self.error_mean, &self.error_mean);
        let (mut to_hidden, mut ahead, mut from_state) = (self.model.c_matrix.clone(), self.error_matrix.clone(), Array2::eye(self.states()));
        let (mut reach, mut correlated, mut apart) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..most {
            correlated.push(seen.of_covariance(&ahead.times(&self.state_covariance)));
            apart.push(seen.trace(&from_state.times(&self.state_covariance)));
            reach.push(to_hidden.clone());
            to_hidden = to_hidden.times(&back);
            ahead = ahead.times(&forth);
            from_state = from_state.times(&forth);
        }
        let along: Vec<Array1<f64>> = correlated.iter().map(|correlated| correlated.times(&seen.mean)).collect();
        let length = 1.0 + seen.mean.times(&seen.mean);
        let pair = |j: usize, k: usize| {
            let product = reach[j].times(&reach[k].t());
            let product = (&product + &product.t()) * 0.5;
            let fourth = trace(&product, &second) * (length + apart[j.abs_diff(k)]);
            let crossed = trace(&correlated[j].t().to_owned(), &product.times(&correlated[k]));
            fourth + 2.0 * crossed + 2.0 * product.times(&self.error_mean).times(&(&along[j] + &along[k]))
        };
        // From the last lag on, every further one with those beyond it.
        let mut left_out = vec![0.0; most + 1];
        for j in (0..most).rev() {
            let crossed: f64 = (j + 1..most).map(|k| pair(j, k)).sum();
            left_out[j] = left_out[j + 1] + pair(j, j) + 2.0 * crossed;
        }
        match left_out[0] {
            whole if whole > 0.0 && whole.is_finite() => Ok(left_out[1..].iter().map(|left| (left.max(0.0) / whole).sqrt()).collect()),
            _ => Err(OracleError::NoGradient),
        }
    }
}

/// The part of a state that enters an application: hidden state and inputs, scaled.
struct Seen {
    /// Coordinates of `(D, S)` with their factors.
    entries: Vec<(usize, f64)>,
    mean: Array1<f64>,
}

impl Seen {
    fn of(exact: &LinearGaussian) -> Self {
        let (q, scale) = (exact.model.order(), exact.model.scale());
        let entries: Vec<(usize, f64)> =
            (q..exact.states()).map(|at| (at, scale)).chain(exact.model.inputs.iter().map(|input| (*input, 1.0))).collect();
        let mean = entries.iter().map(|(at, factor)| factor * exact.state_mean[*at]).collect();
        Seen { entries, mean }
    }

    /// The columns of what is entered.
    fn of_covariance(&self, covariance: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((covariance.nrows(), self.entries.len()), |(i, j)| {
            let (at, factor) = self.entries[j];
            factor * covariance[[i, at]]
        })
    }

    fn trace(&self, covariance: &Array2<f64>) -> f64 {
        self.entries.iter().map(|(at, factor)| factor * factor * covariance[[*at, *at]]).sum()
    }
}
