//! Populations without derivatives, for the rates of data and hidden states: guided by the
//! derivatives they would lose sight of the pairs that carry these.

use super::guided::Walked;
use crate::chain::JointChain;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs;
use crate::claims::measuring::pairs::PairPopulations;
use crate::claims::{Budget, Case, Record, Work};
use crate::markov::Block;
use crate::random::RngKey;
use std::sync::Arc;

/// Populations of data and hidden state, guided by the distance of both.
pub(super) const DRIVEN: &str = "populations_driven";
/// Populations of the data alone.
pub(super) const DATA: &str = "populations_data";
/// Most guided pairs for each chain of the budget.
const FACTOR: usize = 16;
/// Numbers of all states of all guided pairs that `FACTOR` is cut to.
const NUMBERS: usize = 1 << 22;

fn budget(case: &Case, claim: &str) -> Budget {
    let budget = case.budget(claim);
    let numbers = JointChain::without_derivatives(&*case.data, &*case.network.cell).blocks().len();
    pairs::guided(case, budget, pairs::affordable(budget.chains, numbers, NUMBERS, FACTOR))
}

/// The units of both parts; none on a record, whose copies cannot be drawn anew.
pub(super) fn work<'c>(case: &'c Case, claim: &str) -> Vec<Work<'c>> {
    if case.data.is_recorded() {
        return vec![];
    }
    let budget = Arc::new(budget(case, claim));
    let count = pairs::populations(budget.chains);
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let footprints = [memory_count::populations_of(&chain, &budget), memory_count::populations_of(&*case.data, &budget)];
    let [driven, data] = [DRIVEN, DATA].map(|part| (case.key_of(claim, part), budget.clone()));
    vec![
        Work::new(DRIVEN, count, footprints[0], move |index| driven_pairs(case, &driven.1, driven.0, index)),
        Work::new(DATA, count, footprints[1], move |index| data_pairs(case, &data.1, data.0, index)),
    ]
}

/// Pairs of data and hidden state: root mean square distances over time.
fn driven_pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let members = pairs::members_of_populations(budget, index);
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let state =
        |replicate: usize, which: u64| chain.state(&case.data_start(replicate, budget.chains, key, which), &case.hidden_start(replicate, key, which));
    let walked = Walked::new(&chain, state, budget, key);
    let ranges = [chain.blocks().range(Block::Hidden), 0..chain.blocks().len()];
    let guides = [Block::Data, Block::Hidden].map(|block| chain.blocks().range(block));
    let following = PairPopulations::of(budget, key, &ranges).guided_by(&guides);
    let followed = following.run_beside_smaller(&chain, members, |replicate| walked.start(replicate));
    pairs::record_of_populations(budget.steps, [Block::Hidden.name(), Block::Joint.name()], followed)
}

/// Pairs of the data alone: root mean square distances over time.
fn data_pairs(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let members = pairs::members_of_populations(budget, index);
    let state = |replicate: usize, which: u64| case.data_start(replicate, budget.chains, key, which);
    let walked = Walked::new(&*case.data, state, budget, key);
    let whole = 0..case.data.state_len();
    let ranges = [whole];
    let followed = PairPopulations::of(budget, key, &ranges).run_beside_smaller(&*case.data, members, |replicate| walked.start(replicate));
    pairs::record_of_populations(budget.steps, [Block::Data.name()], followed)
}
