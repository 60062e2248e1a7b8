//! The online loop: data, hidden state, derivatives and parameters all move at once.

use super::{Method, Scaling, Schedule};
use crate::data::DataProcess;
use crate::gradient::Sensitivity;
use crate::markov::Walk;
use crate::network::Network;
use crate::random::Noise;
use std::collections::VecDeque;

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
    /// The gradient that the next update will take, `P + m (N + 1)` numbers: this step's, or for block TBPTT what the block has summed so far.
    pub gradient: &'a [f64],
    /// The hidden state `S_{t+1}` that this step led to.
    pub hidden: &'a [f64],
    /// The influence matrix `V_{t+1}` as the rule carries it; `None` for a rule that carries none.
    pub influence: Option<&'a [f64]>,
}

/// Watches a run; every method has an empty default.
pub trait Observer {
    /// Called before every update.
    fn before_update(&mut self, _progress: Progress<'_>) {}
}

/// Where a run starts, and the noise it runs on.
pub struct Departure<'a> {
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

/// One remembered step: the state it left, its input and target, and the tape and Jacobian of its time.
struct Remembered {
    before: Vec<f64>,
    input: Vec<f64>,
    tape: Vec<f64>,
    jacobian: Vec<f64>,
}

impl Online<'_> {
    /// Runs `steps` steps and hands back the network it ends with.
    ///
    /// A run whose parameters leave the finite numbers goes on and shows NaN: nothing is repaired.
    pub fn run(&self, start: Departure<'_>, steps: usize, observer: &mut dyn Observer) -> Network {
        self.run_scaled(start, steps, &mut Scaling::Plain, observer)
    }

    /// As [`Online::run`], every gradient passing through `scaling` before its step.
    pub fn run_scaled(&self, start: Departure<'_>, steps: usize, scaling: &mut Scaling, observer: &mut dyn Observer) -> Network {
        let Departure { network: start, data, hidden, mut innovations, mut observations } = start;
        let mut network = start.clone();
        let mut walk = Walk::from(self.data, data);
        let mut rule = Rule::new(self.method, &network, hidden);
        let (mut input, mut target) = (vec![0.0; self.data.inputs()], vec![0.0; self.data.outputs()]);
        let mut eta = vec![0.0; self.data.observation_len()];
        let mut gradient = vec![0.0; network.len()];
        let mut projected = 0;
        for t in 0..steps {
            self.data.input(walk.state(), &mut input);
            observations.normals(&mut eta);
            self.data.target(walk.state(), &eta, &mut target);
            walk.step_on(&mut innovations);
            let (loss, weight) = rule.learn(&network, &input, &target, &mut gradient);
            let step = self.schedule.step(t);
            let influence = rule.sensitivity.as_ref().map(Sensitivity::influence);
            observer.before_update(Progress { t, loss, network: &network, step, projected, gradient: &gradient, hidden: &rule.hidden, influence });
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

/// The state that a learning rule carries from step to step.
struct Rule {
    method: Method,
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    error: Vec<f64>,
    adjoint: Vec<f64>,
    previous: Vec<f64>,
    sensitivity: Option<Sensitivity>,
    memory: VecDeque<Remembered>,
    block: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Rule {
    fn new(method: Method, network: &Network, hidden: Vec<f64>) -> Self {
        let cell = &*network.cell;
        let n = cell.hidden();
        Rule {
            method,
            hidden,
            next: vec![0.0; n],
            tape: vec![0.0; cell.tape_len()],
            error: vec![0.0; network.readout.outputs()],
            adjoint: vec![0.0; n],
            previous: vec![0.0; n],
            sensitivity: (method == Method::Rtrl).then(|| Sensitivity::zero(cell)),
            memory: VecDeque::new(),
            block: Vec::new(),
        }
    }

    /// Adds this step's gradient to `gradient`; returns the loss and the factor of the update that is due now (0: none yet).
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> (f64, f64) {
        match self.method {
            Method::Rtrl => (self.learn_forward(network, input, target, gradient), 1.0),
            Method::Rolling(length) => (self.learn_rolling(network, input, target, length, false, gradient), 1.0),
            Method::RollingStale(length) => (self.learn_rolling(network, input, target, length, true, gradient), 1.0),
            Method::Block(length) => self.learn_block(network, input, target, length, gradient),
        }
    }

    fn learn_forward(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> f64 {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        let loss = self.read_out(network, target, gradient);
        if let Some(sensitivity) = &mut self.sensitivity {
            sensitivity.advance(cell, &self.tape);
            sensitivity.add_gradient(&self.adjoint, &mut gradient[..network.recurrent_len()]);
        }
        loss
    }

    fn learn_rolling(&mut self, network: &Network, input: &[f64], target: &[f64], length: usize, stale: bool, gradient: &mut [f64]) -> f64 {
        let cell = &*network.cell;
        if self.memory.len() >= length {
            self.memory.pop_front();
        }
        if !stale {
            // The state that the window starts from was carried; everything after it is recomputed at the present parameters.
            if let Some(first) = self.memory.front() {
                self.hidden.copy_from_slice(&first.before);
            }
            for step in &mut self.memory {
                step.before.copy_from_slice(&self.hidden);
                cell.step(&step.before, &step.input, &mut self.hidden, &mut step.tape);
            }
        }
        let mut now = Remembered {
            before: self.hidden.clone(),
            input: input.to_vec(),
            tape: vec![0.0; cell.tape_len()],
            jacobian: vec![0.0; if stale { cell.hidden() * cell.hidden() } else { 0 }],
        };
        cell.step(&now.before, input, &mut self.hidden, &mut now.tape);
        if stale {
            cell.jacobian(&now.tape, &mut now.jacobian);
        }
        self.memory.push_back(now);
        let loss = self.read_out(network, target, gradient);
        let recurrent = &mut gradient[..network.recurrent_len()];
        for step in self.memory.iter().rev() {
            if stale {
                cell.immediate(&step.tape, &self.adjoint, recurrent);
                transposed(&step.jacobian, &self.adjoint, &mut self.previous);
            } else {
                cell.pull_back(&step.tape, &self.adjoint, &mut self.previous, recurrent);
            }
            std::mem::swap(&mut self.adjoint, &mut self.previous);
        }
        loss
    }

    fn learn_block(&mut self, network: &Network, input: &[f64], target: &[f64], length: usize, gradient: &mut [f64]) -> (f64, f64) {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        let loss = self.read_out(network, target, gradient);
        self.block.push((self.tape.clone(), self.adjoint.clone()));
        if self.block.len() < length {
            return (loss, 0.0);
        }
        let recurrent = &mut gradient[..network.recurrent_len()];
        self.previous.fill(0.0);
        for (tape, adjoint) in self.block.drain(..).rev() {
            for ((sum, own), carried) in self.adjoint.iter_mut().zip(&adjoint).zip(&self.previous) {
                *sum = own + carried;
            }
            cell.pull_back(&tape, &self.adjoint, &mut self.previous, recurrent);
        }
        (loss, 1.0 / length as f64)
    }

    /// Loss, readout gradient and adjoint of the present hidden state.
    fn read_out(&mut self, network: &Network, target: &[f64], gradient: &mut [f64]) -> f64 {
        let loss = network.readout.error(&self.hidden, target, &mut self.error);
        network.readout.adjoint(&self.error, &mut self.adjoint);
        network.readout.add_gradient(&self.hidden, &self.error, &mut gradient[network.recurrent_len()..]);
        loss
    }
}

/// `previous = Jᵀ λ`.
fn transposed(jacobian: &[f64], adjoint: &[f64], previous: &mut [f64]) {
    previous.fill(0.0);
    for (row, a) in jacobian.chunks_exact(adjoint.len()).zip(adjoint) {
        for (p, j) in previous.iter_mut().zip(row) {
            *p += j * a;
        }
    }
}
