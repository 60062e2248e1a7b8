//! Training in lanes: several streams of data move one network, by any optimiser, with borders
//! between sequences where the data have them.

use super::method::{Method, Rule};
use super::online::Border;
use super::streams::Streams;
use super::{Scaling, Schedule};
use crate::data::DataProcess;
use crate::markov::{Walk, norm};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};

/// How a network is trained.
///
/// ```text
/// g_t = (1/L) Σ_l G_t(lane l),   θ_{t+1} = Π(θ_t − α_t S(clip(g_t)))
/// ```
///
/// with `S` a [`Scaling`] and `clip(g) = g min(1, clip/‖g‖)`. Every `reset` steps each lane begins
/// anew in the hidden state 0 with no derivatives, as at a border between sequences. With one lane,
/// the plain scaling and neither resets nor clipping this is the online rule of the theory.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.1);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.2], &[0.3], &[0.0], 0.0, activation::TANH).unwrap();
/// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// let schedule = Schedule { initial: 0.01, offset: 1.0, exponent: 0.0 };
/// let plain = Training::plain(&data, schedule);
/// let training = Training { lanes: 4, reset: 50, clip: Some(1.0), ..plain };
/// let (mut first, mut last) = (0.0, 0.0);
/// training.run(&network, 2.0, RngKey::root(1), 2000, &mut |step| {
///     if step.t < 500 { first += step.loss }
///     if step.t >= 1500 { last += step.loss }
/// });
/// assert!(last < first);
/// ```
#[derive(Clone)]
pub struct Training<'a> {
    /// The data.
    pub data: &'a dyn DataProcess,
    /// The learning method.
    pub method: Method,
    /// The step sizes, counted in steps.
    pub schedule: Schedule,
    /// What is done to a gradient before a step.
    pub scaling: Scaling,
    /// Longest gradient, where longer ones are cut.
    pub clip: Option<f64>,
    /// Streams of data.
    pub lanes: usize,
    /// Steps between two borders; 0 for none.
    pub reset: usize,
    /// Certified contraction rate that the parameters are projected back to, where there is one.
    pub projection: Option<f64>,
    /// Steps from which on exact derivatives are carried beside, to be compared with; none in
    /// general.
    pub shadow: Option<usize>,
    /// Places of the parameters that stay as they are: their gradient is taken as 0.
    pub fixed: Vec<usize>,
    /// The number of this run, from 0, and how many share a record: each begins at another place of
    /// it.
    pub turn: (usize, usize),
}

/// What a step of a training run reports, before its update.
///
/// ```
/// use rtrl_lab::training::TrainingStep;
/// let (gradient, exact) = (&[1.0, 0.0][..], &[2.0, 0.0][..]);
/// let step = TrainingStep { t: 3, loss: 0.5, gradients: Some((gradient, exact)) };
/// assert_eq!(step.gradients.unwrap().1.len(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TrainingStep<'a> {
    /// Steps done before this one.
    pub t: usize,
    /// The mean loss of the lanes, at the parameters before the update.
    pub loss: f64,
    /// Where an update is due and exact derivatives were carried beside through all of its steps:
    /// the gradient that it takes, and the exact one of the same steps. None of several streams
    /// whose updates come at steps of their own.
    pub gradients: Option<(&'a [f64], &'a [f64])>,
}

/// One stream of data.
struct Lane<'a> {
    walk: Walk<'a, dyn DataProcess + 'a>,
    innovations: Noise,
    observations: Noise,
}

impl<'a> Training<'a> {
    /// Exact real-time recurrent learning as the theory has it.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// let schedule = Schedule { initial: 0.01, offset: 1.0, exponent: 0.0 };
    /// let plain = Training::plain(&data, schedule);
    /// assert_eq!((plain.method, plain.lanes, plain.scaling), (Method::RTRL, 1, Scaling::Plain));
    /// ```
    pub fn plain(data: &'a dyn DataProcess, schedule: Schedule) -> Self {
        let (method, scaling) = (Method::RTRL, Scaling::Plain);
        Training { data, method, schedule, scaling, clip: None, lanes: 1, reset: 0, projection: None, shadow: None, fixed: Vec::new(), turn: (0, 1) }
    }

    /// Runs `steps` steps from data starts of standard deviation `spread` and hidden states 0, and
    /// hands back the network it ends with.
    ///
    /// A run whose parameters leave the finite numbers goes on and shows NaN: nothing is repaired.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let cell = Elman::new(&[0.0], &[0.0], &[1.0], 0.0, activation::IDENTITY).unwrap();
    /// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
    /// let plain = Training::plain(&data, schedule);
    /// let end = plain.run(&network, 0.0, RngKey::root(1), 1, &mut |_| {});
    /// assert_eq!(end.readout.parameters(), [1.0 - 0.25, 0.0 - 0.25]);
    /// ```
    pub fn run(&self, network: &Network, spread: f64, key: RngKey, steps: usize, report: &mut dyn FnMut(TrainingStep<'_>)) -> Network {
        let mut network = network.clone();
        let mut lanes: Vec<Lane<'a>> = (0..self.lanes).map(|lane| self.lane(spread, key, lane)).collect();
        let choices = || (0..self.lanes).map(|lane| Noise::at(key.replicate(lane).stream(stream::METHOD))).collect::<Vec<Noise>>();
        let mut streams = Streams::start(self.method, &network, choices());
        let mut shadow: Option<Vec<Box<dyn Rule>>> = None;
        // Streams whose updates come at steps of their own have no steps in common to compare.
        let common = self.lanes == 1 || self.method.kind().is_regular();
        // Whether the gradient under way began no earlier than the exact derivatives beside it.
        let (mut fresh, mut aligned) = (true, false);
        let (d, m) = (self.data.inputs(), self.data.outputs());
        let (mut inputs, mut targets) = (vec![0.0; self.lanes * d], vec![0.0; self.lanes * m]);
        let mut eta = vec![0.0; self.data.observation_len()];
        let (mut gradient, mut exact) = (vec![0.0; network.len()], vec![0.0; network.len()]);
        let (mut scaling, mut border) = (self.scaling.clone(), self.projection.map(Border::at));
        let share = 1.0 / self.lanes as f64;
        for t in 0..steps {
            if self.reset > 0 && t > 0 && t % self.reset == 0 {
                streams.forget();
                fresh = true;
                gradient.fill(0.0);
                exact.fill(0.0);
                shadow.iter_mut().flatten().for_each(|rule| rule.forget());
            }
            if self.shadow == Some(t) {
                let rules = choices().into_iter().enumerate();
                aligned = fresh;
                shadow = Some(rules.map(|(lane, choices)| Method::RTRL.start(&network, streams.hidden(lane), choices)).collect());
            }
            for ((lane, input), target) in lanes.iter_mut().zip(inputs.chunks_exact_mut(d)).zip(targets.chunks_exact_mut(m)) {
                self.data.input(lane.walk.state(), input);
                lane.observations.normals(&mut eta);
                self.data.target(lane.walk.state(), &eta, target);
                lane.walk.step_on(&mut lane.innovations);
            }
            let taken = streams.learn(&network, &inputs, &targets, &mut gradient);
            for (rule, (input, target)) in shadow.iter_mut().flatten().zip(inputs.chunks_exact(d).zip(targets.chunks_exact(m))) {
                rule.learn(&network, input, target, &mut exact);
            }
            let due = taken.weight > 0.0;
            if due && share * taken.weight != 1.0 {
                gradient.iter_mut().for_each(|g| *g *= share * taken.weight);
            }
            let compared = due && aligned && common && shadow.is_some();
            if compared {
                exact.iter_mut().for_each(|g| *g *= share * taken.weight);
            }
            report(TrainingStep { t, loss: share * taken.loss, gradients: compared.then_some((&gradient, &exact)) });
            fresh = due;
            if due {
                aligned = shadow.is_some();
                self.update(&mut network, &mut gradient, (&mut scaling, &mut border), t);
                if shadow.is_some() {
                    exact.fill(0.0);
                }
            }
        }
        network
    }

    fn lane(&self, spread: f64, key: RngKey, lane: usize) -> Lane<'a> {
        let key = key.replicate(lane);
        let mut start = vec![0.0; self.data.state_len()];
        let (turn, turns) = self.turn;
        self.data.start(spread, lane * turns + turn, self.lanes * turns, &mut Noise::at(key.stream(stream::START)), &mut start);
        Lane {
            walk: Walk::from(self.data, start),
            innovations: Noise::at(key.stream(stream::INNOVATION)),
            observations: Noise::at(key.stream(stream::OBSERVATION)),
        }
    }

    /// Moves the network by a gradient, which is used up.
    fn update(&self, network: &mut Network, gradient: &mut [f64], (scaling, border): (&mut Scaling, &mut Option<Border>), t: usize) {
        self.fixed.iter().for_each(|place| gradient[*place] = 0.0);
        if let Some(most) = self.clip {
            let size = norm(gradient);
            if size > most {
                gradient.iter_mut().for_each(|g| *g *= most / size);
            }
        }
        scaling.scale(gradient);
        let step = self.schedule.step(t);
        // How far the recurrent part moves, before the gradient is used up.
        let moved = border.as_ref().map(|_| step * norm(&gradient[..network.recurrent_len()]));
        network.descend_and_clear(step, gradient);
        if let (Some(border), Some(moved)) = (border, moved) {
            border.keep(network, moved);
        }
    }
}
