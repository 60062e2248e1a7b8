//! The spectral radius by our own eigenvalue iteration: the same bits on every processor.

use super::{LinalgError, hessenberg};
use ndarray::ArrayView2;

/// The spectral radius, the largest modulus of an eigenvalue.
///
/// ```text
/// blocks of coordinates that reach each other -> balancing by powers of two -> Hessenberg form
///     -> Francis's double-shift QR steps
/// ```
///
/// A triangular matrix, in whatever order of its coordinates, so gives its diagonal exactly; a
/// block of two has a formula. Sums run in a fixed order without LAPACK, so the bits are the same
/// everywhere. Accuracy: an eigenvalue is that of a matrix within a small multiple of `1e-16 ‖M‖`
/// of the balanced one. A simple eigenvalue loses what its condition number costs; one that is
/// defective of order k inside a block of coordinates that reach each other is had to about
/// `1e-16^{1/k}` and no method that is backward stable gets more. Units do not matter: `T M T^{-1}`
/// for a diagonal `T` of powers of two has the bits of `M`, short of overflow.
/// Sources: Parlett and Reinsch (1969), doi 10.1007/BF02165404; Francis (1961), doi
/// 10.1093/comjnl/4.3.265.
///
/// ```
/// let rotation = ndarray::array![[0.0, -0.5], [0.5, 0.0]];
/// assert_eq!(rtrl_lab::linalg::spectral_radius(rotation.view()), Ok(0.5));
/// ```
///
/// # Errors
/// [`LinalgError`] for a matrix that is not square or not finite, or an iteration that does not
/// settle.
pub fn spectral_radius(matrix: ArrayView2<f64>) -> Result<f64, LinalgError> {
    if matrix.nrows() != matrix.ncols() {
        return Err(LinalgError::Shape(format!("{:?}", matrix.dim())));
    }
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(LinalgError::NotFinite);
    }
    let mut radius = 0.0f64;
    for block in reaching_each_other(matrix) {
        let n = block.len();
        let mut own: Vec<f64> = block.iter().flat_map(|i| block.iter().map(|j| matrix[[*i, *j]])).collect();
        let largest = match n {
            1 => own[0].abs(),
            _ => {
                balance(&mut own, n);
                // Squares are formed below, so the largest entry comes to between 1/2 and 1.
                let top = own.iter().fold(0.0f64, |top, x| top.max(x.abs()));
                let (shrunk, exponent) = libm::frexp(top);
                own.iter_mut().for_each(|x| *x = libm::scalbn(*x, -exponent));
                debug_assert!((0.5..1.0).contains(&shrunk));
                libm::scalbn(hessenberg::largest_modulus(&mut own, n)?, exponent)
            }
        };
        radius = radius.max(largest);
    }
    Ok(radius)
}

/// The strongly connected components of the graph of the entries that are not zero: the eigenvalues
/// are those of these diagonal blocks. Source: Tarjan (1972), doi 10.1137/0201010.
fn reaching_each_other(matrix: ArrayView2<f64>) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let n = matrix.nrows();
    let (mut index, mut low, mut on_stack) = (vec![UNSEEN; n], vec![0; n], vec![false; n]);
    let (mut stack, mut components, mut count) = (Vec::new(), Vec::new(), 0);
    for root in 0..n {
        if index[root] != UNSEEN {
            continue;
        }
        // Each frame: a coordinate and the next of its neighbours to look at.
        let mut frames = vec![(root, 0)];
        while let Some((node, next)) = frames.pop() {
            if next == 0 {
                (index[node], low[node], on_stack[node]) = (count, count, true);
                count += 1;
                stack.push(node);
            }
            let unfinished = (next..n).find(|other| {
                if matrix[[node, *other]] == 0.0 || *other == node {
                    return false;
                }
                if index[*other] != UNSEEN && on_stack[*other] {
                    low[node] = low[node].min(index[*other]);
                }
                index[*other] == UNSEEN
            });
            if let Some(other) = unfinished {
                frames.push((node, other + 1));
                frames.push((other, 0));
                continue;
            }
            if let Some((parent, _)) = frames.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let from = stack.iter().rposition(|member| *member == node).unwrap_or(0);
                let mut component = stack.split_off(from);
                component.iter().for_each(|member| on_stack[*member] = false);
                component.sort_unstable();
                components.push(component);
            }
        }
    }
    components
}

/// Brings rows and columns to like sizes by a diagonal similarity of powers of two, which changes
/// no bit of a significand.
fn balance(matrix: &mut [f64], n: usize) {
    const MOST_ROUNDS: usize = 2000;
    for _ in 0..MOST_ROUNDS {
        let mut moved = false;
        for i in 0..n {
            // A sum of absolute values in units of the largest, which cannot overflow.
            let size = |entries: &mut dyn Iterator<Item = f64>| {
                let others: Vec<f64> = entries.map(f64::abs).collect();
                let exponent = libm::frexp(others.iter().fold(0.0, |top: f64, x| top.max(*x))).1;
                let sum: f64 = others.iter().map(|x| libm::scalbn(*x, -exponent)).sum();
                (sum, exponent)
            };
            let (row, row_exponent) = size(&mut (0..n).filter(|j| *j != i).map(|j| matrix[i * n + j]));
            let (column, column_exponent) = size(&mut (0..n).filter(|j| *j != i).map(|j| matrix[j * n + i]));
            if row == 0.0 || column == 0.0 {
                continue;
            }
            // The power of two nearest to the root of their ratio, rounded towards no change.
            let ratio = libm::log2(row / column) + f64::from(row_exponent - column_exponent);
            let shift = (0.5 * ratio).round() as i32;
            if shift != 0 {
                moved = true;
                for j in (0..n).filter(|j| *j != i) {
                    matrix[i * n + j] = libm::scalbn(matrix[i * n + j], -shift);
                    matrix[j * n + i] = libm::scalbn(matrix[j * n + i], shift);
                }
            }
        }
        if !moved {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn coordinates_that_reach_each_other_are_found_in_any_order() {
        let matrix = array![[1.0, 0.0, 2.0, 0.0], [3.0, 4.0, 0.0, 0.0], [5.0, 0.0, 6.0, 0.0], [0.0, 7.0, 8.0, 9.0]];
        let mut components = reaching_each_other(matrix.view());
        components.sort();
        assert_eq!(components, [vec![0, 2], vec![1], vec![3]]);
        assert_eq!(reaching_each_other(Array2::<f64>::ones((5, 5)).view()), [vec![0, 1, 2, 3, 4]]);
        let ring = Array2::from_shape_fn((6, 6), |(i, j)| f64::from(u8::from((i + 1) % 6 == j)));
        assert_eq!(reaching_each_other(ring.view()).len(), 1);
    }
}
