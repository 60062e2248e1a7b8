//! Populations for the brackets: each follows the very moment that bounds a Wasserstein distance
//! from above, or that of what a burnt-in copy lacks of being stationary.

use super::plain::last_time;
use crate::chain::JointChain;
use crate::claims::geometric_ergodicity::names;
use crate::claims::measuring::joint_chain_kind::Derivatives;
use crate::claims::{Budget, Case, Footprint, Record, Work};
use crate::coupling::{Population, Synchronous};
use crate::markov::{Block, Kernel, Walk};
use crate::random::{Noise, RngKey, stream};
use std::ops::Range;

/// Populations of one kind: the replicas of an interval.
const POPULATIONS: usize = 32;
/// Most pairs of a population.
const PAIRS: usize = 512;
/// The same where the cell is certified to contract, so that no pair is much rarer than it is far
/// apart.
const CERTIFIED: usize = 128;
/// Numbers that the states of a population's pairs may take, so that a large network has smaller
/// populations.
const NUMBERS: usize = 1 << 20;
/// Pairs of a population that tells how far a burnt-in copy is from being stationary: for a limit
/// that is far below the distance, a rough one will do.
const ROUGH: usize = 32;
/// Fewest of them where the network is large and every path contracts.
const FEWEST_ROUGH: usize = 2;
/// Walks whose later states are the stationary copies of a population. Its pairs need starts of the
/// right law and not independent ones, since the replicas are the populations.
const WALKS: usize = 8;
/// Steps between two states that are taken from one walk.
const SPACING: usize = 2;
/// Most steps by which one copy is ahead of the other where the residual is measured.
const LAG: usize = 50;
/// Steps by which one copy is ahead where distances are summed: few, so that heavy tails of the
/// derivatives arise within the populations, where they are followed.
const SHORT_LAG: usize = 8;
/// Lags that are summed beyond the last time of a bracket; the rest is extrapolated.
const SUMMED: usize = 6;

/// One kind of populations.
pub(super) struct Kind {
    /// The part of the claim.
    pub part: &'static str,
    /// Whether the derivatives are carried. Without them the pair's distance in data and hidden
    /// state is the guide, which follows the hidden block far better than one among derivatives.
    pub whole: bool,
    /// Order of the moment.
    pub order: u32,
    /// What the pairs are.
    pub pairs: Pairs,
}

/// The two copies of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairs {
    /// A copy from the stated start and a stationary one.
    Stationary,
    /// Two copies from the start of the stationary one, of different age: what that one may lack of
    /// being stationary.
    Residual,
    /// Two copies from the stated start, one a few steps ahead: no copy has to be drawn from a
    /// stationary law whose tails are heavy.
    Lagged,
}

/// Every kind.
pub(super) const KINDS: [Kind; 10] = [
    Kind { part: "bound_hidden_1", whole: false, order: 1, pairs: Pairs::Stationary },
    Kind { part: "bound_hidden_2", whole: false, order: 2, pairs: Pairs::Stationary },
    Kind { part: "bound_joint_1", whole: true, order: 1, pairs: Pairs::Stationary },
    Kind { part: "bound_joint_2", whole: true, order: 2, pairs: Pairs::Stationary },
    Kind { part: "residual_hidden_1", whole: false, order: 1, pairs: Pairs::Residual },
    Kind { part: "residual_hidden_2", whole: false, order: 2, pairs: Pairs::Residual },
    Kind { part: "residual_joint_1", whole: true, order: 1, pairs: Pairs::Residual },
    Kind { part: "residual_joint_2", whole: true, order: 2, pairs: Pairs::Residual },
    Kind { part: "lagged_joint_1", whole: true, order: 1, pairs: Pairs::Lagged },
    Kind { part: "lagged_joint_2", whole: true, order: 2, pairs: Pairs::Lagged },
];

/// The kinds of a case: none on a record, whose copies cannot be drawn anew; those without
/// derivatives where these are sketched, since a sketch keeps mean squares alone; those of heavy
/// tails where no certificate excludes them.
pub(super) fn kinds(case: &Case) -> impl Iterator<Item = &'static Kind> {
    let (recorded, exact, certified) = (case.data.is_recorded(), case.derivatives == Derivatives::Exact, certified(case));
    let wanted = move |kind: &&Kind| !recorded && (exact || !kind.whole) && (!certified || kind.pairs != Pairs::Lagged);
    KINDS.iter().filter(wanted).filter(|kind| !kind.orders(case).is_empty())
}

/// The kind that serves the moment of an order in a block.
pub(super) fn kind_of(case: &Case, block: Block, order: u32, pairs: Pairs) -> Option<&'static Kind> {
    let whole = matches!(block, Block::Derivative | Block::Joint);
    KINDS.iter().find(|kind| (kind.whole, kind.pairs) == (whole, pairs) && kind.orders(case).contains(&order))
}

/// Whether every path contracts.
fn certified(case: &Case) -> bool {
    case.certificate.cell.rate < 1.0
}

impl Kind {
    /// Orders of the moments that are written down. Derivatives of many units cost most, and where
    /// every path contracts pairs that carry the second moment of theirs tell the first one too.
    fn orders(&self, case: &Case) -> &'static [u32] {
        let shared = self.whole && certified(case) && case.network.cell.state_len() >= MANY;
        match (shared, self.order) {
            (false, 1) => &[1],
            (false, _) => &[2],
            (true, 1) => &[],
            (true, _) => &[1, 2],
        }
    }

    /// Its units: a population each.
    pub(super) fn work<'c>(&'static self, case: &'c Case, budget: &'c Budget, key: RngKey) -> Work<'c> {
        Work::new(self.part, POPULATIONS, self.footprint(case, budget), move |index| self.run(case, budget, key, index))
    }

    fn chain<'a>(&self, case: &'a Case) -> JointChain<'a> {
        let (data, cell) = (&*case.data, &*case.network.cell);
        if self.whole { JointChain::new(data, cell) } else { JointChain::without_derivatives(data, cell) }
    }

    /// Pairs of a population, from the chains of the claim: up to a bound in pairs and one in
    /// numbers.
    fn size(&self, case: &Case, budget: &Budget) -> usize {
        let len = self.chain(case).state_len().max(1);
        let (wanted, numbers, fewest) = match (self.pairs, certified(case)) {
            (Pairs::Stationary, true) => (budget.chains.min(CERTIFIED), NUMBERS, WALKS),
            (Pairs::Stationary, false) => (budget.chains.min(PAIRS), NUMBERS, WALKS),
            (Pairs::Residual, true) => (budget.chains.min(ROUGH / 2), NUMBERS / 4, FEWEST_ROUGH),
            (Pairs::Residual, false) => (budget.chains.min(ROUGH), NUMBERS, WALKS),
            // They follow heavy tails, and later than the others.
            (Pairs::Lagged, _) => (4 * budget.chains.min(PAIRS), NUMBERS / 8, WALKS),
        };
        wanted.min((numbers / len).max(fewest)).max(1)
    }

    /// Times at which moments are written down, ascending.
    pub(super) fn looks(&self, budget: &Budget) -> Vec<usize> {
        match self.pairs {
            Pairs::Stationary => budget.times.clone(),
            Pairs::Residual => residual_looks(budget),
            Pairs::Lagged => (0..=last_time(budget) + SUMMED * SHORT_LAG).collect(),
        }
    }

    /// Steps by which the second copy is ahead of the first.
    pub(super) fn lag(&self, budget: &Budget) -> usize {
        match self.pairs {
            Pairs::Stationary => budget.burn_in,
            Pairs::Residual => budget.burn_in.min(LAG),
            Pairs::Lagged => SHORT_LAG,
        }
    }

    /// Memory of a unit.
    fn footprint(&self, case: &Case, budget: &Budget) -> Footprint {
        let chain = self.chain(case);
        let count = self.size(case, budget);
        let working = count.saturating_mul(4 * chain.state_len() - 2 * chain.in_place() + chain.work_len() + chain.innovation_len() + 8)
            + 2 * chain.state_len();
        Footprint { working, recorded: 4 * self.orders(case).len() * self.looks(budget).len() }
    }

    /// One population: `(E d^p)^{1/p}` of every block at every look, for each order p.
    fn run(&self, case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
        let chain = self.chain(case);
        let size = self.size(case, budget);
        let members = index * size..(index + 1) * size;
        let pairs = self.starts(&chain, case, budget, key, members.clone());
        let pairs = pairs.into_iter().map(|(first, second)| Synchronous::new(&chain, first, second)).collect();
        let noises = members.clone().map(|replicate| Noise::at(key.replicate(replicate).stream(stream::INNOVATION))).collect();
        let choice = Noise::at(key.replicate(members.start).stream(stream::CHOICE));
        let ranges = Block::ALL.map(|block| chain.blocks().range(block));
        let mut population = Population::new(&chain, pairs, noises, choice, &ranges[..3]).with_order(f64::from(self.order));
        let (looks, orders) = (self.looks(budget), self.orders(case));
        let mut roots: Vec<[Vec<f64>; 4]> = vec![Default::default(); orders.len()];
        let (mut t, together) = (0, steps_together(case));
        loop {
            if looks.contains(&t) {
                for (lists, order) in roots.iter_mut().zip(orders) {
                    let moments = population.moments_of_order(f64::from(*order), &ranges);
                    lists.iter_mut().zip(moments).for_each(|(list, moment)| list.push(moment.root));
                }
            }
            let Some(look) = looks.iter().copied().filter(|look| *look > t).min() else { break };
            let steps = together.min(look - t);
            population.advance(steps);
            t += steps;
        }
        let named =
            orders.iter().zip(roots).flat_map(|(order, lists)| Block::ALL.map(|block| names::of_moment(*order, block)).into_iter().zip(lists));
        named.fold(Record::default(), |record, (name, roots)| record.with(name, looks.len(), roots))
    }

    /// The two copies of each pair, the second `lag` steps ahead or more.
    fn starts(&self, chain: &JointChain, case: &Case, budget: &Budget, key: RngKey, members: Range<usize>) -> Vec<(Vec<f64>, Vec<f64>)> {
        let count = members.len();
        let state = |replicate: usize, key: RngKey, which| {
            let data = case.data_start(replicate, POPULATIONS * count, key, which);
            chain.state(&data, &case.hidden_start(replicate, key, which))
        };
        // The stated start belongs to the first copy, and to both where there is no other one.
        let ahead = if self.pairs == Pairs::Lagged { (key.within("ahead"), stream::START) } else { (key, stream::OTHER_START) };
        let behind = if self.pairs == Pairs::Residual { (key.within("behind"), stream::OTHER_START) } else { (key, stream::START) };
        // Copies of one age need walks of their own, which are short.
        let per_walk = if self.pairs == Pairs::Stationary { count.div_ceil(WALKS) } else { 1 };
        let mut seconds = Vec::with_capacity(count);
        for first in members.clone().step_by(per_walk) {
            let mut walk = Walk::from(chain, state(first, ahead.0, ahead.1));
            let mut noise = Noise::at(key.replicate(first).stream(stream::BURN_IN));
            walk.advance(self.lag(budget), &mut noise);
            for replicate in first..(first + per_walk).min(members.end) {
                if replicate > first {
                    walk.advance(SPACING, &mut noise);
                }
                seconds.push(walk.state().to_vec());
            }
        }
        members.map(|replicate| state(replicate, behind.0, behind.1)).zip(seconds).collect()
    }
}

/// Units from which on derivatives are what a pair costs: they are then worth forming once for
/// several steps, and following once for both moments.
const MANY: usize = 8;

/// Steps that a population takes before it may choose again. Between two looks nothing else is
/// asked of it, and a large matrix of derivatives is then formed once.
fn steps_together(case: &Case) -> usize {
    let units = case.network.cell.state_len();
    if units < MANY { 1 } else { (units / 2).min(8) }
}

/// Times at which the residual is looked at: the start, the powers of two and the end. Early ones
/// serve where a moment is soon carried by too few populations.
pub(super) fn residual_looks(budget: &Budget) -> Vec<usize> {
    let doubled = std::iter::successors(Some(1usize), |time| time.checked_mul(2)).take_while(|time| *time < budget.steps);
    std::iter::once(0).chain(doubled).chain([budget.steps.max(1)]).collect()
}
