//! Populations of coupled pairs that follow the moment of their distance for as long as it is asked
//! for.

use super::Synchronous;
use super::weights::{Moment, Weights, weighted_moments};
use crate::markov::{Kernel, norm, systematic};
use crate::random::Noise;
use crate::simd::elementary::log_all;
use std::ops::Range;

/// Coupled pairs that are multiplied where their copies stay apart and given up where they meet.
///
/// ```text
/// E d_t^p = mean over pairs of d_i^p / m_i,
///     m_i ← m_i n_i where pair i is chosen n_i times on average
/// n_i = mean over guides g of w_i / mean_j w_j,   w_i = (d_i on g)^p / m_i,   M pairs in all
/// ```
///
/// Where the contraction varies from path to path, a plain mean of `d_t^p` over M pairs rests,
/// after a while, on the one pair that contracted least, and its decay turns from the moment rate
/// into the pathwise one. Here the pairs are drawn anew, in proportion to their parts of the
/// moment, whenever the effective number of pairs falls below half of them; every pair goes on with
/// noise of its own. The estimate of `E d_t^p` is unbiased for every t, every block and every size
/// of the population, and the variance of its logarithm grows in proportion to t, not
/// exponentially. One population is one replica: its pairs share ancestors.
///
/// Each guide has the same part of the choice. The length of a whole state would be a bad guide
/// where a block that another one drives is at times large for a step: pairs would be multiplied
/// for what is gone the step after, and those that drive would be lost.
///
/// Without innovations (a recorded series) two drawn copies would stay the same for ever; such
/// kernels are followed without choices. Source: Del Moral (2004), Feynman–Kac Formulae, doi
/// 10.1007/978-1-4684-9393-1; the choice is systematic resampling.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
/// let noise = |replicate| Noise::at(RngKey::root(1).replicate(replicate));
/// let pairs = (1..=4).map(|i| Synchronous::new(&half, vec![f64::from(i)], vec![0.0])).collect();
/// let noises = (0..4).map(noise).collect();
/// let mut population = Population::new(&half, pairs, noises, noise(4), &[0..1]);
/// (0..20).for_each(|_| population.step());
/// // E d² starts at (1 + 4 + 9 + 16)/4 and is quartered by every step.
/// let root = population.moments(&[0..1])[0].root;
/// assert!((root * 2f64.powi(20) / 7.5f64.sqrt() - 1.0).abs() < 1e-12);
/// ```
pub struct Population<'k, K: Kernel + ?Sized> {
    pairs: Vec<Synchronous<'k, K>>,
    noises: Vec<Noise>,
    choice: Noise,
    guides: Vec<Range<usize>>,
    /// Length of the difference of every pair on every guide: a row a guide.
    lengths: Vec<Vec<f64>>,
    /// The moment's order p.
    order: f64,
    /// Logarithm of how many times more often than by its own law each pair is there.
    base: Vec<f64>,
    chooses: bool,
    choices: usize,
}

impl<'k, K: Kernel + ?Sized> Population<'k, K> {
    /// A population of pairs, the noise that each goes on with, the noise of the choices, and the
    /// blocks of coordinates whose distances guide them, all alike.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// let pairs = [3.0, 4.0].map(|apart| Synchronous::new(&half, vec![0.0], vec![apart])).into();
    /// let [first, second, choice] = [1, 2, 3].map(|seed| Noise::at(RngKey::root(seed)));
    /// let population = Population::new(&half, pairs, vec![first, second], choice, &[0..1]);
    /// assert!((population.moments(&[0..1])[0].root - 12.5f64.sqrt()).abs() < 1e-12);
    /// ```
    pub fn new(kernel: &'k K, pairs: Vec<Synchronous<'k, K>>, noises: Vec<Noise>, choice: Noise, guides: &[Range<usize>]) -> Self {
        assert_eq!(pairs.len(), noises.len(), "every pair has noise of its own");
        let base = vec![0.0; pairs.len()];
        let lengths = vec![vec![0.0; pairs.len()]; guides.len()];
        let chooses = kernel.innovation_len() > 0;
        let mut population = Population { pairs, noises, choice, guides: guides.to_vec(), lengths, order: 2.0, base, chooses, choices: 0 };
        population.measure();
        population
    }

    /// Takes the length of every pair on every guide.
    fn measure(&mut self) {
        for (lengths, guide) in self.lengths.iter_mut().zip(&self.guides) {
            lengths.iter_mut().zip(&self.pairs).for_each(|(length, pair)| *length = norm(&pair.difference()[guide.clone()]));
        }
    }

    /// The same for the moment of order `order` > 0 in place of 2.
    #[must_use]
    pub(crate) fn with_order(self, order: f64) -> Self {
        Population { order, ..self }
    }

    /// One step of every pair, and a choice where too few pairs carry the moment.
    ///
    /// Pairs are weighed by what the step's noise does not reach ([`Kernel::drawn`]), and a pair
    /// that is put where another one stands draws the rest anew. Data that move before the choice
    /// would be shared by all that come from one parent, and growth that few inputs give would rest
    /// on the few parents alone.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// let noise = |seed| Noise::at(RngKey::root(seed));
    /// let pair = |apart| Synchronous::new(&half, vec![0.0], vec![apart]);
    /// let pairs = [8.0, 1e-9, 1e-9, 1e-9].map(pair).into_iter().collect();
    /// let noises = (0..4).map(noise).collect();
    /// let mut population = Population::new(&half, pairs, noises, noise(4), &[0..1]);
    /// population.step();
    /// // The pair that carries the moment stands in every place.
    /// assert!(population.pairs().iter().all(|pair| pair.difference() == [4.0]));
    /// ```
    pub fn step(&mut self) {
        self.advance(1);
    }

    /// `steps` steps of every pair, and a choice after the last of them alone: no estimate is
    /// biased by that, and a kernel may form a large part of a state once.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// let [noise, choice] = [1, 2].map(|seed| Noise::at(RngKey::root(seed)));
    /// let pairs = vec![Synchronous::new(&half, vec![0.0], vec![4.0])];
    /// let mut population = Population::new(&half, pairs, vec![noise], choice, &[0..1]);
    /// population.advance(3);
    /// assert!((population.moments(&[0..1])[0].root - 0.5).abs() < 1e-15);
    /// ```
    pub fn advance(&mut self, steps: usize) {
        Synchronous::advance_together(&mut self.pairs, &mut self.noises, steps);
        self.measure();
        if !self.chooses {
            return;
        }
        let shares = self.shares();
        let squares: f64 = shares.iter().map(|share| share * share).sum();
        let count = shares.len() as f64;
        // Not so where a state has left the finite numbers.
        if squares > 2.0 * count {
            self.choose(&shares);
        }
    }

    /// How many children each pair is to have, M in all: its part of the moment of every guide, in
    /// the mean over those in which some pairs are apart. NaN where a state has left the finite
    /// numbers, and 1 where all pairs have met.
    fn shares(&self) -> Vec<f64> {
        let count = self.pairs.len();
        let (mut shares, mut guides) = (vec![0.0; count], 0);
        for (guide, lengths) in self.guides.iter().zip(&self.lengths).filter(|(guide, _)| !guide.is_empty()) {
            let settled = |(pair, length): (&Synchronous<'k, K>, &f64)| pair.settled_length(guide.clone()).unwrap_or(*length);
            let mut logarithms: Vec<f64> = self.pairs.iter().zip(lengths).map(settled).collect();
            log_all(&mut logarithms);
            logarithms.iter_mut().zip(&self.base).for_each(|(own, base)| *own = self.order * *own - base);
            let weights = Weights::of(logarithms);
            if weights.mean != 0.0 {
                shares.iter_mut().zip(weights.values).for_each(|(share, weight)| *share += weight / weights.mean);
                guides += 1;
            }
        }
        if guides == 0 { vec![1.0; count] } else { shares.into_iter().map(|share| share / f64::from(guides)).collect() }
    }

    /// Estimates of `(E d_t^p)^{1/p}` on the given ranges of coordinates, and where the pairs stand
    /// that carry it.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0, 0.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::Array2::eye(2) * 0.5, ndarray::Array2::eye(2));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// let pairs = vec![Synchronous::new(&half, vec![0.0, 0.0], vec![3.0, 4.0])];
    /// let [noise, choice] = [1, 2].map(|seed| Noise::at(RngKey::root(seed)));
    /// let population = Population::new(&half, pairs, vec![noise], choice, &[0..2]);
    /// let [first, both] = population.moments(&[0..1, 0..2]);
    /// assert!((first.root - 3.0).abs() < 1e-12 && (both.root - 5.0).abs() < 1e-12);
    /// ```
    pub fn moments<const R: usize>(&self, ranges: &[Range<usize>; R]) -> [Moment; R] {
        self.moments_of_order(self.order, ranges)
    }

    /// The same for the moments of another order p > 0 than the one that guides the choices, just
    /// as unbiased.
    pub(crate) fn moments_of_order<const R: usize>(&self, order: f64, ranges: &[Range<usize>; R]) -> [Moment; R] {
        std::array::from_fn(|r| {
            let mut logarithms: Vec<f64> = self.lengths_on(&ranges[r]);
            log_all(&mut logarithms);
            let weights = Weights::of(logarithms.iter().zip(&self.base).map(|(own, base)| order * own - base).collect());
            let root = libm::exp((weights.unit + libm::log(weights.mean)) / order);
            let (log_mean, log_variance) = weighted_moments(&logarithms, &weights.values);
            Moment { root, log_mean, log_variance }
        })
    }

    /// Lengths of the differences on a range: from those on the guides, where guides one after the
    /// other make it up.
    fn lengths_on(&self, range: &Range<usize>) -> Vec<f64> {
        let mut parts: Vec<(&Range<usize>, &Vec<f64>)> = self
            .guides
            .iter()
            .zip(&self.lengths)
            .filter(|(guide, _)| !guide.is_empty() && range.start <= guide.start && guide.end <= range.end)
            .collect();
        parts.sort_by_key(|(guide, _)| guide.start);
        let end = parts.iter().try_fold(range.start, |end, (guide, _)| (guide.start == end).then_some(guide.end));
        match (end == Some(range.end), &parts[..]) {
            (true, [(_, own)]) => own.to_vec(),
            (true, [_, _, ..]) => {
                let mut of_pair = vec![0.0; parts.len()];
                let mut length = |pair: usize| {
                    of_pair.iter_mut().zip(&parts).for_each(|(to, (_, own))| *to = own[pair]);
                    norm(&of_pair)
                };
                (0..self.pairs.len()).map(&mut length).collect()
            }
            _ => self.pairs.iter().map(|pair| norm(&pair.difference()[range.clone()])).collect(),
        }
    }

    /// The pairs.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// let [noise, choice] = [1, 2].map(|seed| Noise::at(RngKey::root(seed)));
    /// let pairs = vec![Synchronous::new(&half, vec![2.0], vec![7.0])];
    /// let population = Population::new(&half, pairs, vec![noise], choice, &[0..1]);
    /// assert_eq!(population.pairs()[0].first(), [2.0]);
    /// ```
    pub fn pairs(&self) -> &[Synchronous<'k, K>] {
        &self.pairs
    }

    /// Choices made so far.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::{Population, Synchronous}, random::{Noise, RngKey}};
    /// # let noise = |seed| Noise::at(RngKey::root(seed));
    /// let choices = |apart: [f64; 3]| {
    ///     let pairs = apart.map(|apart| Synchronous::new(&half, vec![0.0], vec![apart]));
    ///     let noises = (0..3).map(noise).collect();
    ///     let mut population = Population::new(&half, pairs.into(), noises, noise(3), &[0..1]);
    ///     (0..5).for_each(|_| population.step());
    ///     population.choices()
    /// };
    /// assert_eq!((choices([1.0, 1.0, 1.0]), choices([1.0, 0.0, 0.0])), (0, 1));
    /// ```
    pub fn choices(&self) -> usize {
        self.choices
    }

    /// Puts the children of every pair in place.
    fn choose(&mut self, shares: &[f64]) {
        let count = self.pairs.len();
        let parents = systematic(self.choice.uniform(), shares.iter().copied());
        // In place, since states may be large: parents stand in order, so a parent that another
        // slot needs is only ever replaced after that slot when upward copies go from the last slot
        // down and downward copies from the first one up.
        for slot in (0..count).rev().filter(|slot| parents[*slot] < *slot) {
            let (left, right) = self.pairs.split_at_mut(slot);
            right[0].copy_from(&left[parents[slot]]);
        }
        for slot in (0..count).filter(|slot| parents[*slot] > *slot) {
            let (left, right) = self.pairs.split_at_mut(parents[slot]);
            left[slot].copy_from(&right[0]);
        }
        for (slot, _) in parents.iter().enumerate().filter(|(slot, parent)| slot != *parent) {
            self.pairs[slot].redraw(&mut self.noises[slot]);
        }
        self.measure();
        self.base = parents.iter().map(|parent| self.base[*parent] + libm::log(shares[*parent])).collect();
        self.choices += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{RngKey, stream};

    /// `Δ' = e^{−1 + σ ξ} Δ`, beside a first copy that stays 0: `E d_t² = e^{2t(σ² − 1)}` while
    /// almost every path falls like `e^{−t}`.
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
        let range = 0..1;
        let (kernel, whole) = (Geometric(0.4), [range]);
        (0..populations)
            .map(|population| {
                let at = |pair: usize| RngKey::root(4).within("population").replicate(population * size + pair);
                let pairs = (0..size).map(|_| Synchronous::new(&kernel, vec![0.0], vec![1.0])).collect();
                let noises = (0..size).map(|pair| Noise::at(at(pair).stream(stream::INNOVATION))).collect();
                let mut population = Population::new(&kernel, pairs, noises, Noise::at(at(0).stream(stream::CHOICE)), &whole);
                population.chooses = chooses;
                for _ in 0..steps {
                    population.step();
                }
                assert_eq!(population.choices() > 0, chooses);
                2.0 * libm::log(population.moments(&whole)[0].root)
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
        // The standard error of the guided rate is about 0.004; 0.03 is passed by chance less than
        // once in 1e8 seeds.
        assert!((guided - truth).abs() < 0.03, "{guided} {truth}");
        assert!(plain < truth - 0.06, "{plain} {truth}: the control must fail");
    }
}
