//! The distance of two samples on the line, by sorting.

use crate::stats::Undefined;

/// `W_p` (itself, not its power) of two samples on the line, of any sizes, for `order ≥ 1`.
///
/// ```text
/// W_p^p = ∫_0^1 |F^{-1}(u) − G^{-1}(u)|^p du
/// ```
///
/// ```
/// use rtrl_lab::transport::wasserstein_1d;
/// assert_eq!(wasserstein_1d(&[0.0, 1.0], &[3.0, 2.0], 1.0).unwrap(), 2.0);
/// ```
///
/// # Errors
/// [`Undefined`] for an empty sample, a value that is not finite, or an order below 1.
pub fn wasserstein_1d(x: &[f64], y: &[f64], order: f64) -> Result<f64, Undefined> {
    if x.is_empty() || y.is_empty() || x.iter().chain(y).any(|v| !v.is_finite()) {
        return Err(Undefined::because("a distance needs two non-empty samples of finite values"));
    }
    if !(order >= 1.0 && order.is_finite()) {
        return Err(Undefined::because(format!("the order of a Wasserstein distance is at least 1, not {order}")));
    }
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (x, y) = (sorted(x), sorted(y));
    let power = |gap: f64| match order {
        1.0 => gap,
        2.0 => gap * gap,
        _ => libm::pow(gap, order),
    };
    // Mass in units of 1/(n m): each step moves along whichever quantile function jumps first.
    let (n, m) = (x.len(), y.len());
    let (mut i, mut j, mut done, mut total) = (0, 0, 0, 0.0);
    while i < n && j < m {
        let (end_x, end_y) = ((i + 1) * m, (j + 1) * n);
        let end = end_x.min(end_y);
        total += (end - done) as f64 * power((x[i] - y[j]).abs());
        done = end;
        i += usize::from(end_x == end);
        j += usize::from(end_y == end);
    }
    let mean = total / (n * m) as f64;
    Ok(match order {
        1.0 => mean,
        2.0 => mean.sqrt(),
        _ => libm::pow(mean, 1.0 / order),
    })
}
