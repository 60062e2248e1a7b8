//! Stationary gradients at frozen parameters, one independent stretch a replicate.

use crate::data::{DataProcess, Segment};
use crate::gradient::{Summed, bptt, bptt_all};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use std::ops::Range;

/// How a stationary gradient is measured: `replicates` stretches of `steps` steps, each after
/// `burn_in` steps that bring the chain near its stationary law.
///
/// A recorded series, played in a cycle of T rows, has one stationary law: every row once. There
/// the stretches are the `replicates` parts of the record and the average over them is the exact
/// average over the record, without noise; `steps` is then T over `replicates`.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.6]], array![[0.8]]);
/// # let (inputs, target) = (vec![0], LinearTarget::new(vec![vec![1.0]], 0.0));
/// let data = Var(Autoregression { transition, noise_factor, inputs, target });
/// let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap());
/// let network = Network { cell, readout: Readout::new(&[0.0], &[0.0], 1) };
/// let norm = GradientNorm { steps: 2000, burn_in: 20, spread: 1.0, replicates: 1 };
/// let loss = norm.replicate(&data, &network, RngKey::root(1), 0).loss;
/// // Half the variance of the target, 0.36 / 2 + 0.64 / 2; the standard error is 0.023.
/// assert!((loss - 0.5).abs() < 0.1, "{loss}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientNorm {
    /// Steps whose gradients are averaged; ignored for a recorded series.
    pub steps: usize,
    /// Steps before them.
    pub burn_in: usize,
    /// Over-dispersion of the starts.
    pub spread: f64,
    /// Independent stretches.
    pub replicates: usize,
}

impl GradientNorm {
    /// Steps of one replicate's stretch after its burn-in.
    pub(crate) fn steps_of(&self, data: &dyn DataProcess, replicate: usize) -> usize {
        match data.cycle() {
            Some(rows) => (replicate + 1) * rows / self.replicates - replicate * rows / self.replicates,
            None => self.steps,
        }
    }

    /// What a sum over a stretch is multiplied with, so that the mean over all replicates is the
    /// average a step.
    ///
    /// ```
    /// # use rtrl_lab::{data::*, training::GradientNorm};
    /// # let (one, target) = (ndarray::Array2::eye(1), LinearTarget::new(vec![vec![1.0]], 0.0));
    /// # let (transition, noise_factor) = (0.5 * &one, one);
    /// let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let norm = GradientNorm { steps: 8, burn_in: 100, spread: 1.0, replicates: 3 };
    /// assert_eq!(norm.weight(&data), 0.125);
    /// ```
    pub fn weight(&self, data: &dyn DataProcess) -> f64 {
        match data.cycle() {
            Some(rows) => self.replicates as f64 / rows as f64,
            None => 1.0 / self.steps as f64,
        }
    }

    /// The stretch of one replicate, burn-in included, and the hidden state that it starts from.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, random::RngKey, training::GradientNorm};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let norm = GradientNorm { steps: 8, burn_in: 4, spread: 1.0, replicates: 2 };
    /// let (stretch, hidden) = norm.segment(&data, 3, RngKey::root(1), 0);
    /// assert_eq!((stretch.len(), stretch.input(11), hidden), (12, &[0.0][..], vec![0.0; 3]));
    /// ```
    pub fn segment(&self, data: &dyn DataProcess, hidden: usize, key: RngKey, replicate: usize) -> (Segment, Vec<f64>) {
        let key = key.replicate(replicate);
        let mut start_noise = Noise::at(key.stream(stream::START));
        let mut start = vec![0.0; data.state_len()];
        data.start(self.spread, replicate, self.replicates, &mut start_noise, &mut start);
        let mut innovations = Noise::at(key.stream(stream::INNOVATION));
        let mut observations = Noise::at(key.stream(stream::OBSERVATION));
        let steps = self.burn_in + self.steps_of(data, replicate);
        let (segment, _) = Segment::follow(data, start, steps, &mut innovations, &mut observations);
        (segment, vec![0.0; hidden])
    }

    /// The loss and gradient of one replicate's stretch by the adjoint recursion, weighted so that
    /// the mean over all replicates is the average a step.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let linear = activation::named("identity").unwrap();
    /// let cell = Box::new(Elman::new(&[0.5], &[1.0], &[1.0], 0.0, linear).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let norm = GradientNorm { steps: 7, burn_in: 70, spread: 0.0, replicates: 1 };
    /// let gradient = norm.replicate(&data, &network, RngKey::root(1), 0).gradient;
    /// // At rest S = b / (1 − a) = 2, which misses the target 0 by 2.
    /// let exact = [8.0, 0.0, 4.0, 4.0, 2.0];
    /// assert!(gradient.iter().zip(exact).all(|(g, exact)| (g - exact).abs() < 1e-12));
    /// ```
    pub fn replicate(&self, data: &dyn DataProcess, network: &Network, key: RngKey, replicate: usize) -> Summed {
        let (segment, hidden) = self.segment(data, network.cell.state_len(), key, replicate);
        let mut summed = bptt(network, &segment, &hidden, self.burn_in);
        let weight = self.weight(data);
        summed.loss *= weight;
        summed.gradient.iter_mut().for_each(|g| *g *= weight);
        summed
    }

    /// What [`GradientNorm::replicate`] gives of some replicates, side by side where the cell has
    /// such steps and the stretches are of one length: the same up to rounding, several times
    /// faster.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let cell = Box::new(Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap());
    /// # let network = Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let norm = GradientNorm { steps: 50, burn_in: 10, spread: 1.0, replicates: 3 };
    /// let key = RngKey::root(1);
    /// let all = norm.replicates(&data, &network, key, 0..3);
    /// let third = norm.replicate(&data, &network, key, 2);
    /// assert!((all[2].gradient[0] / third.gradient[0] - 1.0).abs() < 1e-12);
    /// ```
    pub fn replicates(&self, data: &dyn DataProcess, network: &Network, key: RngKey, which: Range<usize>) -> Vec<Summed> {
        let segments: Vec<_> = which.map(|replicate| self.segment(data, network.cell.state_len(), key, replicate)).collect();
        let mut sums = bptt_all(network, &segments, self.burn_in);
        let weight = self.weight(data);
        for summed in &mut sums {
            summed.loss *= weight;
            summed.gradient.iter_mut().for_each(|g| *g *= weight);
        }
        sums
    }
}
