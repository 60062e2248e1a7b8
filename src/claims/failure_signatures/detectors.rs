//! The four signatures of failure: what is computed of a run, from where on it is an alarm, and
//! what it means.

use crate::claims::Case;
use crate::claims::contract::violation;
use crate::claims::measuring::online_step::OnlineStep;
use crate::data::{Autoregression, DataProcess, LinearTarget, Var};
use crate::markov::Walk;
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::median;
use crate::training::Schedule;
use ndarray::Array2;
use std::sync::Arc;

/// One detector.
pub(super) struct Detector {
    pub name: &'static str,
    /// What is computed.
    pub statistic: &'static str,
    /// An alarm is raised above this, and where the statistic is not a number.
    pub limit: f64,
    /// What it means and what to do.
    pub cause: &'static str,
}

/// The detectors in the order in which a cause is named: each of the later signatures also follows
/// from an earlier one.
pub(super) const DETECTORS: [Detector; 4] = [
    Detector {
        name: "lasting_autocorrelation",
        statistic: "largest |phi| of an input at lags from an eightieth to a fortieth of the run",
        limit: 0.5,
        cause: "the data do not forget: a unit root, a trend or a period; take differences or take the period out before training",
    },
    Detector {
        name: "ill_conditioned_jacobian",
        statistic: "log10 of the bound of the slope over the cell's mean slope, in the median of time",
        limit: 2.0,
        cause: "units are saturated or overflow: the weights or the inputs are too large; scale the inputs to size 1 and make the weights smaller",
    },
    Detector {
        name: "diverging_derivatives",
        statistic: "top Lyapunov exponent of the cell's Jacobians, a step",
        limit: 0.0,
        cause: "the derivatives grow without bound: the recurrent matrix is above the edge of stability; make its norm smaller or project it",
    },
    Detector {
        name: "oscillating_parameters",
        statistic: "minus the correlation of successive updates",
        limit: 0.4,
        cause: "updates overshoot and turn back: the step size is too large; make the first step smaller",
    },
];

/// Updates of the online part, which only the last detector reads.
const UPDATES: usize = 1000;

/// The four statistics of one run of the case.
pub(super) fn statistics(case: &Case, key: RngKey, steps: usize) -> [f64; 4] {
    let mut data = vec![0.0; case.data.state_len()];
    case.data.start(case.start.spread.min(1.0), key.replicate as usize, 1 << 20, &mut Noise::at(key.stream(stream::START)), &mut data);
    let inputs = inputs(&*case.data, data.clone(), steps, &mut Noise::at(key.stream(stream::INNOVATION)));
    let (condition, exponent) = jacobians(case, &inputs);
    [phi(&inputs, case.data.inputs()), condition, exponent, oscillation(case, data, key, steps.min(UPDATES))]
}

/// The first detector in the order of causes that raises an alarm.
pub(super) fn named(statistics: &[f64]) -> Option<usize> {
    // Written so that a statistic that is not a number is an alarm.
    DETECTORS.iter().zip(statistics).position(|(detector, value)| value.is_nan() || *value > detector.limit)
}

fn inputs(data: &dyn DataProcess, start: Vec<f64>, steps: usize, noise: &mut Noise) -> Vec<f64> {
    let width = data.inputs();
    let mut walk = Walk::from(data, start);
    let mut all = vec![0.0; steps * width];
    for input in all.chunks_exact_mut(width) {
        data.input(walk.state(), input);
        walk.step_on(noise);
    }
    all
}

/// The largest absolute phi over lags from T/80 to T/40 of any column; a constant
/// column counts as 0, since there is nothing to forget.
fn phi(inputs: &[f64], width: usize) -> f64 {
    let steps = inputs.len() / width;
    let mut largest = 0.0f64;
    for column in 0..width {
        let values: Vec<f64> = inputs.iter().skip(column).step_by(width).copied().collect();
        let mean = values.iter().sum::<f64>() / steps as f64;
        let spread: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        if spread == 0.0 {
            continue;
        }
        for lag in (steps / 80).max(1)..=(steps / 40).max(2) {
            let product: f64 = values[lag..].iter().zip(&values).map(|(a, b)| (a - mean) * (b - mean)).sum();
            let correlation = (product / spread).abs();
            if correlation.is_nan() || correlation > largest {
                largest = correlation;
            }
        }
    }
    largest
}

/// `log10(L / mean σ')` in the median over time, infinite where a state overflows, and the top
/// Lyapunov exponent.
fn jacobians(case: &Case, inputs: &[f64]) -> (f64, f64) {
    let cell = &*case.network.cell;
    let (n, width) = (cell.state_len(), case.data.inputs());
    let bound = cell.bounds().slope;
    let (mut state, mut next, mut tape, mut jacobian) = (vec![0.0; n], vec![0.0; n], vec![0.0; cell.tape_len()], vec![0.0; n * n]);
    let mut tangent: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + i as f64)).collect();
    let (mut logs, mut conditions) = (0.0, Vec::new());
    for input in inputs.chunks_exact(width) {
        cell.step(&state, input, &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        cell.jacobian(&tape, &mut jacobian);
        let mean = cell.slopes(&tape).map(|slopes| slopes.iter().sum::<f64>() / slopes.len() as f64);
        if state.iter().any(|s| !s.is_finite()) {
            return (f64::INFINITY, f64::INFINITY);
        }
        conditions.extend(mean.map(|mean| libm::log10(bound / mean)));
        let image: Vec<f64> = jacobian.chunks_exact(n).map(|row| row.iter().zip(&tangent).map(|(a, v)| a * v).sum()).collect();
        let (before, after) = (crate::markov::norm(&tangent), crate::markov::norm(&image));
        // Zero over a length is −∞ once and for all.
        logs += libm::log(after / before);
        if after > 0.0 {
            tangent = image.iter().map(|x| x / after).collect();
        }
    }
    (median(conditions), logs / (inputs.len() / width) as f64)
}

/// `−Σ ⟨Δ_t, Δ_{t+1}⟩ / Σ |Δ_t|²` over the updates `Δ` of the second half of a run of RTRL; 1 where
/// the parameters leave the finite numbers.
fn oscillation(case: &Case, data: Vec<f64>, key: RngKey, updates: usize) -> f64 {
    let mut network: Network = case.network.clone();
    let mut chain = OnlineStep::from_data(&*case.data, &network, data);
    let (mut innovations, mut observations) = (Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::OBSERVATION)));
    let mut gradient = vec![0.0; network.len()];
    let (mut before, mut product, mut square) = (network.parameters(), 0.0, 0.0);
    let mut last: Option<Vec<f64>> = None;
    for t in 0..updates {
        chain.step(&network, &mut innovations, &mut observations, &mut gradient);
        network.descend(case.learning.schedule.step(t), &gradient);
        if let Some(bound) = case.learning.projection {
            network.cell.project(bound);
        }
        let now = network.parameters();
        if now.iter().any(|x| !x.is_finite()) {
            return 1.0;
        }
        let update: Vec<f64> = now.iter().zip(&before).map(|(a, b)| a - b).collect();
        if let Some(last) = last.filter(|_| t >= updates / 2) {
            product += last.iter().zip(&update).map(|(a, b)| a * b).sum::<f64>();
            square += update.iter().map(|x| x * x).sum::<f64>();
        }
        (last, before) = (Some(update), now);
    }
    if square > 0.0 { -product / square } else { 0.0 }
}

/// What is done to a small sound case to cause a failure.
pub(super) struct Provocation {
    pub name: &'static str,
    /// The detector that must name it.
    pub detector: usize,
}

/// The provocations, in the order of their parts.
pub(super) const PROVOCATIONS: [Provocation; 6] = [
    Provocation { name: "unit_root", detector: 0 },
    Provocation { name: "periodic_data", detector: 0 },
    Provocation { name: "saturated_units", detector: 1 },
    Provocation { name: "exploding_weights", detector: 1 },
    Provocation { name: "recurrence_above_edge", detector: 2 },
    Provocation { name: "step_too_large", detector: 3 },
];

/// Steps of a provoked run, at most: a slow divergence must not have reached the largest number.
pub(super) const PROVOKED_STEPS: usize = 4000;

/// The small case of a provocation.
pub(super) fn provoked(name: &str, seed: u64) -> Case {
    let mut learning = violation::plain_learning();
    if name == "step_too_large" {
        learning.schedule = Schedule { initial: 2.0, offset: 1.0, exponent: 0.0 };
    }
    let phi = if name == "unit_root" { 1.0 } else { 0.7 };
    let input_weight = if name == "saturated_units" { 50.0 } else { 0.7 };
    // Without saturation a recurrence just above 1 grows for ever, and slowly enough to stay within
    // the finite numbers.
    let (activation, recurrent): (_, &[f64]) = match name {
        "exploding_weights" => ("identity", &[50.0, 50.0]),
        "recurrence_above_edge" => ("identity", &[1.02, -0.3]),
        _ => ("tanh", &[0.5, -0.3]),
    };
    let budget = crate::claims::Budget { chains: 16, ..crate::claims::Budget::default() };
    let mut case = violation::Fixture { phi, recurrent, input_weight, activation, learning }.build(seed, name, budget);
    if name == "periodic_data" {
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU / 25.0);
        case.data = Arc::new(Var(Autoregression {
            transition: ndarray::arr2(&[[cosine, -sine], [sine, cosine]]),
            noise_factor: Array2::eye(2) * 0.01,
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![1.0, 0.0]], 0.1),
        }));
    }
    case
}
