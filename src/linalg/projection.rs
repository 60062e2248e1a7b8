//! The Euclidean projection onto a ball of the spectral norm.

use super::{is_positive_definite, jacobi_svd};
use crate::simd::dense;
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
    if is_inside(matrix, n, radius) {
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

/// Whether `radius² I − BᵀB` is positive definite.
fn is_inside(matrix: &[f64], n: usize, radius: f64) -> bool {
    let mut gram = vec![0.0; n * n];
    dense::multiply_transposed(matrix, n, matrix, &mut gram, n);
    gram.iter_mut().for_each(|g| *g = -*g);
    gram.iter_mut().step_by(n + 1).for_each(|g| *g += radius * radius);
    is_positive_definite(&mut gram, n)
}

/// Whether every matrix within `room` of `matrix`, in the Frobenius norm, is surely in the ball:
/// a ball of so much smaller a radius holds it. Rounding is allowed for.
pub(crate) fn has_room_in_spectral_ball(matrix: &[f64], n: usize, radius: f64, room: f64) -> bool {
    let smaller = radius * (1.0 - 1e-9) - room;
    smaller > 0.0 && is_inside(matrix, n, smaller)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn within_its_room_no_matrix_is_moved_and_far_beyond_it_one_is() {
        let mut noise = Noise::at(RngKey::root(3));
        for n in [1, 3, 8] {
            let matrix: Vec<f64> = noise.normal_vector(n * n).iter().map(|x| 0.3 * x / (n as f64).sqrt()).collect();
            let room = 0.1;
            assert!(has_room_in_spectral_ball(&matrix, n, 0.98, room), "n = {n}");
            for _ in 0..200 {
                let step = noise.normal_vector(n * n);
                let size = step.iter().map(|x| x * x).sum::<f64>().sqrt();
                let moved = |by: f64| matrix.iter().zip(&step).map(|(b, x)| b + by * x / size).collect::<Vec<f64>>();
                assert!(!project_spectral_ball(&mut moved(room), n, 0.98), "n = {n}");
                assert!(project_spectral_ball(&mut moved(3.0 * n as f64), n, 0.98), "n = {n}");
            }
        }
        let near = [0.97, 0.0, 0.0, 0.1];
        assert_eq!([0.0099, 0.0101, 1.0].map(|room| has_room_in_spectral_ball(&near, 2, 0.98, room)), [true, false, false]);
        assert!(!has_room_in_spectral_ball(&[f64::NAN], 1, 0.98, 0.0));
    }
}
