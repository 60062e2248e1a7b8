//! Every kind of cell, loss, learning method and data goes through every claim: what is added to a
//! table is taken in here without a line.

use rtrl_lab::claims::{self, Case, Number, Outcome};
use rtrl_lab::data::kind as data;
use rtrl_lab::network::{kind as cell, loss};
use rtrl_lab::study::{BudgetScale, Prepared, caught};
use rtrl_lab::training::method;
use std::path::Path;

/// A study of one choice from each table.
fn study(data: &str, cell: &str, loss: &str, method: &str) -> String {
    let keys = rtrl_lab::data::kind::named(data).expect("it is in the table").example();
    let truncated = method::named(method).is_some_and(method::MethodKind::is_truncated);
    let truncation = if truncated { "truncation = 3\n" } else { "" };
    format!(
        "[study]\nname = \"all\"\nseed = 11\n[data]\nkind = \"{data}\"\n{keys}\n[network]\ncell = \"{cell}\"\nhidden = 2\nloss = \"{loss}\"\n\
         [learning]\nmethod = \"{method}\"\n{truncation}steps = 800\n"
    )
}

fn case(text: &str, base: &Path) -> Case {
    let all: Vec<String> = claims::ALL.iter().map(|claim| claim.id().to_string()).collect();
    let prepared = Prepared::new(text, "all.toml", base, BudgetScale::Quick, &all).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut case = prepared.study.cases[0].case.clone();
    for budget in case.budgets.values_mut() {
        budget.chains = budget.chains.min(16);
        budget.seeds = budget.seeds.min(6);
        budget.burn_in = budget.burn_in.min(100);
        budget.steps = budget.steps.min(100);
        budget.times.retain(|time| *time <= 100);
    }
    case
}

/// A claim is answered by a number with an interval or by a reason, nothing breaks off, and no
/// condition accuses the program.
fn all_claims(what: &str, case: &Case) {
    for claim in claims::ALL {
        let id = claim.id();
        let finding = caught(|| case.ask(claim)).unwrap_or_else(|fault| panic!("{what}, {id} broke off: {fault}"));
        match &finding.estimate {
            Ok(estimate) => assert!(!estimate.value.is_nan() && estimate.lower <= estimate.upper, "{what}, {id}: {estimate:?}"),
            Err(why) => assert!(why.reason.len() > 20, "{what}, {id}: undefined without a reason: {:?}", why.reason),
        }
        assert!(!finding.reason.is_empty(), "{what}, {id}: a finding without a reason");
        for condition in finding.conditions.iter().filter(|condition| condition.outcome == Outcome::Undefined) {
            assert!(!condition.name.contains("exact"), "{what}, {id}: {}", condition.name);
            assert!(!condition.name.starts_with("RTRL equals"), "{what}, {id}: {}", condition.name);
        }
        for (name, number) in &finding.numbers {
            if let Number::Undefined { undefined } = number {
                assert!(!undefined.is_empty(), "{what}, {id}: {name} is undefined without a reason");
            }
        }
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a place for a series");
    let mut noise = rtrl_lab::random::Noise::at(rtrl_lab::random::RngKey::root(3));
    let mut state = 0.0;
    let rows: String = (0..400)
        .map(|_| {
            let before = state;
            state = 0.5 * state + noise.normal_vector(1)[0];
            format!("{before},{state}\n")
        })
        .collect();
    std::fs::write(folder.path().join("series.csv"), format!("a,b\n{rows}")).expect("a place for a series");
    std::fs::write(folder.path().join("book.csv"), crate::common::book::walk(400)).expect("a place for a book");
    folder
}

#[test]
fn every_cell_goes_through_every_claim() {
    for kind in cell::ALL {
        all_claims(kind.name(), &case(&study("var", kind.name(), "squared", "rtrl"), Path::new(".")));
    }
}

#[test]
fn every_loss_goes_through_every_claim() {
    let folder = folder();
    for loss in loss::ALL {
        // The first data whose targets it takes; it refuses the others by name.
        let fits = |kind: &&dyn data::DataKind| {
            let text = study(kind.name(), "elman", loss.name(), "rtrl");
            match Prepared::new(&text, "all.toml", folder.path(), BudgetScale::Quick, &[]) {
                Ok(_) => true,
                Err(refused) => {
                    let told = refused.to_string();
                    assert!(told.contains("is a loss of") && told.contains(loss.takes().words()), "{told}");
                    false
                }
            }
        };
        let kind = data::ALL.into_iter().find(fits).unwrap_or_else(|| panic!("{}: no data have such targets", loss.name()));
        all_claims(loss.name(), &case(&study(kind.name(), "elman", loss.name(), "rtrl"), folder.path()));
    }
}

#[test]
fn every_method_goes_through_every_claim() {
    for kind in method::ALL {
        all_claims(kind.id(), &case(&study("var", "elman", "squared", kind.id()), Path::new(".")));
    }
}

#[test]
fn every_kind_of_data_goes_through_every_claim() {
    let folder = folder();
    for kind in data::ALL {
        all_claims(kind.name(), &case(&study(kind.name(), "elman", "squared", "rtrl"), folder.path()));
    }
}
