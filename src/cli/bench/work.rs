//! The pieces of work that `bench` times.

use super::{Options, Timed};
use crate::chain::{Ensemble, Targets};
use crate::data::{Autoregression, LinearTarget, Var};
use crate::markov::Independent;
use crate::network::{Elman, Network, Readout, activation};
use crate::random::{Noise, RngKey};
use crate::stats::{Chains, diagnose};
use crate::training::{OnlineEnsemble, RunStart, Schedule};
use crate::transport::{assignment, wasserstein_1d};
use ndarray::Array2;
use std::hint::black_box;

/// Bytes of derivatives that an ensemble holds, more than a usual last cache gives one core.
const BYTES: usize = 32_000_000;

/// A tanh cell with contracting weights, as the peers' scripts draw it.
pub(super) fn cell(hidden: usize, inputs: usize) -> Elman {
    let mut noise = Noise::at(RngKey::root(1).within("bench"));
    let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
    let (b, w) = (scaled(hidden * hidden, 0.6 / (hidden as f64).sqrt()), scaled(hidden * inputs, 1.0 / (inputs as f64).sqrt()));
    Elman::new(&b, &w, &scaled(hidden, 0.1), 0.0, activation::TANH).expect("the blocks fit each other")
}

/// Flops of exact forward derivatives a chain and step by the plain recursion, `2 N² P`.
pub(super) fn flops(hidden: usize, inputs: usize) -> f64 {
    2.0 * (hidden * hidden * hidden * (hidden + inputs + 1)) as f64
}

/// An ensemble of `chains` chains and inputs for `steps` steps.
pub(super) fn ensemble(hidden: usize, inputs: usize, chains: usize, steps: usize) -> (Ensemble, Vec<f64>) {
    let mut noise = Noise::at(RngKey::root(2).within("bench"));
    let hidden_states: Vec<f64> = noise.normal_vector(chains * hidden).iter().map(|x| 0.1 * x).collect();
    (Ensemble::new(&cell(hidden, inputs), &hidden_states), noise.normal_vector(steps * chains * inputs))
}

/// Bytes that the inputs of one sample may take.
const INPUT_BYTES: usize = 64_000_000;

/// Steps of one sample of an ensemble, so many that starting a second thread is nothing beside
/// them: some 50 to 150 milliseconds.
fn long(hidden: usize, inputs: usize, chains: usize, quick: bool) -> usize {
    let flops = Ensemble::new(&cell(hidden, inputs), &vec![0.0; hidden]).flops(16) / 16.0 * chains as f64;
    let steps = (if quick { 4e8 } else { 4e9 } / flops) as usize;
    steps.min(INPUT_BYTES / (8 * chains * inputs)).max(4)
}

/// The work called `work` at a hidden size: as many chains as fill [`BYTES`], at least 64 up to N =
/// 64, and steps for some ten milliseconds, or a tenth of a second where blocks of steps make them
/// cheap.
pub(super) fn of_cells(work: &'static str, hidden: usize, options: &Options) -> Timed {
    let inputs = options.inputs;
    let parameters = hidden * (hidden + inputs + 1);
    let chains = options.chains.unwrap_or((BYTES / (8 * hidden * parameters)).max(if hidden <= 64 { 64 } else { 1 }));
    let whole = if options.quick { 2e8 } else { 1e9 };
    if work == "online_ensemble" {
        return online(hidden, inputs, whole);
    }
    let usual = ((whole / (flops(hidden, inputs) * chains as f64)) as usize).clamp(if hidden > 64 { 4 } else { 8 }, 1000);
    let steps = options.steps.unwrap_or(if work == "ensemble" { long(hidden, inputs, chains, options.quick) } else { usual });
    let (mut ensemble, series) = ensemble(hidden, inputs, chains, steps);
    let nominal = flops(hidden, inputs) * (chains * steps) as f64;
    // Observed steps take the product, the immediate Jacobian, and two multiply-adds for every
    // entry of V.
    let observed = nominal + ((2 + 4 * hidden) * parameters * chains * steps) as f64;
    let executed = Some(if work == "ensemble_means" { observed } else { ensemble.flops(steps) });
    let go: Box<dyn FnMut() + Send> = if work == "ensemble_means" {
        let readout = Readout::new(&vec![0.1; hidden], &[0.0], hidden);
        let targets = vec![0.5; steps * chains];
        Box::new(move || ensemble.advance_observed(&series, Targets { targets: &targets, readout: &readout }))
    } else {
        Box::new(move || ensemble.advance(&series))
    };
    let flops = Some(nominal);
    Timed { work, hidden: Some(hidden), inputs: Some(inputs), chains: Some(chains), steps: Some(steps), flops, executed, go }
}

/// 64 learning runs side by side, the noise of their data included.
fn online(hidden: usize, inputs: usize, whole: f64) -> Timed {
    const RUNS: usize = 64;
    let target = LinearTarget::new(vec![vec![0.5; inputs]], 0.1);
    let transition = Array2::from_diag_elem(inputs, 0.5);
    let data = Var(Autoregression { transition, noise_factor: Array2::eye(inputs), inputs: (0..inputs).collect(), target });
    let network = Network { cell: Box::new(cell(hidden, inputs)), readout: Readout::new(&vec![0.1; hidden], &[0.0], hidden) };
    let steps = ((whole / (flops(hidden, inputs) * RUNS as f64)) as usize).clamp(4, 1000);
    let go = move || {
        let start = |run: usize| {
            let key = RngKey::root(6).within("bench").replicate(run);
            let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(key.stream(k)));
            RunStart { network: &network, data: vec![0.0; inputs], hidden: vec![0.0; hidden], innovations, observations, choices }
        };
        let ensemble = OnlineEnsemble { data: &data, schedule: Schedule { initial: 0.01, offset: 1000.0, exponent: 0.7 } };
        drop(black_box(ensemble.run((0..RUNS).map(start).collect(), steps)));
    };
    let flops = Some(flops(hidden, inputs) * (RUNS * steps) as f64);
    let (hidden, inputs, chains, steps) = (Some(hidden), Some(inputs), Some(RUNS), Some(steps));
    Timed { work: "online_ensemble", hidden, inputs, chains, steps, flops, executed: None, go: Box::new(go) }
}

type Make = fn() -> Timed;

/// The work that has no hidden size: distances and diagnostics.
pub(super) fn others() -> [(&'static str, Make); 3] {
    [("assignment", of_assignment), ("sorted", of_sorting), ("diagnose", of_diagnosis)]
}

fn plain(work: &'static str, go: impl FnMut() + Send + 'static) -> Timed {
    Timed { work, hidden: None, inputs: None, chains: None, steps: None, flops: None, executed: None, go: Box::new(go) }
}

/// `W₂` between two samples of 1000 points in the plane.
fn of_assignment() -> Timed {
    let mut noise = Noise::at(RngKey::root(3).within("bench"));
    let mut sample = |count: usize| Array2::from_shape_simple_fn((count, 2), || noise.normal_vector(1)[0]);
    let (x, y) = (sample(1000), sample(1000));
    plain("assignment", move || drop(black_box(assignment(x.view(), y.view()))))
}

/// `W₁` between two samples of a million numbers.
fn of_sorting() -> Timed {
    let mut noise = Noise::at(RngKey::root(4).within("bench"));
    let (x, y) = (noise.normal_vector(1_000_000), noise.normal_vector(1_000_000));
    plain("sorted", move || drop(black_box(wasserstein_1d(&x, &y, 1.0))))
}

/// R̂, the three effective sample sizes and the error of the mean of four AR(1) chains of 10⁵ draws
/// with coefficient 0.9.
fn of_diagnosis() -> Timed {
    let mut noise = Noise::at(RngKey::root(5).within("bench"));
    let mut draws = Array2::from_shape_vec((4, 100_000), noise.normal_vector(400_000)).expect("as many numbers as the shape holds");
    for mut chain in draws.rows_mut() {
        (1..chain.len()).for_each(|t| chain[t] += 0.9 * chain[t - 1]);
    }
    plain("diagnose", move || {
        if let Ok(chains) = Chains::new(draws.view()) {
            drop(black_box(diagnose(&Independent::declare(chains))));
        }
    })
}
