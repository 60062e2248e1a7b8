//! Spectral radius and operator norms.

use super::{LinalgError, jacobi_svd, pin_blas_threads, spectral_norm_bound};
use ndarray::ArrayView2;
use ndarray_linalg::EigVals;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An operator norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// The largest singular value.
    Spectral,
    /// The largest column sum.
    One,
    /// The largest row sum.
    Infinity,
    /// The row-sum norm weighted by the Perron vector of `|B|`, which equals the spectral radius of `|B|` where `|B|` is irreducible.
    Weighted,
    /// An ellipsoidal norm adapted to a linear map: any number above the spectral radius is attained.
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

/// The spectral radius, the largest modulus of an eigenvalue. Passes through LAPACK: the last digits may differ between machines.
///
/// ```
/// let rotation = ndarray::array![[0.0, -0.5], [0.5, 0.0]];
/// assert!((rtrl_lab::linalg::spectral_radius(rotation.view()).unwrap() - 0.5).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`LinalgError`] for a matrix that is not square or not finite.
pub fn spectral_radius(matrix: ArrayView2<f64>) -> Result<f64, LinalgError> {
    if matrix.nrows() != matrix.ncols() {
        return Err(LinalgError::Shape(format!("{:?}", matrix.dim())));
    }
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(LinalgError::NotFinite);
    }
    if matrix.is_empty() {
        return Ok(0.0);
    }
    pin_blas_threads();
    let values = matrix.to_owned().eigvals().map_err(|error| LinalgError::Lapack(error.to_string()))?;
    Ok(values.iter().fold(0.0, |top, value| value.norm().max(top)))
}

/// Largest size whose singular values are all computed: these take a multiple of n³ operations.
const LARGEST_DECOMPOSED: usize = 256;

/// The operator norm of a matrix in a norm that does not depend on a dynamics. All are computed here, without LAPACK.
///
/// ```
/// use rtrl_lab::linalg::{Norm, operator_norm};
/// let matrix = ndarray::array![[0.0, 1.0], [0.25, 0.0]];
/// assert_eq!(operator_norm(matrix.view(), Norm::Infinity), 1.0);
/// assert!((operator_norm(matrix.view(), Norm::Weighted) - 0.5).abs() < 1e-6);
/// ```
///
/// The weighted norm is an upper bound by Collatz and Wielandt at any positive weights, so it is valid wherever the iteration stops. [`Norm::Adapted`]
/// needs more than the matrix's entries and answers with the spectral norm. Of a matrix with more than 256 rows and columns the spectral norm is an upper bound, at most 1 % above
/// the norm, by [`spectral_norm_bound`].
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
