//! The online loop: data, hidden state, derivatives and parameters all move at once.

use super::method::{Method, Taken};
use super::{Scaling, Schedule};
use crate::data::DataProcess;
use crate::markov::Walk;
use crate::network::Network;
use crate::random::Noise;

/// What one step of the loop reports.
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
    /// The influence matrix `V_{t+1}` as the rule carries it; `None` for a rule that carries none.
    pub influence: Option<&'a [f64]>,
}

/// Watches a run; every method has an empty default, and `()` watches nothing.
pub trait Observer {
    /// Called before every update.
    fn before_update(&mut self, _progress: Progress<'_>) {}
}

impl Observer for () {}

/// Where a run starts, and the noise it runs on.
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
}

/// An online learning run.
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
    pub fn run(&self, start: RunStart<'_>, steps: usize, observer: &mut dyn Observer) -> Network {
        self.run_scaled(start, steps, &mut Scaling::Plain, observer)
    }

    /// As [`Online::run`], every gradient passing through `scaling` before its step.
    pub fn run_scaled(&self, start: RunStart<'_>, steps: usize, scaling: &mut Scaling, observer: &mut dyn Observer) -> Network {
        let RunStart { network: start, data, hidden, mut innovations, mut observations } = start;
        let mut network = start.clone();
        let mut walk = Walk::from(self.data, data);
        let mut rule = self.method.start(&network, hidden);
        let (mut input, mut target) = (vec![0.0; self.data.inputs()], vec![0.0; self.data.outputs()]);
        let mut eta = vec![0.0; self.data.observation_len()];
        let mut gradient = vec![0.0; network.len()];
        let mut projected = 0;
        for t in 0..steps {
            self.data.input(walk.state(), &mut input);
            observations.normals(&mut eta);
            self.data.target(walk.state(), &eta, &mut target);
            walk.step_on(&mut innovations);
            let Taken { loss, weight } = rule.learn(&network, &input, &target, &mut gradient);
            let step = self.schedule.step(t);
            let (hidden, influence) = (rule.hidden(), rule.influence());
            observer.before_update(Progress { t, loss, network: &network, step, projected, gradient: &gradient, hidden, influence });
            if weight > 0.0 {
                scaling.scale(&mut gradient);
                network.descend(step * weight, &gradient);
                gradient.fill(0.0);
                if let Some(bound) = self.projection {
                    projected += usize::from(network.cell.project(bound));
                }
            }
        }
        network
    }
}
