//! Trials on one nonlinear unit, whose every answer is had by quadrature: gradients, bias of
//! truncation, distances between laws.

use super::super::tally::{Kind, Replicate, Scenario, Truth};
use super::{budgets, judged, number};
use crate::claims::Name;
use crate::claims::geometric_ergodicity::names;
use crate::claims::truncation_bias;
use crate::claims::{Case, Finding, Fixture, gaussian_start, plain_learning};
use crate::markov::Block;
use crate::network::activation;
use crate::random::RngKey;
use crate::theory::{ScalarModel, ScalarNetwork};

/// `φ`, `b`, `w` and the activation of the units tried.
const UNITS: [(f64, f64, f64, &str); 4] =
    [(0.0, 0.9, 1.0, "tanh"), (0.5, 0.8, 0.7, "tanh"), (0.5, -0.8, 0.5, "softplus"), (0.0, 3.0, 1.5, "sigmoid")];

pub(super) fn trials() -> Vec<Scenario> {
    UNITS.into_iter().flat_map(|unit| [truncation(unit), brackets(unit)]).collect()
}

/// The unit of a blueprint: what stands in [`Fixture::build`].
fn exact((phi, recurrent, input, name): (f64, f64, f64, &str)) -> Option<ScalarNetwork> {
    let plain = ScalarModel::plain(activation::named(name)?, recurrent, input, 0.0);
    ScalarNetwork::new(ScalarModel { phi, target_noise: 0.1, ..plain }).ok()
}

fn case_of((phi, recurrent, input_weight, activation): (f64, f64, f64, &'static str), claim: &str, key: RngKey, times: &[usize]) -> Case {
    let budgets = budgets(claim, |budget| {
        if claim == "truncation_bias" {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (32, 600, 150, times.to_vec());
        } else {
            (budget.chains, budget.times) = (256, times.to_vec());
        }
    });
    let budget = budgets.into_values().next().expect("the budget that was asked for");
    let blueprint = Fixture { phi, recurrent: &[recurrent], input_weight, activation, learning: plain_learning() };
    Case { key, ..blueprint.build(0, claim, budget) }
}

fn named(unit: (f64, f64, f64, &str), what: &str) -> String {
    format!("one {} unit, φ = {}, b = {}, w = {}, {what}", unit.3, unit.0, unit.1, unit.2)
}

/// Bias of truncation at two lengths, and the gradient itself.
fn truncation(unit: (f64, f64, f64, &'static str)) -> Scenario {
    const TAUS: [usize; 5] = [1, 2, 3, 4, 6];
    let oracle = exact(unit);
    let biases = oracle.as_ref().and_then(|oracle| oracle.tbptt_biases(&[1, 2]).ok());
    let biases = biases.expect("the units have exact biases");
    let norms = [0, 1].map(|at: usize| biases[at].recurrent_norm());
    let full = oracle.and_then(|oracle| oracle.gradient().ok()).expect("the units have exact gradients").recurrent_norm();
    let run = move |key: RngKey| {
        let (_, finding) = judged("truncation_bias", &case_of(unit, "truncation_bias", key, &TAUS));
        let square = |estimator, truth: f64, name: Name| number(estimator, Kind::Confidence, Truth::Exact(truth * truth), &finding, name);
        vec![
            square("bias of TBPTT(1), squared, one unit", norms[0], truncation_bias::names::BIAS_SQUARED.at(1)),
            square("bias of TBPTT(2), squared, one unit", norms[1], truncation_bias::names::BIAS_SQUARED.at(2)),
            square("gradient norm, squared, one unit", full, truncation_bias::names::RECURRENT_GRADIENT_SQUARED),
        ]
    };
    Scenario { case: named(unit, "truncation"), heavy: true, run: Box::new(run) }
}

/// Brackets of W₂ of the hidden block.
fn brackets(unit: (f64, f64, f64, &'static str)) -> Scenario {
    const TIMES: [usize; 3] = [1, 3, 8];
    let run = move |key: RngKey| {
        let case = case_of(unit, "geometric_ergodicity", key, &TIMES);
        let distances = exact(unit).and_then(|oracle| oracle.wasserstein(&gaussian_start(&case), &TIMES).ok());
        let (_, finding) = judged("geometric_ergodicity", &case);
        let truth = |at: usize| distances.as_ref().map_or(f64::NAN, |distances| distances[at].w2);
        TIMES.iter().enumerate().map(|(at, time)| bracket(*time, truth(at), &finding)).collect::<Vec<Replicate>>()
    };
    Scenario { case: named(unit, "brackets"), heavy: true, run: Box::new(run) }
}

fn bracket(time: usize, truth: f64, finding: &Finding) -> Replicate {
    let end = |side| finding.exact(&names::of_bracket(2, side, Block::Hidden, time));
    let ends = end(names::LOWER).zip(end(names::UPPER)).map(|(lower, upper)| [lower, upper]);
    let value = ends.map_or(f64::NAN, |[_, upper]| upper);
    Replicate {
        estimator: "bracket of W₂, hidden block, one unit",
        kind: Kind::Bound,
        truth: Truth::Exact(truth),
        value,
        intervals: [None, ends, None],
    }
}
