//! Operator norms of matrices and lengths of vectors.

use super::{jacobi_svd, spectral_norm_bound};
use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An operator norm.
///
/// ```
/// use rtrl_lab::linalg::{Norm, operator_norm};
/// let matrix = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
/// let norms = [Norm::One, Norm::Infinity].map(|norm| operator_norm(matrix.view(), norm));
/// assert_eq!(norms, [2.0 + 4.0, 3.0 + 4.0]);
/// assert_eq!(Norm::One.to_string(), "1-norm");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// The largest singular value.
    Spectral,
    /// The largest column sum.
    One,
    /// The largest row sum.
    Infinity,
    /// The row-sum norm weighted by the Perron vector of `|B|`, which equals the spectral radius of
    /// `|B|` where `|B|` is irreducible.
    Weighted,
    /// An ellipsoidal norm adapted to a linear map: any number above the spectral radius is
    /// attained.
    Adapted,
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Norm::Spectral => "spectral norm",
            Norm::One => "1-norm",
            Norm::Infinity => "∞-norm",
            Norm::Weighted => "weighted ∞-norm",
            Norm::Adapted => "adapted norm",
        })
    }
}

/// Largest size whose singular values are all computed: these take a multiple of n³ operations.
const LARGEST_DECOMPOSED: usize = 256;

/// The operator norm of a matrix in a norm that does not depend on a dynamics.
///
/// ```
/// use rtrl_lab::linalg::{Norm, operator_norm};
/// let matrix = ndarray::array![[0.0, 1.0], [0.25, 0.0]];
/// assert_eq!(operator_norm(matrix.view(), Norm::Infinity), 1.0);
/// assert!((operator_norm(matrix.view(), Norm::Weighted) - 0.5).abs() < 1e-6);
/// ```
///
/// The weighted norm is an upper bound by Collatz and Wielandt at any positive weights, so it is
/// valid wherever the iteration stops. [`Norm::Adapted`] needs more than the matrix's entries and
/// answers with the spectral norm. Of a matrix with more than 256 rows and columns the spectral
/// norm is an upper bound, at most 1 % above the norm, by [`spectral_norm_bound`].
pub fn operator_norm(matrix: ArrayView2<f64>, norm: Norm) -> f64 {
    // By rows, since a large matrix is slow to read by columns.
    let column_sums = |m: ArrayView2<f64>| {
        let mut sums = vec![0.0; m.ncols()];
        for row in m.rows() {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x.abs());
        }
        sums.into_iter().fold(0.0, f64::max)
    };
    let row_sums = |m: ArrayView2<f64>| m.rows().into_iter().map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    match norm {
        Norm::Spectral | Norm::Adapted if matrix.nrows().min(matrix.ncols()) > LARGEST_DECOMPOSED => spectral_norm_bound(matrix).upper,
        Norm::Spectral | Norm::Adapted => jacobi_svd(&matrix.to_owned()).values.first().copied().unwrap_or(0.0),
        Norm::One => column_sums(matrix),
        Norm::Infinity => row_sums(matrix),
        Norm::Weighted => weighted(matrix),
    }
}

/// `min over w > 0 of max_i (|B| w)_i / w_i`, by power iteration of `|B| + ε`.
fn weighted(matrix: ArrayView2<f64>) -> f64 {
    let n = matrix.nrows();
    let shift = 1e-9 * matrix.iter().fold(f64::MIN_POSITIVE, |top, x| x.abs().max(top));
    let rounds = if n > LARGEST_DECOMPOSED { 20 } else { 200 };
    let mut weights = vec![1.0; n];
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let image: Vec<f64> = matrix.rows().into_iter().map(|row| row.iter().zip(&weights).map(|(a, w)| a.abs() * w).sum()).collect();
        best = best.min(image.iter().zip(&weights).map(|(a, w)| a / w).fold(0.0, f64::max));
        let total: f64 = weights.iter().sum();
        // Half of the old weights keeps a periodic matrix from swinging.
        let next: Vec<f64> = image.iter().zip(&weights).map(|(a, w)| a + 0.5 * best * w + shift * total).collect();
        let top = next.iter().fold(0.0f64, |top, x| top.max(*x));
        weights = next.iter().map(|x| (x / top).max(1e-12)).collect();
    }
    best
}

/// The Euclidean length, without overflow or underflow of squares.
///
/// ```
/// use rtrl_lab::linalg::length;
/// assert_eq!(length([3.0, -4.0].iter()), 5.0);
/// assert!((length([3e200, 4e200].iter()) / 5e200 - 1.0).abs() < 1e-15);
/// ```
pub fn length<'a>(entries: impl Iterator<Item = &'a f64> + Clone) -> f64 {
    let top = entries.clone().fold(0.0f64, |top, x| if x.is_nan() { f64::NAN } else { top.max(x.abs()) });
    if top == 0.0 || !top.is_finite() {
        return top;
    }
    let exponent = libm::frexp(top).1;
    let square: f64 = entries.map(|x| libm::scalbn(*x, -exponent)).map(|x| x * x).sum();
    libm::scalbn(square.sqrt(), exponent)
}
