//! What one forward pass leaves behind for the backward passes.

use crate::data::Segment;
use crate::network::Network;

/// Hidden states, errors and cell tapes of one pass over a stretch.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    steps: Vec<f64>,
    step_len: usize,
    hidden: Vec<f64>,
    hidden_len: usize,
    errors: Vec<f64>,
    error_len: usize,
    losses: Vec<f64>,
}

impl Tape {
    /// Runs `network` over `stretch` from the hidden state `start`.
    pub(crate) fn record(network: &Network, segment: &Segment, start: &[f64]) -> Self {
        Self::recorded(network, segment, start, true)
    }

    /// [`Tape::record`] that keeps the cell's own tapes or hidden states and errors alone.
    pub(super) fn recorded(network: &Network, segment: &Segment, start: &[f64], keeps_steps: bool) -> Self {
        let cell = &*network.cell;
        let (steps, step_len, hidden_len, error_len) = (segment.len(), cell.tape_len(), cell.state_len(), network.readout.outputs());
        let mut tape = Tape {
            steps: vec![0.0; if keeps_steps { steps * step_len } else { 0 }],
            step_len,
            hidden: vec![0.0; (steps + 1) * hidden_len],
            hidden_len,
            errors: vec![0.0; steps * error_len],
            error_len,
            losses: vec![0.0; steps],
        };
        tape.hidden[..hidden_len].copy_from_slice(start);
        let mut passing = vec![0.0; step_len];
        for t in 0..steps {
            let (before, after) = tape.hidden.split_at_mut((t + 1) * hidden_len);
            let next = &mut after[..hidden_len];
            let step = if keeps_steps { &mut tape.steps[t * step_len..(t + 1) * step_len] } else { &mut passing[..] };
            cell.step(&before[t * hidden_len..], segment.input(t), next, step);
            tape.losses[t] = network.readout.error(next, segment.target(t), &mut tape.errors[t * error_len..(t + 1) * error_len]);
        }
        tape
    }

    /// Number of steps.
    pub(crate) fn len(&self) -> usize {
        self.losses.len()
    }

    /// Whether the cell's tapes were kept.
    pub(crate) fn keeps_steps(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The cell's tape of step `t`, which led from `S_t` to `S_{t+1}`.
    pub(crate) fn step(&self, t: usize) -> &[f64] {
        &self.steps[t * self.step_len..(t + 1) * self.step_len]
    }

    /// The hidden state `S_t`.
    pub(crate) fn hidden(&self, t: usize) -> &[f64] {
        &self.hidden[t * self.hidden_len..(t + 1) * self.hidden_len]
    }

    /// The error `Ŷ_t − Y_t`.
    pub(crate) fn error(&self, t: usize) -> &[f64] {
        &self.errors[t * self.error_len..(t + 1) * self.error_len]
    }

    /// The loss of step `t`.
    pub(crate) fn loss(&self, t: usize) -> f64 {
        self.losses[t]
    }
}
