//! Coupled pairs in batches: who is in a unit, and what a run of pairs writes down.

use crate::claims::measuring::names;
use crate::claims::{Budget, Case, Record};
use crate::coupling::{Population, Synchronous};
use crate::markov::{Kernel, norm};
use crate::random::{Noise, RngKey, stream};
use std::ops::Range;

/// Replicates that one unit of work carries.
pub(in crate::claims) const BATCH: usize = 16;

/// How many units `replicates` replicates make.
pub(in crate::claims) fn batches(replicates: usize) -> usize {
    replicates.div_ceil(BATCH)
}

/// The replicates of unit `index`.
pub(in crate::claims) fn members(budget: &Budget, index: usize) -> std::ops::Range<usize> {
    index * BATCH..((index + 1) * BATCH).min(budget.chains)
}

/// Runs a pair for `steps` steps and calls `look` with (t, first state, second state less the
/// first) at every t from 0 on.
pub(in crate::claims) fn follow<K: Kernel + ?Sized>(
    kernel: &K,
    starts: (Vec<f64>, Vec<f64>),
    steps: usize,
    noise: &mut Noise,
    mut look: impl FnMut(usize, &[f64], &[f64]),
) {
    let mut pair = Synchronous::new(kernel, starts.0, starts.1);
    for t in 0..=steps {
        look(t, pair.first(), pair.difference());
        if t < steps {
            pair.step(noise);
        }
    }
}

/// Runs pairs together for `steps` steps and calls `look` with (t, place of the pair, first state,
/// second state less the first) at every t from 0 on.
pub(in crate::claims) fn follow_together<K: Kernel + ?Sized>(
    mut pairs: Vec<Synchronous<'_, K>>,
    mut noises: Vec<Noise>,
    steps: usize,
    mut look: impl FnMut(usize, usize, &[f64], &[f64]),
) {
    for t in 0..=steps {
        for (place, pair) in pairs.iter().enumerate() {
            look(t, place, pair.first(), pair.difference());
        }
        if t < steps {
            Synchronous::step_together(&mut pairs, &mut noises);
        }
    }
}

/// A record of distances (a row a pair, a column a time) and of the size of the states at the last
/// time (a row a pair).
pub(in crate::claims) fn record(steps: usize, blocks: &[(&str, Vec<f64>, Vec<f64>)]) -> Record {
    blocks.iter().fold(Record::default(), |record, (block, distances, sizes)| {
        record.with(names::DISTANCE.of(block), steps + 1, distances.clone()).with(names::SIZE.of(block), 1, sizes.clone())
    })
}

/// [`record`] of populations, with the mean and the variance of `log d` among the pairs that carry
/// the moment, time after time, and the distances of smaller populations where some were followed.
pub(in crate::claims) fn record_of_populations<const R: usize>(steps: usize, names: [&str; R], followed: DistanceTrajectories<R>) -> Record {
    let DistanceTrajectories { distances, sizes, log_moments, smaller } = followed;
    let blocks = names.into_iter().zip(distances).zip(sizes).zip(log_moments);
    let record = blocks.fold(Record::default(), |record, (((block, distances), sizes), log_moments)| {
        record.with(names::DISTANCE.of(block), steps + 1, distances).with(names::SIZE.of(block), 1, sizes).with(
            names::LOG_MOMENTS.of(block),
            2 * (steps + 1),
            log_moments,
        )
    });
    let Some(smaller) = smaller else { return record };
    names.into_iter().zip(smaller).fold(record, |record, (block, distances)| record.with(names::SMALLER.of(block), steps + 1, distances))
}

/// Populations that an interval rests on.
const POPULATIONS: usize = 32;
/// Fewest and most pairs of a population.
const SIZES: [usize; 2] = [8, 1024];
/// A population over the smaller one that tells what its finite size does to the rate.
pub(in crate::claims) const SMALLER: usize = 4;

/// Pairs of a population, of `chains` pairs in all: as many populations as an interval over them
/// needs, and each as large as that leaves it. A population of a few pairs loses sight of the rare
/// pairs that a moment rests on, and one interval needs no more than some thirty replicas.
pub(in crate::claims) fn population(chains: usize) -> usize {
    (chains / POPULATIONS).next_power_of_two().clamp(SIZES[0], SIZES[1])
}

/// The budget with `factor` guided pairs for each chain; on a recorded series, whose pairs cannot
/// be drawn anew, the budget as it is.
pub(in crate::claims) fn guided(case: &Case, budget: &Budget, factor: usize) -> Budget {
    let factor = if case.data.is_recorded() { 1 } else { factor };
    Budget { chains: budget.chains.saturating_mul(factor), ..budget.clone() }
}

/// The largest power of two up to `most` by which `chains` may be multiplied while `numbers` for
/// each of them come to no more than `limit` in all; at least 1.
pub(in crate::claims) fn affordable(chains: usize, numbers: usize, limit: usize, most: usize) -> usize {
    1usize << (limit / chains.saturating_mul(numbers).max(1)).clamp(1, most).ilog2()
}

/// How many units of whole populations `chains` pairs make.
pub(in crate::claims) fn populations(chains: usize) -> usize {
    chains.div_ceil(BATCH.max(population(chains)))
}

/// The replicates of unit `index` of whole populations.
pub(in crate::claims) fn members_of_populations(budget: &Budget, index: usize) -> Range<usize> {
    let size = BATCH.max(population(budget.chains));
    index * size..((index + 1) * size).min(budget.chains)
}

/// What a run of pairs or populations writes down: a row a replica, first the distances of every
/// block over time, then the size of the states at the end.
pub(in crate::claims) struct DistanceTrajectories<const R: usize> {
    /// Distances by block.
    pub distances: [Vec<f64>; R],
    /// Sizes by block.
    pub sizes: [Vec<f64>; R],
    /// Mean and variance of `log d` among the pairs that carry the moment, by block.
    pub log_moments: [Vec<f64>; R],
    /// Distances of populations [`SMALLER`] times smaller, by block, where some were followed.
    pub smaller: Option<[Vec<f64>; R]>,
}

/// How populations of pairs are followed.
#[derive(Clone, Copy)]
pub(in crate::claims) struct PairPopulations<'a, const R: usize> {
    /// Pairs of a population.
    pub size: usize,
    /// Order of the moment.
    pub order: f64,
    /// Steps.
    pub steps: usize,
    /// RngKey of the claim's part.
    pub key: RngKey,
    /// Coordinates whose distances are written down.
    pub ranges: &'a [Range<usize>; R],
    /// Coordinates whose distances guide the choice, each with the same part of it.
    pub guides: &'a [Range<usize>],
}

impl<'a, const R: usize> PairPopulations<'a, R> {
    /// Second moments by the populations of a budget, guided by distances on all that is written
    /// down.
    pub(crate) fn of(budget: &Budget, key: RngKey, ranges: &'a [Range<usize>; R]) -> Self {
        PairPopulations { size: population(budget.chains), order: 2.0, steps: budget.steps, key, ranges, guides: ranges }
    }

    /// The same, guided by distances on `guides`.
    pub(crate) fn guided_by(self, guides: &'a [Range<usize>]) -> Self {
        PairPopulations { guides, ..self }
    }

    /// Follows `members` from their starts. Where the kernel has innovations the replicas are
    /// populations; on a recorded series, whose copies cannot be drawn anew, they are the pairs
    /// themselves.
    pub(crate) fn run<K: Kernel + ?Sized>(
        &self,
        kernel: &K,
        members: Range<usize>,
        start: impl Fn(usize) -> (Vec<f64>, Vec<f64>),
    ) -> DistanceTrajectories<R> {
        let none = || std::array::from_fn(|_| Vec::new());
        let mut followed = DistanceTrajectories { distances: none(), sizes: none(), log_moments: none(), smaller: None };
        let size = if kernel.innovation_len() > 0 { self.size } else { 1 };
        let members: Vec<usize> = members.collect();
        for group in members.chunks(size) {
            let noises = group.iter().map(|replicate| Noise::at(self.key.replicate(*replicate).stream(stream::INNOVATION))).collect();
            let pairs = group.iter().map(|replicate| start(*replicate)).map(|(first, second)| Synchronous::new(kernel, first, second)).collect();
            let choice = Noise::at(self.key.replicate(group[0]).stream(stream::CHOICE));
            let mut population = Population::new(kernel, pairs, noises, choice, self.guides).with_order(self.order);
            for t in 0..=self.steps {
                let lists = followed.distances.iter_mut().zip(&mut followed.log_moments);
                for ((distances, log_moments), moment) in lists.zip(population.moments(self.ranges)) {
                    distances.push(moment.root);
                    log_moments.extend([moment.log_mean, moment.log_variance]);
                }
                if t < self.steps {
                    population.step();
                }
            }
            for (list, range) in followed.sizes.iter_mut().zip(self.ranges) {
                let squares: f64 = population.pairs().iter().map(|pair| norm(&pair.first()[range.clone()])).map(|size| size * size).sum();
                list.push((squares / group.len() as f64).sqrt());
            }
        }
        followed
    }

    /// [`PairPopulations::run`], and beside every population one [`SMALLER`] times smaller from the
    /// starts of its first pairs, on noise of its own, where that leaves it enough of them.
    pub(crate) fn run_beside_smaller<K: Kernel + ?Sized>(
        &self,
        kernel: &K,
        members: Range<usize>,
        start: impl Fn(usize) -> (Vec<f64>, Vec<f64>),
    ) -> DistanceTrajectories<R> {
        let mut followed = self.run(kernel, members.clone(), &start);
        let few = self.size / SMALLER;
        if kernel.innovation_len() > 0 && few >= SIZES[0] && members.len() == self.size {
            let smaller = PairPopulations { size: few, key: self.key.within("smaller"), ..*self };
            followed.smaller = Some(smaller.run(kernel, members.start..members.start + few, &start).distances);
        }
        followed
    }
}
