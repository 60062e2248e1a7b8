//! The spectral norm of a large matrix between two bounds, by Lanczos iteration from a random
//! start.

use super::jacobi_svd;
use crate::random::{Noise, RngKey};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// `lower ≤ ‖B‖₂ ≤ upper`, the first for certain and the second with probability at least
/// `1 − 1e-9` over the start of the iteration.
///
/// ```
/// use rtrl_lab::linalg::{NormBound, spectral_norm_bound};
/// let twice = 2.0 * ndarray::Array2::<f64>::eye(3);
/// let NormBound { lower, upper } = spectral_norm_bound(twice.view());
/// assert!((lower - 2.0).abs() < 1e-14 && (upper - 2.0 / 0.98f64.sqrt()).abs() < 1e-13);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormBound {
    /// The largest singular value of the matrix on the space searched.
    pub lower: f64,
    /// The bound above.
    pub upper: f64,
}

/// Relative slack `ε` in the square of the norm.
const SLACK: f64 = 0.02;
/// Probability that the bound above is too small.
const MISSED: f64 = 1e-9;
/// Columns that one thread adds up.
const SHARE: usize = 512;

/// Bounds on the spectral norm of a matrix by Golub and Kahan's bidiagonalisation, every vector
/// orthogonalised against all before it.
///
/// ```text
/// P( λ_1(BᵀB) > θ_k / (1 − ε) ) ≤ 1.648 √n e^{−√ε (2k − 1)},
///     θ_k the largest Ritz value after k steps from a uniform start
/// ```
///
/// The number of steps k makes the right side 1e-9 at ε = 0.02 (89 steps at n = 1000), so that the
/// upper bound is about 1 % above the norm at most. The start has a key of its own and so is
/// independent of any matrix that was not made from it. Pure Rust, sums in fixed order: the same
/// bits everywhere. A matrix that is not finite has bounds that are not. Source: Kuczyński and
/// Woźniakowski (1992), doi 10.1137/0613066, theorem 4.2.
///
/// ```
/// let bound =
///     rtrl_lab::linalg::spectral_norm_bound(ndarray::array![[3.0, 0.0], [4.0, 0.0]].view());
/// assert!((bound.lower - 5.0).abs() < 1e-12 && (bound.upper / bound.lower - 1.0).abs() < 0.0102);
/// ```
pub fn spectral_norm_bound(matrix: ArrayView2<f64>) -> NormBound {
    let n = matrix.ncols();
    let steps = ((libm::log(1.648 * (n as f64).sqrt() / MISSED) / SLACK.sqrt() + 1.0) / 2.0).ceil() as usize;
    let mut right = vec![Noise::at(RngKey::root(0).within("spectral norm")).normal_vector(n)];
    normalise(&mut right[0]);
    let mut left: Vec<Vec<f64>> = Vec::new();
    // Bidiagonal entries: B v_j = β_{j−1} u_{j−1} + α_j u_j.
    let (mut alphas, mut betas) = (Vec::new(), Vec::new());
    for _ in 0..steps.min(n) {
        let mut u = image(matrix, &right[right.len() - 1]);
        orthogonalise(&mut u, &left);
        alphas.push(normalise(&mut u));
        left.push(u);
        let mut v = transposed_image(matrix, &left[left.len() - 1]);
        orthogonalise(&mut v, &right);
        let beta = normalise(&mut v);
        // Nothing is left outside the space searched.
        if beta.is_nan() || beta <= 1e-14 * alphas[0] {
            break;
        }
        betas.push(beta);
        right.push(v);
    }
    let k = alphas.len();
    let bidiagonal = Array2::from_shape_fn((k, k), |(i, j)| match j {
        _ if j == i => alphas[i],
        _ if j == i + 1 => betas[i],
        _ => 0.0,
    });
    if bidiagonal.iter().any(|x| !x.is_finite()) {
        return NormBound { lower: f64::NAN, upper: f64::NAN };
    }
    let lower = jacobi_svd(&bidiagonal).values.first().copied().unwrap_or(0.0);
    NormBound { lower, upper: lower / (1.0 - SLACK).sqrt() }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    for (x, y) in a.chunks(8).zip(b.chunks(8)) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum()
}

fn normalise(vector: &mut [f64]) -> f64 {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
    length
}

/// Twice, so that what rounding left of the first time goes too.
fn orthogonalise(vector: &mut [f64], basis: &[Vec<f64>]) {
    for _ in 0..2 {
        for other in basis {
            let overlap = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(x, o)| *x -= overlap * o);
        }
    }
}

fn image(matrix: ArrayView2<f64>, vector: &[f64]) -> Vec<f64> {
    (0..matrix.nrows())
        .into_par_iter()
        .with_min_len(64)
        .map(|row| match matrix.row(row).to_slice() {
            Some(row) => dot(row, vector),
            None => matrix.row(row).iter().zip(vector).map(|(a, x)| a * x).sum(),
        })
        .collect()
}

fn transposed_image(matrix: ArrayView2<f64>, vector: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; matrix.ncols()];
    sums.par_chunks_mut(SHARE).enumerate().for_each(|(share, sums)| {
        let columns = share * SHARE..share * SHARE + sums.len();
        for (row, y) in matrix.slice(ndarray::s![.., columns]).rows().into_iter().zip(vector) {
            sums.iter_mut().zip(row).for_each(|(sum, a)| *sum += a * y);
        }
    });
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_norm_of_a_random_matrix_lies_between_the_bounds() {
        // Twenty matrices; the bound above would fail on one of them with probability 2e-8.
        for seed in 0..20 {
            let n = 100;
            let entries = Noise::at(RngKey::root(seed).within("matrix")).normal_vector(n * n);
            let matrix = Array2::from_shape_vec((n, n), entries).unwrap();
            let truth = jacobi_svd(&matrix).values[0];
            let bound = spectral_norm_bound(matrix.view());
            assert!(bound.lower <= truth * (1.0 + 1e-12) && truth <= bound.upper, "{bound:?} {truth}");
            assert!(bound.lower > 0.99 * truth, "{bound:?} {truth}");
        }
    }
}
