//! The law of the noise of a squared norm: a quadratic form in normal variables, by its power sums and a saddlepoint.

use super::normal_tail;

/// The law of `Q − E Q` for `Q = Σ_i w_i χ²` plus what a mean adds along one direction.
///
/// ```text
/// log E e^{sQ} = −½ log(1 − 2as) − ½ m log(1 − 2bs) + 2 M d s²/(1 − 2ds) − (a + mb) s
/// ```
///
/// One weight `a` and `m` equal weights `b` share the first three power sums of the true ones, so that mean, variance, skewness and the lower end of the law are right; `d` is the
/// variance along the mean, `M` its squared length. The distribution function is Lugannani and Rice's saddlepoint formula. Sources: Kuonen (1999), doi 10.1093/biomet/86.4.929; Lugannani and
/// Rice (1980), doi 10.2307/1426607.
pub(super) struct NoiseLaw {
    large: f64,
    small: f64,
    freedom: f64,
    /// Variance along the measured mean, noise and all.
    along: f64,
    /// `Σ w`, `Σ w²`.
    sums: [f64; 2],
}

/// Halvings of a bracket; each takes a bit off the error.
const HALVINGS: usize = 40;
/// Nearer to the mean than this many deviations the formula's two poles cancel badly and its limit is used.
const CENTRE: f64 = 1e-4;

impl NoiseLaw {
    /// The law from the power sums `Σ w`, `Σ w²`, `Σ w³` of the weights and the variance along the mean.
    pub(super) fn new(sums: [f64; 3], along: f64) -> Self {
        let [first, second, third] = sums;
        if second <= 0.0 {
            return NoiseLaw { large: 0.0, small: 0.0, freedom: 0.0, along: along.max(0.0), sums: [first.max(0.0), 0.0] };
        }
        // a³ + (Σw² − a²)²/(Σw − a) = Σw³ for a between the equal weights' one and the largest one that Σw² allows; where sampling put Σw³ outside, the nearer end.
        let (mut low, mut high) = (second / first, second.sqrt().min(first));
        let cube = |a: f64| {
            let rest = (second - a * a).max(0.0);
            a * a * a + if first > a { rest * rest / (first - a) } else { 0.0 }
        };
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if cube(middle) < third { low = middle } else { high = middle }
        }
        let large = 0.5 * (low + high);
        let (left, square) = ((first - large).max(0.0), (second - large * large).max(0.0));
        let small = if left > 0.0 { square / left } else { 0.0 };
        NoiseLaw { large, small, freedom: if small > 0.0 { left / small } else { 0.0 }, along: along.max(0.0), sums: [first, second] }
    }

    /// `d` for a mean of squared length `m`. The measured mean is that mean and noise of squared length `Σ w`, along which the variance is `Σ w²/Σ w` on average; what is measured along
    /// both, `(m d + Σ w²)/(m + Σ w)`, is solved for `d`, within the limits that the weights set.
    fn direction(&self, m: f64) -> f64 {
        let [first, second] = self.sums;
        if m <= 0.0 { 0.0 } else { ((m + first).mul_add(self.along, -second) / m).clamp(0.0, second.sqrt().max(0.0)) }
    }

    /// Variance with a mean of squared length `m`.
    pub(super) fn variance(&self, m: f64) -> f64 {
        2.0 * (self.large * self.large + self.freedom * self.small * self.small) + 4.0 * m.max(0.0) * self.direction(m)
    }

    /// `P(Q − E Q ≤ x)` with a mean of squared length `m`.
    pub(super) fn at(&self, x: f64, m: f64) -> f64 {
        let m = m.max(0.0);
        let (deviation, along) = (self.variance(m).sqrt(), self.direction(m));
        if deviation <= 0.0 {
            return if x < 0.0 { 0.0 } else { 1.0 };
        }
        let terms = [(self.large, 1.0), (self.small, self.freedom)];
        // K' from −(a + mb) − Md/2 at −∞ to ∞ at the pole of the largest weight.
        let slope = |s: f64| {
            let own: f64 = terms.iter().map(|(w, n)| 2.0 * n * w * w * s / (1.0 - 2.0 * w * s)).sum();
            let pole = 1.0 - 2.0 * along * s;
            own + 4.0 * m * along * s * (1.0 - along * s) / (pole * pole)
        };
        let pole = 0.5 / self.large.max(self.small).max(if m > 0.0 { along } else { 0.0 });
        let end = -(self.large + self.freedom * self.small + m);
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
    use crate::random::{Address, Noise};

    #[test]
    fn one_or_equal_weights_give_chi_square_laws() {
        // χ²_1 and χ²_4 at their 2.5, 50 and 97.5 % points; the formula's own error is largest for χ²_1: 1.1 % at the median, 0.3 % at the tails.
        for (sums, freedom, points) in
            [([1.0, 1.0, 1.0], 1.0, [0.000_982_07, 0.454_936, 5.023_886]), ([4.0, 4.0, 4.0], 4.0, [0.484_419, 3.356_694, 11.143_287])]
        {
            let law = NoiseLaw::new(sums, 0.0);
            for (p, point) in [0.025, 0.5, 0.975].into_iter().zip(points) {
                let at = law.at(point - freedom, 0.0);
                assert!((at - p).abs() < if p == 0.5 { 0.011 } else { 0.0035 }, "{freedom} {p} {at}");
            }
        }
    }

    #[test]
    fn unequal_weights_and_a_mean_agree_with_drawn_forms() {
        let weights: [f64; 4] = [1.0, 0.5, 0.25, 0.125];
        let sums = [1.0, 2.0, 3.0].map(|p| weights.iter().map(|w| libm::pow(*w, p)).sum::<f64>());

        let mut noise = Noise::at(Address::root(3).within("forms"));
        let m: f64 = 2.0;
        // What is measured along the mean and its noise.
        let law = NoiseLaw::new(sums, (m * weights[1] + sums[1]) / (m + sums[0]));
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
