//! Distances between laws at time t, in Wasserstein's sense and under synchronous coupling.

use super::{GaussianStart, LinearGaussian, OracleError};
use crate::linalg::compress_factor;
use crate::markov::Block;
use crate::transport::wasserstein_2;
use ndarray::{Array1, Array2, Axis, concatenate, s};

impl LinearGaussian {
    /// `W_2` between the law at time t and the stationary law, in each block of [`Block::ALL`], at the given times.
    ///
    /// The mean's difference runs by its own recursion and the covariance is carried as a factor, see [`wasserstein_2`].
    ///
    /// # Errors
    /// [`OracleError`] where the start does not fit or LAPACK fails.
    pub fn distances(&self, start: &GaussianStart, times: &[usize]) -> Result<Vec<[f64; 4]>, OracleError> {
        let (stationary, initial) = (self.stationary()?, self.initial(start)?);
        let mut difference = initial.mean - &stationary.mean;
        let mut factor = initial.factor;
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

    /// `E d_t²` of two synchronously coupled copies with independent starts, in each block of [`Block::ALL`].
    ///
    /// ```text
    /// Δ_t = F^t Δ_0,   E‖Δ_t‖² = |F^t (m_a − m_b)|² + ‖F^t [L_a, L_b]‖_F²   over the rows of the block
    /// ```
    ///
    /// `Δ` is the difference of the copies, whose noise cancels. Nothing is subtracted after time 0, so the relative accuracy holds at any size.
    ///
    /// # Errors
    /// [`OracleError`] where a start does not fit.
    pub fn mean_square_distance(&self, first: &GaussianStart, second: &GaussianStart, time: usize) -> Result<[f64; 4], OracleError> {
        let (first, second) = (self.initial(first)?, self.initial(second)?);
        Ok(self.mean_square(first.mean - second.mean, concatenate![Axis(1), first.factor, second.factor], time))
    }

    /// [`LinearGaussian::mean_square_distance`] to a copy that starts in the stationary law, independently of the first copy.
    ///
    /// It is an upper bound on `W_2²` between the law at time t and the stationary law.
    ///
    /// # Errors
    /// [`OracleError`] where the start does not fit or LAPACK fails.
    pub fn mean_square_distance_to_stationary(&self, start: &GaussianStart, time: usize) -> Result<[f64; 4], OracleError> {
        let (first, second) = (self.initial(start)?, self.stationary()?);
        Ok(self.mean_square(first.mean - second.mean, concatenate![Axis(1), first.factor, second.factor], time))
    }

    fn mean_square(&self, mean: Array1<f64>, factor: Array2<f64>, time: usize) -> [f64; 4] {
        let mut columns = concatenate![Axis(1), mean.insert_axis(Axis(1)), factor];
        for _ in 0..time {
            columns = self.image(&columns);
        }
        Block::ALL.map(|block| columns.slice(s![self.blocks().range(block), ..]).iter().map(|x| x * x).sum())
    }
}
