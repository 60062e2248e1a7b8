//! Trials of gradients: bias of truncation, the gradient identity, and what learning leaves of the
//! gradient.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Scenario, Truth};
use super::{RADII, budgets, deciding, judged, number};
use crate::claims::Records;
use crate::claims::judging::names as rates;
use crate::claims::{gradient_identity, stationary_point, truncation_bias};
use crate::network::Network;
use crate::random::RngKey;
use crate::theory::{LinearGaussian, LinearModel};

pub(super) fn trials() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = RADII.into_iter().map(|(spectra, data, network)| truncation(spectra, system(spectra, data, network))).collect();
    all.extend(RADII.into_iter().map(|(spectra, data, network)| single_steps(spectra, system(spectra, data, network))));
    all.push(identity(system(Spectra::SlowNetwork, 0.5, 0.8)));
    all.push(learning(system(Spectra::SlowData, 0.8, 0.5)));
    all
}

/// Bias of truncation at three lengths and the rate at which it falls, with fewer and shorter
/// stretches than the default.
fn truncation(spectra: Spectra, model: LinearModel) -> Scenario {
    const TAUS: [usize; 5] = [1, 2, 3, 4, 6];
    let oracle = LinearGaussian::new(model.clone()).expect("the systems contract");
    let norms = TAUS.map(|tau| oracle.tbptt_bias(tau).map_or(f64::NAN, |bias| bias.recurrent_norm()));
    let full = oracle.gradient().map_or(f64::NAN, |gradient| gradient.recurrent_norm());
    let run = move |key: RngKey| {
        let budgets = budgets("truncation_bias", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (32, 600, 150, TAUS.to_vec());
        });
        let case = case_of(&model, spectra.name(), key, 2.0, budgets);
        let (_, finding) = judged("truncation_bias", &case);
        let mut shots = vec![
            number(
                "bias of TBPTT(1), squared",
                Kind::Confidence,
                Truth::Exact(norms[0] * norms[0]),
                &finding,
                truncation_bias::names::BIAS_SQUARED.at(1),
            ),
            number(
                "bias of TBPTT(4), squared",
                Kind::Confidence,
                Truth::Exact(norms[3] * norms[3]),
                &finding,
                truncation_bias::names::BIAS_SQUARED.at(4),
            ),
            number(
                "gradient norm, squared",
                Kind::Confidence,
                Truth::Exact(full * full),
                &finding,
                truncation_bias::names::RECURRENT_GRADIENT_SQUARED,
            ),
        ];
        // The rate is that of the exact biases over the lengths at which the bias was seen; those
        // depend on the draw.
        let visible = finding.exact(&truncation_bias::names::LENGTHS_VISIBLE).map(|count| count as usize);
        if let Some(count) = visible.filter(|count| *count >= 3) {
            let points: Vec<[f64; 2]> = TAUS.iter().zip(norms).take(count).map(|(tau, norm)| [*tau as f64, libm::log(norm)]).collect();
            let rate = crate::stats::line(&points, 0.95).map_or(f64::NAN, |slope| libm::exp(slope.value));
            // A truth for each draw: the error of the estimate is what must cover zero.
            let mut own = number("rate of the bias of TBPTT", Kind::Confidence, Truth::Exact(0.0), &finding, rates::RATE);
            own.value -= rate;
            own.intervals = own.intervals.map(|ends| ends.map(|[low, high]| [low - rate, high - rate]));
            shots.push(own);
        }
        shots
    };
    Scenario { case: format!("{}, truncation", spectra.name()), heavy: true, run: Box::new(run) }
}

/// The error that truncation makes in the gradient of a single step.
fn single_steps(spectra: Spectra, model: LinearModel) -> Scenario {
    const TAUS: [usize; 4] = [1, 2, 6, 16];
    // So far back that gradients have ended.
    let exact = LinearGaussian::new(model.clone()).and_then(|oracle| oracle.step_errors(16 * TAUS[3]));
    let exact = [2, 6].map(|tau: usize| exact.as_ref().map_or(f64::NAN, |errors| errors[tau - 1]));
    let run = move |key: RngKey| {
        let budgets = budgets("truncation_bias", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.taus) = (64, 160, 150, TAUS.to_vec());
        });
        let case = case_of(&model, spectra.name(), key, 2.0, budgets);
        let (_, finding) = judged("truncation_bias", &case);
        let shot = |quantity: &'static str, at: usize, truth: f64| {
            number(quantity, Kind::Confidence, Truth::Exact(truth), &finding, truncation_bias::names::STEP_ERROR.at(at))
        };
        vec![shot("error of a step by TBPTT(2), relative", 2, exact[0]), shot("error of a step by TBPTT(6), relative", 6, exact[1])]
    };
    Scenario { case: format!("{}, single steps", spectra.name()), heavy: true, run: Box::new(run) }
}

/// The closed form against the average gradient: their squared distance is zero.
fn identity(model: LinearModel) -> Scenario {
    let run = move |key: RngKey| {
        let budgets = budgets("gradient_identity", |budget| (budget.chains, budget.steps, budget.burn_in) = (64, 400, 100));
        let case = case_of(&model, "identity", key, 2.0, budgets);
        let (_, finding) = judged("gradient_identity", &case);
        vec![number(
            "squared distance to the closed form, relative",
            Kind::Confidence,
            Truth::Exact(0.0),
            &finding,
            gradient_identity::names::CLOSED_FORM_GAP_SQUARED,
        )]
    };
    Scenario { case: "slow network, gradient identity".into(), heavy: true, run: Box::new(run) }
}

/// A short learning run: the squared gradient at its start, exact, and at its end, where every run
/// knows its own by the oracle.
fn learning(model: LinearModel) -> Scenario {
    const STEPS: usize = 400;
    let start = exact_square(&model).unwrap_or(f64::NAN);
    let run = move |key: RngKey| {
        let budgets = budgets("stationary_point", |budget| (budget.steps, budget.checkpoints) = (300, 2));
        let mut case = case_of(&model, "learning", key, 2.0, budgets);
        case.learning.steps = STEPS;
        case.learning.schedule.initial = 0.02;
        let (records, finding) = judged("stationary_point", &case);
        let end = ends(&records, &case.network, &model).unwrap_or_default();
        let shares = end.iter().map(|square| square / start).collect();
        vec![
            number("squared gradient at the start", Kind::Confidence, Truth::Exact(start), &finding, stationary_point::names::GRADIENT_SQUARED.at(0)),
            number(
                "squared gradient at the end, median",
                Kind::Confidence,
                Truth::Median(end),
                &finding,
                stationary_point::names::GRADIENT_SQUARED.at(STEPS),
            ),
            deciding("squared gradient, median end over start", Kind::Confidence, Truth::Median(shares), &finding),
        ]
    };
    Scenario { case: format!("{STEPS} steps of RTRL"), heavy: true, run: Box::new(run) }
}

/// The exact squared gradient where each run ended.
fn ends(records: &Records, network: &Network, model: &LinearModel) -> Option<Vec<f64>> {
    let parameters = records.part(stationary_point::RUNS).stacked(stationary_point::names::PARAMETERS).ok()?;
    parameters.rows().into_iter().map(|row| exact_square(&model.at(&network.at(&row.to_vec())).ok()?)).collect()
}

fn exact_square(model: &LinearModel) -> Option<f64> {
    let norm = LinearGaussian::new(model.clone()).ok()?.gradient().ok()?.norm();
    Some(norm * norm)
}
