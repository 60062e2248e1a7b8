//! Small dense least squares.

/// The coefficients that bring the combination of `columns` nearest to `target`, by Gram and
/// Schmidt's orthogonalisation, twice; `None` where the columns are dependent to rounding or a
/// number is not finite. The columns are overwritten.
///
/// ```
/// let mut columns = vec![vec![1.0, 1.0, 1.0], vec![0.0, 1.0, 2.0]];
/// let line = rtrl_lab::linalg::least_squares(&mut columns, &[1.0, 3.0, 5.0]).unwrap();
/// assert!((line[0] - 1.0).abs() < 1e-14 && (line[1] - 2.0).abs() < 1e-14);
/// ```
pub fn least_squares(columns: &mut [Vec<f64>], target: &[f64]) -> Option<Vec<f64>> {
    let k = columns.len();
    let upper = orthonormalise(columns)?;
    let mut rest = target.to_vec();
    let mut solution = vec![0.0; k];
    for (slot, column) in solution.iter_mut().zip(columns.iter()) {
        *slot = dot(column, &rest);
        rest.iter_mut().zip(column).for_each(|(r, c)| *r -= *slot * c);
    }
    for j in (0..k).rev() {
        solution[j] = (solution[j] - (j + 1..k).map(|i| upper[j * k + i] * solution[i]).sum::<f64>()) / upper[j * k + j];
    }
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

/// A sum of products in eight interleaved parts, which the processor can take at once, added in a
/// fixed order.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let (a_blocks, b_blocks) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f64 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(x, y)| x * y).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        parts.iter_mut().zip(a.iter().zip(b)).for_each(|(part, (x, y))| *part += x * y);
    }
    parts.iter().sum::<f64>() + tail
}

/// Orthonormalises the columns in place and returns the upper triangle by rows.
fn orthonormalise(columns: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    const DEPENDENT: f64 = 1e-13;
    let k = columns.len();
    let mut upper = vec![0.0; k * k];
    for j in 0..k {
        let (done, rest) = columns.split_at_mut(j);
        let column = &mut rest[0];
        let before = dot(column, column).sqrt();
        for _ in 0..2 {
            for (i, other) in done.iter().enumerate() {
                let overlap = dot(other, column);
                upper[i * k + j] += overlap;
                column.iter_mut().zip(other).for_each(|(c, o)| *c -= overlap * o);
            }
        }
        let length = dot(column, column).sqrt();
        if !(length > DEPENDENT * before && length.is_finite()) {
            return None;
        }
        upper[j * k + j] = length;
        column.iter_mut().for_each(|c| *c /= length);
    }
    Some(upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependent_columns_are_refused() {
        assert!(least_squares(&mut [vec![1.0, 2.0], vec![2.0, 4.0]], &[1.0, 1.0]).is_none());
        assert!(least_squares(&mut [vec![1.0, f64::NAN]], &[1.0, 1.0]).is_none());
    }
}
