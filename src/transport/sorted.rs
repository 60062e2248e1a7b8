//! The distance of two samples on the line, by sorting.

use super::ascending::ascending;
use crate::stats::Undefined;
use rayon::prelude::*;

/// Gaps that one partial sum takes, on whatever thread.
const BLOCK: usize = 1 << 14;
/// Partial sums side by side in a block.
const LANES: usize = 8;

/// `W_p` (itself, not its power) of two samples on the line, of any sizes, for `order ≥ 1`.
///
/// ```text
/// W_p^p = ∫_0^1 |F^{-1}(u) − G^{-1}(u)|^p du
/// ```
///
/// Gaps are measured in units of the largest one, so that no power leaves the range of numbers:
/// right up to rounding for samples of any scale. The same bits for any number of threads. Equal
/// samples in any order give 0 exactly.
///
/// ```
/// use rtrl_lab::transport::wasserstein_1d;
/// assert_eq!(wasserstein_1d(&[0.0, 1.0], &[3.0, 2.0], 1.0).unwrap(), 2.0);
/// assert_eq!(
///     wasserstein_1d(&[1e200, 0.0], &[4e200, 0.0, 0.0, 4e200], 2.0).unwrap(),
///     4.5f64.sqrt() * 1e200
/// );
/// ```
///
/// # Errors
/// [`Undefined`] for an empty sample, a value that is not finite, an order below 1, or a gap that
/// overflows.
pub fn wasserstein_1d(x: &[f64], y: &[f64], order: f64) -> Result<f64, Undefined> {
    if !(order >= 1.0 && order.is_finite()) {
        return Err(Undefined::because(format!("the order of a Wasserstein distance is at least 1, not {order}")));
    }
    let sorted = |values: &[f64]| {
        // A value that is not finite makes the sum of its block's zeros not a number.
        let finite = values.par_chunks(BLOCK).all(|block| block.iter().fold(0.0, |sum, value| sum + value * 0.0) == 0.0);
        if values.is_empty() || !finite {
            return Err(Undefined::because("a distance needs two non-empty samples of finite values"));
        }
        Ok(ascending(values))
    };
    let (x, y) = rayon::join(|| sorted(x), || sorted(y));
    in_range(between_sorted(&x?, &y?, order))
}

/// [`wasserstein_1d`] of order 1 for samples that are in ascending order already, with the same
/// bits.
///
/// # Errors
/// [`Undefined`] for an empty sample, one that is not finite or not ascending, or a gap that
/// overflows.
pub(crate) fn wasserstein_1d_ascending(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    // What lies between finite ends in order is finite.
    let right =
        |values: &[f64]| values.is_sorted() && values.first().zip(values.last()).is_some_and(|(low, high)| low.is_finite() && high.is_finite());
    if !(right(x) && right(y)) {
        return Err(Undefined::because("a distance needs two non-empty samples of finite values, here in ascending order"));
    }
    in_range(between_sorted(x, y, 1.0))
}

fn in_range(distance: f64) -> Result<f64, Undefined> {
    if distance.is_finite() { Ok(distance) } else { Err(Undefined::because("the samples lie too far apart for a number: rescale them")) }
}

/// `W_p` of two ascending samples; infinite where a gap overflows.
pub(super) fn between_sorted(x: &[f64], y: &[f64], order: f64) -> f64 {
    if order == 1.0 {
        let plain = mean(x, y, |gap| gap);
        // Else the sum overflows, which the mean need not.
        if plain.is_finite() {
            return plain;
        }
    }
    let largest = if x.len() == y.len() {
        let parts: Vec<f64> = blocks(x, y).map(|(x, y)| lanes(x, y, |gap| gap, |top, gap| if gap > top { gap } else { top })).collect();
        parts.into_iter().fold(0.0, f64::max)
    } else {
        let mut largest = 0.0f64;
        couple(x.len(), y.len(), |i, j, _| largest = largest.max((x[i] - y[j]).abs()));
        largest
    };
    if largest == 0.0 || largest == f64::INFINITY {
        return largest;
    }
    if order == 1.0 || order == 2.0 {
        // A power of two keeps every digit of a gap.
        let scale = libm::ldexp(1.0, libm::ilogb(largest).clamp(-1020, 1020));
        let shrink = 1.0 / scale;
        return if order == 1.0 { scale * mean(x, y, |gap| gap * shrink) } else { scale * mean(x, y, |gap| (gap * shrink) * (gap * shrink)).sqrt() };
    }
    largest * libm::pow(mean(x, y, |gap| libm::pow(gap / largest, order)), 1.0 / order)
}

/// The mean of `power` of the gaps under the monotone coupling.
fn mean(x: &[f64], y: &[f64], power: impl Fn(f64) -> f64 + Sync) -> f64 {
    if x.len() == y.len() {
        let parts: Vec<f64> = blocks(x, y).map(|(x, y)| lanes(x, y, &power, |sum, value| sum + value)).collect();
        return parts.into_iter().sum::<f64>() / x.len() as f64;
    }
    let mut total = 0.0;
    couple(x.len(), y.len(), |i, j, mass| total += mass as f64 * power((x[i] - y[j]).abs()));
    total / (x.len() as f64 * y.len() as f64)
}

/// Equal samples in blocks that do not depend on the number of threads.
fn blocks<'a>(x: &'a [f64], y: &'a [f64]) -> impl IndexedParallelIterator<Item = (&'a [f64], &'a [f64])> {
    x.par_chunks(BLOCK).zip(y.par_chunks(BLOCK)).with_min_len(2)
}

/// Merges the gaps of one block, each seen through `of`: lane by lane, then the lanes in order.
fn lanes(x: &[f64], y: &[f64], of: impl Fn(f64) -> f64, merge: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for (x, y) in x.chunks(LANES).zip(y.chunks(LANES)) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane = merge(*lane, of((x - y).abs()));
        }
    }
    lanes.into_iter().fold(0.0, merge)
}

/// Walks the monotone coupling of `n` and `m` ascending points: pairs (i, j) and their mass in
/// units of 1/(n m).
pub(super) fn couple(n: usize, m: usize, mut visit: impl FnMut(usize, usize, usize)) {
    let (mut i, mut j, mut done) = (0, 0, 0);
    while i < n && j < m {
        let (end_x, end_y) = ((i + 1) * m, (j + 1) * n);
        let end = end_x.min(end_y);
        visit(i, j, end - done);
        done = end;
        i += usize::from(end_x == end);
        j += usize::from(end_y == end);
    }
}
