//! The Euclidean projection onto a ball of the spectral norm.

use super::leading::{Leading, eigenvectors_above};
use super::{is_positive_definite, jacobi_svd};
use crate::simd::dense;
use ndarray::Array2;

/// Moves `matrix` (n × n by rows) to the nearest one with `‖B‖₂ ≤ radius`, by clipping singular
/// values; whether it moved.
///
/// Cheap tests come first, since a training loop asks at every step:
/// `‖B‖₂² ≤ min(‖B‖_F², ‖B‖₁ ‖B‖_∞)`, then Cholesky of `radius² I − BᵀB`. The radius is met to
/// rounding, [`edge`]. Pure Rust: a trained parameter has the same bits on every machine. A matrix
/// that is not finite is left alone.
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
    if is_inside(matrix, n, edge(n, radius)) {
        return false;
    }
    // One number is clipped without rounding.
    if n == 1 {
        matrix[0] = matrix[0].clamp(-radius, radius);
    } else if !clip_leading(matrix, n, radius) {
        clip_all(matrix, n, radius);
    }
    true
}

/// The radius with what rounding adds to singular values that were clipped to it: without it, half
/// of those that lie on the edge would be clipped again at every step, by nothing.
fn edge(n: usize, radius: f64) -> f64 {
    radius * (1.0 + 2.0 * n as f64 * f64::EPSILON)
}

/// Takes off what few singular values have above `radius`, `B ← B − B Σ_k (1 − radius/σ_k) w_k
/// w_kᵀ` with `w_k` the eigenvectors of `BᵀB` above `radius²`: a step of learning moves few, most
/// often one. Answers false, with `matrix` as it was, where the largest is above four times
/// `radius`, since the squares then lose digits of the others, or where the vectors cannot be had.
fn clip_leading(matrix: &mut [f64], n: usize, radius: f64) -> bool {
    // In units of the radius no square leaves the range of numbers.
    let scaled: Vec<f64> = matrix.iter().map(|x| x / radius).collect();
    let mut gram = vec![0.0; n * n];
    dense::multiply_transposed(&scaled, n, &scaled, &mut gram, n);
    let Some(Leading { values, vectors }) = eigenvectors_above(&mut gram, n, edge(n, 1.0).powi(2)) else { return false };
    if values.first().is_none_or(|largest| *largest > 16.0) {
        return false;
    }
    let mut image = vec![0.0; n];
    for (value, vector) in values.iter().zip(&vectors) {
        let share = (value - 1.0) / (value.sqrt() * (value.sqrt() + 1.0));
        dense::apply(matrix, vector, &mut image);
        image.iter_mut().for_each(|x| *x *= -share);
        dense::add_outer(&image, vector, matrix);
    }
    true
}

/// Clips by the whole decomposition, which is exact for graded matrices too.
fn clip_all(matrix: &mut [f64], n: usize, radius: f64) {
    let svd = jacobi_svd(&Array2::from_shape_fn((n, n), |(i, j)| matrix[i * n + j]));
    for (i, row) in matrix.chunks_exact_mut(n).enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            *entry = svd.values.iter().enumerate().map(|(k, value)| svd.left[[i, k]] * value.min(radius) * svd.right[[j, k]]).sum();
        }
    }
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
    fn clipping_few_values_is_clipping_all() {
        let mut noise = Noise::at(RngKey::root(17));
        for n in [1, 2, 5, 16, 64] {
            let mut matrix: Vec<f64> = noise.normal_vector(n * n).iter().map(|x| x / (n as f64).sqrt()).collect();
            for step in 0..12 {
                // A step of rank one from the edge of the ball, where many values are equal.
                let (y, z) = (noise.normal_vector(n), noise.normal_vector(n));
                let size = [1e-9, 1e-4, 0.5][step % 3] / n as f64;
                matrix.iter_mut().enumerate().for_each(|(x, b)| *b += size * y[x / n] * z[x % n]);
                let (mut few, mut all) = (matrix.clone(), matrix.clone());
                let took = clip_leading(&mut few, n, 0.98);
                clip_all(&mut all, n, 0.98);
                assert!(took || step == 0 || is_inside(&matrix, n, edge(n, 0.98)), "n = {n}, step {step}");
                if took {
                    let apart = few.iter().zip(&all).fold(0.0f64, |apart, (a, b)| apart.max((a - b).abs()));
                    assert!(apart < 2e-14, "n = {n}, step {step}: {apart:e}");
                    assert!(is_inside(&few, n, 0.98 * (1.0 + 1e-13)));
                }
                matrix = all;
            }
        }
        let mut far = vec![5.0, 0.0, 0.0, 1e-3];
        assert!(!clip_leading(&mut far, 2, 1.0) && project_spectral_ball(&mut far, 2, 1.0));
        assert!((far[0] - 1.0).abs() < 1e-15 && (far[3] - 1e-3).abs() < 1e-18);
        let mut all_above = vec![1.1, 0.0, 0.0, 0.0, 1.1, 0.0, 0.0, 0.0, 1.1];
        assert!(project_spectral_ball(&mut all_above, 3, 1.0));
        assert!((all_above[0] - 1.0).abs() < 1e-15 && (all_above[4] - 1.0).abs() < 1e-15);
    }

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
