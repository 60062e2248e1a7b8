//! Training in lanes: several streams of data move one network, by any optimiser, with borders
//! between sequences where the data have them.

use super::method::{Forward, Method, Rule};
use super::online::Border;
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
    /// Where an update is due and exact derivatives are carried beside: the gradient that it takes,
    /// and the exact one of the same steps.
    pub gradients: Option<(&'a [f64], &'a [f64])>,
}

/// One stream of data and what it has carried so far.
struct Lane<'a> {
    walk: Walk<'a, dyn DataProcess + 'a>,
    innovations: Noise,
    observations: Noise,
    rule: Box<dyn Rule>,
    gradient: Vec<f64>,
    shadow: Option<Forward>,
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
        Training { data, method, schedule, scaling, clip: None, lanes: 1, reset: 0, projection: None, shadow: None }
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
        let mut lanes: Vec<Lane<'a>> = (0..self.lanes).map(|lane| self.lane(&network, spread, key, lane)).collect();
        let (mut input, mut target) = (vec![0.0; self.data.inputs()], vec![0.0; self.data.outputs()]);
        let mut eta = vec![0.0; self.data.observation_len()];
        let (mut pending, mut exact) = (vec![0.0; network.len()], vec![0.0; network.len()]);
        let (mut scaling, mut border) = (self.scaling.clone(), self.projection.map(Border::at));
        let share = 1.0 / self.lanes as f64;
        for t in 0..steps {
            if self.reset > 0 && t > 0 && t % self.reset == 0 {
                for lane in &mut lanes {
                    lane.rule.forget();
                    lane.gradient.fill(0.0);
                    lane.shadow.iter_mut().for_each(Rule::forget);
                }
            }
            if self.shadow == Some(t) {
                let zero = || vec![0.0; network.cell.influence_layout().len()];
                lanes.iter_mut().for_each(|lane| lane.shadow = Some(Forward::at(&network, lane.rule.hidden().to_vec(), zero())));
            }
            let (mut loss, mut due) = (0.0, false);
            for lane in &mut lanes {
                self.data.input(lane.walk.state(), &mut input);
                lane.observations.normals(&mut eta);
                self.data.target(lane.walk.state(), &eta, &mut target);
                lane.walk.step_on(&mut lane.innovations);
                let taken = lane.rule.learn(&network, &input, &target, &mut lane.gradient);
                if let Some(shadow) = &mut lane.shadow {
                    shadow.learn(&network, &input, &target, &mut exact);
                }
                loss += share * taken.loss;
                if taken.weight > 0.0 {
                    pending.iter_mut().zip(&mut lane.gradient).for_each(|(sum, g)| *sum += share * taken.weight * std::mem::take(g));
                    due = true;
                }
            }
            let compared = due && self.shadow.is_some_and(|from| t >= from);
            report(TrainingStep { t, loss, gradients: compared.then_some((&pending, &exact)) });
            if due {
                self.update(&mut network, &mut pending, (&mut scaling, &mut border), t);
                pending.fill(0.0);
                exact.fill(0.0);
            }
        }
        network
    }

    fn lane(&self, network: &Network, spread: f64, key: RngKey, lane: usize) -> Lane<'a> {
        let key = key.replicate(lane);
        let mut start = vec![0.0; self.data.state_len()];
        self.data.start(spread, lane, self.lanes, &mut Noise::at(key.stream(stream::START)), &mut start);
        Lane {
            walk: Walk::from(self.data, start),
            innovations: Noise::at(key.stream(stream::INNOVATION)),
            observations: Noise::at(key.stream(stream::OBSERVATION)),
            rule: self.method.start(network, vec![0.0; network.cell.state_len()], Noise::at(key.stream(stream::METHOD))),
            gradient: vec![0.0; network.len()],
            shadow: None,
        }
    }

    fn update(&self, network: &mut Network, gradient: &mut [f64], (scaling, border): (&mut Scaling, &mut Option<Border>), t: usize) {
        if let Some(most) = self.clip {
            let size = norm(gradient);
            if size > most {
                gradient.iter_mut().for_each(|g| *g *= most / size);
            }
        }
        scaling.scale(gradient);
        let step = self.schedule.step(t);
        network.descend(step, gradient);
        if let Some(border) = border {
            border.keep(network, step * norm(&gradient[..network.recurrent_len()]));
        }
    }
}
