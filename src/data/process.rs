//! What every exogenous process offers: a kernel, what the network sees of its state, and where it
//! starts.

use super::{Autoregression, HeldOut, recorded::RecordedColumns};
use crate::linalg::NormedRate;
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;

/// A data chain `D_{t+1} = Γ(D_t, ξ_{t+1})` with its input `X_t` and target `Y_t`.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::data::{Autoregression, DataProcess, LinearTarget, Var};
/// let target = LinearTarget::new(vec![vec![2.0]], 0.1);
/// let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
/// let process = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// let mut y = [0.0];
/// process.target(&[3.0], &[1.0], &mut y);
/// assert_eq!((y, process.cycle()), ([2.0 * 3.0 + 0.1], None));
/// ```
pub trait DataProcess: Kernel {
    /// Number of inputs `d`.
    fn inputs(&self) -> usize;

    /// Number of targets `m`.
    fn outputs(&self) -> usize;

    /// Standard normals `η_t` that one observation consumes.
    fn observation_len(&self) -> usize;

    /// Writes the input `X_t` of a state.
    fn input(&self, state: &[f64], input: &mut [f64]);

    /// Writes `X(state + difference) − X(state)`; where the input is linear in the state an
    /// implementation keeps the precision of small differences.
    fn input_difference(&self, state: &[f64], difference: &[f64], input: &mut [f64]) {
        let second: Vec<f64> = state.iter().zip(difference).map(|(x, d)| x + d).collect();
        let mut first = vec![0.0; input.len()];
        self.input(state, &mut first);
        self.input(&second, input);
        input.iter_mut().zip(&first).for_each(|(x, first)| *x -= first);
    }

    /// Writes the target `Y_t` of a state under observation noise `η_t`.
    fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]);

    /// Writes `E[Y_t | D_t]`: the target at no noise, for one that is affine in its noise; any
    /// other process states it.
    fn mean_target(&self, state: &[f64], target: &mut [f64]) {
        self.target(state, &vec![0.0; self.observation_len()], target);
    }

    /// Whether `E[Y_t | D_t]` is all that anyone who sees the inputs can know of the target, or
    /// more, so that the loss at it is the best there is.
    fn knows_best(&self) -> bool {
        false
    }

    /// What the numbers of a target are: a loss of chances asks for chances.
    fn targets(&self) -> Targets {
        Targets::Numbers
    }

    /// Writes a start `D_0` for replicate `replicate` of `replicates`.
    ///
    /// A process with a law of its own draws an over-dispersed start, `spread` times a standard
    /// normal a coordinate, and ignores the replicate; a recorded series spaces its replicates
    /// evenly and ignores the noise.
    fn start(&self, spread: f64, replicate: usize, replicates: usize, noise: &mut Noise, state: &mut [f64]);

    /// Whether a vector of numbers is a state of the process. Any finite one is where states are
    /// plain numbers; a process whose states hold counts, labels or rows tells them apart.
    fn admits(&self, state: &[f64]) -> bool {
        state.iter().all(|number| number.is_finite())
    }

    /// Rows of a recorded series, played in a cycle; `None` for a process with a law that can be
    /// drawn from.
    fn cycle(&self) -> Option<usize> {
        None
    }

    /// Whether the difference of two copies on the same noise moves by one fixed matrix, so that
    /// nothing random is left in it.
    fn differs_linearly(&self) -> bool {
        self.linear().is_some()
    }

    /// The largest `|X_j|` of every input, infinite where it has none.
    fn input_bounds(&self) -> Vec<f64> {
        vec![f64::INFINITY; self.inputs()]
    }

    /// Whether the process is one recorded series.
    fn is_recorded(&self) -> bool {
        self.cycle().is_some()
    }

    /// A rate at which two copies on the same noise certainly approach each other, in a stated
    /// norm; `None` where none is known.
    fn certified(&self) -> Option<NormedRate> {
        None
    }

    /// The autoregression, where this is the linear one, for which exact answers are known.
    fn linear(&self) -> Option<&Autoregression> {
        None
    }

    /// The columns of a recorded series, for tests on the series itself.
    fn columns(&self) -> Option<&RecordedColumns> {
        None
    }

    /// Rows of a record that are never played, to be tried on what was learnt.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, DataProcess, LinearTarget, Var};
    /// # let (one, target) = (ndarray::Array2::eye(1), LinearTarget::new(vec![vec![1.0]], 0.0));
    /// # let (transition, noise_factor) = (0.5 * &one, one);
    /// let drawn = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// assert!(drawn.held_out().is_none());
    /// ```
    fn held_out(&self) -> Option<&HeldOut> {
        None
    }
}
