//! Trials of the claims about laws, averages, the Poisson equation and the noise of learning, on
//! linear systems whose answers are known.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Replicate, Scenario, Truth};
use super::{budgets, judged, number};
use crate::claims::{Budget, Case, Finding, Number};
use crate::claims::{Name, ergodic_averages, unique_stationary_law};
use crate::claims::{fixed_point, lipschitz_in_parameters, noise_decomposition, poisson_equation, schedule_conditions, staleness};
use crate::random::RngKey;

pub(super) fn trials() -> Vec<Scenario> {
    let short = |chains: usize, steps: usize| move |budget: &mut Budget| (budget.chains, budget.steps, budget.burn_in) = (chains, steps, 120);
    vec![
        trial("averages along chains", "ergodic_averages", short(32, 4096), |finding| {
            let (measured, exact) = (ergodic_averages::names::VARIANCE.of(""), ergodic_averages::names::VARIANCE_EXACT);
            let stated = finding.numbers.keys().filter(|key| key.starts_with(measured.as_str()) && !key.starts_with(exact.as_str()));
            let pairs = stated.filter_map(|key| Some((key.as_str(), format!("{exact}{}", &key[key.find('[')?..]))));
            vec![together("variance of averages, three ways along all directions", finding, pairs)]
        }),
        trial("increments of the Poisson solution", "poisson_equation", short(64, 100), |finding| {
            vec![number(
                "variance of martingale increments",
                Kind::Confidence,
                exact(finding, poisson_equation::names::VARIANCE_EXACT.at("b")),
                finding,
                poisson_equation::names::VARIANCE.at("b"),
            )]
        }),
        trial("forward derivatives along a direction", "lipschitz_in_parameters", short(64, 200), |finding| {
            // The truth is that of the directions drawn, while the intervals allow for other
            // directions too: bounds.
            vec![
                number(
                    "|V u|, root mean square",
                    Kind::Bound,
                    exact(finding, lipschitz_in_parameters::names::DERIVATIVE_ALONG_U_EXACT),
                    finding,
                    lipschitz_in_parameters::names::DERIVATIVE_ALONG_U,
                ),
                number(
                    "|∇²J u| by coupled differences",
                    Kind::Bound,
                    exact(finding, lipschitz_in_parameters::names::HESSIAN_ALONG_U_EXACT),
                    finding,
                    lipschitz_in_parameters::names::SLOPE_GRADIENT.at("1e-3"),
                ),
            ]
        }),
        trial(
            "pooled chains",
            "unique_stationary_law",
            |budget: &mut Budget| (budget.chains, budget.steps) = (64, 1024),
            |finding| {
                let of = |name: Name| (0..).map(move |coordinate| [name.at(coordinate), name.of("exact").at(coordinate)]);
                let of = |name| of(name).take_while(|[measured, _]| finding.number(measured).is_some());
                let pairs = [unique_stationary_law::names::MEAN, unique_stationary_law::names::VARIANCE].into_iter().flat_map(of);
                let pairs: Vec<(String, String)> = pairs.map(|[measured, exact]| (measured.to_string(), exact.to_string())).collect();
                let pairs = pairs.iter().map(|(measured, exact)| (measured.as_str(), exact.clone()));
                vec![together("mean and variance of pooled chains", finding, pairs)]
            },
        ),
        trial("draws by backward iteration", "fixed_point", short(512, 100), |finding| {
            vec![
                number("centred pair of a law and its image, U", Kind::Confidence, Truth::Exact(0.0), finding, fixed_point::names::CENTRED_SQUARED_U),
                number("centred pair of a law and its image, L", Kind::Confidence, Truth::Exact(0.0), finding, fixed_point::names::CENTRED_SQUARED_L),
            ]
        }),
        noise(),
        trial("online against frozen derivatives", "staleness", short(48, 120), |finding| {
            vec![
                number("exponent of staleness, derivative", Kind::Bound, Truth::Exact(1.0), finding, staleness::names::EXPONENT_DERIVATIVE),
                number("exponent of staleness, gradient", Kind::Bound, Truth::Exact(1.0), finding, staleness::names::EXPONENT_GRADIENT),
                number(
                    "mean staleness to closed form, squared",
                    Kind::Confidence,
                    Truth::Exact(0.0),
                    finding,
                    staleness::names::CLOSED_FORM_GAP_SQUARED.at("0.500"),
                ),
                number(
                    "growth of the mean staleness",
                    Kind::Confidence,
                    exact(finding, staleness::names::GROWTH_EXPONENT_EXACT),
                    finding,
                    staleness::names::GROWTH_EXPONENT,
                ),
            ]
        }),
        floors(),
    ]
}

/// The noise of learning by steps as small as the shipped study's: the closed form of the
/// martingale's square at the parameters that a run passes is its mean in the limit of small steps.
fn noise() -> Scenario {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |key: RngKey| {
        let budgets = budgets("noise_decomposition", |budget| (budget.steps, budget.burn_in) = (64, 500));
        let mut case = case_of(&model, "noise", key, 2.0, budgets);
        case.learning.schedule.initial = 0.005;
        let finding = judged("noise_decomposition", &case).1;
        vec![
            number(
                "martingale's square over predicted",
                Kind::Confidence,
                Truth::Exact(1.0),
                &finding,
                noise_decomposition::names::MARTINGALE_SQUARE_OVER_PREDICTED,
            ),
            number(
                "exponent of the martingale beyond its order",
                Kind::Confidence,
                Truth::Exact(0.0),
                &finding,
                noise_decomposition::names::EXCESS_EXPONENT.at("martingale"),
            ),
        ]
    };
    Scenario { case: "slow data, noise of learning".into(), heavy: true, run: Box::new(run) }
}

/// The floor under a constant step that is small beside its own first correction.
fn floors() -> Scenario {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |key: RngKey| {
        let budgets = budgets("schedule_conditions", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.seeds, budget.checkpoints) = (48, 4000, 20_000, 3, 2);
        });
        let mut case = case_of(&model, "floors", key, 2.0, budgets);
        (case.learning.schedule.initial, case.learning.steps) = (0.02, 200);
        let finding = judged("schedule_conditions", &case).1;
        vec![
            number(
                "floor of the gradient over closed form",
                Kind::Confidence,
                Truth::Exact(1.0),
                &finding,
                schedule_conditions::names::FLOOR_OVER_CLOSED_FORM,
            ),
            number("exponent of the floor", Kind::Confidence, Truth::Exact(1.0), &finding, schedule_conditions::names::FLOOR_EXPONENT),
        ]
    };
    Scenario { case: "slow data, floors of constant steps".into(), heavy: true, run: Box::new(run) }
}

/// A claim on the system of slow data.
fn trial(
    name: &'static str,
    claim: &'static str,
    small: impl Fn(&mut Budget) + Sync + Send + 'static,
    shots: impl Fn(&Finding) -> Vec<Replicate> + Sync + Send + 'static,
) -> Scenario {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |key: RngKey| {
        let budgets = budgets(claim, |budget| {
            small(budget);
            let steps = budget.steps;
            budget.times.retain(|time| *time <= steps);
        });
        let case: Case = case_of(&model, name, key, 2.0, budgets);
        shots(&judged(claim, &case).1)
    };
    Scenario { case: format!("slow data, {name}"), heavy: true, run: Box::new(run) }
}

/// A number of the finding that the oracle gave.
fn exact(finding: &Finding, name: Name) -> Truth {
    Truth::Exact(finding.exact(&name).unwrap_or(f64::NAN))
}

/// Intervals that hold together: the largest distance from the truth, in half-widths on its side,
/// must not exceed 1.
fn together<'a>(estimator: &'static str, finding: &Finding, pairs: impl Iterator<Item = (&'a str, String)>) -> Replicate {
    let distance = |(measured, truth): (&str, String)| match (finding.numbers.get(measured), finding.numbers.get(&truth)) {
        (Some(Number::Interval(e)), Some(Number::Exact(truth))) => {
            let half = if *truth > e.value { e.upper - e.value } else { e.value - e.lower };
            (e.value - truth) / half
        }
        _ => f64::NAN,
    };
    let all: Vec<f64> = pairs.map(distance).collect();
    let value = all.iter().fold(0.0f64, |worst, d| if d.is_nan() || d.abs() > worst.abs() { *d } else { worst });
    let ends = (!all.is_empty() && value.is_finite()).then_some([value - 1.0, value + 1.0]);
    Replicate { estimator, kind: Kind::Bound, truth: Truth::Exact(0.0), value, intervals: [None, ends, None] }
}
