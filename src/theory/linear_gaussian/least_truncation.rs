//! The least truncation length whose relative bias stays below a share, for windows and blocks.

use super::truncation::Tail;
use super::{LinearGaussian, OracleError};
use crate::linalg::Times;
use ndarray::{Array1, Array2};

/// Which truncated gradient is meant.
///
/// ```
/// use rtrl_lab::theory::Truncation;
/// assert_ne!(Truncation::Rolling, Truncation::Block);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// Every loss is differentiated through τ applications of the cell.
    Rolling,
    /// Losses are differentiated back to the beginning of their block of τ steps.
    Block,
}

/// Most lengths that are followed one by one, and most multiplications that are spent on them.
const MOST: usize = 100_000;
const WORK: usize = 10_000_000_000;
/// Largest share of a sum of tails that may be left when the rest is no longer followed.
const LEFT: f64 = 1e-13;

impl LinearGaussian {
    /// For each of `shares`, the least τ ≥ 1 from which on the bias of TBPTT(τ) in the recurrent
    /// parameters is at most that share of the recurrent gradient, for it and every longer length.
    /// `None` where it lies beyond the lengths that are followed, 100,000 of a small model, and
    /// where the gradient is zero.
    ///
    /// ```text
    /// τ*(p) = min{ τ ≥ 1 : ‖bias(σ)‖ ≤ p ‖∇J‖ for all σ ≥ τ }
    /// ```
    ///
    /// The lengths are followed one by one until none beyond can exceed a share again: for windows
    /// `bias(τ + k)` is `bias(τ)` under the k-th powers of the recurrence and of the joint
    /// transition, whose norms are bounded over all k by those of finitely many.
    ///
    /// ```
    /// # use ndarray::{arr1, arr2};
    /// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
    /// # let model = rtrl_lab::theory::LinearModel {
    /// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
    /// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
    /// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
    /// # };
    /// use rtrl_lab::theory::{LinearGaussian, Truncation};
    /// let exact = LinearGaussian::new(model).unwrap();
    /// // A window's bias is 0.422 · 4^{1−τ} of the gradient, a block's 0.5627 (1 − 4^{-τ})/τ.
    /// let least = |kind| exact.least_truncation(kind, &[0.1, 0.01]).unwrap();
    /// assert_eq!(least(Truncation::Rolling), [Some(3), Some(4)]);
    /// assert_eq!(least(Truncation::Block), [Some(6), Some(57)]);
    /// ```
    ///
    /// # Errors
    /// [`OracleError`] where a number grows beyond the largest there is.
    pub fn least_truncation(&self, kind: Truncation, shares: &[f64]) -> Result<Vec<Option<usize>>, OracleError> {
        let full = self.gradient()?.recurrent_norm();
        if full.is_nan() || full <= 0.0 {
            return Ok(vec![None; shares.len()]);
        }
        let (hidden, states) = (self.model.hidden(), self.state_mean.len());
        let followed = (WORK / (3 * hidden * states * states)).clamp(100, MOST);
        let smallest = shares.iter().copied().fold(f64::INFINITY, f64::min);
        let mut tail = Tail::of(self)?;
        let powers = Powers::of(&tail, followed);
        // The last length that exceeds each share: none yet.
        let mut last = vec![0usize; shares.len()];
        let (mut mean, mut spread) = (Array1::zeros(tail.mean.len()), Array2::zeros(tail.spread.dim()));
        let of = |mean: &Array1<f64>, spread: &Array2<f64>| self.recurrent_blocks(mean, &spread.times(&self.state_covariance)).recurrent_norm();
        for length in 1..=followed {
            tail.advance();
            let beyond = powers.most * self.largest(&tail);
            let bias = match kind {
                Truncation::Rolling => of(&tail.mean, &tail.spread),
                Truncation::Block => {
                    mean += &tail.mean;
                    spread += &tail.spread;
                    of(&mean, &spread) / length as f64
                }
            };
            for (last, share) in last.iter_mut().zip(shares) {
                if bias > share * full {
                    *last = length;
                }
            }
            let sum = bias * length as f64;
            match kind {
                Truncation::Rolling if beyond <= smallest * full => return Ok(last.iter().map(|last| Some(last + 1)).collect()),
                // The rest of the sum is too little to be seen, and the mean falls like 1/τ.
                Truncation::Block if 2.0 * powers.half as f64 * beyond <= LEFT * sum => {
                    let reached = |share: f64| libm::ceil(sum / (share * full) * (1.0 - LEFT));
                    let least = |(last, share): (&usize, &f64)| {
                        let needed = reached(*share);
                        (needed < 1e15).then(|| (last + 1).max(needed as usize))
                    };
                    return Ok(last.iter().zip(shares).map(least).collect());
                }
                _ => {}
            }
        }
        Ok(last.iter().map(|_| None).collect())
    }

    /// An upper limit of the norm of the bias that a tail makes.
    fn largest(&self, tail: &Tail) -> f64 {
        size(&tail.mean) * (1.0 + size(&self.state_mean)) + size(&tail.spread) * size(&self.state_covariance)
    }
}

/// Length of a vector, Frobenius norm of a matrix.
fn size<'a>(entries: impl IntoIterator<Item = &'a f64>) -> f64 {
    entries.into_iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Powers of the recurrence and of the joint transition.
struct Powers {
    /// At least the norm of every power of the recurrence, with and without that of the transition.
    most: f64,
    /// Steps after which they have halved.
    half: usize,
}

impl Powers {
    /// Norms are submultiplicative: once the m-th powers are below one half, those beyond are below
    /// the largest of the first m.
    fn of(tail: &Tail, followed: usize) -> Self {
        let (mut back, mut forth) = (tail.back.clone(), tail.forth.clone());
        let mut most = 1.0f64;
        for half in 1..=followed {
            let both = size(&back) * size(&forth).max(1.0);
            most = most.max(both);
            if both <= 0.5 {
                return Powers { most, half };
            }
            (back, forth) = (back.times(&tail.back), forth.times(&tail.forth));
        }
        Powers { most: f64::INFINITY, half: followed }
    }
}
