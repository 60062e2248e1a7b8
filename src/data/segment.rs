//! A finite stretch of inputs and targets, recorded once and read by every method alike.

use super::DataProcess;
use crate::markov::Walk;
use crate::random::Noise;

/// `T` consecutive inputs and targets.
///
/// ```
/// let stretch = rtrl_lab::data::Segment::given(vec![1.0, 2.0, 3.0], 1, vec![], 0);
/// assert_eq!((stretch.len(), stretch.input(2), stretch.target(2)), (3, &[3.0][..], &[][..]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    inputs: Vec<f64>,
    targets: Vec<f64>,
    input_len: usize,
    target_len: usize,
}

impl Segment {
    /// A stretch of numbers that are at hand: inputs and targets, each a step after the other.
    ///
    /// ```
    /// use rtrl_lab::data::Segment;
    /// let stretch = Segment::given(vec![1.0, 2.0, 3.0, 4.0], 2, vec![0.5, 0.7], 1);
    /// assert_eq!(
    ///     (stretch.len(), stretch.input(1), stretch.target(1)),
    ///     (2, &[3.0, 4.0][..], &[0.7][..])
    /// );
    /// ```
    ///
    /// # Panics
    /// Where the two do not hold the same number of whole steps, or a step has no input.
    pub fn given(inputs: Vec<f64>, input_len: usize, targets: Vec<f64>, target_len: usize) -> Self {
        assert!(input_len > 0 && inputs.len().is_multiple_of(input_len), "inputs are whole steps");
        assert_eq!(targets.len(), inputs.len() / input_len * target_len, "there are as many targets as inputs");
        Segment { inputs, targets, input_len, target_len }
    }

    /// Follows `process` for `steps` steps from `start` and writes down what it shows; hands the
    /// last state back as well.
    ///
    /// ```
    /// use rtrl_lab::{data::{Autoregression, LinearTarget, Segment, Var}, random::{Noise, RngKey}};
    /// let target = LinearTarget::new(vec![vec![10.0]], 0.0);
    /// let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[0.0]]));
    /// let halving = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let [mut drive, mut observe] = [1, 2].map(|seed| Noise::at(RngKey::root(seed)));
    /// let (stretch, last) = Segment::follow(&halving, vec![8.0], 3, &mut drive, &mut observe);
    /// assert_eq!((stretch.input(2)[0], stretch.target(2)[0], last[0]), (2.0, 20.0, 1.0));
    /// ```
    pub fn follow(process: &dyn DataProcess, start: Vec<f64>, steps: usize, innovations: &mut Noise, observations: &mut Noise) -> (Self, Vec<f64>) {
        let (input_len, target_len) = (process.inputs(), process.outputs());
        let mut segment = Segment { inputs: vec![0.0; steps * input_len], targets: vec![0.0; steps * target_len], input_len, target_len };
        let mut walk = Walk::from(process, start);
        let mut eta = vec![0.0; process.observation_len()];
        for t in 0..steps {
            process.input(walk.state(), &mut segment.inputs[t * input_len..(t + 1) * input_len]);
            observations.normals(&mut eta);
            process.target(walk.state(), &eta, &mut segment.targets[t * target_len..(t + 1) * target_len]);
            walk.step_on(innovations);
        }
        (segment, walk.into_state())
    }

    /// Number of steps `T`.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::Segment::given(vec![0.5; 12], 3, vec![1.0; 8], 2).len(), 4);
    /// ```
    pub fn len(&self) -> usize {
        self.inputs.len() / self.input_len
    }

    /// Whether there is no step at all.
    ///
    /// ```
    /// use rtrl_lab::data::Segment;
    /// assert!(Segment::given(vec![], 2, vec![], 1).is_empty());
    /// assert!(!Segment::given(vec![0.0, 0.0], 2, vec![0.0], 1).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The input `X_t`.
    ///
    /// ```
    /// let stretch = rtrl_lab::data::Segment::given(vec![1.0, 2.0, 3.0, 4.0], 2, vec![], 0);
    /// assert_eq!(stretch.input(0), [1.0, 2.0]);
    /// ```
    pub fn input(&self, t: usize) -> &[f64] {
        &self.inputs[t * self.input_len..(t + 1) * self.input_len]
    }

    /// The target `Y_t`.
    ///
    /// ```
    /// let targets = vec![5.0, 6.0, 7.0, 8.0];
    /// let stretch = rtrl_lab::data::Segment::given(vec![1.0, 2.0], 1, targets, 2);
    /// assert_eq!(stretch.target(1), [7.0, 8.0]);
    /// ```
    pub fn target(&self, t: usize) -> &[f64] {
        &self.targets[t * self.target_len..(t + 1) * self.target_len]
    }
}
