//! The law of the noise of a squared norm: a quadratic form in normal variables, by its power sums
//! and a saddlepoint.

use super::normal_tail;

/// The law of `Q − E Q` for `Q = Σ_i w_i χ²` plus what a mean adds along one direction.
///
/// ```text
/// log E e^{sQ} = Σ_i (−½ log(1 − 2 w_i s) − w_i s) + 2 M d s²/(1 − 2ds)
/// ```
///
/// with `d` the variance along the mean and `M` its squared length. The distribution function is
/// Lugannani and Rice's saddlepoint formula. Sources: Kuonen (1999), doi 10.1093/biomet/86.4.929;
/// Lugannani and Rice (1980), doi 10.2307/1426607.
pub(super) struct NoiseLaw {
    /// Weights with their multiplicities.
    terms: Vec<(f64, f64)>,
    /// `d`, at most the largest weight: beyond it the law would not move upwards with `M`, as it
    /// must.
    along: f64,
}

/// Weights that are kept one by one; smaller ones are taken together as equal weights with their
/// sum and sum of squares.
const KEPT: usize = 12;
/// Halvings of a bracket; each takes a bit off the error.
const HALVINGS: usize = 40;
/// Nearer to the mean than this many deviations the formula's two poles cancel badly and its limit
/// is used.
const CENTRE: f64 = 1e-4;

impl NoiseLaw {
    /// The law of weights measured as `sample`, in falling order and more spread than the true
    /// ones, whose `Σ w` and `Σ w²` are known without that bias; and the variance along the
    /// measured mean.
    pub(super) fn new(sample: &[f64], sums: [f64; 2], along: f64) -> Self {
        let [first, second] = [sums[0].max(0.0), sums[1].max(0.0)];
        let along = along.max(0.0);
        if second <= 0.0 || sample.is_empty() {
            return NoiseLaw { terms: Vec::new(), along };
        }
        // Drawn together about their mean until the squares are right.
        let count = sample.len() as f64;
        let (mean, least) = (first / count, first * first / count);
        let excess = sample.iter().map(|w| w * w).sum::<f64>() - least;
        let share = if excess > 0.0 { ((second - least) / excess).clamp(0.0, 1.0).sqrt() } else { 0.0 };
        let weights: Vec<f64> = sample.iter().map(|w| share.mul_add(w - mean, mean).max(0.0)).collect();
        let (large, rest) = weights.split_at(weights.len().min(KEPT));
        let mut terms: Vec<(f64, f64)> = large.iter().map(|w| (*w, 1.0)).collect();
        let (sum, squares) = rest.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        if squares > 0.0 {
            terms.push((squares / sum, sum * sum / squares));
        }
        let largest = terms.first().map_or(0.0, |(w, _)| *w);
        NoiseLaw { terms, along: along.min(largest) }
    }

    /// Variance with a mean of squared length `m`.
    pub(super) fn variance(&self, m: f64) -> f64 {
        2.0 * self.terms.iter().map(|(w, n)| n * w * w).sum::<f64>() + 4.0 * m.max(0.0) * self.along
    }

    /// `P(Q − E Q ≤ x)` with a mean of squared length `m`.
    pub(super) fn at(&self, x: f64, m: f64) -> f64 {
        let m = m.max(0.0);
        let (deviation, along) = (self.variance(m).sqrt(), self.along);
        if deviation <= 0.0 {
            return if x < 0.0 { 0.0 } else { 1.0 };
        }
        let terms = &self.terms;
        // K' rises from −Σ w − M at −∞ to ∞ at the pole of the largest weight.
        let slope = |s: f64| {
            let own: f64 = terms.iter().map(|(w, n)| 2.0 * n * w * w * s / (1.0 - 2.0 * w * s)).sum();
            let pole = 1.0 - 2.0 * along * s;
            own + 4.0 * m * along * s * (1.0 - along * s) / (pole * pole)
        };
        let pole = 0.5 / terms.iter().fold(if m > 0.0 { along } else { 0.0 }, |largest, (w, _)| largest.max(*w));
        let end = -(terms.iter().map(|(w, n)| n * w).sum::<f64>() + m);
        if x <= end {
            return 0.0;
        }
        if x.abs() < CENTRE * deviation {
            let skewness =
                (8.0 * terms.iter().map(|(w, n)| n * w * w * w).sum::<f64>() + 24.0 * m * along * along) / (deviation * deviation * deviation);
            return 0.5 + skewness / (6.0 * std::f64::consts::TAU.sqrt());
        }
        let (mut low, mut high) = if x > 0.0 { (0.0, pole) } else { (-1.0 / deviation, 0.0) };
        while x < 0.0 && slope(low) > x && low > -1e300 {
            low *= 2.0;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if slope(middle) < x { low = middle } else { high = middle }
        }
        let s = 0.5 * (low + high);
        let ratio = 1.0 - 2.0 * along * s;
        let cumulant = terms.iter().map(|(w, n)| n * (-0.5 * libm::log1p(-2.0 * w * s) - w * s)).sum::<f64>() + 2.0 * m * along * s * s / ratio;
        let curvature = terms.iter().map(|(w, n)| 2.0 * n * w * w / ((1.0 - 2.0 * w * s) * (1.0 - 2.0 * w * s))).sum::<f64>()
            + 4.0 * m * along / (ratio * ratio * ratio);
        let r = (2.0 * s.mul_add(x, -cumulant)).max(0.0).sqrt().copysign(s);
        let u = s * curvature.sqrt();
        if r == 0.0 || u == 0.0 {
            return 0.5;
        }
        let density = libm::exp(-0.5 * r * r) / std::f64::consts::TAU.sqrt();
        (1.0 - normal_tail(r) + density * (1.0 / r - 1.0 / u)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::NoiseLaw;
    use crate::random::{Noise, RngKey};

    #[test]
    fn one_or_equal_weights_give_chi_square_laws() {
        // χ²_1 and χ²_4 at their 2.5, 50 and 97.5 % points; the formula's own error is largest for
        // χ²_1: 1.1 % at the median, 0.3 % at the tails.
        for (weights, freedom, points) in
            [(vec![1.0], 1.0, [0.000_982_07, 0.454_936, 5.023_886]), (vec![1.0; 4], 4.0, [0.484_419, 3.356_694, 11.143_287])]
        {
            let law = NoiseLaw::new(&weights, [freedom, freedom], 0.0);
            for (p, point) in [0.025, 0.5, 0.975].into_iter().zip(points) {
                let at = law.at(point - freedom, 0.0);
                assert!((at - p).abs() < if p == 0.5 { 0.011 } else { 0.0035 }, "{freedom} {p} {at}");
            }
        }
    }

    #[test]
    fn unequal_weights_and_a_mean_agree_with_drawn_forms() {
        let weights: [f64; 4] = [1.0, 0.5, 0.25, 0.125];
        let sums = [1.0, 2.0].map(|p| weights.iter().map(|w| libm::pow(*w, p)).sum::<f64>());

        let mut noise = Noise::at(RngKey::root(3).within("forms"));
        let m: f64 = 2.0;
        let law = NoiseLaw::new(&weights, sums, weights[1]);
        let draws = 20_000;
        let mut below = [0usize; 5];
        let points = [-1.7, -1.0, 0.0, 2.0, 6.0];
        for _ in 0..draws {
            let z = noise.normal_vector(4);
            let form: f64 = weights.iter().zip(&z).map(|(w, z)| w * (z * z - 1.0)).sum::<f64>() + 2.0 * m.sqrt() * weights[1].sqrt() * z[1];
            points.iter().zip(&mut below).for_each(|(point, count)| *count += usize::from(form <= *point));
        }
        for (point, count) in points.into_iter().zip(below) {
            let (share, at) = (count as f64 / draws as f64, law.at(point, m));
            // 4.42 standard errors of a share (false alarm 1e-5) and 1 % for the formula.
            assert!((share - at).abs() < 4.42 * 0.5 / (draws as f64).sqrt() + 0.01, "{point}: {share} {at}");
        }
    }
}
