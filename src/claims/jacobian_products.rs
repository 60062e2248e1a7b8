//! Moments of products of Jacobians, `E‖A_t ⋯ A_1 δ‖^p`: the part of the derivatives that their start has left.

use super::pairs::{Followed, follow_groups, members_of_populations, population, populations};
use super::{Budget, Case, Footprint, Part, Record, Units, footprint, rates};
use crate::chain::TangentChain;
use crate::ergodicity::{DecayCurve, GeometricFit, Shape, WindowRule};
use crate::markov::{Coupled, length};
use crate::random::{Address, Noise, stream};
use crate::stats::{Bootstrap, Undefined};

/// Moments that are followed.
pub(super) const ORDERS: [u32; 2] = [2, 4];
/// The part of each.
pub(super) const PARTS: [&str; 2] = ["products_2", "products_4"];
/// Pairs for one chain of the claim: a moment of products rests on fewer of them than one of the derivatives.
const FACTOR: usize = 8;
/// Most steps followed.
const STEPS: usize = 200;

fn wide(budget: &Budget) -> Budget {
    Budget { chains: FACTOR * budget.chains, steps: budget.steps.min(STEPS), ..budget.clone() }
}

/// The units of both orders.
pub(super) fn units(budget: &Budget) -> [Units; 2] {
    PARTS.map(|part| populations(part, wide(budget).chains))
}

/// What a unit holds at once.
pub(super) fn footprint(case: &Case, budget: &Budget) -> Footprint {
    let chain = TangentChain::new(&*case.data, &*case.network.cell);
    footprint::populations_of(&chain, &wide(budget))
}

/// One unit: populations of tangents guided by their length to the power of the moment.
pub(super) fn run(case: &Case, budget: &Budget, order: u32, address: Address, index: usize) -> Record {
    let budget = wide(budget);
    let chain = TangentChain::new(&*case.data, &*case.network.cell);
    let tangent = chain.tangent();
    let start = |replicate: usize| {
        let data = case.data_start(replicate, budget.chains, address, stream::OTHER_START);
        let hidden = case.hidden_start(replicate, address, stream::OTHER_START);
        let mut direction = Noise::at(address.within("tangent").replicate(replicate).stream(stream::DIRECTION)).normal_vector(hidden.len());
        let size = length(&direction);
        direction.iter_mut().for_each(|d| *d /= size);
        (chain.state(&data, &hidden, &vec![0.0; hidden.len()]), chain.state(&data, &hidden, &direction))
    };
    let followed: Followed<1> = follow_groups(
        &chain,
        members_of_populations(&budget, index),
        (population(budget.chains), f64::from(order)),
        (budget.steps, address),
        &[tangent],
        start,
    );
    let [distances] = followed.distances;
    Record::default().with("distance", budget.steps + 1, distances)
}

/// The rate `(E‖A_t ⋯ A_1 δ‖^p)^{1/p}` shrinks or grows by a step.
pub(super) fn rate(case: &Case, part: &Part, order: u32, address: Address) -> Result<GeometricFit, Undefined> {
    let curve = DecayCurve::new(Coupled::declare(part.stacked("distance")?), order, 1.0, true);
    // On a recorded series rows are single paths, whose logarithms spread too far for a normal law to stand for their tail.
    let curve = if case.data.is_recorded() { curve } else { curve.log_normal() };
    let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: address.stream(stream::RESAMPLING) };
    GeometricFit::of(&curve, Shape::Driven, &WindowRule::default(), case.level, &bootstrap)
}
