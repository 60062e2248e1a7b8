//! A finite stretch of inputs and targets, recorded once and read by every method alike.

use super::DataProcess;
use crate::markov::Walk;
use crate::random::Noise;

/// `T` consecutive inputs and targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    inputs: Vec<f64>,
    targets: Vec<f64>,
    input_len: usize,
    target_len: usize,
}

impl Stretch {
    /// Follows `process` for `steps` steps from `start` and writes down what it shows; hands the last state back as well.
    pub fn follow(process: &dyn DataProcess, start: Vec<f64>, steps: usize, innovations: &mut Noise, observations: &mut Noise) -> (Self, Vec<f64>) {
        let (input_len, target_len) = (process.inputs(), process.outputs());
        let mut stretch = Stretch { inputs: vec![0.0; steps * input_len], targets: vec![0.0; steps * target_len], input_len, target_len };
        let mut walk = Walk::from(process, start);
        let mut eta = vec![0.0; process.observation_len()];
        for t in 0..steps {
            process.input(walk.state(), &mut stretch.inputs[t * input_len..(t + 1) * input_len]);
            observations.normals(&mut eta);
            process.target(walk.state(), &eta, &mut stretch.targets[t * target_len..(t + 1) * target_len]);
            walk.step_on(innovations);
        }
        (stretch, walk.into_state())
    }

    /// Number of steps `T`.
    pub fn len(&self) -> usize {
        self.inputs.len() / self.input_len
    }

    /// Whether there is no step at all.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The input `X_t`.
    pub fn input(&self, t: usize) -> &[f64] {
        &self.inputs[t * self.input_len..(t + 1) * self.input_len]
    }

    /// The target `Y_t`.
    pub fn target(&self, t: usize) -> &[f64] {
        &self.targets[t * self.target_len..(t + 1) * self.target_len]
    }
}
