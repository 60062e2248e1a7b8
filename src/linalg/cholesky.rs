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
