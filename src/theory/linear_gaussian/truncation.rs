//! The stationary bias of truncated backpropagation through time, rolling and in blocks.

use super::{BlockGradient, LinearGaussian, OracleError};
use ndarray::{Array1, Array2};

impl LinearGaussian {
    /// The stationary bias `E[G(τ)] − ∇J` of rolling TBPTT(τ) in the recurrent parameters; its readout blocks are zero.
    ///
    /// ```text
    /// bias = −Σ_{k ≥ τ} (Aᵀ)^k Cᵀ E[e_t u_{t−k}ᵀ] = −(Aᵀ)^τ [ (I − Aᵀ)^{-1} Cᵀ ē ūᵀ + Y F^τ Σ ],   Y = Aᵀ Y F + Cᵀ K
    /// ```
    ///
    /// The tail is summed in closed form, so the bias keeps its relative accuracy at large τ. τ counts differentiated applications of the cell.
    ///
    /// # Errors
    /// [`OracleError`] where LAPACK fails.
    pub fn tbptt_bias(&self, length: usize) -> Result<BlockGradient, OracleError> {
        let mut tail = Tail::of(self)?;
        for _ in 0..length {
            tail.advance();
        }
        Ok(self.recurrent_blocks(&tail.mean, &tail.spread.dot(&self.state_covariance)))
    }

    /// The stationary bias of block TBPTT(τ), the mean over a block of its gradient's expectation minus `∇J`; its readout blocks are zero.
    ///
    /// ```text
    /// bias_block(τ) = τ^{-1} Σ_{l=1}^{τ} bias_rolling(l)
    /// ```
    ///
    /// The loss at position l of a block of τ steps is differentiated through l applications of the cell. The positions' biases shrink like `ρ^l` but their mean
    /// like `1/τ`: a block's bias is that of its first steps.
    ///
    /// # Errors
    /// [`OracleError`] where the block has no step or LAPACK fails.
    pub fn block_tbptt_bias(&self, length: usize) -> Result<BlockGradient, OracleError> {
        if length == 0 {
            return Err(OracleError::EmptyBlock);
        }
        let mut tail = Tail::of(self)?;
        let (mut mean, mut spread) = (Array1::zeros(tail.mean.len()), Array2::zeros(tail.spread.dim()));
        for _ in 0..length {
            tail.advance();
            mean += &tail.mean;
            spread += &tail.spread;
        }
        let share = 1.0 / length as f64;
        Ok(self.recurrent_blocks(&(mean * share), &(spread.dot(&self.state_covariance) * share)))
    }
}

/// Minus the sums over the lags from τ on, τ = 0 at first.
struct Tail {
    back: Array2<f64>,
    forth: Array2<f64>,
    mean: Array1<f64>,
    spread: Array2<f64>,
}

impl Tail {
    fn of(exact: &LinearGaussian) -> Result<Self, OracleError> {
        let sums = exact.lag_sums()?;
        Ok(Tail { back: exact.model.recurrence().t().to_owned(), forth: exact.model.state_transition(), mean: -sums.mean, spread: -sums.spread })
    }

    /// τ ← τ + 1.
    fn advance(&mut self) {
        self.mean = self.back.dot(&self.mean);
        self.spread = self.back.dot(&self.spread).dot(&self.forth);
    }
}
