//! The stationary bias of truncated backpropagation through time, rolling and in blocks.

use super::{BlockGradient, LinearGaussian, OracleError};
use crate::linalg::Times;
use ndarray::{Array1, Array2};

impl LinearGaussian {
    /// The stationary bias `E[G(τ)] − ∇J` of rolling TBPTT(τ) in the recurrent parameters; its
    /// readout blocks are zero.
    ///
    /// ```text
    /// bias = −Σ_{k ≥ τ} (Aᵀ)^k Cᵀ E[e_t u_{t−k}ᵀ] = −(Aᵀ)^τ [ (I − Aᵀ)^{-1} Cᵀ ē ūᵀ + Y F^τ Σ ],
    ///     Y = Aᵀ Y F + Cᵀ K
    /// ```
    ///
    /// The tail is summed in closed form, so the bias keeps its relative accuracy at large τ. τ
    /// counts differentiated applications of the cell.
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
    /// // E e S = 2/3 in place of 8/9, and a factor 1/4 a step.
    /// for (length, bias) in [(0, -8.0 / 9.0), (1, -2.0 / 9.0), (2, -1.0 / 18.0)] {
    ///     let found = exact.tbptt_bias(length).unwrap().b_matrix[[0, 0]];
    ///     assert!((found / bias - 1.0).abs() < 1e-12);
    /// }
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn tbptt_bias(&self, length: usize) -> Result<BlockGradient, OracleError> {
        let mut tail = Tail::of(self)?;
        if length > FOLLOWED {
            tail = tail.far(length).0;
        } else {
            (0..length).for_each(|_| tail.advance());
        }
        Ok(self.recurrent_blocks(&tail.mean, &tail.spread.times(&self.state_covariance)))
    }

    /// The stationary bias of block TBPTT(τ), the mean over a block of its gradient's expectation
    /// minus `∇J`; its readout blocks are zero.
    ///
    /// ```text
    /// bias_block(τ) = τ^{-1} Σ_{l=1}^{τ} bias_rolling(l)
    /// ```
    ///
    /// The loss at position l of a block of τ steps is differentiated through l applications of the
    /// cell. The positions' biases shrink like `ρ^l` but their mean like `1/τ`: a block's bias is
    /// that of its first steps.
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
    /// let bias = exact.block_tbptt_bias(2).unwrap();
    /// // The mean of −1/3 · (1 and 1/4) in W.
    /// assert!((bias.w_matrix[[0, 0]] + 5.0 / 24.0).abs() < 1e-13);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where the block has no step or a number grows beyond the largest there is.
    pub fn block_tbptt_bias(&self, length: usize) -> Result<BlockGradient, OracleError> {
        if length == 0 {
            return Err(OracleError::EmptyBlock);
        }
        let mut tail = Tail::of(self)?;
        let (mut mean, mut spread) = (Array1::zeros(tail.mean.len()), Array2::zeros(tail.spread.dim()));
        if length > FOLLOWED {
            (mean, spread) = tail.far(length).1;
        } else {
            for _ in 0..length {
                tail.advance();
                mean += &tail.mean;
                spread += &tail.spread;
            }
        }
        let share = 1.0 / length as f64;
        Ok(self.recurrent_blocks(&(mean * share), &(spread.times(&self.state_covariance) * share)))
    }
}

/// Longest truncation that is followed step by step; the tail of a longer one comes by doubling.
const FOLLOWED: usize = 1000;

/// Minus the sums over the lags from τ on, τ = 0 at first.
pub(super) struct Tail {
    pub(super) back: Array2<f64>,
    pub(super) forth: Array2<f64>,
    pub(super) mean: Array1<f64>,
    pub(super) spread: Array2<f64>,
}

impl Tail {
    pub(super) fn of(exact: &LinearGaussian) -> Result<Self, OracleError> {
        let sums = exact.lag_sums()?;
        Ok(Tail { back: exact.model.recurrence().t().to_owned(), forth: exact.model.state_transition(), mean: -sums.mean, spread: -sums.spread })
    }

    /// τ ← τ + 1.
    pub(super) fn advance(&mut self) {
        self.mean = self.back.times(&self.mean);
        self.spread = self.back.times(&self.spread).times(&self.forth);
    }

    /// The tail at τ and the sum of the tails at 1 to τ, along the binary digits of τ.
    ///
    /// ```text
    /// S_{2k} = S_k + (Aᵀ)^k S_k F^k,   S_{k+m} = S_m + (Aᵀ)^m S_k F^m
    /// ```
    fn far(self, length: usize) -> (Self, (Array1<f64>, Array2<f64>)) {
        let (mut back, mut forth) = (self.back.clone(), self.forth.clone());
        let (mut mean, mut spread) = (self.mean.clone(), self.spread.clone());
        let mut doubled = (back.times(&mean), back.times(&spread).times(&forth));
        let mut sums = (Array1::zeros(mean.len()), Array2::zeros(spread.dim()));
        let mut left = length;
        while left > 0 {
            if left % 2 == 1 {
                sums = (&doubled.0 + &back.times(&sums.0), &doubled.1 + &back.times(&sums.1).times(&forth));
                (mean, spread) = (back.times(&mean), back.times(&spread).times(&forth));
            }
            left /= 2;
            doubled = (&doubled.0 + &back.times(&doubled.0), &doubled.1 + &back.times(&doubled.1).times(&forth));
            (back, forth) = (back.times(&back), forth.times(&forth));
        }
        (Tail { mean, spread, ..self }, sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn doubling_and_steps_give_one_tail_and_one_sum() {
        let tail = || Tail {
            back: array![[0.9, 0.3], [-0.2, 0.8]],
            forth: array![[0.5, 0.0, 0.0], [0.4, 0.95, 0.1], [0.0, -0.1, 0.9]],
            mean: array![1.0, -2.0],
            spread: array![[1.0, 0.5, -1.0], [2.0, 0.0, 0.25]],
        };
        for length in [0usize, 1, 2, 3, 37, 64] {
            let mut steps = tail();
            let mut sums = (Array1::zeros(2), Array2::zeros((2, 3)));
            for _ in 0..length {
                steps.advance();
                sums = (sums.0 + &steps.mean, sums.1 + &steps.spread);
            }
            let (far, far_sums) = tail().far(length);
            let pairs = [(far.spread, steps.spread), (far_sums.1, sums.1)];
            assert!(pairs.iter().all(|(a, b)| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13)), "{length}: {pairs:?}");
            let pairs = [(far.mean, steps.mean), (far_sums.0, sums.0)];
            assert!(pairs.iter().all(|(a, b)| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13)), "{length}: {pairs:?}");
        }
    }
}
