//! Plain pairs of the joint chain up to the last time of a bracket: what is seen of them is written
//! down for the bounds.

use super::starts::starts;
use crate::claims::geometric_ergodicity::names;
use crate::claims::measuring::joint_chain_kind::JointChainKind;
use crate::claims::measuring::pairs::{follow_together, record};
use crate::claims::measuring::projections::Projections;
use crate::claims::{Budget, Case, Record};
use crate::coupling::Synchronous;
use crate::markov::{Block, norm};
use crate::random::{Noise, RngKey, stream};
use std::ops::Range;

/// The pairs `members` on common noise: distances of every block, images of both copies at the
/// times of a bracket, and mean differences over batches.
pub(super) fn run(case: &Case, claim: &str, key: RngKey, members: Range<usize>) -> Record {
    let budget = case.budget(claim);
    let chain = JointChainKind::of(case, key, members.clone(), true);
    let first = members.start;
    let blocks = chain.blocks();
    let looks = Projections::new(case, claim);
    let (steps, compared) = (last_time(budget), looks.compared().len());
    let (mut distances, mut sizes): ([Vec<f64>; 4], [Vec<f64>; 4]) = Default::default();
    let (mut first_images, mut second_images, mut means) = (Vec::new(), Vec::new(), Vec::new());
    let all: Vec<usize> = members.clone().collect();
    for group in all.chunks(chain.together()) {
        let replicates = group[0]..group[0] + group.len();
        let noises = replicates.clone().map(|replicate| Noise::at(key.replicate(replicate).stream(stream::INNOVATION))).collect();
        let pairs = starts(&chain, case, budget, key, replicates).into_iter().map(|(a, b)| Synchronous::new(&chain, a, b)).collect();
        let mut seen: Vec<[Vec<f64>; 6]> = vec![Default::default(); group.len()];
        follow_together(pairs, noises, steps, |t, place, a, difference| {
            let [images, others, own_distances @ ..] = &mut seen[place];
            for (list, distance) in own_distances.iter_mut().zip(blocks.lengths(difference)) {
                list.push(distance);
            }
            if let Some(look) = budget.times.iter().position(|time| *time == t) {
                images.extend(looks.image(&chain, a));
                let b: Vec<f64> = a.iter().zip(difference).map(|(a, d)| a + d).collect();
                others.extend(looks.image(&chain, &b));
                let row = (group[place] - first) / looks.batch() * budget.times.len() + look;
                means.resize(means.len().max((row + 1) * compared), 0.0);
                means[row * compared..].iter_mut().zip(looks.coordinates(&chain, difference)).for_each(|(sum, d)| *sum -= d);
            }
            if t == steps {
                for (list, block) in sizes.iter_mut().zip(Block::ALL) {
                    list.push(norm(&a[blocks.range(block)]));
                }
            }
        });
        for [images, others, own_distances @ ..] in seen {
            first_images.extend(images);
            second_images.extend(others);
            distances.iter_mut().zip(own_distances).for_each(|(list, own)| list.extend(own));
        }
    }
    for (sums, batch) in means.chunks_mut((budget.times.len() * compared).max(1)).zip(all.chunks(looks.batch())) {
        sums.iter_mut().for_each(|sum| *sum /= batch.len() as f64);
    }
    let width = looks.width() * budget.times.len();
    named_record(steps, distances, sizes).with(names::IMAGE_FIRST, width, first_images).with(names::IMAGE_SECOND, width, second_images).with(
        names::MEAN_DIFFERENCE,
        budget.times.len() * compared,
        means,
    )
}

/// The last time of a bracket, at least 1.
pub(super) fn last_time(budget: &Budget) -> usize {
    budget.times.last().copied().unwrap_or(0).max(1)
}

fn named_record(steps: usize, distances: [Vec<f64>; 4], sizes: [Vec<f64>; 4]) -> Record {
    let named: Vec<(&str, Vec<f64>, Vec<f64>)> =
        Block::ALL.into_iter().zip(distances.into_iter().zip(sizes)).map(|(block, (d, s))| (block.name(), d, s)).collect();
    record(steps, &named)
}
