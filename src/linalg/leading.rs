//! The eigenvectors of a symmetric matrix that belong to its largest eigenvalues, by our own code:
//! the same bits everywhere.

use super::jacobi::dot;
use crate::simd::{dense, outers};

/// The eigenvalues above a threshold with orthonormal vectors.
pub(super) struct Leading {
    /// In falling order.
    pub values: Vec<f64>,
    /// A vector of n numbers for each value.
    pub vectors: Vec<Vec<f64>>,
}

/// All eigenvalues of `matrix` (n × n by rows, overwritten) above `threshold`, with their vectors.
///
/// Householder reflections to a tridiagonal matrix, `4/3 n³` operations of both kinds; Sturm counts
/// and bisection for the values; inverse iteration, orthogonal to the vectors before it, for the
/// vectors: `O(n)` operations for a value and `O(n k)` for its vector, k the number of them. None
/// where more than half of all are above, where a number is not finite, or where a vector does not
/// meet the equation of the tridiagonal matrix to `1e-13` of its size: a caller then takes a
/// slower way. Source: Golub and Van Loan, *Matrix Computations*, 4th ed., §8.3 to §8.4.
pub(super) fn eigenvectors_above(matrix: &mut [f64], n: usize, threshold: f64) -> Option<Leading> {
    let reflectors = tridiagonal(matrix, n);
    let diagonal: Vec<f64> = (0..n).map(|i| matrix[i * n + i]).collect();
    let beside: Vec<f64> = (1..n).map(|i| matrix[i * n + i - 1]).collect();
    let band = Band { diagonal, beside };
    if !band.diagonal.iter().chain(&band.beside).all(|x| x.is_finite()) {
        return None;
    }
    let count = band.above(threshold);
    if count > n.div_ceil(2) {
        return None;
    }
    let mut leading = Leading { values: Vec::with_capacity(count), vectors: Vec::with_capacity(count) };
    for index in 0..count {
        let value = band.value(index, threshold);
        let vector = band.vector(value, &leading.vectors)?;
        leading.values.push(value);
        leading.vectors.push(vector);
    }
    for vector in &mut leading.vectors {
        for (first, (reflector, factor)) in reflectors.iter().enumerate().rev() {
            let tail = &mut vector[first + 1..];
            let overlap = factor * dot(reflector, tail);
            tail.iter_mut().zip(reflector).for_each(|(x, r)| *x -= overlap * r);
        }
    }
    Some(leading)
}

/// `Qᵀ A Q` of three diagonals in place of `A`; the reflections `I − β v vᵀ` that make up `Q`, of
/// which the k-th acts on the coordinates behind the k-th.
fn tridiagonal(a: &mut [f64], n: usize) -> Vec<(Vec<f64>, f64)> {
    let mut reflectors = Vec::with_capacity(n.saturating_sub(2));
    for k in 0..n.saturating_sub(2) {
        let len = n - k - 1;
        let mut v: Vec<f64> = (k + 1..n).map(|i| a[i * n + k]).collect();
        let rest: f64 = v[1..].iter().map(|x| x * x).sum();
        if rest == 0.0 {
            reflectors.push((v, 0.0));
            continue;
        }
        let length = (v[0] * v[0] + rest).sqrt();
        let to = if v[0] >= 0.0 { -length } else { length };
        v[0] -= to;
        let factor = 2.0 / (v[0] * v[0] + rest);
        // A ← A − v wᵀ − w vᵀ with w = p − β/2 (pᵀ v) v, p = β A v.
        let behind = (k + 1) * n + k + 1;
        let mut w = vec![0.0; len];
        dense::apply_rows(&a[behind..], n, &v, &mut w);
        w.iter_mut().for_each(|x| *x *= factor);
        let share = 0.5 * factor * dot(&w, &v);
        w.iter_mut().zip(&v).for_each(|(x, v)| *x -= share * v);
        let ahead: Vec<f64> = v.iter().chain(&w).map(|x| -x).collect();
        let other: Vec<f64> = w.iter().chain(&v).copied().collect();
        outers::add_outers_within((&ahead, len), (&other, len), (&mut a[behind..], n), (len, len));
        a[(k + 1) * n + k] = to;
        reflectors.push((v, factor));
    }
    reflectors
}

/// A symmetric matrix of three diagonals.
struct Band {
    diagonal: Vec<f64>,
    beside: Vec<f64>,
}

impl Band {
    /// The largest sum of a row, at least the largest `|λ|`.
    fn size(&self) -> f64 {
        let n = self.diagonal.len();
        let at = |i: usize| if i < n - 1 { self.beside[i].abs() } else { 0.0 };
        (0..n).map(|i| self.diagonal[i].abs() + at(i) + if i > 0 { at(i - 1) } else { 0.0 }).fold(0.0, f64::max)
    }

    /// How many eigenvalues exceed `x`: the positive terms of a Sturm sequence.
    fn above(&self, x: f64) -> usize {
        let tiny = f64::MIN_POSITIVE.sqrt();
        let (mut count, mut last) = (0, 1.0);
        for (i, d) in self.diagonal.iter().enumerate() {
            let coupling = if i > 0 { self.beside[i - 1] * self.beside[i - 1] / last } else { 0.0 };
            last = d - x - coupling;
            if last.abs() < tiny {
                last = -tiny;
            }
            count += usize::from(last > 0.0);
        }
        count
    }

    /// The `index`-th largest eigenvalue, which is above `low`, by bisection to the last bits.
    fn value(&self, index: usize, mut low: f64) -> f64 {
        let mut high = self.size() * (1.0 + 1e-12);
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high || high - low <= f64::EPSILON * high.abs() {
                return middle;
            }
            if self.above(middle) > index { low = middle } else { high = middle }
        }
    }

    /// A unit vector of the eigenvalue `value` that is orthogonal to `known`.
    fn vector(&self, value: f64, known: &[Vec<f64>]) -> Option<Vec<f64>> {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let n = self.diagonal.len();
        let mut x: Vec<f64> = (0..n).map(|i| 0.5 + ((i * (known.len() + 1) + 1) as f64 * GOLDEN).fract()).collect();
        for _ in 0..4 {
            self.solve_shifted(value, &mut x);
            let largest = x.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
            if !largest.is_finite() || largest == 0.0 {
                return None;
            }
            x.iter_mut().for_each(|x| *x /= largest);
            // Twice is enough.
            for other in known.iter().chain(known) {
                let overlap = dot(other, &x);
                x.iter_mut().zip(other).for_each(|(x, o)| *x -= overlap * o);
            }
            let length = dot(&x, &x).sqrt();
            x.iter_mut().for_each(|x| *x /= length);
        }
        let product = |i: usize| {
            let before = if i > 0 { self.beside[i - 1] * x[i - 1] } else { 0.0 };
            let behind = if i + 1 < n { self.beside[i] * x[i + 1] } else { 0.0 };
            before + self.diagonal[i] * x[i] + behind - value * x[i]
        };
        let residual = (0..n).map(|i| product(i).powi(2)).sum::<f64>().sqrt();
        (residual <= 1e-13 * self.size()).then_some(x)
    }

    /// Solves `(T − shift) x = b` by elimination with exchanges of rows; a pivot that is zero is
    /// taken as rounding.
    fn solve_shifted(&self, shift: f64, x: &mut [f64]) {
        let n = x.len();
        let least = f64::EPSILON * self.size();
        let at = |i: usize| if i + 1 < n { self.beside[i] } else { 0.0 };
        // Row i of what is eliminated: the pivot and the two numbers right of it.
        let mut rows = vec![[0.0f64; 3]; n];
        let mut row = [self.diagonal[0] - shift, at(0), 0.0];
        for i in 0..n {
            if i + 1 == n {
                rows[i] = row;
                break;
            }
            let mut next = [at(i), self.diagonal[i + 1] - shift, at(i + 1)];
            if next[0].abs() > row[0].abs() {
                std::mem::swap(&mut row, &mut next);
                x.swap(i, i + 1);
            }
            if row[0].abs() < least {
                row[0] = least;
            }
            let factor = next[0] / row[0];
            x[i + 1] -= factor * x[i];
            rows[i] = row;
            row = [next[1] - factor * row[1], next[2] - factor * row[2], 0.0];
        }
        if rows[n - 1][0].abs() < least {
            rows[n - 1][0] = least;
        }
        for i in (0..n).rev() {
            let one = if i + 1 < n { rows[i][1] * x[i + 1] } else { 0.0 };
            let two = if i + 2 < n { rows[i][2] * x[i + 2] } else { 0.0 };
            x[i] = (x[i] - one - two) / rows[i][0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::symmetric_eigenvalues;
    use crate::random::{Noise, RngKey};
    use ndarray::Array2;

    /// The values, and how far the vectors are from orthonormal and from their equation, relative
    /// to the largest entry.
    fn held(matrix: &[f64], n: usize, threshold: f64) -> Option<Vec<f64>> {
        let size = matrix.iter().fold(0.0f64, |size, x| size.max(x.abs()));
        let Leading { values, vectors } = eigenvectors_above(&mut matrix.to_vec(), n, threshold)?;
        for (k, vector) in vectors.iter().enumerate() {
            for (other, of) in vectors[..=k].iter().enumerate() {
                let wanted = f64::from(u8::from(other == k));
                assert!((dot(of, vector) - wanted).abs() < 1e-14, "n = {n}: vectors {other} and {k}");
            }
            for (row, x) in matrix.chunks_exact(n).zip(vector) {
                assert!((dot(row, vector) - values[k] * x).abs() < 1e-13 * n as f64 * size, "n = {n}, value {k}");
            }
        }
        Some(values)
    }

    #[test]
    fn values_above_a_threshold_are_those_of_rotations_and_vectors_meet_their_equation() {
        let mut noise = Noise::at(RngKey::root(31));
        for n in [1, 2, 3, 8, 33, 64] {
            let root = noise.normal_vector(n * n);
            let gram = Array2::from_shape_fn((n, n), |(i, j)| (0..n).map(|k| root[k * n + i] * root[k * n + j]).sum::<f64>());
            let all = symmetric_eigenvalues(&gram);
            for kept in [0, 1, n / 4, n / 2] {
                let below = if kept < n { all[n - 1 - kept] } else { -1.0 };
                let threshold = if kept > 0 { 0.5 * (below + all[n - kept]) } else { below + 1.0 };
                let values = held(gram.as_slice().unwrap(), n, threshold).unwrap();
                assert_eq!(values.len(), kept, "n = {n}");
                for (k, value) in values.iter().enumerate() {
                    assert!((value - all[n - 1 - k]).abs() < 1e-13 * all[n - 1], "n = {n}, value {k}");
                }
            }
            if n > 2 {
                assert!(held(gram.as_slice().unwrap(), n, -1.0).is_none(), "more than half are not taken");
            }
        }
    }

    #[test]
    fn equal_and_split_eigenvalues_have_orthogonal_vectors() {
        let n = 24;
        let diagonal = |of: &dyn Fn(usize) -> f64| (0..n * n).map(|x| if x / n == x % n { of(x / n) } else { 0.0 }).collect::<Vec<f64>>();
        assert_eq!(held(&diagonal(&|i| if i % 2 == 0 { 3.0 } else { 1.0 }), n, 2.0).unwrap().len(), n / 2);
        assert_eq!(held(&diagonal(&|i| if i < 5 { 3.0 + 1e-15 * i as f64 } else { 1.0 }), n, 2.0).unwrap().len(), 5);
        // Two of 2 (1 + 1e-12 ...) and the others of one value, in a turned basis.
        let mut noise = Noise::at(RngKey::root(5));
        let v = noise.normal_vector(n);
        let square = dot(&v, &v);
        let values: Vec<f64> = (0..n).map(|i| if i < 2 { 2.0 + 1e-12 * i as f64 } else { 1.0 }).collect();
        let turn = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square;
        let turned: Vec<f64> = (0..n * n).map(|x| (0..n).map(|k| turn(x / n, k) * values[k] * turn(x % n, k)).sum()).collect();
        assert_eq!(held(&turned, n, 1.5).unwrap().len(), 2);
        assert!(held(&diagonal(&|i| if i == 0 { f64::NAN } else { 1.0 }), n, 0.5).is_none());
        assert!(held(&diagonal(&|_| 0.0), n, 0.5).unwrap().is_empty());
    }
}
