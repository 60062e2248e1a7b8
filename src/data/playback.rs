//! A recorded series as a data process: the state is the row, the rows are played in a cycle.

use super::DataProcess;
use crate::markov::Kernel;
use crate::random::Noise;
use ndarray::Array2;

/// A recorded series of inputs (T × d) and targets (T × m), played row by row and again from the first after the last.
///
/// There is no noise: two copies that start at the same row see the same inputs for ever. So a playback shows whether the
/// *network* forgets on these inputs; whether the *data* forget is a question of stationarity that only tests on the series address.
#[derive(Clone, Debug)]
pub struct Playback {
    /// Inputs, a row a time.
    pub inputs: Array2<f64>,
    /// Targets, a row a time.
    pub targets: Array2<f64>,
}

impl Playback {
    fn row(state: &[f64]) -> usize {
        state[0] as usize
    }
}

impl Kernel for Playback {
    fn state_len(&self) -> usize {
        1
    }

    fn innovation_len(&self) -> usize {
        0
    }

    fn step(&self, now: &[f64], _innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        next[0] = ((Self::row(now) + 1) % self.inputs.nrows()) as f64;
    }

    /// Rows are counted in whole numbers.
    fn keeps_differences(&self) -> bool {
        true
    }
}

impl DataProcess for Playback {
    fn inputs(&self) -> usize {
        self.inputs.ncols()
    }

    fn outputs(&self) -> usize {
        self.targets.ncols()
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        for (x, value) in input.iter_mut().zip(self.inputs.row(Self::row(state))) {
            *x = *value;
        }
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        for (y, value) in target.iter_mut().zip(self.targets.row(Self::row(state))) {
            *y = *value;
        }
    }

    fn start(&self, _spread: f64, replicate: usize, replicates: usize, _noise: &mut Noise, state: &mut [f64]) {
        state[0] = (replicate * self.inputs.nrows() / replicates.max(1)) as f64;
    }

    fn cycle(&self) -> Option<usize> {
        Some(self.inputs.nrows())
    }
}
