//! Factors of symmetric matrices.

use super::LinalgError;
use ndarray::Array2;

/// Whether a symmetric matrix (n × n by rows, lower triangle read) is positive definite, by Cholesky's recursion.
pub fn is_positive_definite(matrix: &mut [f64], n: usize) -> bool {
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

/// Solves `A x = y` for a symmetric positive definite `A` (n × n by rows, lower triangle read and overwritten by its Cholesky factor); `y` becomes `x`.
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

/// A factor `G` with `G Gᵀ` equal to a symmetric positive semi-definite matrix; zero columns where the matrix is singular.
///
/// ```
/// let factor = rtrl_lab::linalg::psd_factor(&ndarray::array![[4.0, 2.0], [2.0, 1.0]]).unwrap();
/// assert_eq!(factor, ndarray::array![[2.0, 0.0], [1.0, 0.0]]);
/// ```
///
/// # Errors
/// [`LinalgError`] where the matrix is not square, not symmetric, not finite, or has a negative eigenvalue.
pub fn psd_factor(matrix: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    let n = matrix.nrows();
    if n != matrix.ncols() {
        return Err(LinalgError::Shape(format!("{:?}", matrix.dim())));
    }
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(LinalgError::NotFinite);
    }
    let scale = matrix.diag().iter().fold(0.0f64, |top, x| top.max(x.abs()));
    let tolerance = 1e-12 * scale;
    let mut factor = Array2::<f64>::zeros((n, n));
    for j in 0..n {
        let pivot = matrix[[j, j]] - (0..j).map(|k| factor[[j, k]] * factor[[j, k]]).sum::<f64>();
        if pivot < -tolerance {
            return Err(LinalgError::NotPositive);
        }
        let root = if pivot > tolerance { pivot.sqrt() } else { 0.0 };
        factor[[j, j]] = root;
        for i in j + 1..n {
            if (matrix[[i, j]] - matrix[[j, i]]).abs() > 1e-9 * scale {
                return Err(LinalgError::NotPositive);
            }
            let rest = matrix[[i, j]] - (0..j).map(|k| factor[[i, k]] * factor[[j, k]]).sum::<f64>();
            if root > 0.0 {
                factor[[i, j]] = rest / root;
            } else if rest.abs() > 1e-9 * scale {
                return Err(LinalgError::NotPositive);
            }
        }
    }
    Ok(factor)
}
