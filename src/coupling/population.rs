//! Populations of coupled pairs that follow the moment of their distance for as long as it is asked for.

use super::Synchronous;
use crate::markov::{Kernel, length};
use crate::random::Noise;
use std::ops::Range;

/// Coupled pairs that are multiplied where their copies stay apart and given up where they meet.
///
/// ```text
/// E d_t^2 = E[ Π_j mean_i w_i(j) ],   w_i = squared growth of pair i's distance since the last choice
/// ```
///
/// Where the contraction varies from path to path, a plain mean of `d_t^2` over M pairs rests, after a while, on the one pair that contracted least, and its decay
/// turns from the moment rate into the pathwise one. Here the pairs are drawn anew, in proportion to their weights, whenever the effective number of pairs falls below
/// half of them; every pair goes on with noise of its own. The estimate of `E d_t^2` is unbiased for every t and every size of the population, and the variance of its
/// logarithm grows in proportion to t, not exponentially. One population is one replica: its pairs share ancestors.
///
/// Without innovations (a recorded series) two drawn copies would stay the same for ever; such kernels are followed without choices.
/// Source: Del Moral (2004), Feynman–Kac Formulae, doi 10.1007/978-1-4684-9393-1; the choice is systematic resampling.
pub struct Population<'k, K: Kernel + ?Sized> {
    pairs: Vec<Synchronous<'k, K>>,
    noises: Vec<Noise>,
    choice: Noise,
    guide: Range<usize>,
    /// The moment's order p.
    order: f64,
    /// Logarithm of `Π_j mean_i w_i(j)` over the choices made.
    normaliser: f64,
    /// Logarithm of each pair's guide distance to the power p at its last choice; 0 at the start.
    base: Vec<f64>,
    chooses: bool,
    choices: usize,
}

impl<'k, K: Kernel + ?Sized> Population<'k, K> {
    /// A population of pairs, the noise that each goes on with, the noise of the choices, and the coordinates whose distance guides them.
    pub fn new(kernel: &'k K, pairs: Vec<Synchronous<'k, K>>, noises: Vec<Noise>, choice: Noise, guide: Range<usize>) -> Self {
        assert_eq!(pairs.len(), noises.len(), "every pair has noise of its own");
        let base = vec![0.0; pairs.len()];
        Population { pairs, noises, choice, guide, order: 2.0, normaliser: 0.0, base, chooses: kernel.innovation_len() > 0, choices: 0 }
    }

    /// The same for the moment of order `order` > 0 in place of 2.
    #[must_use]
    pub fn with_order(self, order: f64) -> Self {
        Population { order, ..self }
    }

    /// One step of every pair, and a choice where too few pairs carry the moment.
    pub fn step(&mut self) {
        let weights = self.logarithmic_weights();
        let (mean, effective) = mean_and_effective(&weights);
        if self.chooses && effective < 0.5 * self.pairs.len() as f64 {
            self.choose(&weights, mean);
        }
        Synchronous::step_together(&mut self.pairs, &mut self.noises);
    }

    /// Estimates of `(E d_t^p)^{1/p}` on the given ranges of coordinates, and where the pairs stand that carry it.
    pub fn moments<const R: usize>(&self, ranges: &[Range<usize>; R]) -> [Moment; R] {
        let weights = self.logarithmic_weights();
        let guides: Vec<f64> = self.pairs.iter().map(|pair| libm::log(length(&pair.difference()[self.guide.clone()]))).collect();
        std::array::from_fn(|r| {
            let logarithms: Vec<f64> = self.pairs.iter().map(|pair| libm::log(length(&pair.difference()[ranges[r].clone()]))).collect();
            let carried = weights.iter().zip(&guides).zip(&logarithms);
            let seen: Vec<f64> =
                carried.map(|((weight, guide), own)| if *own == f64::NEG_INFINITY { *own } else { weight + self.order * (own - guide) }).collect();
            let root = libm::exp((self.normaliser + mean_and_effective(&seen).0) / self.order);
            let (log_mean, log_variance) = weighted_moments(&logarithms, &seen);
            Moment { root, log_mean, log_variance }
        })
    }

    /// The pairs.
    pub fn pairs(&self) -> &[Synchronous<'k, K>] {
        &self.pairs
    }

    /// Choices made so far.
    pub fn choices(&self) -> usize {
        self.choices
    }

    fn logarithmic_weights(&self) -> Vec<f64> {
        self.pairs.iter().zip(&self.base).map(|(pair, base)| self.weight(pair) - base).collect()
    }

    fn weight(&self, pair: &Synchronous<'k, K>) -> f64 {
        self.order * libm::log(length(&pair.difference()[self.guide.clone()]))
    }

    /// Systematic resampling: one uniform number, M equidistant places on the cumulated weights.
    fn choose(&mut self, weights: &[f64], mean: f64) {
        let count = self.pairs.len();
        let start = self.choice.uniform();
        let shares: Vec<f64> = weights.iter().map(|weight| libm::exp(weight - mean)).collect();
        let (mut parents, mut cumulated, mut next) = (Vec::with_capacity(count), 0.0, 0);
        for (index, share) in shares.iter().enumerate() {
            cumulated += share;
            while next < count && start + next as f64 <= cumulated {
                parents.push(index);
                next += 1;
            }
        }
        // Rounding of the cumulated sum can leave the last place open.
        let last = weights.iter().enumerate().fold(0, |best, (index, weight)| if *weight > weights[best] { index } else { best });
        parents.resize(count, last);
        parents.sort_unstable();
        // In place, since states may be large: parents stand in order, so a parent that another slot needs is only ever replaced after that slot when upward copies go
        // from the last slot down and downward copies from the first one up.
        for slot in (0..count).rev().filter(|slot| parents[*slot] < *slot) {
            let (left, right) = self.pairs.split_at_mut(slot);
            right[0].copy_from(&left[parents[slot]]);
        }
        for slot in (0..count).filter(|slot| parents[*slot] > *slot) {
            let (left, right) = self.pairs.split_at_mut(parents[slot]);
            left[slot].copy_from(&right[0]);
        }
        self.base = self.pairs.iter().map(|pair| self.weight(pair)).collect();
        self.normaliser += mean;
        self.choices += 1;
    }
}

/// A moment of the distance and the law of `log d` among the pairs that carry it, each weighted with its part of the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// `(E d^p)^{1/p}`.
    pub root: f64,
    /// `E d^p log d / E d^p`; NaN where no pair is apart.
    pub log_mean: f64,
    /// Variance of `log d` under the same weights.
    pub log_variance: f64,
}

/// Mean and variance of the values of finite weight, from logarithms of weights; NaN without one.
fn weighted_moments(values: &[f64], logarithms: &[f64]) -> (f64, f64) {
    let top = logarithms.iter().fold(f64::NEG_INFINITY, |top, l| top.max(*l));
    let weighted = || values.iter().zip(logarithms).filter(|(value, _)| value.is_finite()).map(|(value, l)| (*value, libm::exp(l - top)));
    let (sum, total) = weighted().fold((0.0, 0.0), |(sum, total), (value, weight)| (sum + weight * value, total + weight));
    let mean = sum / total;
    (mean, weighted().map(|(value, weight)| weight * (value - mean) * (value - mean)).sum::<f64>() / total)
}

/// Logarithm of the mean weight and the effective number `(Σ w)² / Σ w²`, from logarithms.
fn mean_and_effective(logarithms: &[f64]) -> (f64, f64) {
    if logarithms.iter().any(|l| l.is_nan()) {
        return (f64::NAN, f64::NAN);
    }
    let top = logarithms.iter().fold(f64::NEG_INFINITY, |top, l| top.max(*l));
    if !top.is_finite() {
        return (top, f64::NAN);
    }
    let (sum, squares) = logarithms.iter().fold((0.0, 0.0), |(sum, squares), l| {
        let weight = libm::exp(l - top);
        (sum + weight, squares + weight * weight)
    });
    (top + libm::log(sum / logarithms.len() as f64), sum * sum / squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Address, stream};

    /// `Δ' = e^{−1 + σ ξ} Δ`, beside a first copy that stays 0: `E d_t² = e^{2t(σ² − 1)}` while almost every path falls like `e^{−t}`.
    struct Geometric(f64);

    impl Kernel for Geometric {
        fn state_len(&self) -> usize {
            1
        }
        fn innovation_len(&self) -> usize {
            1
        }
        fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
            next[0] = libm::exp(self.0 * innovation[0] - 1.0) * now[0];
        }
        fn step_difference(&self, _: &[f64], difference: &[f64], innovation: &[f64], _: &[f64], next: &mut [f64], _: &mut [f64]) {
            next[0] = libm::exp(self.0 * innovation[0] - 1.0) * difference[0];
        }
    }

    fn logarithms(populations: usize, size: usize, steps: usize, chooses: bool) -> Vec<f64> {
        let kernel = Geometric(0.4);
        (0..populations)
            .map(|population| {
                let at = |pair: usize| Address::root(4).within("population").replicate(population * size + pair);
                let pairs = (0..size).map(|_| Synchronous::new(&kernel, vec![0.0], vec![1.0])).collect();
                let noises = (0..size).map(|pair| Noise::at(at(pair).stream(stream::INNOVATION))).collect();
                let mut population = Population::new(&kernel, pairs, noises, Noise::at(at(0).stream(stream::CHOICE)), 0..1);
                population.chooses = chooses;
                for _ in 0..steps {
                    population.step();
                }
                assert_eq!(population.choices() > 0, chooses);
                let whole = 0..1;
                2.0 * libm::log(population.moments(&[whole])[0].root)
            })
            .collect()
    }

    #[test]
    fn the_moment_rate_is_found_where_plain_pairs_fall_to_the_pathwise_one() {
        let steps = 100;
        let truth = 2.0 * (0.16 - 1.0);
        let rate = |logs: Vec<f64>| {
            let top = logs.iter().fold(f64::NEG_INFINITY, |top, l| top.max(*l));
            (top + libm::log(logs.iter().map(|l| libm::exp(l - top)).sum::<f64>() / logs.len() as f64)) / steps as f64
        };
        let (guided, plain) = (rate(logarithms(16, 64, steps, true)), rate(logarithms(16, 64, steps, false)));
        // The standard error of the guided rate is about 0.004; 0.03 is passed by chance less than once in 1e8 seeds.
        assert!((guided - truth).abs() < 0.03, "{guided} {truth}");
        assert!(plain < truth - 0.06, "{plain} {truth}: the control must fail");
    }
}
