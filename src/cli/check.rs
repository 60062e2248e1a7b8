//! `check`: whether a report is a function of its records, and the records of the study.

use super::folder::Weighed;
use super::told::answer;
use super::{Failure, beside, published, written};
use crate::data::shown;
use crate::study::{Inventory, Manifest, Prepared, RunDirectory, differences};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab check runs/default\n  rtrl-lab check runs/default --every 1")]
pub(super) struct Options {
    /// A run folder, or one of two runs side by side, or of published numbers
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

/// Differences that are named on the terminal; `--json` names all.
const NAMED: usize = 30;

/// Runs `check`; exit code 1 where anything differs.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    if options.run.join(beside::RESULT).is_file() {
        let (numbers, differing) = beside::check(&options.run, options.base.as_deref())?;
        return tell(options, 0, numbers, &differing);
    }
    if options.run.join(published::RESULT).is_file() {
        let (numbers, differing) = published::check(&options.run)?;
        return tell(options, 0, numbers, &differing);
    }
    let Weighed { prepared, manifest, directory, outcome } = Weighed::of(&options.run, options.base.as_deref())?;
    let files = written::files(&outcome)?;
    let mut differing = manifest_differs(&prepared, &manifest);
    for (name, bytes) in &files {
        differing.extend(file_differs(&directory, name, bytes));
    }
    let names: BTreeSet<String> = prepared.record_names().into_iter().chain(files.into_iter().map(|(name, _)| name)).collect();
    differing.extend(strangers(&directory, &names)?);
    let numbers: usize = outcome.cases.iter().flat_map(|case| &case.verdicts).map(|verdict| verdict.numbers.len()).sum();
    let (units, bits) = prepared.rerun_sample(&directory, options.every)?;
    differing.extend(bits);
    tell(options, units, numbers, &differing)
}

/// Says what was found; exit code 1 where anything differs.
fn tell(options: &Options, units: usize, numbers: usize, differing: &[String]) -> Result<u8, Failure> {
    let passed = differing.is_empty();
    if options.json {
        answer(serde_json::json!({ "units": units, "numbers": numbers, "differing": differing, "passed": passed }))?;
    } else {
        let more = if differing.len() > NAMED { format!(" and {} more", differing.len() - NAMED) } else { String::new() };
        let named = differing.iter().take(NAMED).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        let found = if passed { "all the same".to_string() } else { format!("different: {named}{more}") };
        answer(format!("{units} units done again, {numbers} numbers recomputed: {found}"))?;
    }
    Ok(u8::from(!passed))
}

/// Fields of the manifest that the study fixes and that are otherwise.
fn manifest_differs(prepared: &Prepared, manifest: &Manifest) -> Vec<String> {
    let origin = &prepared.study.origin;
    let mut found = Vec::new();
    let mut told = |field: &str, differs: bool| found.extend(differs.then(|| format!("manifest.json/{field}")));
    told("schema_version", manifest.schema_version != 1);
    told("version", !manifest.is_of_this_version());
    told("data", manifest.data != origin.sources.iter().cloned().collect());
    found.extend(differences(&manifest.study, &origin.resolved).into_iter().map(|difference| format!("manifest.json/study/{}", difference.path)));
    found
}

/// What differs in a file of the report; of the verdicts, each field.
fn file_differs(directory: &RunDirectory, name: &str, bytes: &[u8]) -> Vec<String> {
    let Ok(stored) = directory.read(name) else { return vec![format!("{name} (missing)")] };
    if stored == bytes {
        return Vec::new();
    }
    let fields = if name == written::VERDICTS { fields_that_differ(&stored, bytes) } else { Vec::new() };
    if fields.is_empty() { vec![name.to_string()] } else { fields }
}

/// `CASE/CLAIM/FIELD` of every field of the verdicts that differs; nothing where the difference is
/// not one of values.
fn fields_that_differ(stored: &[u8], computed: &[u8]) -> Vec<String> {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    let (Some(mut stored), Some(mut computed)) = (parsed(stored), parsed(computed)) else { return Vec::new() };
    let claims = |file: &mut Value| match file.get_mut("claims").map(Value::take) {
        Some(Value::Array(claims)) => claims,
        _ => Vec::new(),
    };
    let (theirs, ours) = (claims(&mut stored), claims(&mut computed));
    let mut found: Vec<String> = differences(&stored, &computed).into_iter().map(|difference| format!("verdicts.json/{}", difference.path)).collect();
    if theirs.len() != ours.len() {
        found.push("number of verdicts".into());
    }
    for (theirs, ours) in theirs.iter().zip(&ours) {
        let place = format!("{}/{}", ours["case"].as_str().unwrap_or(""), ours["id"].as_str().unwrap_or(""));
        found.extend(differences(theirs, ours).into_iter().map(|difference| format!("{place}/{}", difference.path)));
    }
    found
}

/// What lies in `records/` and `figures/` and is not of this run.
fn strangers(directory: &RunDirectory, names: &BTreeSet<String>) -> Result<Vec<String>, Failure> {
    let seen = Inventory::of(directory.root(), |path| names.contains(path))?;
    let inside = |name: &&String| name.starts_with("records/") || name.starts_with("figures/");
    Ok(seen.foreign.iter().chain(&seen.unfinished).filter(inside).map(|name| format!("{name} (not of this run)")).collect())
}
