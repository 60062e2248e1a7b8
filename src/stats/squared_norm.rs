//! The squared norm of a mean vector without its noise bias.

use super::{Estimate, Undefined, normal_quantile, student_quantile};

/// Most vectors from which the law of the noise is taken; more are averaged in batches first, which leaves that law as it is.
const MOST: usize = 256;
/// Largest skewness of a weighted sum of centred squares: that of a single one.
const MOST_SKEWED: f64 = 2.828_427_124_746_190_3;
/// Halvings of the bracket in which an end of the interval lies; each takes a bit off its error.
const HALVINGS: usize = 60;

/// Estimates `‖E g‖²` from `K` independent vectors.
///
/// ```text
/// U = ( ‖Σ g_k‖² − Σ ‖g_k‖² ) / ( K (K − 1) )
/// ```
///
/// The squared norm of the mean itself is biased upwards by the noise; `U` is not, and can be negative. Its law is skewed near zero, and its variance grows with the very
/// number that is estimated, so the interval inverts a test: it holds every `M` for which `U` lies between the quantiles of its law under `‖E g‖² = M`, the gamma law of
///
/// ```text
/// mean M,   variance 2 tr Σ²/K² + 4 M λ₁/K,   third cumulant 8 tr Σ³/K³ + 24 M λ₂/K²,   λ_j = ḡ'Σ^j ḡ / ḡ'ḡ
/// ```
///
/// with `Σ` the covariance of `g`, whose traces come from products of distinct vectors, and with quantiles stretched by Student's factor for `K − 1` degrees of freedom. Below
/// zero the law is the one at `M = 0`. Source: cumulants of quadratic forms, Mathai and Provost (1992), ISBN 9780824786915; gamma quantiles after Wilson and Hilferty (1931),
/// doi 10.1073/pnas.17.12.684.
///
/// ```
/// let u = rtrl_lab::stats::squared_norm_of_mean(&[vec![1.0, 0.0], vec![1.0, 0.0], vec![1.0, 0.0]], 0.95).unwrap();
/// assert_eq!((u.value, u.lower, u.upper), (1.0, 1.0, 1.0));
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
    let (k, total) = (count as f64, vectors.iter().map(|vector| dot(vector, vector)).sum::<f64>());
    let value = (dot(&sum, &sum) - total) / (k * (k - 1.0));
    let law = NullLaw::of(vectors, level);
    let (lower, upper) = (law.end(value, 0.5 + level / 2.0), law.end(value, 0.5 - level / 2.0));
    Ok(Estimate { value, standard_error: law.variance(value).sqrt(), lower: lower.min(value), upper: upper.max(value), level })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (x, y)| x.mul_add(*y, sum))
}

/// The law of `U − M` as a function of `M`.
struct NullLaw {
    /// Variance and third cumulant at `M = 0`.
    noise: [f64; 2],
    /// What they gain for each unit of `M`.
    slope: [f64; 2],
    /// Student's quantile over the normal one.
    stretch: f64,
}

impl NullLaw {
    fn of(vectors: &[Vec<f64>], level: f64) -> Self {
        let batched = batches(vectors);
        let count = batched.len();
        let k = count as f64;
        let mut mean = vec![0.0; batched[0].len()];
        batched.iter().for_each(|vector| mean.iter_mut().zip(vector).for_each(|(m, x)| *m += x / k));
        let residuals: Vec<Vec<f64>> = batched.iter().map(|vector| vector.iter().zip(&mean).map(|(x, m)| x - m).collect()).collect();
        // Centring takes one of K degrees of freedom.
        let freedom = k / (k - 1.0);
        let mut gram = vec![0.0; count * count];
        for i in 0..count {
            for j in 0..i {
                let product = freedom * dot(&residuals[i], &residuals[j]) / (k * (k - 1.0));
                (gram[i * count + j], gram[j * count + i]) = (product, product);
            }
        }
        let along: Vec<f64> = residuals.iter().map(|residual| freedom.sqrt() * dot(residual, &mean)).collect();
        let (mut cube, mut through) = (0.0, 0.0);
        for i in 0..count {
            let row = &gram[i * count..(i + 1) * count];
            through = along[i].mul_add(dot(row, &along), through);
            // tr A³ = Σ_{ij} A_ij (A²)_ij, every pair once.
            for j in 0..i {
                cube = (2.0 * row[j]).mul_add(dot(row, &gram[j * count..(j + 1) * count]), cube);
            }
        }
        let length = dot(&mean, &mean);
        let per_length = |x: f64| if length > 0.0 { x.max(0.0) / length } else { 0.0 };
        let tail = 0.5 + level / 2.0;
        NullLaw {
            noise: [2.0 * dot(&gram, &gram), 8.0 * cube],
            slope: [per_length(4.0 * dot(&along, &along) / (k * k)), per_length(24.0 * through / (k * k))],
            stretch: student_quantile(tail, vectors.len() as f64 - 1.0) / normal_quantile(tail),
        }
    }

    fn variance(&self, m: f64) -> f64 {
        self.slope[0].mul_add(m.max(0.0), self.noise[0])
    }

    /// The quantile of `U − M`.
    fn quantile(&self, p: f64, m: f64) -> f64 {
        let variance = self.variance(m);
        if variance <= 0.0 {
            return 0.0;
        }
        let deviation = variance.sqrt();
        let skewness = (self.slope[1].mul_add(m.max(0.0), self.noise[1]) / (variance * deviation)).clamp(0.0, MOST_SKEWED);
        self.stretch * deviation * gamma_quantile(normal_quantile(p), skewness)
    }

    /// The `M` at which `u` is the `p`-quantile of its law.
    fn end(&self, u: f64, p: f64) -> f64 {
        let above = |m: f64| u - m - self.quantile(p, m);
        if above(0.0) <= 0.0 {
            return u - self.quantile(p, 0.0);
        }
        let (mut low, mut high) = (0.0, u.abs() + self.noise[0].sqrt());
        while above(high) > 0.0 && high.is_finite() {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if above(middle) > 0.0 { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}

/// The quantile of a gamma law of mean 0, variance 1 and the given skewness, from the normal quantile `z`; the normal one without skewness.
fn gamma_quantile(z: f64, skewness: f64) -> f64 {
    const STRAIGHT: f64 = 1e-4;
    if skewness < STRAIGHT {
        return z;
    }
    let freedom = 8.0 / (skewness * skewness);
    let ninth = 2.0 / (9.0 * freedom);
    let root = z.mul_add(ninth.sqrt(), 1.0 - ninth).max(0.0);
    (freedom * root * root * root - freedom) / (2.0 * freedom).sqrt()
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
