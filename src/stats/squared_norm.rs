//! The squared norm of a mean vector without its noise bias.

use super::noise_law::NoiseLaw;
use super::units::{Units, in_range};
use super::{Estimate, Undefined, normal_quantile, student_quantile};
use crate::linalg::jacobi_svd;
use crate::simd::dense;
use ndarray::Array2;

/// Most vectors from which the law of the noise is taken; more are averaged in batches first, which
/// leaves that law as it is.
const MOST: usize = 256;
/// Halvings of the bracket in which an end of the interval lies; each takes a bit off its error.
const HALVINGS: usize = 40;

/// Estimates `‖E g‖²` from `K` independent vectors.
///
/// ```text
/// U = ( ‖Σ g_k‖² − Σ ‖g_k‖² ) / ( K (K − 1) )
/// ```
///
/// The squared norm of the mean itself is biased upwards by the noise; `U` is not, and can be
/// negative. Its law is skewed near zero, and its variance grows with the very number that is
/// estimated, so the interval inverts a test: it holds every `M` for which `U − M` lies between the
/// quantiles of its law under `‖E g‖² = M`, that of a quadratic form in normal variables,
///
/// ```text
/// U − M ~ Σ_i w_i (χ²_i − 1) + 2 √(M d) Z,   w = eigenvalues of Σ/K,
///     d = (ḡ'Σ ḡ/K − Σ w² + s d₀) / (U⁺ + s) ≤ max w
/// ```
///
/// with `Σ` the covariance of `g`; the variance `d` along the mean is drawn by `s = √(½ Σ w²)`,
/// half the size of the noise, to `d₀ = Σ w²/Σ w`, that of a direction which noise takes.
/// Eigenvalues of a sample are too far apart; they are drawn together until `Σ w²` is what the
/// products of distinct vectors say. Deviations are divided by Student's factor for `K − 1` degrees
/// of freedom; where `U` is less than `M`, only the part of their variance that the mean adds.
/// Below zero the law is the one at `M = 0`; no square lies there, so an interval that would end
/// below zero ends at zero. Sources: cumulants of quadratic forms, Mathai and Provost (1992), ISBN
/// 9780824786915; the law by Kuonen (1999), doi 10.1093/biomet/86.4.929.
///
/// ```
/// let u = rtrl_lab::stats::squared_norm_of_mean(
///     &[vec![1.0, 0.0], vec![1.0, 0.0], vec![1.0, 0.0]],
///     0.95,
/// )
/// .unwrap();
/// assert_eq!((u.value, u.lower, u.upper), (1.0, 1.0, 1.0));
/// ```
///
/// # Errors
/// [`Undefined`] with fewer than three vectors, an entry that is not finite, or squares that are
/// too large or too small for a number.
pub fn squared_norm_of_mean(vectors: &[Vec<f64>], level: f64) -> Result<Estimate, Undefined> {
    squared_norm_of_mean_at(vectors, [level]).map(|[estimate]| estimate)
}

/// [`squared_norm_of_mean`] at several levels, from one law of the noise.
///
/// ```
/// let vectors = [vec![1.0], vec![3.0], vec![2.0], vec![2.5]];
/// let [narrow, wide] = rtrl_lab::stats::squared_norm_of_mean_at(&vectors, [0.9, 0.99]).unwrap();
/// assert_eq!(wide, rtrl_lab::stats::squared_norm_of_mean(&vectors, 0.99).unwrap());
/// assert!(wide.lower < narrow.lower && narrow.upper < wide.upper);
/// ```
///
/// # Errors
/// As [`squared_norm_of_mean`].
pub fn squared_norm_of_mean_at<const L: usize>(vectors: &[Vec<f64>], levels: [f64; L]) -> Result<[Estimate; L], Undefined> {
    let count = vectors.len();
    if count < 3 {
        return Err(Undefined::because("the squared norm of a mean needs at least three independent vectors"));
    }
    if vectors.iter().flatten().any(|x| !x.is_finite()) {
        return Err(Undefined::because("a vector has an entry that is not finite"));
    }
    let units = Units::of_size(vectors.iter().flatten().fold(0.0, |size, x| x.abs().max(size)));
    if !units.is_plain() {
        // Squares would leave the range of numbers; the estimate itself need not.
        let inside: Vec<Vec<f64>> = vectors.iter().map(|vector| units.apply(vector).into_owned()).collect();
        let own = |e: Estimate| {
            let [value, standard_error, lower, upper] = [e.value, e.standard_error, e.lower, e.upper].map(|x| units.square(x));
            Estimate { value, standard_error, lower, upper, level: e.level }
        };
        let estimates = squared_norm_of_mean_at(&inside, levels)?.map(own);
        for estimate in &estimates {
            in_range(estimate.upper, "the squared norm of the mean")?;
        }
        return Ok(estimates);
    }
    let mut sum = vec![0.0; vectors[0].len()];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x);
    }
    let (k, total) = (count as f64, vectors.iter().map(|vector| dot(vector, vector)).sum::<f64>());
    let value = (dot(&sum, &sum) - total) / (k * (k - 1.0));
    let law = noise_law(vectors, value);
    Ok(levels.map(|level| {
        let tail = 0.5 + level / 2.0;
        let segment = student_quantile(tail, k - 1.0) / normal_quantile(tail);
        let (lower, upper) = (end(&law, value, segment, tail), end(&law, value, segment, 1.0 - tail));
        Estimate { value, standard_error: law.variance(value).sqrt(), lower: lower.min(value), upper: upper.max(value).max(0.0), level }
    }))
}

/// `U` of [`squared_norm_of_mean`] alone, of vectors of `width` numbers that count more than once.
///
/// ```text
/// U = ( ‖Σ n_k g_k‖² − Σ n_k² ‖g_k‖² ) / ( (Σ n_k)² − Σ n_k² )
/// ```
///
/// Products of a vector with itself are left out, also where a resample holds it twice. NaN where
/// there is but one vector.
pub(crate) fn unbiased_square<'v>(vectors: impl Iterator<Item = (f64, &'v [f64])>, width: usize) -> f64 {
    let (mut sum, mut own, mut all, mut same) = (vec![0.0; width], 0.0, 0.0, 0.0);
    for (count, vector) in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += count * x);
        own += count * count * sum_of_squares(vector);
        all += count;
        same += count * count;
    }
    (sum_of_squares(&sum) - own) / (all * all - same)
}

/// `Σ x²`.
pub(crate) fn sum_of_squares(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = [0.0];
    dense::apply(a, b, &mut sum);
    sum[0]
}

fn noise_law(vectors: &[Vec<f64>], value: f64) -> NoiseLaw {
    let batched = batches(vectors);
    let count = batched.len();
    let k = count as f64;
    let mut mean = vec![0.0; batched[0].len()];
    batched.iter().for_each(|vector| mean.iter_mut().zip(vector).for_each(|(m, x)| *m += x / k));
    let width = mean.len();
    let residuals: Vec<f64> = batched.iter().flat_map(|vector| vector.iter().zip(&mean).map(|(x, m)| x - m)).collect();
    let mut gram = vec![0.0; count * count];
    for (row, residual) in gram.chunks_exact_mut(count).zip(residuals.chunks_exact(width)) {
        dense::apply(&residuals, residual, row);
    }
    let all = k * (k - 1.0);
    let trace = gram.iter().step_by(count + 1).sum::<f64>() / all;
    // Centring takes one of K degrees of freedom.
    let freedom = k / (k - 1.0);
    let apart = |(place, product): (usize, &f64)| if place % (count + 1) == 0 { 0.0 } else { freedom * product / all };
    let squares = gram.iter().enumerate().map(apart).map(|x| x * x).sum::<f64>();
    let mut projected = vec![0.0; count];
    dense::apply(&residuals, &mean, &mut projected);
    let along = projected.iter().map(|x| x * x).sum::<f64>() / all;
    // Eigenvalues of the sample's covariance, by the smaller matrix that has them.
    let mut weights: Vec<f64> = if width <= count {
        jacobi_svd(&Array2::from_shape_fn((count, width), |(i, j)| residuals[i * width + j])).values.iter().map(|s| s * s / all).collect()
    } else {
        jacobi_svd(&Array2::from_shape_fn((count, count), |(i, j)| gram[i * count + j])).values.iter().map(|s| s / all).collect()
    };
    // Centred vectors have one direction less than their number.
    weights.truncate(count - 1);
    // ḡ'Σ̂ḡ/K expects M d and what the noise of the mean adds, tr Σ²/K².
    let own = (along - squares).max(0.0);
    // Where M is lost in the noise the direction is too: the variance that noise itself has along
    // itself, with half the weight of the noise.
    let (prior, usual) = ((0.5 * squares).sqrt(), if trace > 0.0 { squares / trace } else { 0.0 });
    let length = value.max(0.0) + prior;
    NoiseLaw::new(&weights, [trace, squares], if length > 0.0 { prior.mul_add(usual, own) / length } else { 0.0 })
}

/// The `M` at which `u` is the `p`-quantile of its law, deviations stretched.
fn end(law: &NoiseLaw, u: f64, segment: f64, p: f64) -> f64 {
    let scale = law.variance(u).sqrt();
    if scale <= 0.0 {
        return u;
    }
    // Falls with M: the larger the true value, the less likely that U is as small as it is.
    let null = law.variance(0.0);
    let above = |m: f64| {
        // Sums of squares have an end below, which an error of the scale does not move as it moves
        // a tail: there the factor is for what the mean adds.
        let share = if p < 0.5 { 1.0 - null / law.variance(m) } else { 1.0 };
        law.at((u - m) / share.mul_add(segment * segment - 1.0, 1.0).sqrt(), m) > p
    };
    let (mut low, mut high) = (u, u);
    let mut step = scale;
    while !above(low) && step.is_finite() {
        (low, step) = (u - step, 2.0 * step);
    }
    step = scale;
    while above(high) && step.is_finite() {
        (high, step) = (u + step, 2.0 * step);
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if above(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// At most [`MOST`] vectors: means over consecutive batches whose lengths differ by one at most.
fn batches(vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = vectors.len().min(MOST);
    (0..count)
        .map(|batch| {
            let members = &vectors[batch * vectors.len() / count..(batch + 1) * vectors.len() / count];
            let mut mean = vec![0.0; members[0].len()];
            members.iter().for_each(|vector| mean.iter_mut().zip(vector).for_each(|(m, x)| *m += x / members.len() as f64));
            mean
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square is no smaller than zero, whatever its estimate without noise bias is.
    #[test]
    fn an_interval_of_a_square_does_not_end_below_zero() {
        let drawn = |seed: u64| -> Vec<Vec<f64>> {
            let mut noise = crate::random::Noise::at(crate::random::RngKey::root(seed).within("square"));
            (0..16).map(|_| noise.normal_vector(3)).collect()
        };
        let squares: Vec<Estimate> = (0..400).map(|seed| squared_norm_of_mean(&drawn(seed), 0.95).unwrap()).collect();
        assert!(squares.iter().all(|square| square.upper >= 0.0 && square.value < square.upper));
        // Vectors that happen to cancel are compatible with a mean of length zero, and with nothing
        // else.
        assert!(squares.iter().any(|square| square.value < 0.0 && square.upper == 0.0));
    }
}
