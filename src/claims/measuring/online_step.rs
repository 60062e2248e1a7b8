//! The joint chain with its gradient, a step at a time, at parameters that the caller may move
//! between steps.

use crate::data::DataProcess;
use crate::markov::Walk;
use crate::network::Network;
use crate::random::Noise;
use crate::training::Rule;
use crate::training::method::Forward;

/// Data, hidden state and derivatives on their way.
pub(in crate::claims) struct OnlineStep<'a> {
    data: &'a dyn DataProcess,
    walk: Walk<'a, dyn DataProcess + 'a>,
    input: Vec<f64>,
    target: Vec<f64>,
    eta: Vec<f64>,
    /// The rule that carries hidden state and derivatives.
    pub rule: Forward,
}

impl<'a> OnlineStep<'a> {
    /// The chain at the joint state `(D, S, V)`, with `V` as the cell stores it.
    pub(crate) fn at(data: &'a dyn DataProcess, network: &Network, joint: &[f64]) -> Self {
        let (q, n) = (data.state_len(), network.cell.state_len());
        OnlineStep {
            data,
            walk: Walk::from(data, joint[..q].to_vec()),
            input: vec![0.0; data.inputs()],
            target: vec![0.0; data.outputs()],
            eta: vec![0.0; data.observation_len()],
            rule: Forward::at(network, joint[q..q + n].to_vec(), joint[q + n..].to_vec()),
        }
    }

    /// The chain at a data state, with hidden state and derivatives zero.
    pub(crate) fn from_data(data: &'a dyn DataProcess, network: &Network, mut state: Vec<f64>) -> Self {
        let n = network.cell.state_len();
        state.resize(data.state_len() + n + network.cell.influence_layout().len(), 0.0);
        OnlineStep::at(data, network, &state)
    }

    /// One step; writes the gradient of its loss, `P + m (N + 1)` numbers, and returns the loss.
    pub(crate) fn step(&mut self, network: &Network, innovations: &mut Noise, observations: &mut Noise, gradient: &mut [f64]) -> f64 {
        self.data.input(self.walk.state(), &mut self.input);
        observations.normals(&mut self.eta);
        self.data.target(self.walk.state(), &self.eta, &mut self.target);
        self.walk.step_on(innovations);
        gradient.fill(0.0);
        self.rule.learn(network, &self.input, &self.target, gradient).loss
    }

    /// The joint state `(D, S, V)`, with `V` as the cell stores it.
    pub(crate) fn joint(&self) -> Vec<f64> {
        [self.walk.state(), self.rule.hidden(), self.rule.derivatives()].concat()
    }
}
