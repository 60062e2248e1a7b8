//! Factors of symmetric matrices.

use super::LinalgError;
use ndarray::Array2;

/// Whether a symmetric matrix (n × n by rows, lower triangle read) is positive definite, by
/// Cholesky's recursion.
pub(crate) fn is_positive_definite(matrix: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        for j in 0..=i {
            let inner: f64 = (0..j).map(|k| matrix[i * n + k] * matrix[j * n + k]).sum();
            let rest = matrix[i * n + j] - inner;
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return false;
                }
                matrix[i * n + i] = rest.sqrt();
            } else {
                matrix[i * n + j] = rest / matrix[j * n + j];
            }
        }
    }
    true
}

/// Solves `A x = y` for a symmetric positive definite `A` (n × n by rows, lower triangle read and
/// overwritten by its Cholesky factor); `y` becomes `x`.
///
/// Answers false, with `y` unchanged, where `A` is not positive definite.
///
/// ```
/// let (mut matrix, mut y) = (vec![4.0, 0.0, 2.0, 5.0], vec![10.0, 13.0]);
/// assert!(rtrl_lab::linalg::solve_positive(&mut matrix, &mut y));
/// assert_eq!(y, vec![1.5, 2.0]);
/// ```
pub fn solve_positive(matrix: &mut [f64], y: &mut [f64]) -> bool {
    let n = y.len();
    if !is_positive_definite(matrix, n) {
        return false;
    }
    for i in 0..n {
        let known: f64 = (0..i).map(|k| matrix[i * n + k] * y[k]).sum();
        y[i] = (y[i] - known) / matrix[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| matrix[k * n + i] * y[k]).sum();
        y[i] = (y[i] - known) / matrix[i * n + i];
    }
    true
}

/// A factor `G` with `G Gᵀ` equal to a symmetric positive semi-definite matrix; zero columns where
/// the matrix is singular.
///
/// Every comparison is relative to `√(σ_ii σ_jj)`, the largest a covariance of coordinates i and j
/// can be, so that a coordinate in small units counts as much as one in large ones: with `T`
/// diagonal of powers of two, `T G` is the factor of `T Σ Tᵀ` to the last bit. A variance of zero
/// wants zeros in its row.
///
/// ```
/// let factor = rtrl_lab::linalg::psd_factor(&ndarray::array![[4.0, 2.0], [2.0, 1.0]]).unwrap();
/// assert_eq!(factor, ndarray::array![[2.0, 0.0], [1.0, 0.0]]);
/// let graded = rtrl_lab::linalg::psd_factor(&ndarray::array![[1e12, 0.0], [0.0, 1.0]]).unwrap();
/// assert_eq!(graded, ndarray::array![[1e6, 0.0], [0.0, 1.0]]);
/// ```
///
/// # Errors
/// [`LinalgError`] where the matrix is not square, not symmetric, not finite, or has a negative
/// eigenvalue.
pub fn psd_factor(matrix: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    /// Relative difference of the two entries of a pair that a number written out in decimals may
    /// have.
    const WRITTEN: f64 = 1e-9;
    let n = matrix.nrows();
    if n != matrix.ncols() {
        return Err(LinalgError::Shape(format!("{:?}", matrix.dim())));
    }
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(LinalgError::NotFinite);
    }
    if matrix.diag().iter().any(|x| *x < 0.0) {
        return Err(LinalgError::NotPositive);
    }
    // What rounding makes of a zero, relative to the largest a covariance can be.
    let rounding = 64.0 * n as f64 * f64::EPSILON;
    let roots: Vec<f64> = matrix.diag().iter().map(|x| x.sqrt()).collect();
    let mut factor = Array2::<f64>::zeros((n, n));
    for j in 0..n {
        let pivot = matrix[[j, j]] - (0..j).map(|k| factor[[j, k]] * factor[[j, k]]).sum::<f64>();
        let tolerance = rounding * matrix[[j, j]];
        if pivot < -tolerance {
            return Err(LinalgError::NotPositive);
        }
        let root = if pivot > tolerance { pivot.sqrt() } else { 0.0 };
        factor[[j, j]] = root;
        for i in j + 1..n {
            let (below, above) = (matrix[[i, j]], matrix[[j, i]]);
            let tolerance = rounding * roots[i] * roots[j];
            if (below - above).abs() > tolerance.max(WRITTEN * below.abs().max(above.abs())) {
                return Err(LinalgError::NotSymmetric { row: i, column: j, below, above });
            }
            let rest = below - (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum::<f64>();
            if root > 0.0 {
                factor[[i, j]] = rest / root;
            } else if rest.abs() > tolerance {
                return Err(LinalgError::NotPositive);
            }
        }
    }
    Ok(factor)
}
