//! `slurm`: a study as an array of jobs and a report that waits for them.

use super::Failure;
use super::signals;
use super::told::{answer, remark};
use super::units::planned;
use super::verify::{Running, refuse_options_of_verify, run_folder, study_of};
use crate::data::InputError;
use crate::study::{PlannedChunk, Prepared, StoreError, write_whole};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(super) struct Options {
    /// The study; without one, the built-in study
    pub study: Option<PathBuf>,
    /// Tasks of the array at most; a unit of work is never divided
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tasks: usize,
    /// Options for sbatch in the scripts, such as "--partition=long --account=lab"
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    pub sbatch: Option<String>,
    /// Hand the scripts to sbatch as well
    #[arg(long)]
    pub submit: bool,
    #[command(flatten)]
    pub running: Running,
}

/// Folder of the scripts, below that of the run.
const FOLDER: &str = "slurm";
/// What is asked for, in what was measured or counted: another node may be slower, and the first
/// unit of a part need not be its longest.
const TIME: f64 = 4.0;
const MEMORY: f64 = 1.5;
/// And so much more, in seconds and bytes, for whatever a node does first.
const MORE_SECONDS: f64 = 120.0;
const MORE_BYTES: f64 = 64e6;
/// Minutes of the report.
const REPORT_MINUTES: f64 = 60.0;

/// Runs `slurm`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, root, chunks) = match tasks(options.study.as_deref(), options.tasks, &options.running)? {
        Tasks::Cut { prepared, root, chunks } => (*prepared, root, chunks),
        Tasks::None(code) => return Ok(code),
    };
    for (name, text) in scripts(&prepared, &root, &chunks, options)? {
        write_whole(&root.join(FOLDER).join(name), text.as_bytes())?;
    }
    let submit = root.join(FOLDER).join("submit.sh");
    if options.running.json {
        answer(serde_json::json!({ "tasks": chunks.len(), "seconds": longest(&chunks), "submit": submit }))?;
    }
    if !options.submit {
        if !options.running.json {
            answer(format!("sh {}", quoted(&submit)))?;
        }
        return Ok(0);
    }
    let status = Command::new("sh").arg(&submit).status().map_err(|error| Failure::Machine(format!("sh: {error}")))?;
    if status.success() { Ok(0) } else { Err(Failure::Machine(format!("{} ended with {status}", submit.display()))) }
}

/// The work that is missing in a run, as tasks of a queue.
pub(super) enum Tasks {
    Cut {
        prepared: Box<Prepared>,
        root: PathBuf,
        chunks: Vec<PlannedChunk>,
    },
    /// There are none, or they were not counted to the end: the exit code.
    None(u8),
}

/// Makes a run folder ready and cuts what it lacks into so many tasks at most.
pub(super) fn tasks(study: Option<&Path>, most: usize, running: &Running) -> Result<Tasks, Failure> {
    refuse_options_of_verify(running)?;
    if most == 0 {
        return Err(InputError::new("--tasks", "0 tasks do no work", "give at least 1").into());
    }
    let prepared = study_of(study, running)?;
    let root = run_folder(&prepared, running);
    let cut = |costs: &_, directory: &_| prepared.plan_tasks(costs, directory, most);
    let (chunks, stopped) = planned(&prepared, &root, running, &cut)?;
    if stopped {
        remark("stopped; the same command goes on");
        return Ok(Tasks::None(signals::CODE));
    }
    if chunks.is_empty() {
        remark("no unit of work is missing: `rtrl-lab report` makes the report");
        return Ok(Tasks::None(0));
    }
    remark(format!("{} tasks of at most {:.0} s each", chunks.len(), longest(&chunks)));
    Ok(Tasks::Cut { prepared: Box::new(prepared), root, chunks })
}

/// Memory in bytes to ask for, where so much was counted.
pub(super) fn asked_memory(counted: u64) -> f64 {
    MEMORY * counted as f64 + MORE_BYTES
}

/// Seconds to ask for, where so many were measured.
pub(super) fn asked_seconds(measured: f64) -> f64 {
    TIME * measured + MORE_SECONDS
}

/// The chunks as the lines of a file.
pub(super) fn listed(chunks: &[PlannedChunk]) -> String {
    chunks.iter().map(|planned| format!("{planned}\n")).collect()
}

pub(super) fn longest(chunks: &[PlannedChunk]) -> f64 {
    chunks.iter().map(|planned| planned.seconds).fold(0.0, f64::max)
}

/// The scripts by name.
fn scripts(prepared: &Prepared, root: &Path, chunks: &[PlannedChunk], options: &Options) -> Result<[(&'static str, String); 4], Failure> {
    let program = std::env::current_exe().map_err(|error| StoreError::disk(Path::new("rtrl-lab"), error))?;
    let (program, run, folder) = (quoted(&program), quoted(root), quoted(&root.join(FOLDER)));
    let minutes = (asked_seconds(longest(chunks)) / 60.0).ceil();
    let bytes = chunks.iter().map(|planned| planned.memory).max().unwrap_or(0);
    let asks = |log, memory, minutes| asked(&prepared.study.name, &root.join(FOLDER).join(log), memory, minutes, options.sbatch.as_deref());
    let array = [
        "#!/bin/sh\n".to_string(),
        asks("task-%a.log", bytes, minutes),
        format!("#SBATCH --array=1-{}\n", chunks.len()),
        // A task that is told to end finishes the unit in hand.
        "#SBATCH --signal=TERM@60\n".to_string(),
        format!("chunk=$(sed -n \"${{SLURM_ARRAY_TASK_ID}}p\" {folder}/chunks.txt)\n"),
        format!("exec {program} work {run} \"$chunk\" --jobs 1\n"),
    ];
    let report =
        ["#!/bin/sh\n".to_string(), asks("report.log", prepared.memory(1).predicted, REPORT_MINUTES), format!("exec {program} report {run}\n")];
    let submit = [
        "#!/bin/sh\n# An array of workers, and the report when all of them have done their work.\n",
        "# Where some have not, the command that made this file makes it again for what is missing.\n",
        "set -e\n",
        &format!("job=$(sbatch --parsable {folder}/array.sh)\n"),
        "job=${job%%;*}\n",
        &format!("report=$(sbatch --parsable --dependency=afterok:\"$job\" --kill-on-invalid-dep=yes {folder}/report.sh)\n"),
        "echo \"array $job, report ${report%%;*}\"\n",
    ];
    Ok([("chunks.txt", listed(chunks)), ("array.sh", array.concat()), ("report.sh", report.concat()), ("submit.sh", submit.concat())])
}

/// What a job asks for.
fn asked(study: &str, log: &Path, memory: u64, minutes: f64, more: Option<&str>) -> String {
    let name: String = study.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let megabytes = (asked_memory(memory) / 1e6).ceil();
    let more = more.map_or_else(String::new, |more| format!("#SBATCH {more}\n"));
    format!(
        "#SBATCH --job-name=rtrl-lab-{name}\n#SBATCH --output=\"{}\"\n#SBATCH --cpus-per-task=1\n#SBATCH --mem={megabytes:.0}M\n\
         #SBATCH --time={minutes:.0}\n{more}",
        log.display()
    )
}

/// A path as one word of a shell.
pub(super) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
