//! `work`: chunks of a study, done beside any number of other workers.

use super::bars::Bar;
use super::signals::{self, Asked};
use super::told::{answer, remark};
use super::verify::{gigabytes, pool_of, tell_failed};
use super::{Failure, folder};
use crate::data::InputError;
use crate::study::{Chunk, Prepared};
use std::io::Read;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab work runs/mine \"$(head -1 chunks.txt)\"\n  parallel rtrl-lab work runs/mine :::: chunks.txt")]
pub(super) struct Options {
    /// A run folder that `rtrl-lab units` has made ready
    pub run: PathBuf,
    /// Chunks as `rtrl-lab units` prints them, whole lines or their first words; `-` reads lines
    /// from stdin
    #[arg(required = true)]
    pub chunks: Vec<String>,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Folder that the study's data files are relative to [default: as when it was made ready]
    #[arg(long, value_name = "DIR")]
    pub base: Option<PathBuf>,
    /// Memory that this worker may take, in GB [default: what the machine has]
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub memory_limit: Option<u64>,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,
}

/// Longest list of chunks that is read from stdin, in bytes.
const LONGEST: u64 = 1 << 30;

/// Runs `work`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let chunks = chunks_of(&options.chunks)?;
    let (prepared, _) = Prepared::of_run(&options.run, options.base.as_deref())?;
    let numbers = prepared.numbers_of(&chunks)?;
    let pool = pool_of(options.jobs)?;
    prepared.fits(&prepared.memory_of_work(&numbers, pool.current_num_threads()), options.memory_limit)?;
    let shared = folder::share(&prepared, &options.run)?;
    let asked = Asked::listen();
    let done = pool.install(|| {
        let bar = Bar::by_cost().until(&asked);
        let done = prepared.work(&shared.directory, &numbers, &bar);
        bar.finish();
        done
    })?;
    tell_failed(&done);
    if options.json {
        let failed: Vec<String> = done.failed.iter().map(|(unit, _)| unit.to_string()).collect();
        answer(serde_json::json!({ "units": numbers.len(), "left": done.left, "failed": failed }))?;
    }
    if done.left > 0 {
        remark(format!("stopped: {} of {} units are left; the same command goes on", done.left, numbers.len()));
        return Ok(signals::CODE);
    }
    Ok(0)
}

fn chunks_of(arguments: &[String]) -> Result<Vec<Chunk>, Failure> {
    let mut lines = Vec::new();
    for argument in arguments {
        if argument == "-" {
            let mut text = String::new();
            std::io::stdin()
                .take(LONGEST)
                .read_to_string(&mut text)
                .map_err(|error| InputError::new("stdin", error.to_string(), "give chunks as text"))?;
            lines.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_string));
        } else {
            lines.push(argument.clone());
        }
    }
    let chunk = |line: &String| {
        let remedy = "give the lines that `rtrl-lab units` prints, each as one argument";
        line.parse().map_err(|why| InputError::new("CHUNK", format!("`{line}` is no chunk: {why}"), remedy).into())
    };
    lines.iter().map(chunk).collect()
}
