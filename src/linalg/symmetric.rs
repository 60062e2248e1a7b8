//! Eigenvalues of symmetric matrices by Jacobi rotations: no LAPACK, the same bits everywhere.

use ndarray::Array2;

/// The eigenvalues of a symmetric matrix in rising order, to about 1e-16 of the largest; only the
/// mean of the two triangles is read.
///
/// Cyclic two-sided rotations until what is off the diagonal is below rounding. An empty matrix has
/// none; every entry must be finite. Source: Golub and Van Loan, *Matrix Computations*, 4th ed.,
/// §8.5.
///
/// ```
/// let values = rtrl_lab::linalg::symmetric_eigenvalues(&ndarray::array![[2.0, 1.0], [1.0, 2.0]]);
/// assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// ```
pub fn symmetric_eigenvalues(matrix: &Array2<f64>) -> Vec<f64> {
    let mut a = (matrix + &matrix.t()) * 0.5;
    let n = a.nrows();
    let size = a.iter().map(|x| x * x).sum::<f64>().sqrt();
    for _ in 0..60 {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = a[[p, q]];
                if off.abs() <= 1e-18 * size || off.is_nan() {
                    continue;
                }
                rotated = true;
                let zeta = (a[[q, q]] - a[[p, p]]) / (2.0 * off);
                let tangent = if zeta.abs() > 1e150 { 0.5 / zeta } else { zeta.signum() / (zeta.abs() + (1.0 + zeta * zeta).sqrt()) };
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                rotate(&mut a, p, q, cosine, cosine * tangent);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut values = a.diag().to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// `a ← Rᵀ a R` for the rotation of coordinates p and q that takes their product to zero.
fn rotate(a: &mut Array2<f64>, p: usize, q: usize, cosine: f64, sine: f64) {
    for k in 0..a.nrows() {
        let (x, y) = (a[[k, p]], a[[k, q]]);
        a[[k, p]] = cosine * x - sine * y;
        a[[k, q]] = sine * x + cosine * y;
    }
    for k in 0..a.nrows() {
        let (x, y) = (a[[p, k]], a[[q, k]]);
        a[[p, k]] = cosine * x - sine * y;
        a[[q, k]] = sine * x + cosine * y;
    }
    a[[p, q]] = 0.0;
    a[[q, p]] = 0.0;
}
