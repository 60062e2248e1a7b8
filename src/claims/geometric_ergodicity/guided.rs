//! Populations of pairs of the joint chain, for the rates.

use super::super::carried::{Carried, Derivatives};
use super::super::pairs::{self, follow_groups};
use super::super::{Budget, Case, Record};
use super::starts::starts;
use crate::markov::Block;
use crate::random::Address;
use std::ops::Range;

/// Replicas that a sketched run has at least: at large sizes a path varies little, and replicas are worth more than large populations.
const SKETCHED_REPLICAS: usize = 16;

/// The populations of the pairs `members`: root mean square distances of every block at every time.
pub(super) fn run(case: &Case, claim: &str, address: Address, members: Range<usize>) -> Record {
    let budget = case.budget(claim);
    let chain = Carried::of(case, address, members.clone(), false);
    let first = members.start;
    let ranges = Block::ALL.map(|block| chain.blocks().range(block));
    // Sketched starts are made together; whole ones when they are needed, since they are large.
    let made = if chain.together() > 1 { starts(&chain, case, budget, address, members.clone()) } else { Vec::new() };
    let start = |replicate: usize| {
        let made = made.get(replicate - first).cloned();
        made.unwrap_or_else(|| starts(&chain, case, budget, address, replicate..replicate + 1).remove(0))
    };
    let followed = follow_groups(&chain, members.clone(), (population(case, budget), 2.0), (budget.steps, address), &ranges, start);
    pairs::record_of_populations(budget.steps, Block::ALL.map(Block::name), followed)
}

/// Pairs of a population.
pub(super) fn population(case: &Case, budget: &Budget) -> usize {
    match case.derivatives {
        Derivatives::Exact => pairs::population(budget.chains),
        Derivatives::Sketched { .. } => (budget.chains / SKETCHED_REPLICAS).clamp(1, pairs::population(budget.chains)),
    }
}
