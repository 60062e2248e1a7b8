//! Where the pairs start, and the law of that start in the exact case.

use crate::claims::measuring::joint_chain_kind::JointChainKind;
use crate::claims::{Budget, Case};
use crate::markov::Walks;
use crate::random::{Noise, RngKey, stream};
use crate::theory::GaussianStart;
use ndarray::Array1;
use std::ops::Range;

/// For each replicate a copy at the stated start and a copy brought to stationarity; on a recorded
/// series both stand at the row that the second one has reached.
pub(super) fn starts(chain: &JointChainKind, case: &Case, budget: &Budget, key: RngKey, replicates: Range<usize>) -> Vec<(Vec<f64>, Vec<f64>)> {
    let data = |replicate, which| case.data_start(replicate, budget.chains, key, which);
    let state = |data: &[f64], replicate, which| chain.state(data, &case.hidden_start(replicate, key, which), replicate);
    let others = replicates.clone().map(|replicate| state(&data(replicate, stream::OTHER_START), replicate, stream::OTHER_START));
    let noises = replicates.clone().map(|replicate| Noise::at(key.replicate(replicate).stream(stream::BURN_IN)));
    let mut walks = Walks::from(chain, others.collect(), noises.collect());
    walks.advance(budget.burn_in);
    let paired = walks.into_states().into_iter().zip(replicates).map(|(stationary, replicate)| {
        let data = if case.data.is_recorded() { stationary[..chain.blocks().data].to_vec() } else { data(replicate, stream::START) };
        (state(&data, replicate, stream::START), stationary)
    });
    paired.collect()
}

/// The law that chains of a case start from, as the oracle wants it.
pub(crate) fn gaussian_start(case: &Case) -> GaussianStart {
    let part = |stated: &Option<Vec<f64>>, len: usize| match stated {
        Some(point) => (point.clone(), vec![0.0; len]),
        None => (vec![0.0; len], vec![case.start.spread; len]),
    };
    let (data, hidden) = (part(&case.start.data, case.data.state_len()), part(&case.start.hidden, case.network.cell.state_len()));
    GaussianStart { mean: Array1::from_iter(data.0.into_iter().chain(hidden.0)), deviation: Array1::from_iter(data.1.into_iter().chain(hidden.1)) }
}
