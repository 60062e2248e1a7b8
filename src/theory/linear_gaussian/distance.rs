//! Distances between laws at time t, in Wasserstein's sense and under synchronous coupling.

use super::power::Powers;
use super::{GaussianStart, LinearGaussian, OracleError};
use crate::linalg::length;
use crate::markov::Block;
use crate::transport::{CovarianceFrame, wasserstein_2};
use ndarray::{Array1, Array2, Axis, concatenate, s};
use std::ops::Range;

/// Steps over which the law is followed one by one; later times are reached by doubling.
const FOLLOWED: usize = 1000;
/// Distance, relative to the length of the stationary factor, below which the law's difference is
/// carried instead of the law.
const NEAR: f64 = 1e-4;
/// Relative distance below which rounding in two factors may not be read as a distance.
const RESOLVED: f64 = 1e-12;

impl LinearGaussian {
    /// `W_2` between the law at time t and the stationary law, in each block of [`Block::ALL`], at
    /// the given times.
    ///
    /// ```text
    /// m_t − m_∞ = F^t (m_0 − m_∞),   Σ_t − Σ_∞ = (F^t L_0)(F^t L_0)ᵀ − (F^t L_∞)(F^t L_∞)ᵀ
    /// ```
    ///
    /// A distance that is small beside the laws' own spread comes from these differences by
    /// [`CovarianceFrame`] and keeps its relative accuracy down to the smallest number; a larger
    /// one comes from the two factors by [`wasserstein_2`]. NaN where neither resolves it: the
    /// distance is below `1e-12` of the spread and hangs on directions in which the stationary law
    /// is nothing but rounding. Powers of `F` are doubled along the binary digits of t, so a time
    /// costs no more than its logarithm.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{GaussianStart, LinearGaussian};
    /// let model = LinearModel { transition: arr2(&[[0.5]]), ..model };
    /// let start = GaussianStart { mean: arr1(&[2.0, 0.0]), deviation: arr1(&[0.0, 0.0]) };
    /// let data = LinearGaussian::new(model).unwrap().distances(&start, &[1]).unwrap()[0][0];
    /// // N(1, 1) against N(0, 4/3).
    /// let gap = 1.0 - (4f64 / 3.0).sqrt();
    /// assert!((data - (1.0 + gap * gap).sqrt()).abs() < 1e-13);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where the start does not fit or a number grows beyond the largest there is.
    pub fn distances(&self, start: &GaussianStart, times: &[usize]) -> Result<Vec<[f64; 4]>, OracleError> {
        let (stationary, initial) = (self.stationary()?, self.initial(start)?);
        let mut powers = Powers::of(self);
        let mut followed = DistanceTrajectories { difference: initial.mean.clone() - &stationary.mean, factor: initial.factor.clone(), time: 0 };
        let columns = concatenate![Axis(1), (initial.mean - &stationary.mean).insert_axis(Axis(1)), initial.factor, stationary.factor];
        let given = initial.factor.ncols();
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|index| times[*index]);
        let own = Block::ALL.map(|block| stationary.factor.slice(s![self.blocks().range(block), ..]).to_owned());
        let frames = own.each_ref().map(CovarianceFrame::of);
        let mut distances = vec![[0.0; 4]; times.len()];
        for index in order {
            let moved = powers.image(&columns, times[index]);
            let mut law = None;
            for (place, block) in Block::ALL.into_iter().enumerate() {
                let (range, own) = (self.blocks().range(block), &own[place]);
                let part = |columns: Range<usize>| moved.slice(s![range.clone(), columns]).to_owned();
                let size = length(own.iter());
                let near = frames[place].distance(length(part(0..1).iter()), &part(1 + given..moved.ncols()), &part(1..1 + given));
                distances[index][place] = match near {
                    Some(near) if near < NEAR * size => near,
                    _ => {
                        if law.is_none() {
                            law = Some(followed.to(self, start, times[index])?);
                        }
                        let Some((difference, factor)) = &law else { continue };
                        let far = wasserstein_2(&difference.slice(s![range.clone()]).to_owned(), &factor.slice(s![range, ..]).to_owned(), own);
                        if far < RESOLVED * size { f64::NAN } else { far }
                    }
                };
            }
        }
        Ok(distances)
    }

    /// `E d_t²` of two synchronously coupled copies with independent starts, in each block of
    /// [`Block::ALL`].
    ///
    /// ```text
    /// Δ_t = F^t Δ_0,   E‖Δ_t‖² = |F^t (m_a − m_b)|² + ‖F^t [L_a, L_b]‖_F²
    ///     over the rows of the block
    /// ```
    ///
    /// `Δ` is the difference of the copies, whose noise cancels. Nothing is subtracted after time
    /// 0, so the relative accuracy holds at any size.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{GaussianStart, LinearGaussian};
    /// let model = LinearModel { transition: arr2(&[[0.5]]), ..model };
    /// let point = |x| GaussianStart { mean: arr1(&[x, 0.0]), deviation: arr1(&[0.0, 0.0]) };
    /// let exact = LinearGaussian::new(model).unwrap();
    /// let apart = exact.mean_square_distance(&point(3.0), &point(1.0), 3).unwrap();
    /// // ΔD₃ = 2/8 and, with a double root, ΔS₃ = 3 · 2/4.
    /// assert!((apart[0] - 0.0625).abs() < 1e-14 && (apart[1] - 2.25).abs() < 1e-14);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a start does not fit.
    pub fn mean_square_distance(&self, first: &GaussianStart, second: &GaussianStart, time: usize) -> Result<[f64; 4], OracleError> {
        let (first, second) = (self.initial(first)?, self.initial(second)?);
        Ok(self.mean_square(first.mean - second.mean, concatenate![Axis(1), first.factor, second.factor], time))
    }

    /// [`LinearGaussian::mean_square_distance`] to a copy that starts in the stationary law,
    /// independently of the first copy.
    ///
    /// It is an upper bound on `W_2²` between the law at time t and the stationary law.
    ///
    /// ```
    /// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{GaussianStart, LinearGaussian};
    /// let model = LinearModel { transition: arr2(&[[0.5]]), ..model };
    /// let start = GaussianStart { mean: arr1(&[2.0, 0.0]), deviation: arr1(&[0.0, 1.0]) };
    /// let exact = LinearGaussian::new(model).unwrap();
    /// // (2² + 4/3)/4 in the data.
    /// let data = exact.mean_square_distance_to_stationary(&start, 1).unwrap()[0];
    /// assert!((data - 4.0 / 3.0).abs() < 1e-13);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where the start does not fit or a number grows beyond the largest there is.
    pub fn mean_square_distance_to_stationary(&self, start: &GaussianStart, time: usize) -> Result<[f64; 4], OracleError> {
        let (first, second) = (self.initial(start)?, self.stationary()?);
        Ok(self.mean_square(first.mean - second.mean, concatenate![Axis(1), first.factor, second.factor], time))
    }

    fn mean_square(&self, mean: Array1<f64>, factor: Array2<f64>, time: usize) -> [f64; 4] {
        let mut columns = concatenate![Axis(1), mean.insert_axis(Axis(1)), factor];
        if time > FOLLOWED {
            columns = Powers::of(self).image(&columns, time);
        } else {
            for _ in 0..time {
                columns = self.image(&columns);
            }
        }
        Block::ALL.map(|block| columns.slice(s![self.blocks().range(block), ..]).iter().map(|x| x * x).sum())
    }
}

/// The law as it is followed from step to step: its mean beside the stationary one, and its factor.
struct DistanceTrajectories {
    difference: Array1<f64>,
    factor: Array2<f64>,
    time: usize,
}

impl DistanceTrajectories {
    /// The law at a time that is not before the last one asked for.
    fn to(&mut self, exact: &LinearGaussian, start: &GaussianStart, time: usize) -> Result<(Array1<f64>, Array2<f64>), OracleError> {
        if time > FOLLOWED {
            let law = exact.law(start, time)?;
            return Ok((law.mean - exact.stationary()?.mean, law.factor));
        }
        let noise = exact.noise();
        while self.time < time {
            self.difference = exact.image(&self.difference.clone().insert_axis(Axis(1))).column(0).to_owned();
            self.factor = exact.narrow(&concatenate![Axis(1), exact.image(&self.factor), noise])?;
            self.time += 1;
        }
        Ok((self.difference.clone(), self.factor.clone()))
    }
}
