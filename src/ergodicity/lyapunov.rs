//! Lyapunov exponents of the hidden state along a stationary stretch.

use crate::data::Stretch;
use crate::network::Cell;

/// The `count` largest Lyapunov exponents of `S ↦ F(S, X_t)` along a stretch, averaged over each of `segments` equal parts of the steps `t ≥ warm`: by rows, a
/// row a segment. The exponent of the stretch is the mean over its segments; how far the segments drift apart tells a transient from the limit.
///
/// ```text
/// A_t Q_t = Q_{t+1} R_{t+1},   λ_j = T^{-1} Σ_t log R_{t,jj}
/// ```
///
/// `Q` has `count ≤ N` orthonormal columns, re-orthonormalised every step by Gram and Schmidt, twice. The exponents are in nats a step; one that
/// collapses to zero exactly (a singular Jacobian) is −∞. Source: Benettin et al. (1980), doi 10.1007/BF02128236.
pub fn lyapunov_exponents(cell: &dyn Cell, stretch: &Stretch, start: &[f64], warm: usize, count: usize, segments: usize) -> Vec<f64> {
    let n = cell.hidden();
    let (mut state, mut next, mut tape) = (start.to_vec(), vec![0.0; n], vec![0.0; cell.tape_len()]);
    let mut jacobian = vec![0.0; n * n];
    // A start that is no axis: an axis can be an invariant direction of a triangular Jacobian.
    let mut columns: Vec<Vec<f64>> =
        (0..count).map(|j| (0..n).map(|i| if i == j { 1.0 } else { 0.25 / (1.0 + (i + 2 * j) as f64) }).collect()).collect();
    orthonormalise(&mut columns);
    let length = (stretch.len().saturating_sub(warm) / segments).max(1);
    let mut sums = vec![0.0; count * segments];
    for t in 0..stretch.len() {
        cell.step(&state, stretch.input(t), &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        cell.jacobian(&tape, &mut jacobian);
        for column in &mut columns {
            let image: Vec<f64> = jacobian.chunks_exact(n).map(|row| row.iter().zip(&*column).map(|(a, q)| a * q).sum()).collect();
            *column = image;
        }
        let lengths = orthonormalise(&mut columns);
        if t >= warm && (t - warm) / length < segments {
            let row = (t - warm) / length * count;
            for (sum, stretched) in sums[row..row + count].iter_mut().zip(lengths) {
                *sum += libm::log(stretched);
            }
        }
    }
    sums.iter().map(|sum| sum / length as f64).collect()
}

/// Orthonormalises the columns in place and returns the diagonal of R.
fn orthonormalise(columns: &mut [Vec<f64>]) -> Vec<f64> {
    let mut lengths = Vec::with_capacity(columns.len());
    for j in 0..columns.len() {
        let (done, rest) = columns.split_at_mut(j);
        let column = &mut rest[0];
        for _ in 0..2 {
            for other in done.iter() {
                let overlap: f64 = other.iter().zip(&*column).map(|(a, b)| a * b).sum();
                column.iter_mut().zip(other).for_each(|(c, o)| *c -= overlap * o);
            }
        }
        let length = column.iter().map(|c| c * c).sum::<f64>().sqrt();
        if length > 0.0 {
            column.iter_mut().for_each(|c| *c /= length);
        }
        lengths.push(length);
    }
    lengths
}
