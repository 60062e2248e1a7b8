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
use crate::theory::LinearModel;
use crate::training::GradientNorm;
use ndarray::Array2;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub(super) fn trials() -> Vec<Scenario> {
    let of = |cell| {
        let known = Known::default();
        [truncation(cell, known.clone()), pathwise(cell), start_of_learning(cell, known)]
    };
    GatedCell::ALL.into_iter().flat_map(of).collect()
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
    Case { linear: None, ..case_of(&data(), of.name(), key, 2.0, budgets).with_cell(cell(of)) }
}

/// A simulated truth, its error that of an estimate.
fn simulated(estimate: Result<Estimate, Undefined>) -> Truth {
    let known = estimate.map(|estimate| (estimate.value, estimate.standard_error));
    let (value, error) = known.unwrap_or((f64::NAN, f64::NAN));
    Truth::Simulated { value, error }
}

/// What is known of a cell's stationary gradients, from many long stretches: by forward
/// derivatives, and how far truncated gradients of each of [`LENGTHS`] lie from them, as squared
/// norms.
struct Gradients {
    biases: [Truth; LENGTHS.len()],
    recurrent: Truth,
    whole: Truth,
}

/// Truncation lengths whose bias is known.
const LENGTHS: [usize; 2] = [1, 4];

impl Gradients {
    /// One stretch after the other: the repeats that wait for these numbers run on all threads, and
    /// a parallel loop in here could take one of them up and wait for itself.
    fn of(of: GatedCell) -> Self {
        let case = case(of, RngKey::root(1), BTreeMap::new());
        let process = Var(linear_process(&data()));
        let norm = GradientNorm { steps: 8_000, burn_in: 1_000, spread: 1.0, replicates: STRETCHES };
        let (key, weight) = (RngKey::root(1).within("gated truth").within(of.name()), norm.weight(&process));
        let scaled = |gradient: &[f64]| gradient.iter().map(|g| weight * g).collect::<Vec<f64>>();
        let (mut full, mut biases) = (Vec::new(), LENGTHS.map(|_| Vec::new()));
        for replicate in 0..STRETCHES {
            let (segment, start) = norm.segment(&process, case.network.cell.state_len(), key, replicate);
            let exact = scaled(&rtrl(&case.network, &segment, &start, norm.burn_in).gradient);
            let truncated = rolling_truncated(&case.network, &segment, &start, norm.burn_in, &LENGTHS);
            for (biases, truncated) in biases.iter_mut().zip(&truncated) {
                biases.push(scaled(&truncated.gradient).iter().zip(&exact).map(|(a, b)| a - b).collect());
            }
            full.push(exact);
        }
        let [all, recurrent] = [case.network.len(), case.network.recurrent_len()];
        Gradients { biases: biases.map(|biases| square(&biases, recurrent)), recurrent: square(&full, recurrent), whole: square(&full, all) }
    }
}

/// The gradients of a cell, had when a trial first asks.
type Known = Arc<OnceLock<Gradients>>;

/// The squared norm of the mean of the first `width` entries.
fn square(vectors: &[Vec<f64>], width: usize) -> Truth {
    let cut: Vec<Vec<f64>> = vectors.iter().map(|vector| vector[..width].to_vec()).collect();
    simulated(squared_norm_of_mean(&cut, 0.95))
}

/// Bias of truncation at two lengths, and the recurrent gradient.
fn truncation(of: GatedCell, known: Known) -> Scenario {
    const TAUS: [usize; 5] = [1, 2, 3, 4, 6];
    let run = move |key: RngKey| {
        let Gradients { biases: [first, fourth], recurrent, .. } = known.get_or_init(|| Gradients::of(of));
        let budgets = budgets("truncation_bias", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (32, 600, 150, TAUS.to_vec());
        });
        let (_, finding) = judged("truncation_bias", &case(of, key, budgets));
        let shot = |estimator, truth: &Truth, name| number(estimator, Kind::Confidence, truth.clone(), &finding, name);
        vec![
            shot("bias of TBPTT(1), squared, gated cell", first, truncation_bias::names::BIAS_SQUARED.at(1)),
            shot("bias of TBPTT(4), squared, gated cell", fourth, truncation_bias::names::BIAS_SQUARED.at(4)),
            shot("gradient norm, squared, gated cell", recurrent, truncation_bias::names::RECURRENT_GRADIENT_SQUARED),
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
    // One after the other, as in [`Gradients::of`].
    let rates: Vec<f64> = (0..STRETCHES)
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
fn start_of_learning(of: GatedCell, known: Known) -> Scenario {
    let run = move |key: RngKey| {
        let truth = &known.get_or_init(|| Gradients::of(of)).whole;
        let budgets = budgets("stationary_point", |budget| (budget.steps, budget.checkpoints) = (300, 2));
        let mut case = case(of, key, budgets);
        case.learning.steps = 50;
        let (_, finding) = judged("stationary_point", &case);
        let name = stationary_point::names::GRADIENT_SQUARED.at(0);
        vec![number("squared gradient at the start, gated cell", Kind::Confidence, truth.clone(), &finding, name)]
    };
    Scenario { case: format!("{}, start of learning", of.name()), heavy: true, run: Box::new(run) }
}
