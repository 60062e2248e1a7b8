//! Gelbrich's lower bound from paired samples, its plug-in bias removed.

use super::origin::near_origin;
use super::wasserstein_2;
use crate::stats::{Undefined, student_quantile};
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// A lower bound on `W_2²` from first and second moments.
///
/// ```
/// let x = ndarray::Array2::from_shape_fn((64, 1), |(i, _)| (i % 7) as f64);
/// let y = &x + 2.0;
/// let bound = rtrl_lab::transport::gelbrich_from_pairs(x.view(), y.view(), 0.99).unwrap();
/// // A shift of every pair alike has no error.
/// assert!((bound.squared - 4.0).abs() < 1e-10 && bound.standard_error < 1e-10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GelbrichBound {
    /// `|m − m'|² + Bures²`, its bias removed by the jackknife; can be negative.
    pub squared: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// One-sided lower limit of `W_2` itself.
    pub lower_limit: f64,
}

/// Blocks of rows that the jackknife leaves out.
const BLOCKS: usize = 32;

/// Gelbrich's bound between the laws of the rows of `x` and of `y`, where row i of `x` may depend
/// on row i of `y` and on no other.
///
/// ```text
/// W_2² ≥ |m − m'|² + tr( Σ + Σ' − 2 (Σ^{1/2} Σ' Σ^{1/2})^{1/2} )
/// ```
///
/// Rows are left out jointly, so that coupled samples, whose differences are far smaller than their
/// spread, keep the precision of the differences. `limit` is the one-sided confidence of the lower
/// limit. A common point is taken off samples far from the origin. Source: Gelbrich (1990), doi
/// 10.1002/mana.19901470121.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::gelbrich_from_pairs;
/// let x = ndarray::Array2::from_shape_fn((64, 2), |(i, k)| ((3 * i + k) % 7) as f64);
/// let y = &x + &array![3.0, -4.0];
/// let bound = gelbrich_from_pairs(x.view(), y.view(), 0.99).unwrap();
/// assert!((bound.lower_limit - 5.0).abs() < 1e-10);
/// ```
///
/// # Errors
/// [`Undefined`] for samples of different shapes, fewer than 16 rows or than twice the columns, or
/// values that are not finite.
pub fn gelbrich_from_pairs(x: ArrayView2<f64>, y: ArrayView2<f64>, limit: f64) -> Result<GelbrichBound, Undefined> {
    let n = x.nrows();
    if x.dim() != y.dim() {
        return Err(Undefined::because("paired samples have one shape"));
    }
    let blocks = BLOCKS.min(n / 2);
    if blocks < 8 || n < 2 * x.ncols() {
        return Err(Undefined::because(format!("{n} pairs are too few for a bound in {} dimensions", x.ncols())));
    }
    if x.iter().chain(y.iter()).any(|v| !v.is_finite()) {
        return Err(Undefined::because("a sample has a value that is not finite"));
    }
    let [x, y] = &near_origin([x, y]);
    let (x, y) = (x.view(), y.view());
    let whole = squared(x, y, &(0..n).collect::<Vec<_>>());
    let left_out: Vec<f64> = (0..blocks)
        .map(|block| {
            let out = block * n / blocks..(block + 1) * n / blocks;
            squared(x, y, &(0..n).filter(|row| !out.contains(row)).collect::<Vec<_>>())
        })
        .collect();
    let b = blocks as f64;
    let mean = left_out.iter().sum::<f64>() / b;
    let value = b * whole - (b - 1.0) * mean;
    let standard_error = ((b - 1.0) / b * left_out.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>()).sqrt();
    let lower_limit = (value - student_quantile(limit, b - 1.0) * standard_error).max(0.0).sqrt();
    Ok(GelbrichBound { squared: value, standard_error, lower_limit })
}

fn squared(x: ArrayView2<f64>, y: ArrayView2<f64>, rows: &[usize]) -> f64 {
    let n = rows.len() as f64;
    let moments = |sample: ArrayView2<f64>| -> (Array1<f64>, Array2<f64>) {
        let chosen = sample.select(Axis(0), rows);
        let mean = chosen.sum_axis(Axis(0)) / n;
        let factor = (&chosen - &mean).reversed_axes() / (n - 1.0).sqrt();
        (mean, factor)
    };
    let ((mean, factor), (other_mean, other_factor)) = (moments(x), moments(y));
    let distance = wasserstein_2(&(mean - other_mean), &factor.as_standard_layout().to_owned(), &other_factor.as_standard_layout().to_owned());
    distance * distance
}
