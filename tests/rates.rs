//! The shipped linear studies against the exact rates and distances, and the order of the three
//! rates on the tanh study.

use rtrl_lab::claims::{Number, Outcome, Verdict};
use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared, StudyOutcome};
use rtrl_lab::theory::LinearGaussian;
use std::path::Path;

const LINEAR: &str = include_str!("../experiments/linear.toml");

fn outcome(text: &str, only: &[&str]) -> (Prepared, StudyOutcome) {
    let only: Vec<String> = only.iter().map(|id| id.to_string()).collect();
    let prepared = Prepared::new(text, "test", Path::new("."), BudgetScale::Full, &only).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = prepared.directory(folder.path());
    prepared.run(&directory, (1, 1), &()).unwrap();
    let outcome = prepared.judge(&directory).unwrap();
    (prepared, outcome)
}

fn verdict<'a>(outcome: &'a StudyOutcome, case: &str, id: &str) -> &'a Verdict {
    outcome.cases.iter().flat_map(|case| &case.verdicts).find(|verdict| verdict.case == case && verdict.id == id).unwrap()
}

fn interval(verdict: &Verdict, name: &str) -> (f64, f64) {
    match &verdict.numbers[name] {
        Number::Interval(estimate) => (estimate.lower, estimate.upper),
        other => panic!("{}/{name}: {other:?}", verdict.case),
    }
}

fn exact(verdict: &Verdict, name: &str) -> f64 {
    match &verdict.numbers[name] {
        Number::Exact(value) => *value,
        other => panic!("{}/{name}: {other:?}", verdict.case),
    }
}

#[test]
fn on_three_linear_studies_every_rate_covers_the_exact_one_and_every_bracket_holds_the_exact_distance() {
    let (prepared, outcome) = outcome(LINEAR, &["data_ergodicity", "hidden_contraction", "geometric_ergodicity"]);
    assert_eq!(outcome.cases.len(), 3);
    for case in &prepared.study.cases {
        let oracle = LinearGaussian::new(case.case.linear.clone().unwrap()).unwrap();
        let name = &case.case.name;
        let geometric = verdict(&outcome, name, "geometric_ergodicity");
        assert_eq!(geometric.verdict, Outcome::Supported, "{name}: {}", geometric.reason);
        let truths = [("rate_data", oracle.rho_data()), ("rate_hidden", oracle.rate()), ("rate_derivative", oracle.rate()), ("rate", oracle.rate())];
        for (number, truth) in truths {
            let (lower, upper) = interval(geometric, number);
            assert!(lower <= truth && truth <= upper, "{name}: {number} in [{lower}, {upper}] misses {truth}");
            assert!(upper - lower < 0.05, "{name}: {number} in [{lower}, {upper}] says nothing");
        }
        // The straight line that one would draw by hand misses on the derivative block: the factor
        // is needed.
        assert!((exact(geometric, "straight_line_rate_derivative") - oracle.rate()).abs() > 2e-4, "{name}");
        for (claim, truth) in [("data_ergodicity", oracle.rho_data()), ("hidden_contraction", oracle.rho_recurrent())] {
            let (lower, upper) = interval(verdict(&outcome, name, claim), "rate");
            assert!(lower <= truth && truth <= upper && upper - lower < 0.05, "{name}/{claim}: [{lower}, {upper}] and {truth}");
        }
        let mut brackets = 0;
        for block in ["data", "hidden", "derivative", "joint"] {
            for time in [0, 2, 5, 10, 20, 40] {
                let at = |stem: &str| exact(geometric, &format!("w2_{stem}_{block}[{time}]"));
                let (lower, truth, upper) = (at("lower"), at("exact"), at("upper"));
                assert!(lower <= truth && truth <= upper, "{name}/{block} at {time}: {lower} {truth} {upper}");
                brackets += usize::from(lower > 0.3 * upper);
            }
        }
        assert!(brackets >= 12, "{name}: only {brackets} of 24 brackets are within a factor 3, so holding the truth says little");
    }
}

#[test]
fn on_the_tanh_study_pathwise_moment_and_certified_rate_stand_in_their_order() {
    let (_, outcome) = outcome(DEFAULT, &["hidden_contraction"]);
    let tanh = verdict(&outcome, "tanh", "hidden_contraction");
    let (pathwise, moment, certified) = (interval(tanh, "pathwise_rate"), interval(tanh, "rate"), exact(tanh, "certified_rate"));
    assert!(pathwise.0 > 0.05 && pathwise.1 < moment.0 && moment.1 < certified, "{pathwise:?} {moment:?} {certified}");
    assert_eq!(tanh.verdict, Outcome::Supported);
}
