//! Trials of rates and brackets: linear systems, where two copies on one noise approach each other
//! without randomness, and one tanh unit, where they do not.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Replicate, Scenario, Truth};
use super::{RADII, budgets, deciding, judged, number};
use crate::claims::Name;
use crate::claims::geometric_ergodicity::names;
use crate::claims::judging::names as rates;
use crate::claims::{Case, Finding, Fixture, plain_learning};
use crate::claims::{derivative_moments, hidden_contraction};
use crate::markov::Block;
use crate::network::activation;
use crate::random::RngKey;
use crate::theory::{GaussianStart, LinearGaussian, LinearModel, ScalarModel, ScalarNetwork};
use ndarray::Array1;

/// Over-dispersion of the starts.
const SPREAD: f64 = 2.0;

pub(super) fn trials() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = RADII.into_iter().map(|(spectra, data, network)| linear(spectra, system(spectra, data, network))).collect();
    all.extend([(0.9, 0.5), (0.9, 1.0), (1.1, 0.7), (1.2, 1.0), (1.5, 1.0)].map(|(recurrent, input)| unit(recurrent, input)));
    all.extend([(0.9, 1.0), (1.2, 1.0), (1.5, 1.0)].map(|(recurrent, input)| products(recurrent, input)));
    all
}

/// Rates of every block with 256 pairs, and brackets at three times. Late differences of a linear
/// system carry no sampling noise: their intervals are bounds on what fit and rounding leave open,
/// not confidence intervals, and may cover always.
fn linear(spectra: Spectra, model: LinearModel) -> Scenario {
    const TIMES: [usize; 3] = [1, 5, 20];
    let oracle = LinearGaussian::new(model.clone()).expect("the systems contract");
    let (q, n) = (model.transition.nrows(), model.b_matrix.nrows());
    let start = GaussianStart { mean: Array1::zeros(q + n), deviation: Array1::from_elem(q + n, SPREAD) };
    let exact = oracle.distances(&start, &TIMES).expect("the systems have exact distances");
    let run = move |key: RngKey| {
        let budgets = budgets("geometric_ergodicity", |budget| (budget.chains, budget.times) = (256, TIMES.to_vec()));
        let case = case_of(&model, spectra.name(), key, SPREAD, budgets);
        let (_, finding) = judged("geometric_ergodicity", &case);
        let rate = |estimator, name: Name, truth| number(estimator, Kind::Bound, Truth::Exact(truth), &finding, name);
        let mut shots = vec![
            rate("rate, data block", rates::RATE.of("data"), oracle.rho_data()),
            rate("rate, hidden block", rates::RATE.of("hidden"), oracle.rate()),
            rate("rate, derivative block", rates::RATE.of("derivative"), oracle.rate()),
            rate("rate, joint chain", rates::RATE, oracle.rate()),
        ];
        for (time, blocks) in TIMES.iter().zip(&exact) {
            shots.push(bracket("bracket of W₂, hidden block", Block::Hidden, *time, blocks[1], &finding));
            shots.push(bracket("bracket of W₂, joint chain", Block::Joint, *time, blocks[3], &finding));
        }
        shots
    };
    Scenario { case: format!("{}, rates", spectra.name()), heavy: true, run: Box::new(run) }
}

fn bracket(estimator: &'static str, block: Block, time: usize, truth: f64, finding: &Finding) -> Replicate {
    let end = |side| finding.exact(&names::of_bracket(2, side, block, time));
    let ends = end(names::LOWER).zip(end(names::UPPER)).map(|(lower, upper)| [lower, upper]);
    Replicate {
        estimator,
        kind: Kind::Bound,
        truth: Truth::Exact(truth),
        value: ends.map_or(f64::NAN, |[_, upper]| upper),
        intervals: [None, ends, None],
    }
}

/// One tanh unit under independent inputs: rate of distances and pathwise rate against the
/// two-point kernel and the stationary law. Beyond b = 1.2 the moment is carried by pairs that do
/// not approach each other, and the interval allows for a factor that a power of time leaves: a
/// bound.
fn unit(recurrent: f64, input: f64) -> Scenario {
    let tanh = activation::named("tanh").expect("tanh is on offer");
    let exact = ScalarNetwork::new(ScalarModel::plain(tanh, recurrent, input, 0.0)).expect("noise reaches the unit");
    let kind = if recurrent < 1.2 { Kind::Confidence } else { Kind::Bound };
    let (moment, pathwise) = (exact.distance_rate(2.0).unwrap_or(f64::NAN), exact.pathwise_rate().unwrap_or(f64::NAN));
    let run = move |key: RngKey| {
        let blueprint = Fixture { phi: 0.0, recurrent: &[recurrent], input_weight: input, activation: "tanh", learning: plain_learning() };
        let budget = budgets("hidden_contraction", |_| ()).remove("hidden_contraction").expect("the budget that was asked for");
        let case = Case { key, ..blueprint.build(0, "hidden_contraction", budget) };
        let (_, finding) = judged("hidden_contraction", &case);
        vec![
            deciding("moment rate", kind, Truth::Exact(moment), &finding),
            number("pathwise rate", Kind::Confidence, Truth::Exact(pathwise), &finding, hidden_contraction::names::PATHWISE_RATE),
        ]
    };
    Scenario { case: format!("one tanh unit, b = {recurrent}, w = {input}"), heavy: true, run: Box::new(run) }
}

/// Products of the slopes of one tanh unit, in the second and fourth moment, which may grow where
/// almost every path contracts.
fn products(recurrent: f64, input: f64) -> Scenario {
    let tanh = activation::named("tanh").expect("tanh is on offer");
    let exact = ScalarNetwork::new(ScalarModel::plain(tanh, recurrent, input, 0.0)).expect("noise reaches the unit");
    let rates = [2.0, 4.0].map(|order| exact.moment_rate(order).unwrap_or(f64::NAN));
    let index = exact.tail_index().ok().flatten().filter(|_| recurrent >= 1.0);
    let run = move |key: RngKey| {
        let blueprint = Fixture { phi: 0.0, recurrent: &[recurrent], input_weight: input, activation: "tanh", learning: plain_learning() };
        let budget = budgets("derivative_moments", |_| ()).remove("derivative_moments").expect("the budget that was asked for");
        let case = Case { key, ..blueprint.build(0, "derivative_moments", budget) };
        let (_, finding) = judged("derivative_moments", &case);
        let mut shots = vec![
            number(
                "rate of products, second moment",
                Kind::Confidence,
                Truth::Exact(rates[0]),
                &finding,
                derivative_moments::names::PRODUCT_RATE.of(2),
            ),
            number(
                "rate of products, fourth moment",
                Kind::Confidence,
                Truth::Exact(rates[1]),
                &finding,
                derivative_moments::names::PRODUCT_RATE.of(4),
            ),
        ];
        shots.extend(index.map(|index| number("tail index", Kind::Confidence, Truth::Exact(index), &finding, derivative_moments::names::TAIL_INDEX)));
        shots
    };
    Scenario { case: format!("products of one tanh unit, b = {recurrent}, w = {input}"), heavy: true, run: Box::new(run) }
}
