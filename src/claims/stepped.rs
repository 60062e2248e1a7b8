//! The joint chain with its gradient, a step at a time, at parameters that the caller may move between steps.

use crate::data::DataProcess;
use crate::gradient::Sensitivity;
use crate::markov::Walk;
use crate::network::Network;
use crate::random::Noise;

/// Data, hidden state and derivatives on their way.
pub(super) struct Stepped<'a> {
    data: &'a dyn DataProcess,
    walk: Walk<'a, dyn DataProcess + 'a>,
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    input: Vec<f64>,
    target: Vec<f64>,
    eta: Vec<f64>,
    error: Vec<f64>,
    adjoint: Vec<f64>,
    sensitivity: Sensitivity,
    /// Whether the derivatives of the steps before are dropped at every step: TBPTT(1) in the place of RTRL.
    pub forgets: bool,
}

impl<'a> Stepped<'a> {
    /// The chain at the joint state `(D, S, V)`, with `V` as the cell stores it.
    pub fn at(data: &'a dyn DataProcess, network: &Network, joint: &[f64]) -> Self {
        let (cell, q) = (&*network.cell, data.state_len());
        let n = cell.hidden();
        Stepped {
            data,
            walk: Walk::from(data, joint[..q].to_vec()),
            hidden: joint[q..q + n].to_vec(),
            next: vec![0.0; n],
            tape: vec![0.0; cell.tape_len()],
            input: vec![0.0; data.inputs()],
            target: vec![0.0; data.outputs()],
            eta: vec![0.0; data.observation_len()],
            error: vec![0.0; data.outputs()],
            adjoint: vec![0.0; n],
            sensitivity: Sensitivity::at(cell, joint[q + n..].to_vec()),
            forgets: false,
        }
    }

    /// The chain at a data state, with hidden state and derivatives zero.
    pub fn from_data(data: &'a dyn DataProcess, network: &Network, mut state: Vec<f64>) -> Self {
        let n = network.cell.hidden();
        state.resize(data.state_len() + n + network.cell.influence_layout().len(), 0.0);
        Stepped::at(data, network, &state)
    }

    /// One step; writes the gradient of its loss, `P + m (N + 1)` numbers, and returns the loss.
    pub fn step(&mut self, network: &Network, innovations: &mut Noise, observations: &mut Noise, gradient: &mut [f64]) -> f64 {
        self.data.input(self.walk.state(), &mut self.input);
        observations.normals(&mut self.eta);
        self.data.target(self.walk.state(), &self.eta, &mut self.target);
        self.walk.step_on(innovations);
        let cell = &*network.cell;
        cell.step(&self.hidden, &self.input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        if self.forgets {
            self.sensitivity.reset();
        }
        self.sensitivity.advance(cell, &self.tape);
        let loss = network.readout.error(&self.hidden, &self.target, &mut self.error);
        network.readout.adjoint(&self.error, &mut self.adjoint);
        gradient.fill(0.0);
        let (recurrent, readout) = gradient.split_at_mut(network.recurrent_len());
        self.sensitivity.add_gradient(&self.adjoint, recurrent);
        network.readout.add_gradient(&self.hidden, &self.error, readout);
        loss
    }

    /// The joint state `(D, S, V)`, with `V` as the cell stores it.
    pub fn joint(&self) -> Vec<f64> {
        [self.walk.state(), &self.hidden, self.sensitivity.influence()].concat()
    }
}
