//! Stationary gradients at frozen parameters, one independent stretch a replicate.

use crate::data::{DataProcess, Stretch};
use crate::gradient::{Summed, bptt};
use crate::network::Network;
use crate::random::{Address, Noise, stream};

/// How a stationary gradient is measured: `replicates` stretches of `steps` steps, each after `burn_in` steps that bring the chain near
/// its stationary law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientNorm {
    /// Steps whose gradients are averaged.
    pub steps: usize,
    /// Steps before them.
    pub burn_in: usize,
    /// Over-dispersion of the starts.
    pub spread: f64,
    /// Independent stretches.
    pub replicates: usize,
}

impl GradientNorm {
    /// The stretch of one replicate, burn-in included, and the hidden state that it starts from.
    pub fn stretch(&self, data: &dyn DataProcess, hidden: usize, address: Address, replicate: usize) -> (Stretch, Vec<f64>) {
        let address = address.replicate(replicate);
        let mut start_noise = Noise::at(address.stream(stream::START));
        let mut start = vec![0.0; data.state_len()];
        data.start(self.spread, replicate, self.replicates, &mut start_noise, &mut start);
        let mut innovations = Noise::at(address.stream(stream::INNOVATION));
        let mut observations = Noise::at(address.stream(stream::OBSERVATION));
        let (stretch, _) = Stretch::follow(data, start, self.burn_in + self.steps, &mut innovations, &mut observations);
        (stretch, vec![0.0; hidden])
    }

    /// The mean loss and gradient of one replicate's stretch, by the adjoint recursion.
    pub fn replicate(&self, data: &dyn DataProcess, network: &Network, address: Address, replicate: usize) -> Summed {
        let (stretch, hidden) = self.stretch(data, network.cell.hidden(), address, replicate);
        let mut summed = bptt(network, &stretch, &hidden, self.burn_in);
        let scale = 1.0 / self.steps as f64;
        summed.loss *= scale;
        summed.gradient.iter_mut().for_each(|g| *g *= scale);
        summed
    }
}
