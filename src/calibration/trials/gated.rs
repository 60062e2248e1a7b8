//! Trials on gated cells, of which nothing is known in closed form: the truth is a simulation some
//! hundred times as long as the measurement, by other means, with its own error.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Scenario, Truth};
use super::{budgets, judged, number};
use crate::claims::{Budget, Case, GatedCell, hidden_contraction, linear_process, stationary_point, truncation_bias};
use crate::data::{Segment, Var};
use crate::ergodicity::{LyapunovPlan, lyapunov_exponents};
use crate::gradient::{rolling_truncated, rtrl};
use crate::network::Cell;
use crate::network::activation::TANH;
use crate::network::kind::{self, CellOptions, Sizes};
use crate::random::{Noise, RngKey, stream};
use crate::stats::{Estimate, Sample, Undefined, squared_norm_of_mean};
use crate::theory::{Certificate, LinearModel};
use crate::training::GradientNorm;
use ndarray::Array2;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(super) fn trials() -> Vec<Scenario> {
    GatedCell::ALL.into_iter().flat_map(|cell| [truncation(cell), pathwise(cell), start_of_learning(cell)]).collect()
}

/// Units of the cells.
const UNITS: usize = 2;
/// Independent stretches behind a truth.
const STRETCHES: usize = 512;

fn data() -> LinearModel {
    system(Spectra::SlowData, 0.8, 0.5)
}

/// The cell: entries by a fixed rule, of order one half, so that every gate moves.
fn cell(of: GatedCell) -> Box<dyn Cell> {
    let kind = kind::named(of.name()).expect("gated cells are in the table");
    let entry = |block: usize, row: usize, column: usize| 0.6 * libm::sin((1 + 7 * block + 3 * row + 5 * column) as f64);
    let blocks: Vec<Array2<f64>> = kind
        .blocks(Sizes { units: UNITS, inputs: 1 })
        .iter()
        .enumerate()
        .map(|(index, block)| Array2::from_shape_fn((UNITS, block.columns), |(row, column)| entry(index, row, column)))
        .collect();
    kind.build(&blocks, CellOptions { activation: TANH, beta: 0.0, mask: None }).expect("the kind's own shapes fit")
}

fn case(of: GatedCell, key: RngKey, budgets: BTreeMap<String, Budget>) -> Case {
    let mut case = case_of(&data(), of.name(), key, 2.0, budgets);
    let cell = cell(of);
    case.certificate = Certificate { cell: Certificate::of(&*cell, None).cell, ..case.certificate };
    case.network.cell = cell;
    Case { linear: None, ..case }
}

/// A simulated truth, its error that of an estimate.
fn simulated(estimate: Result<Estimate, Undefined>) -> Truth {
    let known = estimate.map(|estimate| (estimate.value, estimate.standard_error));
    let (value, error) = known.unwrap_or((f64::NAN, f64::NAN));
    Truth::Simulated { value, error }
}

/// Stationary gradients of many long stretches: by forward derivatives, and how far truncated
/// gradients of each of `lengths` lie from them, a list of vectors each.
struct Gradients {
    full: Vec<Vec<f64>>,
    biases: Vec<Vec<Vec<f64>>>,
}

impl Gradients {
    fn of(of: GatedCell, lengths: &[usize]) -> Self {
        let case = case(of, RngKey::root(1), BTreeMap::new());
        let process = Var(linear_process(&data()));
        let norm = GradientNorm { steps: 8_000, burn_in: 1_000, spread: 1.0, replicates: STRETCHES };
        let (key, weight, states) = (RngKey::root(1).within("gated truth").within(of.name()), norm.weight(&process), case.network.cell.state_len());
        let each: Vec<(Vec<f64>, Vec<Vec<f64>>)> = (0..STRETCHES)
            .into_par_iter()
            .map(|replicate| {
                let (segment, start) = norm.segment(&process, states, key, replicate);
                let scaled = |gradient: &[f64]| gradient.iter().map(|g| weight * g).collect::<Vec<f64>>();
                let full = scaled(&rtrl(&case.network, &segment, &start, norm.burn_in).gradient);
                let truncated = rolling_truncated(&case.network, &segment, &start, norm.burn_in, lengths);
                let away = |truncated: &[f64]| scaled(truncated).iter().zip(&full).map(|(a, b)| a - b).collect();
                (full.clone(), truncated.iter().map(|truncated| away(&truncated.gradient)).collect())
            })
            .collect();
        let biases = (0..lengths.len()).map(|length| each.iter().map(|(_, away)| away[length].clone()).collect()).collect();
        Gradients { full: each.into_iter().map(|(full, _)| full).collect(), biases }
    }
}

/// The squared norm of the mean of the first `width` entries.
fn square(vectors: &[Vec<f64>], width: usize) -> Truth {
    let cut: Vec<Vec<f64>> = vectors.iter().map(|vector| vector[..width].to_vec()).collect();
    simulated(squared_norm_of_mean(&cut, 0.95))
}

/// Bias of truncation at two lengths, and the recurrent gradient.
fn truncation(of: GatedCell) -> Scenario {
    const TAUS: [usize; 5] = [1, 2, 3, 4, 6];
    let truths: OnceLock<[Truth; 3]> = OnceLock::new();
    let run = move |key: RngKey| {
        let [first, fourth, full] = truths.get_or_init(|| {
            let width = case(of, key, BTreeMap::new()).network.recurrent_len();
            let gradients = Gradients::of(of, &[1, 4]);
            [square(&gradients.biases[0], width), square(&gradients.biases[1], width), square(&gradients.full, width)]
        });
        let budgets = budgets("truncation_bias", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (32, 600, 150, TAUS.to_vec());
        });
        let (_, finding) = judged("truncation_bias", &case(of, key, budgets));
        let shot = |estimator, truth: &Truth, name| number(estimator, Kind::Confidence, truth.clone(), &finding, name);
        vec![
            shot("bias of TBPTT(1), squared, gated cell", first, truncation_bias::names::BIAS_SQUARED.at(1)),
            shot("bias of TBPTT(4), squared, gated cell", fourth, truncation_bias::names::BIAS_SQUARED.at(4)),
            shot("gradient norm, squared, gated cell", full, truncation_bias::names::RECURRENT_GRADIENT_SQUARED),
        ]
    };
    Scenario { case: format!("{}, truncation", of.name()), heavy: true, run: Box::new(run) }
}

/// The pathwise rate, whose truth is a product of whole Jacobians, turned orthogonal every step,
/// along long paths.
fn pathwise(of: GatedCell) -> Scenario {
    let truth: OnceLock<Truth> = OnceLock::new();
    let run = move |key: RngKey| {
        let truth = truth.get_or_init(|| simulated(long_products(of))).clone();
        let case = case(of, key, budgets("hidden_contraction", |budget| budget.chains = 64));
        let (_, finding) = judged("hidden_contraction", &case);
        vec![number("pathwise rate of a gated cell", Kind::Bound, truth, &finding, hidden_contraction::names::PATHWISE_RATE)]
    };
    Scenario { case: format!("{}, pathwise", of.name()), heavy: true, run: Box::new(run) }
}

fn long_products(of: GatedCell) -> Result<Estimate, Undefined> {
    const STEPS: usize = 40_000;
    let (cell, process) = (cell(of), Var(linear_process(&data())));
    let states = cell.state_len();
    let rates: Vec<f64> = (0..STRETCHES)
        .into_par_iter()
        .map(|replicate| {
            let at = RngKey::root(2).within("gated truth").within(of.name()).replicate(replicate);
            let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
            let start = Noise::at(at).normal_vector(data().transition.nrows());
            let (path, _) = Segment::follow(&process, start, STEPS, &mut innovations, &mut observations);
            let (mut state, mut next, mut tape) = (vec![0.0; states], vec![0.0; states], vec![0.0; cell.tape_len()]);
            let mut t = 0;
            let plan = LyapunovPlan { dimension: states, count: 1, steps: STEPS, warm: 1_000, segments: 1 };
            lyapunov_exponents(plan, |jacobian| {
                cell.step(&state, path.input(t), &mut next, &mut tape);
                cell.jacobian(&tape, jacobian);
                std::mem::swap(&mut state, &mut next);
                t += 1;
            })[0]
        })
        .collect();
    let exponent = Sample::new(&rates)?.mean(0.95)?;
    let rate = libm::exp(exponent.value);
    Ok(Estimate { value: rate, standard_error: rate * exponent.standard_error, ..exponent })
}

/// The squared gradient where learning starts.
fn start_of_learning(of: GatedCell) -> Scenario {
    let truth: OnceLock<Truth> = OnceLock::new();
    let run = move |key: RngKey| {
        let truth = truth.get_or_init(|| {
            let gradients = Gradients::of(of, &[]);
            square(&gradients.full, gradients.full[0].len())
        });
        let budgets = budgets("stationary_point", |budget| (budget.steps, budget.checkpoints) = (300, 2));
        let mut case = case(of, key, budgets);
        case.learning.steps = 50;
        let (_, finding) = judged("stationary_point", &case);
        let name = stationary_point::names::GRADIENT_SQUARED.at(0);
        vec![number("squared gradient at the start, gated cell", Kind::Confidence, truth.clone(), &finding, name)]
    };
    Scenario { case: format!("{}, start of learning", of.name()), heavy: true, run: Box::new(run) }
}
