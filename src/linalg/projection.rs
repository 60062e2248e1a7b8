//! The Euclidean projection onto a ball of the spectral norm.

use super::{is_positive_definite, jacobi_svd};
use ndarray::Array2;

/// Moves `matrix` (n × n by rows) to the nearest one with `‖B‖₂ ≤ radius`, by clipping singular
/// values; whether it moved.
///
/// Cheap tests come first, since a training loop asks at every step:
/// `‖B‖₂² ≤ min(‖B‖_F², ‖B‖₁ ‖B‖_∞)`, then Cholesky of `radius² I − BᵀB`. Pure Rust: a trained
/// parameter has the same bits on every machine. A matrix that is not finite is left alone.
pub(crate) fn project_spectral_ball(matrix: &mut [f64], n: usize, radius: f64) -> bool {
    let square = radius * radius;
    let frobenius: f64 = matrix.iter().map(|x| x * x).sum();
    if frobenius <= square || !frobenius.is_finite() {
        return false;
    }
    let row_sum = matrix.chunks_exact(n).map(|row| row.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    let column_sum = (0..n).map(|j| matrix.iter().skip(j).step_by(n).map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    if row_sum * column_sum <= square {
        return false;
    }
    let mut gram = vec![0.0; n * n];
    for row in matrix.chunks_exact(n) {
        for i in 0..n {
            for j in 0..=i {
                gram[i * n + j] -= row[i] * row[j];
            }
        }
    }
    for i in 0..n {
        gram[i * n + i] += square;
    }
    if is_positive_definite(&mut gram, n) {
        return false;
    }
    let Ok(array) = Array2::from_shape_vec((n, n), matrix.to_vec()) else { return false };
    let svd = jacobi_svd(&array);
    for (i, row) in matrix.chunks_exact_mut(n).enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            *entry = svd.values.iter().enumerate().map(|(k, value)| svd.left[[i, k]] * value.min(radius) * svd.right[[j, k]]).sum();
        }
    }
    true
}
