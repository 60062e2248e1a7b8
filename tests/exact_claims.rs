//! Claims about laws, averages and the Poisson equation, held against the exact answers of the
//! linear Gaussian case.

use crate::common::command::SMALL;
use crate::common::machine::models;
use rtrl_lab::calibration::systems::{Spectra, case_of, system};
use rtrl_lab::claims::{self, Budget, Case, Claim, Finding, Outcome, named};
use rtrl_lab::random::RngKey;
use rtrl_lab::study::{BudgetScale, Prepared};
use rtrl_lab::theory::LinearGaussian;

/// Every condition below allows three half-widths of an interval of level 95 % or more, 5.9
/// standard errors: a false alarm in about 1e-8 comparisons, of which there are fewer than
/// 500. Seeds are fixed, so the tests give the same answer on every run.
fn finding(id: &str, change: impl Fn(&mut Case), small: impl Fn(&mut Budget)) -> Finding {
    let claim: &dyn Claim = named(id).unwrap();
    let mut budget = claim.budget();
    small(&mut budget);
    let model = system(Spectra::SlowData, 0.8, 0.5);
    let mut case = case_of(&model, "exact", RngKey::root(17).within(id), 2.0, [(id.to_string(), budget)].into());
    change(&mut case);
    claim.finding(&case, &claims::measure(claim, &case))
}

fn outcome(finding: &Finding, condition: &str) -> Outcome {
    let found = finding.conditions.iter().find(|found| found.name.contains(condition));
    found.unwrap_or_else(|| panic!("no condition `{condition}` among {:?}", finding.conditions)).outcome
}

/// What each claim compares with the oracle, and a budget that shows it in seconds.
const COMPARED: [(&str, &str, usize, usize); 5] = [
    ("unique_stationary_law", "mean and variance of the pooled chains", 128, 2048),
    ("fixed_point", "exact distances of successive iterates", 1024, 100),
    ("lipschitz_in_parameters", "∇²J u", 256, 400),
    ("ergodic_averages", "all three hold the exact variance", 64, 4096),
    ("poisson_equation", "variance of the increments", 128, 100),
];

fn compared(index: usize, change: impl Fn(&mut Case)) -> (Finding, Outcome) {
    let (id, condition, chains, steps) = COMPARED[index];
    let finding = finding(id, change, |budget| {
        (budget.chains, budget.steps, budget.burn_in) = (chains, steps, 120);
        budget.times.retain(|time| *time <= steps);
    });
    let word = outcome(&finding, condition);
    (finding, word)
}

#[test]
fn every_claim_agrees_with_the_oracle() {
    for (index, (id, condition, ..)) in COMPARED.into_iter().enumerate() {
        let (finding, word) = compared(index, |_| {});
        assert_eq!(word, Outcome::Supported, "{id}, {condition}: {:#?}", finding.numbers);
        let own = finding.outcome();
        assert!(own != Outcome::Contradicted && own != Outcome::Undefined, "{id}: {own}, {}, {:?}", finding.reason, finding.conditions);
    }
}

#[test]
fn an_oracle_of_another_network_is_found_out() {
    for (index, (id, condition, ..)) in COMPARED.into_iter().enumerate() {
        // The distance of iterates is held to one side alone, so the other network must be one
        // whose laws move farther.
        let wrong = |case: &mut Case| {
            let model = case.linear.as_mut().unwrap();
            model.w_matrix *= 4.0;
            model.b_matrix *= 1.2;
        };
        let (_, word) = compared(index, wrong);
        assert_eq!(word, Outcome::Undefined, "{id}: {condition}");
    }
}

/// Several looks at the average fall on one time: less is said, and nothing breaks.
#[test]
fn averages_over_a_short_run_say_less() {
    for steps in [20, 200] {
        let finding = finding("ergodic_averages", |_| {}, |budget| (budget.chains, budget.steps, budget.burn_in) = (32, steps, 50));
        assert_ne!(finding.outcome(), Outcome::Supported, "{steps}: {:?}", finding.estimate);
    }
}

#[test]
fn the_laws_that_hold_are_supported() {
    for id in ["unique_stationary_law", "fixed_point", "lipschitz_in_parameters"] {
        let finding = finding(id, |_| {}, |_| {});
        assert_eq!(finding.outcome(), Outcome::Supported, "{id}: {} {:?}", finding.reason, finding.conditions);
    }
}

/// With the squared loss the Poisson solution is a quadratic: its slope grows in proportion to the
/// distance, so that no global Lipschitz constant exists; over `1 + |h| + |h'|` it is bounded.
#[test]
fn the_poisson_solution_is_lipschitz_on_bounded_sets_alone() {
    for (name, model) in models() {
        let oracle = LinearGaussian::new(model).unwrap();
        let solution = oracle.poisson().unwrap();
        let along = |size: f64| -> Vec<f64> {
            let mut state = vec![0.0; oracle.blocks().len()];
            state[..oracle.blocks().data].fill(size);
            state
        };
        let slope = |size: f64| {
            let (far, farther) = (solution.at(&along(size)), solution.at(&along(size + 1.0)));
            far.iter().zip(&farther).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
        };
        let (near, far, farthest) = (slope(0.0), slope(100.0), slope(200.0));
        assert!(far > 10.0 * near && (farthest / far - 2.0).abs() < 0.1, "{name}: {near} {far} {farthest}");
    }
}

#[test]
fn a_study_has_to_name_a_claim_that_is_made_on_request() {
    let asked = |text: &str, only: &[String]| {
        let prepared = Prepared::new(text, "test", std::path::Path::new("."), BudgetScale::Full, only).unwrap();
        prepared.study.cases[0].asked.clone()
    };
    let plain = asked(SMALL, &[]);
    assert!(plain.contains(&"stationary_point") && COMPARED.iter().all(|(id, ..)| !plain.contains(id)), "{plain:?}");
    let named = asked(&format!("{SMALL}\n[claims.fixed_point]\nchains = 32\n"), &[]);
    assert!(named.contains(&"fixed_point") && !named.contains(&"poisson_equation"), "{named:?}");
    assert_eq!(asked(SMALL, &["ergodic_averages".to_string()]), ["ergodic_averages"]);
    let refused = asked(&format!("{SMALL}\n[claims.fixed_point]\nenabled = false\n"), &[]);
    assert!(!refused.contains(&"fixed_point"));
}

/// The slope of the Poisson equation's solution in the parameters, against the oracle's quadratics
/// at both parameters; and an oracle of another network.
#[test]
fn the_solution_of_the_poisson_equation_moves_with_the_parameters_as_the_oracle_says() {
    let at = |change: &dyn Fn(&mut Case)| {
        finding("lipschitz_in_parameters", change, |budget| (budget.chains, budget.steps, budget.burn_in) = (64, 400, 120))
    };
    let own = at(&|_| {});
    assert_eq!(outcome(&own, "slope of the Poisson equation's solution"), Outcome::Supported, "{:#?}", own.numbers);
    assert_eq!(outcome(&own, "difference of the Poisson equation's solution"), Outcome::Supported, "{:#?}", own.numbers);
    // The oracle's network is the case's own, moved or not; its data are the model's.
    let wrong = at(&|case| case.linear.as_mut().unwrap().transition *= 0.5);
    assert_eq!(outcome(&wrong, "slope of the Poisson equation's solution"), Outcome::Undefined);
}
