//! Populations without derivatives, for the rates of data and hidden states: guided by the derivatives they would lose sight of the pairs that carry these.

use super::super::pairs::{self, Following};
use super::super::{Budget, Case, Footprint, Record, Units, footprint};
use super::guided::Walked;
use crate::chain::JointChain;
use crate::markov::Block;
use crate::random::Address;

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
pub(super) fn units(case: &Case, claim: &str) -> Vec<Units> {
    if case.data.is_recorded() {
        return vec![];
    }
    let chains = budget(case, claim).chains;
    [DRIVEN, DATA].map(|part| pairs::populations(part, chains)).into()
}

/// Memory of a unit, where `part` is one of these.
pub(super) fn footprint(case: &Case, claim: &str, part: &str) -> Option<Footprint> {
    let budget = || budget(case, claim);
    match part {
        DRIVEN => Some(footprint::populations_of(&JointChain::without_derivatives(&*case.data, &*case.network.cell), &budget())),
        DATA => Some(footprint::populations_of(&*case.data, &budget())),
        _ => None,
    }
}

/// A unit, where `part` is one of these: root mean square distances over time.
pub(super) fn run(case: &Case, claim: &str, part: &str, address: Address, index: usize) -> Option<Record> {
    let budget = &budget(case, claim);
    let members = pairs::members_of_populations(budget, index);
    let data = |replicate: usize, which: u64| case.data_start(replicate, budget.chains, address, which);
    match part {
        DRIVEN => {
            let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
            let state = |replicate: usize, which: u64| chain.state(&data(replicate, which), &case.hidden_start(replicate, address, which));
            let walked = Walked::new(&chain, state, budget, address);
            let ranges = [chain.blocks().range(Block::Hidden), 0..chain.blocks().len()];
            let guides = [Block::Data, Block::Hidden].map(|block| chain.blocks().range(block));
            let following = Following::of(budget, address, &ranges).guided_by(&guides);
            let followed = following.run_beside_smaller(&chain, members, |replicate| walked.start(replicate));
            Some(pairs::record_of_populations(budget.steps, [Block::Hidden.name(), Block::Joint.name()], followed))
        }
        DATA => {
            let walked = Walked::new(&*case.data, data, budget, address);
            let whole = 0..case.data.state_len();
            let ranges = [whole];
            let followed = Following::of(budget, address, &ranges).run_beside_smaller(&*case.data, members, |replicate| walked.start(replicate));
            Some(pairs::record_of_populations(budget.steps, [Block::Data.name()], followed))
        }
        _ => None,
    }
}
