//! The law of the next drive as a mixture of normal laws, and rules to integrate against it.

use super::kernel::Kernel;
use crate::simd::dense::add_scaled;
use crate::simd::elementary::exp_all;
use crate::stats::normal_tail;
use crate::theory::nodes::Nodes;

/// `Σ_j m_j N(μ_j, s²)` with signed weights, or a difference of laws in that form.
#[derive(Clone)]
pub(super) struct Mixture {
    pub centres: Vec<f64>,
    pub weights: Vec<f64>,
    pub deviation: f64,
}

impl Mixture {
    /// Mass below `v`.
    pub(super) fn below(&self, v: f64) -> f64 {
        self.sum(|z| normal_tail(-z), v)
    }

    /// Mass above `v`.
    pub(super) fn above(&self, v: f64) -> f64 {
        self.sum(normal_tail, v)
    }

    /// Density at `v`.
    pub(super) fn density(&self, v: f64) -> f64 {
        const ROOT: f64 = 2.506_628_274_631_000_5;
        let mut values: Vec<f64> = self.centres.iter().map(|centre| (v - centre) / self.deviation).map(|z| -0.5 * z * z).collect();
        exp_all(&mut values);
        values.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum::<f64>() / (ROOT * self.deviation)
    }

    fn sum(&self, f: impl Fn(f64) -> f64, v: f64) -> f64 {
        self.centres.iter().zip(&self.weights).map(|(centre, weight)| weight * f((v - centre) / self.deviation)).sum()
    }

    /// A difference of distribution functions, from the side where it is formed without loss; the
    /// masses must cancel.
    pub(super) fn change(&self, v: f64, middle: f64) -> f64 {
        if v < middle { self.below(v) } else { -self.above(v) }
    }
}

/// How a law of `(X_t, S_{t+1})` becomes a mixture: `U' = c + b S_{t+1} + w φ X_t + w ν ξ`.
///
/// A normal distribution function is entire in its mean, so the mean is carried to Chebyshev's
/// points.
pub(super) struct Mixing {
    nodes: Nodes,
    deviation: f64,
    /// Weights of each (x_k, s_l) at the nodes.
    weights: Vec<f64>,
}

impl Mixing {
    /// For laws on the grid of `kernel` and means within `ends` besides.
    pub(super) fn of(kernel: &Kernel, ends: [f64; 2]) -> Self {
        let model = &kernel.model;
        let mean = |k: usize, s: f64| model.drive(s, if kernel.states == 1 { 0.0 } else { model.phi * kernel.data[k] });
        let places: Vec<f64> = (0..kernel.states).flat_map(|k| kernel.hidden.points.iter().map(move |s| mean(k, *s))).collect();
        let (low, high) = places.iter().fold((ends[0], ends[1]), |(low, high), x| (low.min(*x), high.max(*x)));
        let deviation = model.input.abs() * model.innovation;
        let pad = 1e-9 * deviation;
        let count = (24.0 + 9.0 * 0.5 * (high - low) / deviation).ceil() as usize;
        let nodes = Nodes::on([low - pad, high + pad], count);
        let mut weights = vec![0.0; places.len() * count];
        places.iter().zip(weights.chunks_exact_mut(count)).for_each(|(place, slot)| nodes.weights_at(*place, slot));
        Mixing { nodes, deviation, weights }
    }

    /// The law of the next drive.
    pub(super) fn law(&self, law: &[f64]) -> Mixture {
        let mut out = vec![0.0; self.nodes.points.len()];
        for (mass, weights) in law.iter().zip(self.weights.chunks_exact(out.len())) {
            add_scaled(*mass, weights, &mut out);
        }
        self.mixture(out)
    }

    /// The law of the next drive from means with their masses.
    pub(super) fn of_means(&self, means: impl Iterator<Item = (f64, f64)>) -> Mixture {
        let mut out = vec![0.0; self.nodes.points.len()];
        let mut own = vec![0.0; out.len()];
        for (mean, mass) in means {
            self.nodes.weights_at(mean, &mut own);
            add_scaled(mass, &own, &mut out);
        }
        self.mixture(out)
    }

    fn mixture(&self, weights: Vec<f64>) -> Mixture {
        Mixture { centres: self.nodes.points.clone(), weights, deviation: self.deviation }
    }

    /// Where drives lie.
    pub(super) fn ends(&self) -> [f64; 2] {
        let [low, high] = self.nodes.ends();
        [low - 9.0 * self.deviation, high + 9.0 * self.deviation]
    }
}

/// Points of a Gauss–Legendre panel.
const POINTS: usize = 10;
/// Nodes and weights of a panel on [−1, 1].
pub(in crate::theory) type Rule = [[f64; 2]; POINTS];

/// Gauss–Legendre nodes and weights on [−1, 1]. Source: Golub and Welsch (1969), doi
/// 10.1090/S0025-5718-69-99647-1, for the rule; the nodes are found by Newton's method here.
pub(in crate::theory) fn legendre() -> Rule {
    let n = POINTS as f64;
    std::array::from_fn(|i| {
        let mut x = -libm::cos(std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut before, mut value) = (1.0, x);
            for k in 2..=POINTS {
                let k = k as f64;
                (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
            }
            slope = n * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        [x, 2.0 / ((1.0 - x * x) * slope * slope)]
    })
}

/// Places and weights of the composite rule: panels of half the smaller of `deviation` and 1, wider
/// where every activation is flat or straight.
pub(super) fn panels([low, high]: [f64; 2], deviation: f64) -> Vec<[f64; 2]> {
    const STRAIGHT: f64 = 20.0;
    let (mut out, mut at) = (Vec::new(), low);
    while at < high {
        let curved = at > -STRAIGHT - deviation && at < STRAIGHT;
        let width = if curved { 0.5 * deviation.min(1.0) } else { 0.5 * deviation };
        out.push([at, (at + width).min(high)]);
        at += width;
    }
    out
}

/// `∫ f` over one panel.
pub(in crate::theory) fn panel(rule: &Rule, [low, high]: [f64; 2], mut f: impl FnMut(f64) -> f64) -> f64 {
    let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
    rule.iter().map(|[x, weight]| weight * f(centre + half * x)).sum::<f64>() * half
}

/// `∫ |f|` over one panel, cut where f changes its sign.
pub(super) fn panel_of_size(rule: &Rule, [low, high]: [f64; 2], mut f: impl FnMut(f64) -> f64) -> f64 {
    let (centre, half) = (0.5 * (low + high), 0.5 * (high - low));
    let places: Vec<f64> = [low].into_iter().chain(rule.iter().map(|[x, _]| centre + half * x)).chain([high]).collect();
    let values: Vec<f64> = places.iter().map(|v| f(*v)).collect();
    let mut cuts = vec![low];
    for (place, value) in places.windows(2).zip(values.windows(2)) {
        if value[0] * value[1] < 0.0 || (value[0] != 0.0 && value[0].signum() * value[1].signum() < 0.0) {
            let (mut left, mut right) = (place[0], place[1]);
            for _ in 0..60 {
                let middle = 0.5 * (left + right);
                if f(middle).signum() == value[0].signum() { left = middle } else { right = middle }
            }
            cuts.push(0.5 * (left + right));
        }
    }
    if cuts.len() == 1 {
        let inside = &values[1..=POINTS];
        return (rule.iter().zip(inside).map(|([_, weight], value)| weight * value).sum::<f64>() * half).abs();
    }
    cuts.push(high);
    cuts.windows(2).map(|ends| panel(rule, [ends[0], ends[1]], &mut f).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_gauss_and_sizes_are_cut_at_zeros() {
        let rule = legendre();
        // Exact up to degree 19: ∫ x^18 = 2/19.
        assert!((panel(&rule, [-1.0, 1.0], |x| libm::pow(x, 18.0)) - 2.0 / 19.0).abs() < 1e-15);
        assert!((panel_of_size(&rule, [0.0, 1.0], |x| x - 0.3) - (0.045 + 0.245)).abs() < 1e-15);
        assert!((panel_of_size(&rule, [0.0, 1.0], |x| (x - 0.3) * (x - 0.8)) - panel_by_parts()).abs() < 1e-15);
    }

    /// `∫ |(x − 0.3)(x − 0.8)|` over [0, 1] from its antiderivative.
    fn panel_by_parts() -> f64 {
        let f = |x: f64| x * x * x / 3.0 - 0.55 * x * x + 0.24 * x;
        f(0.3) - f(0.0) - (f(0.8) - f(0.3)) + f(1.0) - f(0.8)
    }
}
