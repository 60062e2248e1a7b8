//! Cases in which a claim is false: the verdict must say so, for several seeds, and say why.

use crate::common::seeds;
use rtrl_lab::claims::{ALL, GatedCell, Outcome, measure};
use rtrl_lab::study::{BudgetScale, Prepared, StudyOutcome};
use std::path::Path;

#[test]
fn every_designed_violation_is_caught_for_every_seed() {
    for claim in ALL {
        for seed in 1..=5 {
            let case = claim.violation(seed);
            let finding = claim.finding(&case, &measure(claim, &case));
            let caught = matches!(finding.outcome(), Outcome::Contradicted | Outcome::PremiseFailed);
            assert!(caught, "{} with seed {seed}: {} ({})", claim.id(), finding.outcome(), finding.reason);
        }
    }
}

/// `RTRL_LAB_SEEDS` is how many seeds, 1 without it; `make controls` takes ten.
#[test]
fn every_violation_is_caught_on_gated_cells() {
    let seeds = seeds();
    let mut missed = Vec::new();
    for claim in ALL {
        for cell in GatedCell::ALL {
            for seed in 1..=seeds {
                let case = claim.violation_on(cell, seed);
                let finding = claim.finding(&case, &measure(claim, &case));
                let caught = matches!(finding.outcome(), Outcome::Contradicted | Outcome::PremiseFailed);
                if !caught {
                    missed.push(format!("{} by {} with seed {seed}: {} ({})", claim.id(), cell.name(), finding.outcome(), finding.reason));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

fn outcome(learning: &str) -> StudyOutcome {
    let text = format!(
        "[study]\nname = \"control\"\nseed = 3\n[data]\nkind = \"var\"\ntransition = [[0.7]]\ntarget = [1.0]\ntarget_noise = 0.1\n[network]\nhidden = 3\n[learning]\n{learning}\n"
    );
    let only = ["stationary_point", "gradient_identity"].map(str::to_string);
    let prepared = Prepared::new(&text, "test", Path::new("."), BudgetScale::Full, &only).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = prepared.directory(folder.path());
    prepared.run(&directory, (1, 1), &()).unwrap();
    prepared.judge(&directory).unwrap()
}

fn word(outcome: &StudyOutcome, id: &str) -> (Outcome, String) {
    let verdict = outcome.cases[0].verdicts.iter().find(|verdict| verdict.id == id).unwrap();
    (verdict.verdict, verdict.reason.clone())
}

#[test]
fn a_summable_schedule_stalls_and_a_sound_one_on_the_same_case_does_not() {
    let sound = outcome("schedule = { initial = 0.1, offset = 1000, exponent = 0.7 }\nsteps = 200000");
    assert_eq!(word(&sound, "stationary_point").0, Outcome::Supported, "{}", word(&sound, "stationary_point").1);
    let summable = outcome("schedule = { initial = 0.1, offset = 3, exponent = 3 }\nsteps = 200000");
    let (verdict, reason) = word(&summable, "stationary_point");
    // The step has gone to zero; the gradient has not, and the words keep the two apart.
    assert_eq!(verdict, Outcome::PremiseFailed);
    assert!(reason.contains("stalled") && reason.contains("the measurement alone would say contradicted"), "{reason}");
}

#[test]
fn a_truncated_rule_is_told_from_the_true_gradient() {
    let truncated = outcome("method = \"block-tbptt\"\ntruncation = 1\nsteps = 2000");
    let (verdict, reason) = word(&truncated, "gradient_identity");
    assert_eq!(verdict, Outcome::Contradicted, "{reason}");
    assert!(reason.contains("block TBPTT(1)"), "{reason}");
}
