//! The rules of several streams that learn one network: one by one, or all at once where method and
//! cell have such steps.

use super::method::{LaneRule, Method, Rule, Taken};
use crate::network::Network;
use crate::random::Noise;

/// What the streams of a training run carry.
pub(super) enum Streams {
    /// All at once.
    Together(Box<dyn LaneRule>),
    /// One by one, into one gradient.
    Each(Vec<Box<dyn Rule>>),
    /// One by one, each with its own gradient: their updates come at steps of their own.
    Apart(Vec<(Box<dyn Rule>, Vec<f64>)>),
}

impl Streams {
    /// Streams from hidden states 0, one for each of `choices`.
    pub(super) fn start(method: Method, network: &Network, choices: Vec<Noise>) -> Streams {
        let (kind, zero) = (method.kind(), vec![0.0; network.cell.state_len()]);
        if let Some(rule) = kind.side_by_side(method.length(), network, choices.len()) {
            return Streams::Together(rule);
        }
        let rules = choices.into_iter().map(|choices| method.start(network, zero.clone(), choices));
        if kind.is_regular() { Streams::Each(rules.collect()) } else { Streams::Apart(rules.map(|rule| (rule, vec![0.0; network.len()])).collect()) }
    }

    /// Takes a step of every stream, from inputs L × d and targets L × m; the loss is the sum over
    /// the streams. Where an update is due `weight · gradient` is the sum of what each asks for.
    pub(super) fn learn(&mut self, network: &Network, inputs: &[f64], targets: &[f64], gradient: &mut [f64]) -> Taken {
        let given = inputs.chunks_exact(network.cell.inputs()).zip(targets.chunks_exact(network.readout.outputs()));
        let mut all = Taken { loss: 0.0, weight: 0.0 };
        match self {
            Streams::Together(rule) => return rule.learn(network, inputs, targets, gradient),
            Streams::Each(rules) => {
                for (rule, (input, target)) in rules.iter_mut().zip(given) {
                    let taken = rule.learn(network, input, target, gradient);
                    all = Taken { loss: all.loss + taken.loss, weight: taken.weight };
                }
            }
            Streams::Apart(rules) => {
                for ((rule, own), (input, target)) in rules.iter_mut().zip(given) {
                    let taken = rule.learn(network, input, target, own);
                    all.loss += taken.loss;
                    if taken.weight > 0.0 {
                        gradient.iter_mut().zip(own).for_each(|(sum, g)| *sum += taken.weight * std::mem::take(g));
                        all.weight = 1.0;
                    }
                }
            }
        }
        all
    }

    /// The hidden state of a stream.
    pub(super) fn hidden(&self, lane: usize) -> Vec<f64> {
        match self {
            Streams::Together(rule) => rule.hidden(lane),
            Streams::Each(rules) => rules[lane].hidden().to_vec(),
            Streams::Apart(rules) => rules[lane].0.hidden().to_vec(),
        }
    }

    /// Begins every stream anew in the hidden state 0, as at a border between sequences.
    pub(super) fn forget(&mut self) {
        match self {
            Streams::Together(rule) => rule.forget(),
            Streams::Each(rules) => rules.iter_mut().for_each(|rule| rule.forget()),
            Streams::Apart(rules) => {
                for (rule, own) in rules {
                    rule.forget();
                    own.fill(0.0);
                }
            }
        }
    }
}
