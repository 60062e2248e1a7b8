//! Many online learning runs at once, each with its own parameters and noise.

use super::{RunStart, Schedule};
use crate::chain::{LearningLanes, moving, width};
use crate::data::DataProcess;
use crate::markov::Walk;
use crate::network::{Elman, Network};
use crate::random::Noise;
use ndarray::Array2;
use rayon::prelude::*;

/// Why runs cannot go side by side.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
/// let cell = Box::new(Diagonal::new(&[0.5], &[1.0], &[0.0], activation::TANH).unwrap());
/// let network = &Network { cell, readout: Readout::new(&[1.0], &[0.0], 1) };
/// let start =
///     RunStart {
///         network, data: vec![0.0], hidden: vec![0.0],
///         innovations, observations, choices,
///     };
/// # let schedule = Schedule { initial: 0.1, offset: 1.0, exponent: 0.0 };
/// let ends = OnlineEnsemble { data: &data, schedule }.run(vec![start], 3);
/// assert_eq!(ends.err(), Some(UnlikeCells));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("runs side by side need Elman cells of one size, one mean-field exponent and one activation")]
pub struct UnlikeCells;

/// RTRL runs of one network from many starts, with parameters that all move.
///
/// ```text
/// θ^m_{t+1} = θ^m_t − α_t G^m_t,   m = 1 … M
/// ```
///
/// Four or eight runs share the registers of a thread, and threads take them in turn; the bits
/// depend on neither. A run ends where [`Online`](super::Online) with
/// [`Method::RTRL`](super::Method::RTRL) and without projection ends, up to rounding. Cost:
/// `2 N² P` flops a run and step.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let cell = Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap();
/// # let readouts = [1.0, 2.0, 4.0].map(|bias| Readout::new(&[0.0], &[bias], 1));
/// let networks = readouts.map(|readout| Network { cell: Box::new(cell.clone()), readout });
/// let starts = networks.iter().map(|network| {
///     let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
///     RunStart { network, data: vec![0.0], hidden: vec![0.0], innovations, observations, choices }
/// });
/// # let schedule = Schedule { initial: 0.5, offset: 1.0, exponent: 0.0 };
/// let ends = OnlineEnsemble { data: &data, schedule }.run(starts.collect(), 3).unwrap();
/// let biases: Vec<f64> = ends.iter().map(|end| end.network.readout.bias()[0]).collect();
/// assert_eq!(biases, [1.0 / 8.0, 2.0 / 8.0, 4.0 / 8.0]);
/// ```
pub struct OnlineEnsemble<'a> {
    /// The data.
    pub data: &'a dyn DataProcess,
    /// The step sizes.
    pub schedule: Schedule,
}

/// One run's end.
///
/// ```
/// # use ndarray::array;
/// # use rtrl_lab::{data::*, network::*, random::*, training::*};
/// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
/// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// # let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
/// # let cell = Box::new(Elman::new(&[0.0], &[0.0], &[0.0], 0.0, activation::TANH).unwrap());
/// # let schedule = Schedule { initial: 0.5, offset: 1.0, exponent: 0.0 };
/// let network = &Network { cell, readout: Readout::new(&[0.0], &[4.0], 1) };
/// let start =
///     RunStart {
///         network, data: vec![0.0], hidden: vec![0.0],
///         innovations, observations, choices,
///     };
/// let learned = OnlineEnsemble { data: &data, schedule }.run(vec![start], 2).unwrap().remove(0);
/// // The bias, here the error too, goes 4, 2, 1.
/// assert_eq!((learned.mean_loss, learned.network.readout.bias()), ((8.0 + 2.0) / 2.0, vec![1.0]));
/// ```
#[derive(Clone)]
pub struct Learned {
    /// The network it ends with.
    pub network: Network,
    /// Mean loss over the steps, each before its update; NaN without a step.
    pub mean_loss: f64,
}

/// The cell as one layer, the form whose runs share registers.
fn one_layer(network: &Network) -> Option<Elman> {
    let layer = network.cell.one_layer()?;
    let flat = |matrix: &Array2<f64>| matrix.iter().copied().collect::<Vec<f64>>();
    Elman::new(&flat(&layer.recurrent), &flat(&layer.input), &layer.bias, layer.beta, layer.activation).ok()
}

/// What a run has beside its recurrent part.
struct Run<'a> {
    walk: Walk<'a, dyn DataProcess + 'a>,
    innovations: Noise,
    observations: Noise,
    network: Network,
    input: Vec<f64>,
    target: Vec<f64>,
    gradient: Vec<f64>,
    loss: f64,
}

impl OnlineEnsemble<'_> {
    /// Runs `steps` steps from every start, on the threads of the present pool.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use rtrl_lab::{data::*, network::*, random::*, training::*};
    /// # let (transition, noise_factor) = (array![[0.0]], array![[0.0]]);
    /// # let target = LinearTarget::new(vec![vec![1.0]], 0.0);
    /// # let process = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
    /// # let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(RngKey::root(k)));
    /// # let cell = Elman::new(&[0.0], &[0.0], &[1.0], 0.0, activation::ALL[0]).unwrap();
    /// # let network = &Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// # let schedule = Schedule { initial: 0.25, offset: 1.0, exponent: 0.0 };
    /// let (data, hidden) = (vec![0.0], vec![2.0]);
    /// let start = RunStart { network, data, hidden, innovations, observations, choices };
    /// let ends = OnlineEnsemble { data: &process, schedule }.run(vec![start], 1).unwrap();
    /// assert_eq!(ends[0].network.cell.parameters(), [0.0 - 0.25 * 2.0, 0.0, 1.0 - 0.25]);
    /// ```
    ///
    /// # Errors
    /// [`UnlikeCells`] where the starts' cells differ in more than their parameters or are no Elman
    /// cells.
    pub fn run(&self, starts: Vec<RunStart<'_>>, steps: usize) -> Result<Vec<Learned>, UnlikeCells> {
        let alike = |cells: &[Elman]| cells.windows(2).all(|pair| pair[0].is_like(&pair[1]));
        let cells: Option<Vec<Elman>> = starts.iter().map(|start| one_layer(start.network)).collect();
        cells.filter(|cells| alike(cells)).ok_or(UnlikeCells)?;
        let mut starts = starts;
        let mut groups = Vec::new();
        while !starts.is_empty() {
            let rest = starts.split_off(width().min(starts.len()));
            groups.push(std::mem::replace(&mut starts, rest));
        }
        let ends: Vec<Vec<Learned>> = groups.into_par_iter().map(|group| self.run_group(group, steps)).collect();
        Ok(ends.into_iter().flatten().collect())
    }

    fn run_group(&self, starts: Vec<RunStart<'_>>, steps: usize) -> Vec<Learned> {
        let cells: Vec<Elman> = starts.iter().filter_map(|start| one_layer(start.network)).collect();
        let cells: Vec<&Elman> = cells.iter().collect();
        let hidden: Vec<&[f64]> = starts.iter().map(|start| &start.hidden[..]).collect();
        let mut lanes = moving(&cells, &hidden);
        let mut runs: Vec<Run> = starts.into_iter().map(|start| self.start(start)).collect();
        let mut state = vec![0.0; cells[0].block("b").len()];
        let (mut adjoint, mut eta) = (state.clone(), vec![0.0; self.data.observation_len()]);
        let mut error = vec![0.0; runs[0].network.readout.outputs()];
        for t in 0..steps {
            for run in &mut runs {
                self.data.input(run.walk.state(), &mut run.input);
                run.observations.normals(&mut eta);
                self.data.target(run.walk.state(), &eta, &mut run.target);
                run.walk.step_on(&mut run.innovations);
            }
            lanes.step(&|lane, j| runs.get(lane).map_or(0.0, |run| run.input[j]));
            let rate = self.schedule.step(t);
            for (lane, run) in runs.iter_mut().enumerate() {
                lanes.hidden(lane, &mut state);
                let readout = &mut run.network.readout;
                run.gradient.fill(0.0);
                run.loss += readout.backward(&state, &run.target, &mut error, &mut adjoint, &mut run.gradient);
                lanes.set_adjoint(lane, &adjoint);
                readout.parameters_mut().iter_mut().zip(&run.gradient).for_each(|(theta, g)| *theta -= rate * g);
            }
            lanes.descend(rate);
        }
        runs.into_iter().enumerate().map(|(lane, run)| run.end(&*lanes, lane, steps)).collect()
    }

    fn start<'a>(&'a self, start: RunStart<'_>) -> Run<'a> {
        Run {
            walk: Walk::from(self.data, start.data),
            innovations: start.innovations,
            observations: start.observations,
            gradient: vec![0.0; start.network.readout.parameters().len()],
            network: start.network.clone(),
            input: vec![0.0; self.data.inputs()],
            target: vec![0.0; self.data.outputs()],
            loss: 0.0,
        }
    }
}

impl Run<'_> {
    fn end(mut self, lanes: &dyn LearningLanes, lane: usize, steps: usize) -> Learned {
        self.network.cell.parameters_mut().copy_from_slice(&lanes.parameters(lane));
        Learned { network: self.network, mean_loss: self.loss / steps as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Autoregression, LinearTarget, Var};
    use crate::network::activation::{self, SameBits};
    use crate::network::{Activation, Readout};
    use crate::random::RngKey;
    use crate::training::{Method, Online};

    fn data() -> Var {
        let transition = Array2::from_diag_elem(2, 0.6);
        Var(Autoregression { transition, noise_factor: Array2::eye(2), inputs: vec![0, 1], target: LinearTarget::new(vec![vec![0.7, -0.4]], 0.1) })
    }

    fn network(hidden: usize, run: usize, sigma: &'static dyn Activation) -> Network {
        let mut noise = Noise::at(RngKey::root(60).replicate(run));
        let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
        let (b, w, bias) = (scaled(hidden * hidden, 0.5), scaled(2 * hidden, 0.5), scaled(hidden, 0.1));
        let cell = Elman::new(&b, &w, &bias, 0.5, sigma).unwrap();
        Network { cell: Box::new(cell), readout: Readout::new(&scaled(hidden, 0.5), &[0.1], hidden) }
    }

    fn departure(network: &Network, run: usize, hidden: usize) -> RunStart<'_> {
        let key = RngKey::root(61).replicate(run);
        let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(key.stream(k)));
        RunStart { network, data: vec![0.2, -0.1], hidden: vec![0.3; hidden], innovations, observations, choices }
    }

    /// Parameters of every run at its end, side by side and one by one.
    fn both(hidden: usize, runs: usize, steps: usize, sigma: &'static dyn Activation) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let data = data();
        let schedule = Schedule { initial: 0.1, offset: 50.0, exponent: 0.7 };
        let networks: Vec<Network> = (0..runs).map(|run| network(hidden, run, sigma)).collect();
        let starts = || networks.iter().enumerate().map(|(run, network)| departure(network, run, hidden));
        let together = OnlineEnsemble { data: &data, schedule }.run(starts().collect(), steps).unwrap();
        let single = Online { data: &data, method: Method::RTRL, schedule, projection: None };
        let alone = starts().map(|start| single.run(start, steps, &mut ()).parameters()).collect();
        (together.iter().map(|end| end.network.parameters()).collect(), alone)
    }

    #[test]
    fn runs_side_by_side_are_single_runs_for_every_number_of_units_and_runs() {
        for (hidden, runs) in [(1, 1), (3, 5), (4, 4), (8, 9), (13, 2)] {
            let (together, alone) = both(hidden, runs, 60, &SameBits);
            for (a, b) in together.iter().flatten().zip(alone.iter().flatten()) {
                assert!((a - b).abs() < 1e-13, "N = {hidden}: {a} {b}");
            }
            let moved = network(hidden, 0, &SameBits).parameters().iter().zip(&together[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(moved > 1e-3, "the parameters moved by {moved} only");
        }
    }

    #[test]
    fn runs_side_by_side_agree_with_single_runs_to_rounding_for_every_activation() {
        for sigma in activation::ALL {
            let (together, alone) = both(5, 6, 200, sigma);
            for (a, b) in together.iter().flatten().zip(alone.iter().flatten()) {
                assert!((a - b).abs() < 1e-12, "{}: {a} {b}", sigma.name());
            }
        }
    }

    #[test]
    fn the_threads_change_no_bit_and_unlike_cells_are_refused() {
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| both(4, 10, 30, activation::TANH).0), both(4, 10, 30, activation::TANH).0);
        let (small, large) = (network(3, 0, activation::TANH), network(4, 1, activation::TANH));
        let starts = vec![departure(&small, 0, 3), departure(&large, 1, 4)];
        let ensemble = OnlineEnsemble { data: &data(), schedule: Schedule { initial: 0.1, offset: 50.0, exponent: 0.7 } };
        assert_eq!(ensemble.run(starts, 3).err(), Some(UnlikeCells));
    }
}
