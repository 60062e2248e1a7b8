//! The singular value decomposition by one-sided Jacobi rotations: no LAPACK, the same bits
//! everywhere, accurate for graded matrices.

use ndarray::Array2;

/// `M = U diag(values) Vᵀ` with values in falling order; `U` is m × k, `V` is n × k, k = min(m, n).
///
/// ```
/// use rtrl_lab::linalg::{Svd, jacobi_svd};
/// let Svd { left, values, right } = jacobi_svd(&ndarray::array![[3.0, 0.0], [4.0, 0.0]]);
/// assert!((values[0] - 5.0).abs() < 1e-14 && values[1].abs() < 1e-14);
/// let entry = |i, j| (0..2).map(|k| left[[i, k]] * values[k] * right[[j, k]]).sum::<f64>();
/// assert!((entry(0, 0) - 3.0).abs() < 1e-14 && (entry(1, 0) - 4.0).abs() < 1e-14);
/// ```
#[derive(Clone, Debug)]
pub struct Svd {
    /// Left singular vectors, by columns; zero columns for zero values.
    pub left: Array2<f64>,
    /// Singular values.
    pub values: Vec<f64>,
    /// Right singular vectors, by columns.
    pub right: Array2<f64>,
}

/// The decomposition by a QR factorisation with column pivoting and then one-sided Jacobi rotations
/// on `Rᵀ`, which computes small singular values of a matrix that is graded in rows and columns to
/// high relative accuracy. Rows should come in falling order of size. Sources: Demmel and Veselić
/// (1992), doi 10.1137/0613074; Drmač and Veselić (2008), doi 10.1137/050639193.
///
/// ```
/// let svd = rtrl_lab::linalg::jacobi_svd(&ndarray::array![[3.0, 0.0], [0.0, 1e-12]]);
/// assert!((svd.values[0] - 3.0).abs() < 1e-15 && (svd.values[1] / 1e-12 - 1.0).abs() < 1e-14);
/// ```
pub fn jacobi_svd(matrix: &Array2<f64>) -> Svd {
    if matrix.nrows() < matrix.ncols() {
        let Svd { left, values, right } = jacobi_svd(&matrix.t().to_owned());
        return Svd { left: right, values, right: left };
    }
    let n = matrix.ncols();
    let Pivoted { reflectors, triangle, order } = pivoted_qr(matrix);
    // Columns of Rᵀ, each with its column of the accumulated rotations behind it.
    let mut columns: Vec<(Vec<f64>, Vec<f64>)> = (0..n)
        .map(|j| {
            let mut basis = vec![0.0; n];
            basis[j] = 1.0;
            (triangle[j].clone(), basis)
        })
        .collect();
    sweep(&mut columns);
    let mut sized: Vec<(f64, Vec<f64>, Vec<f64>)> = columns.into_iter().map(|(u, v)| (dot(&u, &u).sqrt(), u, v)).collect();
    sized.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut left, mut right) = (Array2::zeros((matrix.nrows(), n)), Array2::zeros((n, n)));
    for (j, (value, u, v)) in sized.iter().enumerate() {
        // Rᵀ V = U Σ, so M = Q R Pᵀ = (Q V) Σ (P U)ᵀ.
        let mut column = vec![0.0; matrix.nrows()];
        column[..n].copy_from_slice(v);
        for (first, reflector) in reflectors.iter().enumerate().rev() {
            reflect(reflector, &mut column[first..]);
        }
        for (i, x) in column.iter().enumerate() {
            left[[i, j]] = *x;
        }
        for (i, x) in u.iter().enumerate() {
            right[[order[i], j]] = if *value > 0.0 { x / value } else { 0.0 };
        }
    }
    Svd { left, values: sized.into_iter().map(|(value, _, _)| value).collect(), right }
}

/// `M P = Q R` as unit Householder vectors, the rows of `R`, and the order of the columns.
struct Pivoted {
    reflectors: Vec<Vec<f64>>,
    triangle: Vec<Vec<f64>>,
    order: Vec<usize>,
}

fn pivoted_qr(matrix: &Array2<f64>) -> Pivoted {
    let n = matrix.ncols();
    let mut columns: Vec<Vec<f64>> = matrix.columns().into_iter().map(|column| column.to_vec()).collect();
    let mut order: Vec<usize> = (0..n).collect();
    let mut reflectors = Vec::with_capacity(n);
    for step in 0..n {
        let size = |column: &Vec<f64>| dot(&column[step..], &column[step..]);
        let mut pivot = step;
        let mut largest = size(&columns[step]);
        for (index, column) in columns.iter().enumerate().skip(step + 1) {
            let size = size(column);
            if size > largest {
                (pivot, largest) = (index, size);
            }
        }
        columns.swap(step, pivot);
        order.swap(step, pivot);
        let mut reflector = columns[step][step..].to_vec();
        let length = largest.sqrt();
        reflector[0] += if reflector[0] >= 0.0 { length } else { -length };
        let own = dot(&reflector, &reflector).sqrt();
        if own > 0.0 {
            reflector.iter_mut().for_each(|x| *x /= own);
            for column in &mut columns[step..] {
                reflect(&reflector, &mut column[step..]);
            }
        }
        reflectors.push(reflector);
    }
    let triangle = (0..n).map(|i| (0..n).map(|j| if j >= i { columns[j][i] } else { 0.0 }).collect()).collect();
    Pivoted { reflectors, triangle, order }
}

/// `x ← (I − 2 r rᵀ) x` for a unit or zero `r`.
fn reflect(reflector: &[f64], x: &mut [f64]) {
    let overlap = 2.0 * dot(reflector, x);
    for (x, r) in x.iter_mut().zip(reflector) {
        *x -= overlap * r;
    }
}

/// Rotates pairs of columns until all are orthogonal to rounding.
fn sweep(columns: &mut [(Vec<f64>, Vec<f64>)]) {
    const TOLERANCE: f64 = 1e-15;
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..columns.len() {
            for q in p + 1..columns.len() {
                let (left, right) = columns.split_at_mut(q);
                let (first, second) = (&mut left[p], &mut right[0]);
                let (alpha, beta, gamma) = (dot(&first.0, &first.0), dot(&second.0, &second.0), dot(&first.0, &second.0));
                if gamma == 0.0 || gamma.abs() <= TOLERANCE * (alpha.sqrt() * beta.sqrt()) {
                    continue;
                }
                rotated = true;
                let zeta = (beta - alpha) / (2.0 * gamma);
                let tangent = if zeta.abs() > 1e150 { 0.5 / zeta } else { zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt()) };
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                let sine = cosine * tangent;
                rotate(&mut first.0, &mut second.0, cosine, sine);
                rotate(&mut first.1, &mut second.1, cosine, sine);
            }
        }
        if !rotated {
            break;
        }
    }
}

/// The inner product, by eight sums side by side.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    for (x, y) in a.chunks(8).zip(b.chunks(8)) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum()
}

fn rotate(a: &mut [f64], b: &mut [f64], cosine: f64, sine: f64) {
    for (x, y) in a.iter_mut().zip(b) {
        let (old_x, old_y) = (*x, *y);
        *x = cosine * old_x - sine * old_y;
        *y = sine * old_x + cosine * old_y;
    }
}
