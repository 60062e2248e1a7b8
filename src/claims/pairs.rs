//! Coupled pairs in batches: who is in a unit, and what a run of pairs writes down.

use super::{Budget, Record, Units};
use crate::coupling::Synchronous;
use crate::markov::Kernel;
use crate::random::Noise;

/// Replicates that one unit of work carries.
pub(super) const BATCH: usize = 16;

/// The units that `replicates` replicates make.
pub(super) fn batches(part: &'static str, replicates: usize) -> Units {
    Units { part, count: replicates.div_ceil(BATCH) }
}

/// The replicates of unit `index`.
pub(super) fn members(budget: &Budget, index: usize) -> std::ops::Range<usize> {
    index * BATCH..((index + 1) * BATCH).min(budget.chains)
}

/// Runs a pair for `steps` steps and calls `look` with (t, first state, second state less the first) at every t from 0 on.
pub(super) fn follow<K: Kernel + ?Sized>(
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

/// A record of distances (a row a pair, a column a time) and of the size of the states at the last time (a row a pair).
pub(super) fn record(steps: usize, blocks: &[(&str, Vec<f64>, Vec<f64>)]) -> Record {
    blocks.iter().fold(Record::default(), |record, (block, distances, sizes)| {
        record.with(&format!("distance_{block}"), steps + 1, distances.clone()).with(&format!("size_{block}"), 1, sizes.clone())
    })
}
