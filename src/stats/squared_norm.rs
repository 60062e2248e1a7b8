//! The squared norm of a mean vector without its noise bias.

use super::{Estimate, Undefined};

/// Estimates `‖E g‖²` from `K` independent vectors.
///
/// ```text
/// U = ( ‖Σ g_k‖² − Σ ‖g_k‖² ) / ( K (K − 1) )
/// ```
///
/// The squared norm of the mean itself is biased upwards by the noise; `U` is not, and can be negative. The interval is the jackknife's with a Student
/// quantile of `K − 1` degrees of freedom.
///
/// ```
/// let u = rtrl_lab::stats::squared_norm_of_mean(&[vec![1.0, 0.0], vec![1.0, 0.0], vec![1.0, 0.0]], 0.95).unwrap();
/// assert_eq!((u.value, u.standard_error), (1.0, 0.0));
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than three vectors or an entry that is not finite.
pub fn squared_norm_of_mean(vectors: &[Vec<f64>], level: f64) -> Result<Estimate, Undefined> {
    let count = vectors.len();
    if count < 3 {
        return Err(Undefined::because("the squared norm of a mean needs at least three independent vectors"));
    }
    if vectors.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Undefined::because("a vector has an entry that is not finite"));
    }
    let mut sum = vec![0.0; vectors[0].len()];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x);
    }
    let square = |vector: &[f64]| vector.iter().map(|x| x * x).sum::<f64>();
    let squares: Vec<f64> = vectors.iter().map(|vector| square(vector)).collect();
    let (k, total, of_sum) = (count as f64, squares.iter().sum::<f64>(), square(&sum));
    let value = (of_sum - total) / (k * (k - 1.0));
    // Leaving g out: ‖Σ − g‖² = ‖Σ‖² − 2 Σ·g + ‖g‖².
    let left_out: Vec<f64> = vectors
        .iter()
        .zip(&squares)
        .map(|(vector, own)| {
            let overlap: f64 = sum.iter().zip(vector).map(|(s, x)| s * x).sum();
            (of_sum - 2.0 * overlap + own - (total - own)) / ((k - 1.0) * (k - 2.0))
        })
        .collect();
    let mean = left_out.iter().sum::<f64>() / k;
    let variance = (k - 1.0) / k * left_out.iter().map(|u| (u - mean) * (u - mean)).sum::<f64>();
    Ok(Estimate::student(value, variance.sqrt(), k - 1.0, level))
}
