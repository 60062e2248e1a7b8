//! What several methods share: the loss's slopes, a rule without its updates, counted operations.

use super::Rule;
use crate::data::Segment;
use crate::gradient::Summed;
use crate::network::{Cell, Network};

/// The summed gradient of a rule's steps `t ≥ warm` over a segment, without updates.
pub(super) fn run_frozen(rule: &mut dyn Rule, network: &Network, segment: &Segment, warm: usize) -> Summed {
    let mut sum = Summed { loss: 0.0, gradient: vec![0.0; network.len()] };
    let mut unseen = vec![0.0; network.len()];
    for t in 0..segment.len() {
        let gradient = if t < warm { &mut unseen } else { &mut sum.gradient };
        let taken = rule.learn(network, segment.input(t), segment.target(t), gradient);
        sum.loss += if t < warm { 0.0 } else { taken.loss };
    }
    rule.finish(network, &mut sum.gradient);
    sum
}

/// Operations of a step forward: every weight is multiplied and added once.
pub(super) fn forward_flops(cell: &dyn Cell) -> f64 {
    2.0 * cell.parameters().len() as f64
}

/// Operations of pulling an adjoint back through a step: the weights once, their gradient once.
pub(super) fn pull_flops(cell: &dyn Cell) -> f64 {
    4.0 * cell.parameters().len() as f64
}

/// The loss's slope in the prediction and in the hidden state.
pub(super) struct Slopes {
    pub error: Vec<f64>,
    pub adjoint: Vec<f64>,
}

impl Slopes {
    pub(super) fn of(network: &Network) -> Self {
        Slopes { error: vec![0.0; network.readout.outputs()], adjoint: vec![0.0; network.cell.state_len()] }
    }

    /// Loss, readout gradient and adjoint of a hidden state.
    pub(super) fn read_out(&mut self, network: &Network, hidden: &[f64], target: &[f64], gradient: &mut [f64]) -> f64 {
        let readout = &mut gradient[network.recurrent_len()..];
        network.readout.backward(hidden, target, &mut self.error, &mut self.adjoint, readout)
    }
}
