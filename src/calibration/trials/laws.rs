//! Trials of the claims about laws, averages, the Poisson equation and the noise of learning, on linear systems whose answers are known.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Shot, Trial, Truth};
use super::{budgets, judged, number};
use crate::claims::{Budget, Case, Finding, Number};
use crate::random::Address;

pub(super) fn trials() -> Vec<Trial> {
    let short = |chains: usize, steps: usize| move |budget: &mut Budget| (budget.chains, budget.steps, budget.burn_in) = (chains, steps, 120);
    vec![
        trial("averages along chains", "ergodic_averages", short(32, 4096), |finding| {
            let stated = finding.numbers.keys().filter(|key| key.starts_with("variance_") && !key.starts_with("variance_exact"));
            let pairs = stated.filter_map(|key| Some((key.as_str(), format!("variance_exact{}", &key[key.find('[')?..]))));
            vec![together("variance of averages, three ways along all directions", finding, pairs)]
        }),
        trial("increments of the Poisson solution", "poisson_equation", short(64, 100), |finding| {
            vec![number("variance of martingale increments", Kind::Confidence, exact(finding, "variance_exact[b]"), finding, "variance[b]")]
        }),
        trial("forward derivatives along a direction", "lipschitz_in_parameters", short(64, 200), |finding| {
            // The truth is that of the directions drawn, while the intervals allow for other directions too: bounds.
            vec![
                number("|V u|, root mean square", Kind::Bound, exact(finding, "derivative_along_u_exact"), finding, "derivative_along_u"),
                number("|∇²J u| by coupled differences", Kind::Bound, exact(finding, "hessian_along_u_exact"), finding, "slope_gradient[1e-3]"),
            ]
        }),
        trial(
            "pooled chains",
            "unique_stationary_law",
            |budget: &mut Budget| (budget.chains, budget.steps) = (64, 1024),
            |finding| {
                let stated = finding.numbers.keys().filter(|key| key.starts_with("mean[") || key.starts_with("variance["));
                let pairs = stated.map(|key| (key.as_str(), key.replace('[', "_exact[")));
                vec![together("mean and variance of pooled chains", finding, pairs)]
            },
        ),
        trial("draws by backward iteration", "fixed_point", short(512, 100), |finding| {
            vec![
                number("centred pair of a law and its image, U", Kind::Confidence, Truth::Exact(0.0), finding, "centred_squared_U"),
                number("centred pair of a law and its image, L", Kind::Confidence, Truth::Exact(0.0), finding, "centred_squared_L"),
            ]
        }),
        noise(),
        trial("online against frozen derivatives", "staleness", short(48, 120), |finding| {
            vec![
                number("exponent of staleness, derivative", Kind::Bound, Truth::Exact(1.0), finding, "exponent_derivative"),
                number("exponent of staleness, gradient", Kind::Bound, Truth::Exact(1.0), finding, "exponent_gradient"),
                number("mean staleness to closed form, squared", Kind::Confidence, Truth::Exact(0.0), finding, "closed_form_gap_squared[0.500]"),
                number("growth of the mean staleness", Kind::Confidence, exact(finding, "growth_exponent_exact"), finding, "growth_exponent"),
            ]
        }),
        floors(),
    ]
}

/// The noise of learning by steps as small as the shipped study's: the closed form of the martingale's square at the parameters that a run passes is its mean in the limit
/// of small steps.
fn noise() -> Trial {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |address: Address| {
        let budgets = budgets("noise_decomposition", |budget| (budget.steps, budget.burn_in) = (64, 500));
        let mut case = case_of(&model, "noise", address, 2.0, budgets);
        case.learning.schedule.initial = 0.005;
        let finding = judged("noise_decomposition", &case).1;
        vec![
            number("martingale's square over predicted", Kind::Confidence, Truth::Exact(1.0), &finding, "martingale_square_over_predicted"),
            number("exponent of the martingale beyond its order", Kind::Confidence, Truth::Exact(0.0), &finding, "excess_exponent[martingale]"),
        ]
    };
    Trial { case: "slow data, noise of learning".into(), heavy: true, run: Box::new(run) }
}

/// The floor under a constant step that is small beside its own first correction.
fn floors() -> Trial {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |address: Address| {
        let budgets = budgets("schedule_conditions", |budget| {
            (budget.chains, budget.steps, budget.burn_in, budget.seeds, budget.checkpoints) = (48, 4000, 20_000, 3, 2);
        });
        let mut case = case_of(&model, "floors", address, 2.0, budgets);
        (case.learning.schedule.initial, case.learning.steps) = (0.02, 200);
        let finding = judged("schedule_conditions", &case).1;
        vec![
            number("floor of the gradient over closed form", Kind::Confidence, Truth::Exact(1.0), &finding, "floor_over_closed_form"),
            number("exponent of the floor", Kind::Confidence, Truth::Exact(1.0), &finding, "floor_exponent"),
        ]
    };
    Trial { case: "slow data, floors of constant steps".into(), heavy: true, run: Box::new(run) }
}

/// A claim on the system of slow data.
fn trial(
    name: &'static str,
    claim: &'static str,
    small: impl Fn(&mut Budget) + Sync + Send + 'static,
    shots: impl Fn(&Finding) -> Vec<Shot> + Sync + Send + 'static,
) -> Trial {
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let run = move |address: Address| {
        let budgets = budgets(claim, |budget| {
            small(budget);
            let steps = budget.steps;
            budget.times.retain(|time| *time <= steps);
        });
        let case: Case = case_of(&model, name, address, 2.0, budgets);
        shots(&judged(claim, &case).1)
    };
    Trial { case: format!("slow data, {name}"), heavy: true, run: Box::new(run) }
}

/// A number of the finding that the oracle gave.
fn exact(finding: &Finding, name: &str) -> Truth {
    match finding.numbers.get(name) {
        Some(Number::Exact(value)) => Truth::Exact(*value),
        _ => Truth::Exact(f64::NAN),
    }
}

/// Intervals that hold together: the largest distance from the truth, in half-widths on its side, must not exceed 1.
fn together<'a>(estimator: &'static str, finding: &Finding, pairs: impl Iterator<Item = (&'a str, String)>) -> Shot {
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
    Shot { estimator, kind: Kind::Bound, truth: Truth::Exact(0.0), value, intervals: [None, ends, None] }
}
