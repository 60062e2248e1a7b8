//! `report`: everything that is made of records, again.

use super::folder::{Purpose, open};
use super::{Failure, written};
use crate::data::InputError;
use crate::study::Prepared;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Run folders of one study; the report goes into the first, or into --out
    #[arg(required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder of the report
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Folder that the study's data files are relative to [default: as when it was run]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Print the verdicts as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs `report`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, _) = Prepared::of_run(&options.runs[0], options.base.as_deref())?;
    for run in &options.runs[1..] {
        let (_, manifest) = Prepared::of_run(run, options.base.as_deref())?;
        let differ = prepared.differences(&manifest);
        if !differ.is_empty() {
            let problem = format!("this is another run than {} ({})", options.runs[0].display(), differ.join("; "));
            return Err(InputError::new(run.display().to_string(), problem, "merge shares of one study only").into());
        }
    }
    let root = options.out.as_ref().unwrap_or(&options.runs[0]);
    let runs: Vec<_> = options.runs.iter().map(|run| prepared.directory(run)).collect();
    let gathers = options.runs.iter().any(|run| run != root);
    prepared.complete(&runs, gathers)?;
    let opened = open(&prepared, root, Purpose::Report)?;
    let directory = &opened.directory;
    // First the manifest: from then on the folder is one that the same command goes on with.
    if !root.join("manifest.json").exists() {
        directory.write("manifest.json", &runs[0].read("manifest.json")?)?;
    }
    if gathers {
        prepared.gather(directory, &runs)?;
    }
    let outcome = prepared.judge(directory)?;
    written::write(directory, &outcome)?;
    written::tell(directory, &outcome, options.json)
}
