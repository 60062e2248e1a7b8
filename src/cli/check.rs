//! `check`: whether a report is a function of its records, and the records of the study.

use super::{Failure, written};
use rtrl_lab::claims::Verdict;
use rtrl_lab::study::{Prepared, StudyOutcome, VerdictsFile};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Options {
    /// A run folder
    pub run: PathBuf,
    /// Do one unit in so many again and compare the bits
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub every: usize,
    /// Folder that the study's data files are relative to [default: as when it was run]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `check`; exit code 1 where anything differs.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, _) = Prepared::of_run(&options.run, options.base.as_deref())?;
    let directory = prepared.directory(&options.run);
    let outcome = prepared.judge(&directory)?;
    let stored: VerdictsFile =
        serde_json::from_slice(&directory.read("verdicts.json")?).map_err(|error| Failure::Machine(format!("verdicts.json: {error}")))?;
    let mut differing = numbers_that_differ(&outcome, &stored);
    if directory.read("verdicts.json")? != written::verdicts_json(&outcome)? && differing.is_empty() {
        differing.push("verdicts.json".into());
    }
    if directory.read("report.html")? != rtrl_lab::report::page(&outcome).map_err(|error| Failure::Machine(error.to_string()))?.into_bytes() {
        differing.push("report.html".into());
    }
    let numbers: usize = outcome.cases.iter().flat_map(|case| &case.verdicts).map(|verdict| verdict.numbers.len()).sum();
    let (units, bits) = prepared.rerun_sample(&directory, options.every)?;
    differing.extend(bits);
    let passed = differing.is_empty();
    if options.json {
        println!("{}", serde_json::json!({ "units": units, "numbers": numbers, "differing": differing, "passed": passed }));
    } else {
        println!(
            "{units} units done again, {numbers} numbers recomputed: {}",
            if passed { "all the same".to_string() } else { format!("different: {}", differing.join(", ")) }
        );
    }
    Ok(u8::from(!passed))
}

fn numbers_that_differ(outcome: &StudyOutcome, stored: &VerdictsFile) -> Vec<String> {
    let computed: Vec<&Verdict> = outcome.cases.iter().flat_map(|case| &case.verdicts).collect();
    let mut differing = Vec::new();
    if computed.len() != stored.claims.len() {
        differing.push("number of verdicts".to_string());
    }
    for (computed, stored) in computed.iter().zip(&stored.claims) {
        let place = format!("{}/{}", computed.case, computed.id);
        if computed.verdict != stored.verdict || computed.estimate != stored.estimate || computed.p_value != stored.p_value {
            differing.push(place.clone());
        }
        differing.extend(
            computed.numbers.iter().filter(|(name, number)| stored.numbers.get(*name) != Some(number)).map(|(name, _)| format!("{place}/{name}")),
        );
        differing.extend(stored.numbers.keys().filter(|name| !computed.numbers.contains_key(*name)).map(|name| format!("{place}/{name}")));
    }
    differing
}
