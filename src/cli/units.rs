//! `units`: the work of a study as lines of text, for any queue.

use super::Failure;
use super::bars::Bar;
use super::folder::{Purpose, open};
use super::signals::{self, Asked};
use super::told::{answer, remark};
use super::verify::{Begun, keep_files, pool_of, run_folder, study_of};
use crate::data::InputError;
use crate::study::{PlannedChunk, Prepared, RunDirectory, StoreError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab units mine.toml --chunk 300 > chunks.txt\n  rtrl-lab units --missing runs/mine")]
pub(super) struct Options {
    /// The study; without one, the built-in study, or with --missing the study of that run
    pub study: Option<PathBuf>,
    /// Print what this run folder lacks
    #[arg(long, value_name = "RUN")]
    pub missing: Option<PathBuf>,
    /// Seconds of one thread that a chunk may take; a unit that takes longer is a chunk of its own
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub chunk: f64,
    /// Folder that the study's data files are relative to, for --missing [default: as when it was
    /// made ready]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    #[command(flatten)]
    pub begun: Begun,
}

/// Runs `units`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    if options.chunk.is_nan() || options.chunk <= 0.0 {
        return Err(InputError::new("--chunk", "a chunk takes some time", "give a positive number of seconds, such as 60").into());
    }
    let (prepared, root) = match &options.missing {
        Some(root) => {
            let other = [(options.study.is_some(), "a study"), (options.begun.out.is_some(), "--out")].into_iter().find(|(is, _)| *is);
            if let Some((_, name)) = other {
                let problem = format!("{name} is given beside a run folder that has its own");
                return Err(InputError::new("--missing", problem, "give one of the two").into());
            }
            (Prepared::of_run(root, options.base.as_deref())?.0, root.clone())
        }
        None => {
            let prepared = study_of(options.study.as_deref(), &options.begun)?;
            let root = run_folder(&prepared, &options.begun);
            (prepared, root)
        }
    };
    let (chunks, stopped) = planned(&prepared, &root, &options.begun, &|costs, directory| prepared.plan(costs, Some(directory), options.chunk))?;
    if stopped {
        remark("stopped; the same command goes on");
        return Ok(signals::CODE);
    }
    if options.begun.json {
        answer(serde_json::Value::Array(chunks.iter().map(as_json).collect()))?;
    } else {
        for chunk in &chunks {
            answer(chunk)?;
        }
    }
    let seconds = chunks.iter().fold(0.0, |sum, planned| sum + planned.seconds);
    let units: usize = chunks.iter().map(|planned| planned.chunk.units()).sum();
    remark(format!("{units} units in {} chunks, {seconds:.0} s of one thread; `rtrl-lab work {} CHUNK` does one", chunks.len(), root.display()));
    if prepared.is_sequential() && !chunks.is_empty() {
        remark(format!(
            "some budgets may end early: when these are done, `rtrl-lab units --missing {}` says what their next look needs",
            root.display()
        ));
    }
    Ok(0)
}

fn as_json(planned: &PlannedChunk) -> serde_json::Value {
    serde_json::json!({
        "chunk": planned.chunk.to_string(),
        "units": planned.chunk.units(),
        "seconds": planned.seconds,
        "memory": planned.memory,
    })
}

/// How a run's missing units become chunks, once it is known what units cost.
type Cut<'a> = &'a (dyn Fn(&BTreeMap<String, f64>, &RunDirectory) -> Result<Vec<PlannedChunk>, StoreError> + Sync);

/// Makes a run folder ready and cuts what it lacks into chunks; whether it was stopped meanwhile.
pub(super) fn planned(prepared: &Prepared, root: &Path, begun: &Begun, cut: Cut<'_>) -> Result<(Vec<PlannedChunk>, bool), Failure> {
    let pool = pool_of(begun.jobs)?;
    let opened = open(prepared, root, if begun.force { Purpose::Replace } else { Purpose::Run })?;
    let Some(opened) = opened else { return Ok((Vec::new(), false)) };
    let asked = Asked::listen();
    pool.install(|| {
        keep_files(prepared, &opened.directory, begun.keep_data)?;
        let bar = Bar::by_cost().until(&asked);
        let costs = prepared.pilot(&opened.directory, &bar);
        bar.finish();
        let costs = costs?;
        let chunks = if asked.for_an_end() { Vec::new() } else { cut(&costs, &opened.directory)? };
        Ok((chunks, asked.for_an_end()))
    })
}
