//! The online loop: data, hidden state, derivatives and parameters all move at once.

use super::method::{Method, Rule, Taken};
use super::{Scaling, Schedule};
use crate::data::DataProcess;
use crate::markov::{Walk, norm};
use crate::network::Network;
use crate::random::Noise;

/// What one step of the loop reports.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.0], &[0.0], &[1.0], 0.0, activation::ALL[0]).unwrap();
/// # let network = &Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
/// # let (data_state, hidden) = (vec![0.0], vec![2.0]);
/// let start = RunStart { network, data: data_state, hidden, innovations, observations, choices };
/// # struct First;
/// impl Observer for First {
///     fn before_update(&mut self, progress: Progress<'_>) {
///         assert_eq!((progress.t, progress.step, progress.loss), (0, 0.25, 0.5));
///         assert_eq!(progress.hidden, [1.0]);
///     }
/// }
/// # let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
/// # let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
/// online.run(start, 1, &mut First);
/// ```
#[derive(Clone, Copy)]
pub struct Progress<'a> {
    /// Steps done before this one.
    pub t: usize,
    /// The loss of this step, before the update.
    pub loss: f64,
    /// The network before the update.
    pub network: &'a Network,
    /// The step size `α_t`.
    pub step: f64,
    /// Updates that the projection has moved so far.
    pub projected: usize,
    /// The gradient that the next update will take, `P + m (N + 1)` numbers: this step's, or for
    /// block TBPTT what the block has summed so far.
    pub gradient: &'a [f64],
    /// The hidden state `S_{t+1}` that this step led to.
    pub hidden: &'a [f64],
    rule: &'a dyn Rule,
}

impl Progress<'_> {
    /// The influence matrix `V_{t+1}` as the cell stores it; `None` for a rule that carries none.
    ///
    /// It is formed when it is asked for, at the cost of a step of the step form.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let cell = Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// # let cell = Box::new(cell);
    /// # let network = &Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
    /// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
    /// # let (data_state, hidden) = (vec![0.0], vec![2.0]);
    /// # let start =
    /// #     RunStart { network, data: data_state, hidden, innovations, observations, choices };
    /// struct First(Vec<f64>);
    /// impl Observer for First {
    ///     fn before_update(&mut self, progress: Progress<'_>) {
    ///         self.0 = progress.influence().unwrap();
    ///     }
    /// }
    /// # let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
    /// # let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
    /// let mut first = First(Vec::new());
    /// online.run(start, 1, &mut first);
    /// assert_eq!(first.0, [2.0, 0.0, 1.0]);
    /// ```
    pub fn influence(&self) -> Option<Vec<f64>> {
        self.rule.influence(self.network)
    }
}

/// Watches a run; every method has an empty default, and `()` watches nothing.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap();
/// # let network = &Network { cell: Box::new(cell), readout: Readout::new(&[0.0], &[1.0], 1) };
/// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
/// # let (data_state, hidden) = (vec![0.0], vec![0.0]);
/// let start = RunStart { network, data: data_state, hidden, innovations, observations, choices };
/// struct Losses(Vec<f64>);
/// impl Observer for Losses {
///     fn before_update(&mut self, progress: Progress<'_>) { self.0.push(progress.loss); }
/// }
/// # let schedule = Schedule { initial: 0.5, offset: 1.0, exponent: 0.0 };
/// let mut losses = Losses(vec![]);
/// # let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
/// online.run(start, 3, &mut losses);
/// assert_eq!(losses.0, [0.5, 0.5 / 4.0, 0.5 / 16.0]);
/// ```
pub trait Observer {
    /// Called before every update.
    fn before_update(&mut self, _progress: Progress<'_>) {}
}

impl Observer for () {}

/// Where a run starts, and the noise it runs on.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[1.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap();
/// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[0.0], &[0.0], 1) };
/// let at = |k| Noise::at(RngKey::root(7).stream(k));
/// let [innovations, observations, choices] = [1, 2, 3].map(at);
/// let (data_state, hidden) = (vec![3.0], vec![0.0]);
/// let start =
///     RunStart {
///         network: &network, data: data_state, hidden,
///         innovations, observations, choices,
///     };
/// let schedule = Schedule { initial: 1.0, offset: 1.0, exponent: 0.0 };
/// let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
/// // These data stay where they start, and one whole step reaches the target.
/// assert_eq!(online.run(start, 1, &mut ()).readout.bias(), [3.0]);
/// ```
pub struct RunStart<'a> {
    /// The network at its first parameters.
    pub network: &'a Network,
    /// The data state, `q` numbers.
    pub data: Vec<f64>,
    /// The hidden state, `N` numbers.
    pub hidden: Vec<f64>,
    /// The data chain's innovations.
    pub innovations: Noise,
    /// The noise of the targets.
    pub observations: Noise,
    /// What the learning method chooses at random, where it does.
    pub choices: Noise,
}

/// An online learning run.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.9], &[0.0], &[0.0], 0.0, activation::TANH).unwrap();
/// # let network = &Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
/// # let (data_state, hidden) = (vec![0.0], vec![0.0]);
/// let start = RunStart { network, data: data_state, hidden, innovations, observations, choices };
/// let schedule = Schedule { initial: 0.1, offset: 100.0, exponent: 0.7 };
/// let online = Online { data: &data, method: Method::RTRL, schedule, projection: Some(0.5) };
/// let learned = online.run(start, 4, &mut ());
/// assert!((learned.cell.parameters()[0] - 0.5).abs() < 1e-12);
/// ```
pub struct Online<'a> {
    /// The data.
    pub data: &'a dyn DataProcess,
    /// The learning rule.
    pub method: Method,
    /// The step sizes.
    pub schedule: Schedule,
    /// Certified contraction rate that the parameters are projected back to, where there is one.
    pub projection: Option<f64>,
}

impl Online<'_> {
    /// Runs `steps` steps and hands back the network it ends with.
    ///
    /// A run whose parameters leave the finite numbers goes on and shows NaN: nothing is repaired.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let cell = Elman::new(&[0.0], &[0.0], &[1.0], 0.0, activation::ALL[0]).unwrap();
    /// # let network = &Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
    /// # let (data_state, hidden) = (vec![0.0], vec![2.0]);
    /// let start =
    ///     RunStart { network, data: data_state, hidden, innovations, observations, choices };
    /// let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
    /// let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
    /// // From S_0 = 2 the state and the error are both 1.
    /// let learned = online.run(start, 1, &mut ());
    /// assert_eq!(learned.parameters(), [0.0 - 0.5, 0.0, 1.0 - 0.25, 1.0 - 0.25, 0.0 - 0.25]);
    /// ```
    pub fn run(&self, start: RunStart<'_>, steps: usize, observer: &mut dyn Observer) -> Network {
        self.run_scaled(start, steps, &mut Scaling::Plain, observer)
    }

    /// As [`Online::run`], every gradient passing through `scaling` before its step.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let cell = Box::new(Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap());
    /// let network = &Network { cell, readout: Readout::new(&[0.0], &[300.0], 1) };
    /// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
    /// # let (data_state, hidden) = (vec![0.0], vec![0.0]);
    /// let start =
    ///     RunStart { network, data: data_state, hidden, innovations, observations, choices };
    /// let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
    /// let online = Online { data: &data, method: Method::RTRL, schedule, projection: None };
    /// // The bias is 300 and so is its gradient, which Adam brings to 1.
    /// let learned = online.run_scaled(start, 1, &mut Scaling::adam(), &mut ());
    /// assert!((learned.readout.bias()[0] - 299.75).abs() < 1e-9);
    /// ```
    pub fn run_scaled(&self, start: RunStart<'_>, steps: usize, scaling: &mut Scaling, observer: &mut dyn Observer) -> Network {
        let RunStart { network: start, data, hidden, mut innovations, mut observations, choices } = start;
        let mut network = start.clone();
        let mut walk = Walk::from(self.data, data);
        let mut rule = self.method.start(&network, hidden, choices);
        let (mut input, mut target) = (vec![0.0; self.data.inputs()], vec![0.0; self.data.outputs()]);
        let mut eta = vec![0.0; self.data.observation_len()];
        let mut gradient = vec![0.0; network.len()];
        let mut steps_ahead = [0.0; STEPS];
        let (mut projected, mut border) = (0, self.projection.map(Border::at));
        for t in 0..steps {
            self.data.input(walk.state(), &mut input);
            observations.normals(&mut eta);
            self.data.target(walk.state(), &eta, &mut target);
            walk.step_on(&mut innovations);
            let Taken { loss, weight } = rule.learn(&network, &input, &target, &mut gradient);
            if t % STEPS == 0 {
                self.schedule.steps(t, &mut steps_ahead);
            }
            let step = steps_ahead[t % STEPS];
            let (hidden, rule) = (rule.hidden(), &*rule);
            observer.before_update(Progress { t, loss, network: &network, step, projected, gradient: &gradient, hidden, rule });
            if weight > 0.0 {
                scaling.scale(&mut gradient);
                let moved = if border.is_some() { norm(&gradient[..network.recurrent_len()]) } else { 0.0 };
                network.descend(step * weight, &gradient);
                gradient.fill(0.0);
                if let Some(border) = &mut border {
                    projected += usize::from(border.keep(&mut network, step * weight * moved));
                }
            }
        }
        network
    }
}

/// Step sizes that are worked out at once.
const STEPS: usize = 64;

/// The border that parameters are kept within, and how far off it they surely are: the projection
/// is asked only where they may have come to it, and moves what it would move if it were asked at
/// every step.
pub(super) struct Border {
    bound: f64,
    room: f64,
    /// Moves like the last one that there may be room for; fewer than two are not asked for.
    ahead: f64,
    /// Steps without such a question.
    rest: usize,
}

impl Border {
    /// Steps next to the border after which it is asked again whether there is room.
    const REST: usize = 16;

    pub(super) fn at(bound: f64) -> Border {
        Border { bound, room: 0.0, ahead: 16.0, rest: 0 }
    }

    /// Takes in a move of the given length; whether the parameters were moved back.
    pub(super) fn keep(&mut self, network: &mut Network, moved: f64) -> bool {
        self.room -= (1.0 + 1e-9) * moved;
        // Not a number is no room.
        if self.room > 0.0 {
            return false;
        }
        if self.ahead >= 2.0 {
            let room = self.ahead * moved;
            if room > 0.0 && network.cell.has_room(self.bound, room) {
                self.room = room;
                self.ahead *= 2.0;
                return false;
            }
            self.ahead /= 4.0;
        } else {
            self.rest += 1;
            if self.rest == Border::REST {
                (self.ahead, self.rest) = (4.0, 0);
            }
        }
        self.room = 0.0;
        network.cell.project(self.bound)
    }
}
