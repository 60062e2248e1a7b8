//! Full backpropagation through time: the adjoint recursion over a whole stretch.

use super::{Summed, Tape};
use crate::data::Stretch;
use crate::network::Network;

/// The gradient of the loss summed over the steps `t ≥ warm`, by one backward pass over the whole stretch.
///
/// ```text
/// λ_{t+1} = Cᵀ e_t [t ≥ warm] + A_{t+1}ᵀ λ_{t+2},   ∇ = Σ_t E_tᵀ λ_{t+1}
/// ```
///
/// `start` is `S_0` (length N). Equal to [`rtrl`](super::rtrl()) in exact arithmetic at `O(N² + N d)` a step instead of `O(N² P)`; it
/// keeps `O(N + d)` numbers a step.
pub fn bptt(network: &Network, stretch: &Stretch, start: &[f64], warm: usize) -> Summed {
    let tape = Tape::record(network, stretch, start);
    backward(network, &tape, warm)
}

/// The backward pass over a recorded tape.
pub(super) fn backward(network: &Network, tape: &Tape, warm: usize) -> Summed {
    let cell = &*network.cell;
    let mut summed = Summed { loss: 0.0, gradient: vec![0.0; network.len()] };
    let (recurrent, readout) = summed.gradient.split_at_mut(network.recurrent_len());
    let (mut carried, mut adjoint, mut previous) = (vec![0.0; cell.hidden()], vec![0.0; cell.hidden()], vec![0.0; cell.hidden()]);
    for t in (0..tape.len()).rev() {
        if t >= warm {
            summed.loss += tape.loss(t);
            network.readout.adjoint(tape.error(t), &mut adjoint);
            network.readout.add_gradient(tape.hidden(t + 1), tape.error(t), readout);
        } else {
            adjoint.fill(0.0);
        }
        for (a, c) in adjoint.iter_mut().zip(&carried) {
            *a += c;
        }
        cell.pull_back(tape.step(t), &adjoint, &mut previous, recurrent);
        std::mem::swap(&mut carried, &mut previous);
    }
    summed
}
