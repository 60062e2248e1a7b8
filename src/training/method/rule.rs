//! What a learning method carries from step to step: of one stream, or of several at once.

use crate::network::Network;

/// What a step came to.
///
/// ```
/// # use rtrl_lab::{network::*, random::*, training::{Method, method::Taken}};
/// # let cell = Box::new(Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap());
/// let network = Network { cell, readout: Readout::new(&[1.0], &[3.0], 1) };
/// let mut rule = Method::block(2).start(&network, vec![0.0], Noise::at(RngKey::root(1)));
/// let mut gradient = vec![0.0; network.len()];
/// let mut learn = || rule.learn(&network, &[1.0], &[1.0], &mut gradient);
/// assert_eq!(learn(), Taken { loss: 2.0, weight: 0.0 });
/// assert_eq!(learn(), Taken { loss: 2.0, weight: 0.5 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// The loss of the step, at the parameters before any update.
    pub loss: f64,
    /// Factor of the update that is due now by what has been summed up; 0 where none is due yet.
    pub weight: f64,
}

/// What a method carries from step to step.
///
/// ```
/// # use rtrl_lab::{network::*, random::*, training::Method};
/// # let linear = activation::named("identity").unwrap();
/// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap());
/// let network = Network { cell, readout: Readout::new(&[2.0], &[0.0], 1) };
/// let mut rule = Method::RTRL.start(&network, vec![4.0], Noise::at(RngKey::root(1)));
/// let mut gradient = vec![0.0; network.len()];
/// rule.learn(&network, &[1.0], &[5.0], &mut gradient);
/// assert_eq!(rule.hidden(), [3.0]);
/// assert_eq!(rule.influence(&network).unwrap(), [4.0, 1.0, 1.0]);
/// assert_eq!(gradient, [8.0, 2.0, 2.0, 3.0, 1.0]);
/// ```
pub trait Rule: Send {
    /// Takes a step and adds its gradient to `gradient`, `P + m (N + 1)` numbers.
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken;

    /// The hidden state `S_t`.
    fn hidden(&self) -> &[f64];

    /// The influence matrix `V_t`, as the cell stores it, formed where the rule has it in parts;
    /// `None` of a rule that carries none. `network` is the one that the steps were taken on.
    fn influence(&self, _network: &Network) -> Option<Vec<f64>> {
        None
    }

    /// Adds the gradient of steps that still wait for the end of their block: the run ends here.
    fn finish(&mut self, _network: &Network, _gradient: &mut [f64]) {}

    /// Begins anew in the hidden state 0 with all derivatives 0, as at a border between sequences;
    /// steps that wait for the end of their block are given up.
    fn forget(&mut self);
}

/// What a method carries from step to step of several streams that learn one network.
///
/// ```
/// # use rtrl_lab::{network::*, random::*, training::{Method, method::Taken}};
/// # let cell = Box::new(Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap());
/// let network = Network { cell, readout: Readout::new(&[1.0], &[3.0], 1) };
/// let mut rule = Method::block(1).kind().side_by_side(1, &network, 8).unwrap();
/// let mut gradient = vec![0.0; network.len()];
/// // Seven streams are right, the error of the last is 2.
/// let targets = [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 1.0];
/// let taken = rule.learn(&network, &[1.0; 8], &targets, &mut gradient);
/// assert_eq!(taken, Taken { loss: 2.0, weight: 1.0 });
/// assert_eq!(gradient, [0.0, 2.0, 2.0, 0.0, 2.0]);
/// ```
pub trait LaneRule: Send {
    /// Takes a step of every stream and adds the sum of their gradients to `gradient`; `inputs` are
    /// L × d and `targets` L × m, stream after stream. The loss is the sum over the streams.
    fn learn(&mut self, network: &Network, inputs: &[f64], targets: &[f64], gradient: &mut [f64]) -> Taken;

    /// The hidden state of a stream.
    fn hidden(&self, lane: usize) -> Vec<f64>;

    /// Begins every stream anew, as [`Rule::forget`] does.
    fn forget(&mut self);
}
