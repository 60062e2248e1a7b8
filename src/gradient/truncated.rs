//! Truncated backpropagation through time at frozen parameters: rolling and block.

use super::{Summed, Tape};
use crate::data::Segment;
use crate::network::Network;

/// Summed gradients of rolling TBPTT(τ) over the steps `t ≥ warm`, for every τ of `lengths` from
/// one pass.
///
/// ```text
/// G_t(τ) = Σ_{k=0}^{τ−1} E_{t−k}ᵀ A_{t−k+1}ᵀ ⋯ A_tᵀ Cᵀ e_t   (readout part as in full BPTT)
/// ```
///
/// τ counts differentiated applications of the cell: τ = 1 keeps the immediate Jacobian alone, τ =
/// 0 leaves the recurrent part zero. At frozen parameters the recomputed and the stale variants are
/// this same sum. `start` is `S_0`.
///
/// Degenerate case: where fewer than τ steps lie before `t`, all of them are used, which is full
/// BPTT.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::rolling_truncated};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // Only the last step counts: S_2 = 0.5 and S_3 = 0.25, of error 1.
/// let stretch = Segment::given(vec![1.0, 0.0, 0.0], 1, vec![0.0, 0.0, -0.75], 1);
/// let sums = rolling_truncated(&network, &stretch, &[0.0], 2, &[1, 2, 3]);
/// assert_eq!(sums[0].gradient[..3], [0.5, 0.0, 1.0]);
/// assert_eq!(sums[1].gradient[..3], [1.0, 0.0, 1.5]);
/// assert_eq!(sums[2].gradient[..3], [1.0, 0.25, 1.75]);
/// ```
pub fn rolling_truncated(network: &Network, segment: &Segment, start: &[f64], warm: usize, lengths: &[usize]) -> Vec<Summed> {
    let tape = Tape::record(network, segment, start);
    let cell = &*network.cell;
    let recurrent_len = network.recurrent_len();
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|index| lengths[*index]);
    // One bin holds the lags between two neighbouring lengths, so that each lag is pulled back and
    // added once.
    let mut bins = vec![vec![0.0; recurrent_len]; lengths.len()];
    let mut readout = vec![0.0; network.len() - recurrent_len];
    let mut loss = 0.0;
    let (mut adjoint, mut previous) = (vec![0.0; cell.state_len()], vec![0.0; cell.state_len()]);
    for t in warm..tape.len() {
        loss += tape.loss(t);
        network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut adjoint, &mut readout);
        let mut lag = 0;
        for (bin, index) in bins.iter_mut().zip(&order) {
            for step in lag..lengths[*index].min(t + 1) {
                cell.pull(tape.step(t - step), &adjoint, &mut previous, bin);
                std::mem::swap(&mut adjoint, &mut previous);
            }
            lag = lag.max(lengths[*index].min(t + 1));
        }
    }
    let mut results = vec![Summed { loss, gradient: [vec![0.0; recurrent_len], readout].concat() }; lengths.len()];
    let mut running = vec![0.0; recurrent_len];
    for (bin, index) in bins.iter().zip(&order) {
        for (sum, value) in running.iter_mut().zip(bin) {
            *sum += value;
        }
        results[*index].gradient[..recurrent_len].copy_from_slice(&running);
    }
    results
}

/// The summed gradient of block TBPTT(τ): the steps from `warm` on are cut into blocks of `length`
/// steps, the hidden state is carried across a border and the gradient is not.
///
/// `start` is `S_0`; `length` must be at least 1. A last, shorter block counts as it is.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::block_truncated};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // Two steps without an error, then S_3 = 0.25 with error 1.
/// let stretch = Segment::given(vec![1.0, 0.0, 0.0], 1, vec![1.0, 0.5, -0.75], 1);
/// let sum = |length| block_truncated(&network, &stretch, &[0.0], 0, length).gradient;
/// assert_eq!(sum(2), [0.5, 0.0, 1.0, 0.25, 1.0]);
/// assert_eq!(sum(3), [1.0, 0.25, 1.75, 0.25, 1.0]);
/// ```
pub fn block_truncated(network: &Network, segment: &Segment, start: &[f64], warm: usize, length: usize) -> Summed {
    assert!(length >= 1, "a block has at least one step");
    let tape = Tape::record(network, segment, start);
    let cell = &*network.cell;
    let mut summed = Summed { loss: 0.0, gradient: vec![0.0; network.len()] };
    let (recurrent, readout) = summed.gradient.split_at_mut(network.recurrent_len());
    let (mut carried, mut adjoint, mut previous) = (vec![0.0; cell.state_len()], vec![0.0; cell.state_len()], vec![0.0; cell.state_len()]);
    for first in (warm..tape.len()).step_by(length) {
        carried.fill(0.0);
        for t in (first..(first + length).min(tape.len())).rev() {
            summed.loss += tape.loss(t);
            network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut adjoint, readout);
            for (a, c) in adjoint.iter_mut().zip(&carried) {
                *a += c;
            }
            cell.pull(tape.step(t), &adjoint, &mut previous, recurrent);
            std::mem::swap(&mut carried, &mut previous);
        }
    }
    summed
}
