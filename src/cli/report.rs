//! `report`: everything that is made of records, again.

use super::folder::{Purpose, open};
use super::told::remark;
use super::written::Telling;
use super::{Failure, beside, written};
use crate::data::InputError;
use crate::study::{Prepared, RunDirectory, StoreError};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  rtrl-lab report runs/mine\n  rtrl-lab report share1 share2 share3 --out runs/whole\n  rtrl-lab report runs/mine --interim\n  rtrl-lab report runs/before runs/after --out runs/change\n  rtrl-lab report runs/mine --table latex"
)]
pub(super) struct Options {
    /// Run folders: shares of one study are merged into the first, or into --out; two runs of
    /// different studies are compared, number by number
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder of the report, or of the comparison
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Folder that the study's data files are relative to [default: as when it was run]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Weigh what an unfinished run holds and say what is missing; writes interim.html alone
    #[arg(long)]
    pub interim: bool,
    #[command(flatten)]
    pub telling: Telling,
}

/// Runs `report`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, manifest) = Prepared::of_run(&options.runs[0], options.base.as_deref())?;
    if !manifest.is_of_this_version() {
        remark(format!("this run was made by rtrl-lab {}; its records are weighed as {} weighs them", manifest.version, env!("CARGO_PKG_VERSION")));
    }
    for run in &options.runs[1..] {
        let (_, manifest) = Prepared::of_run(run, options.base.as_deref())?;
        let differ = prepared.differences(&manifest);
        if let ([first, second], false, false) = (options.runs.as_slice(), differ.is_empty(), options.interim) {
            return beside::run([first, second], options.base.as_deref(), options.out.as_deref(), options.telling);
        }
        if !differ.is_empty() {
            let problem = format!("this is another run than {} ({})", options.runs[0].display(), differ.join("; "));
            return Err(InputError::new(run.display().to_string(), problem, "merge shares of one study, or compare two runs").into());
        }
    }
    let root = options.out.as_ref().unwrap_or(&options.runs[0]);
    let runs: Vec<_> = options.runs.iter().map(|run| prepared.directory(run)).collect();
    let gathers = options.runs.iter().any(|run| run != root);
    if options.interim {
        return interim(&prepared, root, &runs, options.telling);
    }
    prepared.complete(&runs, gathers)?;
    let Some(opened) = open(&prepared, root, Purpose::Report)? else { return Ok(0) };
    let directory = &opened.directory;
    // First the manifest: from then on the folder is one that the same command goes on with.
    if !root.join("manifest.json").exists() {
        prepared.move_manifest(manifest, directory)?;
    }
    if gathers {
        prepared.gather(directory, &runs)?;
    }
    let outcome = prepared.judge(directory)?;
    written::write(directory, &outcome)?;
    written::tell(directory, &outcome, written::PAGE, options.telling)
}

/// The report of what is there. Nothing of the run is touched: other processes may be at work.
fn interim(prepared: &Prepared, root: &Path, runs: &[RunDirectory], telling: Telling) -> Result<u8, Failure> {
    let [directory] = runs else {
        return Err(InputError::new("--interim", "an interim report is of one folder", "name one run").into());
    };
    if directory.root() != root {
        return Err(InputError::new("--interim", "an interim report lies in the folder of its run", "leave --out away").into());
    }
    match prepared.complete(runs, false) {
        Err(StoreError::Missing { what, .. }) => remark(what),
        other => other?,
    }
    let outcome = prepared.judge_interim(directory)?;
    written::write_interim(directory, &outcome)?;
    written::tell(directory, &outcome, written::INTERIM, telling)?;
    Ok(0)
}
