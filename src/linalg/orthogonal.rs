//! Covariance factors kept narrow by orthogonal transformations from the right.

use super::jacobi_svd;
use ndarray::Array2;

/// A factor with orthogonal columns in falling order of length and the same `L Lᵀ`, without the
/// columns below `1e-17` of the first.
///
/// A wide factor (more columns than rows) is first brought to triangular form by Householder
/// reflections from the right, so the cost is that of a QR factorisation and of a Jacobi
/// decomposition in the smaller size.
pub(crate) fn compress_factor(factor: &Array2<f64>) -> Array2<f64> {
    let narrow = if factor.ncols() > factor.nrows() { lower_triangular(factor.clone()) } else { factor.clone() };
    let svd = jacobi_svd(&narrow);
    let top = svd.values.first().copied().unwrap_or(0.0);
    let rank = svd.values.iter().take_while(|value| **value > 1e-17 * top && **value > 0.0).count();
    let mut compressed = svd.left.slice(ndarray::s![.., ..rank]).to_owned();
    for (mut column, value) in compressed.columns_mut().into_iter().zip(&svd.values) {
        column *= *value;
    }
    compressed
}

/// A factor with orthogonal columns and the same `L Lᵀ` in units of `2^units[i]` for row i, which
/// are exact: a coordinate in small units keeps its relative accuracy beside one in large units.
/// The columns are orthogonal in these units and not as they stand.
///
/// ```
/// use ndarray::array;
/// let factor =
///     rtrl_lab::linalg::compress_in_units(&array![[1e20, 0.0, 0.0], [1.0, 1.0, 1.0]], &[66, 0]);
/// let variance: f64 = factor.row(1).iter().map(|x| x * x).sum();
/// assert!((variance - 3.0).abs() < 1e-14);
/// ```
pub fn compress_in_units(factor: &Array2<f64>, units: &[i32]) -> Array2<f64> {
    let moved = |mut factor: Array2<f64>, sign: i32| {
        for (mut row, unit) in factor.rows_mut().into_iter().zip(units).filter(|(_, unit)| **unit != 0) {
            row.mapv_inplace(|x| libm::scalbn(x, sign * unit));
        }
        factor
    };
    moved(compress_factor(&moved(factor.clone(), -1)), 1)
}

/// `L Q` lower triangular (n × n) for an orthogonal `Q`, of a factor with more columns than rows.
fn lower_triangular(mut factor: Array2<f64>) -> Array2<f64> {
    let (rows, columns) = factor.dim();
    for i in 0..rows {
        let norm = (i..columns).map(|j| factor[[i, j]] * factor[[i, j]]).sum::<f64>().sqrt();
        if norm == 0.0 {
            continue;
        }
        let head = if factor[[i, i]] > 0.0 { -norm } else { norm };
        let mut reflector: Vec<f64> = (i..columns).map(|j| factor[[i, j]]).collect();
        reflector[0] -= head;
        let square: f64 = reflector.iter().map(|x| x * x).sum();
        for row in i..rows {
            let overlap: f64 = reflector.iter().enumerate().map(|(k, r)| r * factor[[row, i + k]]).sum();
            let scale = 2.0 * overlap / square;
            for (k, r) in reflector.iter().enumerate() {
                factor[[row, i + k]] -= scale * r;
            }
        }
    }
    factor.slice(ndarray::s![.., ..rows]).to_owned()
}
