//! The law of the joint chain at any time and in the limit, and moments of its derivatives.

use super::power::Power;
use super::{GaussianStart, LinearGaussian, OracleError};
use crate::linalg::{LinalgError, Times, compress_in_units, solve_stein};
use crate::markov::Block;
use crate::transport::FactoredGaussian;
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate, s};

impl LinearGaussian {
    /// The law of the joint chain at time `t`.
    ///
    /// ```text
    /// m_t = m_∞ + F^t (m_0 − m_∞),   L_t = [F^t L_0, N_t],   N_{2k} = [N_k, F^k N_k]
    /// ```
    ///
    /// `N_t` is a factor of the covariance of the noise that has come in since time 0. Powers and
    /// noise are doubled along the binary digits of `t`, so the cost is that of about `2 log₂ t`
    /// products of matrices as large as the joint chain. At `t = 0` the start is handed back as it
    /// is.
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
    /// let start = GaussianStart { mean: arr1(&[4.0, 8.0]), deviation: arr1(&[0.0, 0.0]) };
    /// let law = LinearGaussian::new(model).unwrap().law(&start, 2).unwrap();
    /// // S₂ = (8/2 + 4)/2 + X₁.
    /// assert!((law.mean[1] - 4.0).abs() < 1e-14);
    /// assert!((law.covariance()[[1, 1]] - 1.0).abs() < 1e-14);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where the start does not fit or a number grows beyond the largest there is.
    pub fn law(&self, start: &GaussianStart, time: usize) -> Result<FactoredGaussian, OracleError> {
        let FactoredGaussian { mean, mut factor } = self.initial(start)?;
        if time == 0 {
            return Ok(FactoredGaussian { mean, factor });
        }
        let stationary_mean = self.stationary_mean()?;
        let mut difference = (mean - &stationary_mean).insert_axis(Axis(1));
        let mut power = Power::first(self);
        let mut noise = self.narrow(&self.noise())?;
        let mut left = time;
        loop {
            if left % 2 == 1 {
                difference = power.image(&difference);
                factor = self.narrow(&concatenate![Axis(1), power.image(&factor), noise])?;
            }
            left /= 2;
            if left == 0 {
                return Ok(FactoredGaussian { mean: stationary_mean + difference.column(0), factor });
            }
            noise = self.narrow(&concatenate![Axis(1), noise, power.image(&noise)])?;
            power = power.squared();
        }
    }

    /// The stationary law of the joint chain.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let law = rtrl_lab::theory::LinearGaussian::new(model).unwrap().stationary().unwrap();
    /// // Var S = 1/(1 − 1/4), and the derivative in the bias is 1/(1 − 1/2) for ever.
    /// assert!((law.covariance()[[1, 1]] - 4.0 / 3.0).abs() < 1e-14);
    /// assert!((law.mean[4] - 2.0).abs() < 1e-14 && law.covariance()[[4, 4]] == 0.0);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn stationary(&self) -> Result<FactoredGaussian, OracleError> {
        Ok(FactoredGaussian { mean: self.stationary_mean()?, factor: self.stationary_factor()? })
    }

    /// `(E‖V‖_F², E‖V‖_F⁴)` under a Gaussian law of the joint chain.
    ///
    /// ```text
    /// E‖V‖² = |m|² + tr Σ,   E‖V‖⁴ = (E‖V‖²)² + 2 tr Σ² + 4 mᵀ Σ m
    /// ```
    ///
    /// `m` and `Σ` are mean and covariance of `vec V`, the derivative block of `law`.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// let model = LinearModel { b_matrix: arr2(&[[0.0]]), ..model };
    /// let exact = rtrl_lab::theory::LinearGaussian::new(model).unwrap();
    /// let (second, fourth) = exact.derivative_moments(&exact.stationary().unwrap());
    /// // V = (X, X', 1) with independent X and X': ‖V‖² = 1 + χ² of two degrees.
    /// assert!((second - 3.0).abs() < 1e-13 && (fourth - (1.0 + 2.0 * 2.0 + 8.0)).abs() < 1e-13);
    /// ```
    pub fn derivative_moments(&self, law: &FactoredGaussian) -> (f64, f64) {
        let FactoredGaussian { mean, factor } = law.marginal(self.blocks().range(Block::Derivative));
        let squares = |values: &mut dyn Iterator<Item = &f64>| values.map(|x| x * x).sum::<f64>();
        let second = squares(&mut mean.iter()) + squares(&mut factor.iter());
        // tr Σ² = ‖Lᵀ L‖_F², mᵀ Σ m = |Lᵀ m|².
        let (gram, pulled) = (factor.t().times(&factor), factor.t().times(&mean));
        (second, second * second + 2.0 * squares(&mut gram.iter()) + 4.0 * squares(&mut pulled.iter()))
    }

    /// `F z` for every column of `z`.
    pub(super) fn image(&self, z: &Array2<f64>) -> Array2<f64> {
        let (q, n, d) = (self.model.order(), self.model.hidden(), self.model.inputs.len());
        let (group, width) = (n + d + 1, self.model.recurrent_parameters());
        let mut image = Array2::zeros(z.dim());
        image.slice_mut(s![..q + n, ..]).assign(&self.model.state_transition().times(&z.slice(s![..q + n, ..])));
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
    pub(super) fn noise(&self) -> Array2<f64> {
        let mut noise = Array2::zeros((self.blocks().len(), self.model.order()));
        noise.slice_mut(s![..self.model.order(), ..]).assign(&self.model.noise_factor);
        noise
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

    /// `L_∞` by doubling, `L_{2k} = [L_k, F^k L_k]`, until every coordinate has all that it will
    /// get.
    fn stationary_factor(&self) -> Result<Array2<f64>, OracleError> {
        // Squared shares of what is still to come, of a row and of the whole.
        const ROW: f64 = 1e-32;
        const WHOLE: f64 = 1e-36;
        let size = |row: ArrayView1<f64>| row.iter().map(|x| x * x).sum::<f64>();
        let mut power = Power::first(self);
        let mut factor = self.narrow(&self.noise())?;
        for _ in 0..MOST_DOUBLINGS {
            let image = power.image(&factor);
            let rows = image.rows().into_iter().zip(factor.rows()).all(|(image, factor)| size(image) <= ROW * size(factor));
            let done = rows && size(image.flatten().view()) <= WHOLE * size(factor.flatten().view());
            factor = self.narrow(&concatenate![Axis(1), factor, image])?;
            if done {
                break;
            }
            power = power.squared();
        }
        Ok(factor)
    }

    /// A factor with few columns and the same covariance, in the [units](LinearGaussian::units) of
    /// the joint state.
    pub(super) fn narrow(&self, factor: &Array2<f64>) -> Result<Array2<f64>, OracleError> {
        if factor.iter().any(|x| !x.is_finite()) {
            return Err(LinalgError::Overflow.into());
        }
        Ok(compress_in_units(factor, &self.units()))
    }

    /// Exponents of two of a unit for each coordinate of the joint state in which no stationary
    /// deviation is far from 1; all zero where they are not far apart as they stand.
    ///
    /// A derivative `∂S_r/∂θ_p` has the unit of `S_r` over that of θ_p, which is the unit of the
    /// parameter's own unit over that of its feature.
    fn units(&self) -> Vec<i32> {
        const ALIKE: i32 = 10;
        const FAR: i32 = 300;
        let q = self.model.order();
        let own: Vec<i32> = self.state_covariance.diag().iter().map(|variance| libm::frexp(variance.sqrt()).1).collect();
        let scale = libm::frexp(self.model.scale()).1;
        let features: Vec<i32> = own[q..].iter().map(|s| s + scale).chain(self.model.inputs.iter().map(|i| own[*i])).chain([0]).collect();
        let mut units = own.clone();
        for row in &own[q..] {
            for unit in &own[q..] {
                units.extend(features.iter().map(|feature| row - unit + feature));
            }
        }
        let (least, most) = units.iter().fold((0, 0), |(least, most), unit| (*unit.min(&least), *unit.max(&most)));
        if most - least <= ALIKE && most.max(-least) <= FAR { vec![0; units.len()] } else { units }
    }
}

/// Doublings after which `ρ^t` is nothing for every ρ below 1.
const MOST_DOUBLINGS: usize = 64;
