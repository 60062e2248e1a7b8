//! How much memory a unit of work takes, counted before it is done.

use crate::chain::JointChain;
use crate::claims::measuring::joint_chain_kind::{Derivatives, JointChainKind};
use crate::claims::measuring::pairs;
use crate::claims::{Budget, Case};
use crate::markov::{Block, Kernel};

/// Numbers of eight bytes that one unit of work holds at once. Counted is what grows with the
/// network, the replicas and the record; a constant is left to the program's own size.
///
/// ```
/// let claim = rtrl_lab::claims::named("data_ergodicity").unwrap();
/// let case = claim.violation(1);
/// let work = &claim.work(&case)[0];
/// let held: usize = work.run(0).series.values().map(|series| series.values.len()).sum();
/// // Distances at times 0 to 100 of half of the 32 pairs, and a size of each.
/// assert_eq!((work.count, held, work.footprint.recorded), (2, 16 * 102, 16 * 102));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// While it runs.
    pub working: usize,
    /// In its record.
    pub recorded: usize,
}

/// Directions of the image of whole derivatives: the sums over three parameter blocks, and one of
/// random signs.
const DIRECTIONS: usize = 4;

/// Members of a full unit.
fn unit(budget: &Budget) -> usize {
    budget.chains.min(pairs::BATCH)
}

/// A population of `count` pairs on a kernel: two states, what they become but for what is carried
/// in place, scratch; and one vector more while a pair is made or a second copy's derivatives are
/// driven.
fn population(kernel: &dyn Kernel, count: usize) -> usize {
    count * (4 * kernel.state_len() - 2 * kernel.in_place() + kernel.work_len()) + kernel.state_len()
}

/// Columns of a product over `lanes` pairs with `tangents` tangents each, before and after.
fn product(case: &Case, lanes: usize, tangents: usize) -> usize {
    let cell = &*case.network.cell;
    let group = cell.tangents().map_or(0, |tangents| tangents.group_len());
    (2 * lanes * (1 + tangents)).div_ceil(8) * 8 * (group + cell.state_len())
}

/// Of coupled pairs of the chain (data, hidden state).
pub(in crate::claims) fn hidden_pairs(case: &Case, budget: &Budget) -> Footprint {
    let chain = JointChain::without_derivatives(&*case.data, &*case.network.cell);
    let count = pairs::population(budget.chains).min(budget.chains);
    Footprint { working: population(&chain, count) + product(case, count, 0), recorded: 4 * (budget.steps + 2) * unit(budget).div_ceil(count) }
}

/// Of plain pairs of the data, whose distance is written down at every step.
pub(in crate::claims) fn data_pairs(case: &Case, budget: &Budget) -> Footprint {
    Footprint { working: 6 * case.data.state_len(), recorded: unit(budget).saturating_mul(budget.steps + 2) }
}

/// Of populations on a kernel that does not grow with the parameters.
pub(in crate::claims) fn populations_of(kernel: &dyn Kernel, budget: &Budget) -> Footprint {
    let count = pairs::population(budget.chains).min(budget.chains);
    Footprint { working: population(kernel, count), recorded: 4 * (budget.steps + 2) * unit(budget).div_ceil(count) }
}

/// Of four trajectories with one tangent each, and so many segments.
pub(in crate::claims) fn trajectories(case: &Case, steps: usize, segments: usize) -> Footprint {
    let cell = &*case.network.cell;
    let data = steps.saturating_mul(case.data.inputs() + case.data.outputs());
    let trajectory = data.saturating_add(5 * cell.state_len()).saturating_mul(4);
    let recorded = if cell.units_are_separate() { segments.saturating_mul(4 * cell.state_len()) } else { 0 };
    Footprint { working: trajectory.saturating_add(cell.tape_len() + product(case, 2, 1)), recorded }
}

/// Of a walk of the whole joint chain.
pub(in crate::claims) fn walk(case: &Case) -> usize {
    let chain = JointChain::new(&*case.data, &*case.network.cell);
    2 * chain.state_len() + chain.work_len()
}

/// Of chains of one unit, as many as step together.
pub(in crate::claims) fn chains_together(case: &Case, budget: &Budget) -> usize {
    let chain = JointChainKind::of(case, case.key, 0..unit(budget), false);
    let together = chain.together();
    let product = if together > 1 { product(case, together, columns(case)) } else { 0 };
    together * (2 * chain.state_len() - chain.in_place() + chain.work_len()) + product + chain.state_len()
}

/// Of two walks of the whole joint chain whose records do not grow: what a unit takes that has no
/// count of its own.
pub(in crate::claims) fn walks(case: &Case) -> Footprint {
    Footprint { working: walk(case).saturating_mul(2), recorded: 0 }
}

/// Of plain pairs of the joint chain with their images.
pub(in crate::claims) fn joint_pairs(case: &Case, budget: &Budget, compared: usize, width: usize) -> Footprint {
    let chain = JointChainKind::of(case, case.key, 0..unit(budget), true);
    let together = chain.together();
    let directions = if case.derivatives == Derivatives::Exact { DIRECTIONS * chain.blocks().range(Block::Derivative).len() } else { 0 };
    let tangents = columns(case) + case.network.cell.layout().blocks().len();
    let product = if together > 1 { product(case, together, tangents) } else { 0 };
    let times = budget.times.len() * (2 * width * unit(budget) + compared);
    Footprint {
        working: population(&chain, together) + directions + product,
        recorded: times + 4 * unit(budget) * (budget.times.last().unwrap_or(&1) + 2),
    }
}

/// Of populations of the joint chain; sketched starts are made together and kept, whole ones are
/// seen along a walk.
pub(in crate::claims) fn joint_populations(case: &Case, budget: &Budget, size: usize) -> Footprint {
    let chain = JointChainKind::of(case, case.key, 0..unit(budget), false);
    let sketched = chain.together() > 1;
    let made = if sketched {
        4 * unit(budget) * chain.state_len() + product(case, unit(budget), columns(case))
    } else {
        2 * chain.state_len() + chain.work_len()
    };
    let count = size.min(budget.chains);
    // Distances, the law of the carriers and the distances of smaller populations, of four blocks.
    Footprint { working: population(&chain, count) + made, recorded: 16 * (budget.steps + 2) * unit(budget).div_ceil(count) }
}

fn columns(case: &Case) -> usize {
    match case.derivatives {
        Derivatives::Exact => 0,
        Derivatives::Sketched { columns, .. } => columns,
    }
}

/// Of the forward derivatives of real-time recurrent learning: the influence matrix before and
/// after a step.
pub(in crate::claims) fn sensitivity(case: &Case) -> usize {
    let cell = &*case.network.cell;
    2 * cell.influence_layout().len() + cell.work_len()
}

/// Of the adjoint recursion over several stretches, side by side where the cell has such steps.
pub(in crate::claims) fn adjoints(case: &Case, steps: usize, stretches: usize) -> usize {
    match case.network.cell.columns() {
        Some(cell) => crate::gradient::side_by_side_numbers(&case.network, cell, steps, stretches),
        None => adjoint(case, steps),
    }
}

/// Of the adjoint recursion over a stretch: inputs, states, a tape or what is kept of it, and the
/// gradient.
pub(in crate::claims) fn adjoint(case: &Case, steps: usize) -> usize {
    let cell = &*case.network.cell;
    let a_step = case.data.inputs() + 2 * case.data.outputs() + cell.state_len();
    steps.saturating_mul(a_step).saturating_add(crate::gradient::tape_numbers(cell, steps)).saturating_add(case.network.len())
}
