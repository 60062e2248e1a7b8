//! Populations of pairs of the joint chain, for the rates.

use super::starts::starts;
use crate::chain::JointChain;
use crate::claims::measuring::joint_chain_kind::{Derivatives, JointChainKind};
use crate::claims::measuring::pairs;
use crate::claims::measuring::pairs::PairPopulations;
use crate::claims::{Budget, Case, Record};
use crate::markov::{Block, Kernel, Walk};
use crate::random::{Noise, RngKey, stream};
use std::cell::RefCell;

/// Replicas that a sketched run has at least: at large sizes a path varies little, and replicas are
/// worth more than large populations.
const SKETCHED_REPLICAS: usize = 16;
/// Most guided pairs for each chain of the budget.
const FACTOR: usize = 32;
/// Numbers of all states of all guided pairs that `FACTOR` is cut to.
const NUMBERS: usize = 1 << 22;

/// The budget of the guided pairs: as many more than chains as their states leave affordable, by
/// powers of two.
pub(super) fn budget(case: &Case, claim: &str) -> Budget {
    let budget = case.budget(claim);
    let numbers = JointChain::new(&*case.data, &*case.network.cell).state_len();
    let factor = if case.derivatives == Derivatives::Exact { pairs::affordable(budget.chains, numbers, NUMBERS, FACTOR) } else { 1 };
    pairs::guided(case, budget, factor)
}

/// The populations of unit `index`: root mean square distances of every block at every time.
pub(super) fn run(case: &Case, claim: &str, key: RngKey, index: usize) -> Record {
    let budget = &budget(case, claim);
    let members = pairs::members_of_populations(budget, index);
    let chain = JointChainKind::of(case, key, members.clone(), false);
    let first = members.start;
    let ranges = Block::ALL.map(|block| chain.blocks().range(block));
    // Sketched starts are made together; whole ones when they are needed, since they are large.
    let made = if chain.together() > 1 || case.data.is_recorded() { starts(&chain, case, budget, key, members.clone()) } else { Vec::new() };
    let state = |replicate: usize, which: u64| {
        let data = case.data_start(replicate, budget.chains, key, which);
        chain.state(&data, &case.hidden_start(replicate, key, which), replicate)
    };
    let walked = Walked::new(&chain, state, budget, key);
    let start = |replicate: usize| made.get(replicate - first).cloned().unwrap_or_else(|| walked.start(replicate));
    let following = PairPopulations { size: population(case, budget), ..PairPopulations::of(budget, key, &ranges).guided_by(&ranges[..3]) };
    let followed = following.run_beside_smaller(&chain, members, start);
    pairs::record_of_populations(budget.steps, Block::ALL.map(Block::name), followed)
}

/// Stationary copies along few walks: the pairs of one population need starts of the right law, not
/// independent ones, since the replicas are the populations.
pub(super) struct Walked<'a, K: Kernel + ?Sized, F: Fn(usize, u64) -> Vec<f64>> {
    chain: &'a K,
    /// The start of a replicate on a stream.
    state: F,
    budget: &'a Budget,
    key: RngKey,
    walk: RefCell<Option<(Walk<'a, K>, Noise, usize)>>,
}

impl<'a, K: Kernel + ?Sized, F: Fn(usize, u64) -> Vec<f64>> Walked<'a, K, F> {
    pub(super) fn new(chain: &'a K, state: F, budget: &'a Budget, key: RngKey) -> Self {
        Walked { chain, state, budget, key, walk: RefCell::new(None) }
    }

    /// A copy at the stated start and a stationary copy: every walk is burnt in and then seen
    /// [`pairs::BATCH`] times, a part of the burn-in apart.
    pub(super) fn start(&self, replicate: usize) -> (Vec<f64>, Vec<f64>) {
        let Walked { chain, budget, key, .. } = *self;
        let state = |which| (self.state)(replicate, which);
        let (mut walk, mut noise, seen) = self.walk.take().filter(|(_, _, seen)| *seen < pairs::BATCH).unwrap_or_else(|| {
            let mut noise = Noise::at(key.replicate(replicate).stream(stream::BURN_IN));
            let mut walk = Walk::from(chain, state(stream::OTHER_START));
            walk.advance(budget.burn_in, &mut noise);
            (walk, noise, 0)
        });
        if seen > 0 {
            walk.advance((budget.burn_in / pairs::BATCH).max(1), &mut noise);
        }
        let stationary = walk.state().to_vec();
        self.walk.replace(Some((walk, noise, seen + 1)));
        (state(stream::START), stationary)
    }
}

/// Pairs of a population.
pub(super) fn population(case: &Case, budget: &Budget) -> usize {
    match case.derivatives {
        Derivatives::Exact => pairs::population(budget.chains),
        Derivatives::Sketched { .. } => (budget.chains / SKETCHED_REPLICAS).clamp(1, pairs::population(budget.chains)),
    }
}
