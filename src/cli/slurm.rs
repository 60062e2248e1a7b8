//! `slurm`: a study as an array of jobs and a report that waits for them.

use super::Failure;
use super::tasks::{Tasks, asked_memory, asked_seconds, largest, listed, longest, tasks};
use super::told::answer;
use super::verify::Begun;
use crate::study::{PlannedChunk, Prepared, StoreError};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab slurm mine.toml --tasks 100 --sbatch=\"--partition=long\"\n  rtrl-lab slurm mine.toml --submit")]
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
    pub begun: Begun,
}

/// Folder of the scripts, below that of the run.
const FOLDER: &str = "slurm";
/// Minutes of the report.
const REPORT_MINUTES: f64 = 60.0;

/// Runs `slurm`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (prepared, root, chunks) = match tasks(options.study.as_deref(), options.tasks, &options.begun)? {
        Tasks::Cut { prepared, root, chunks } => (*prepared, root, chunks),
        Tasks::None(code) => return Ok(code),
    };
    let directory = prepared.directory(&root);
    for (name, text) in scripts(&prepared, &root, &chunks, options)? {
        directory.write(&format!("{FOLDER}/{name}"), text.as_bytes())?;
    }
    let submit = root.join(FOLDER).join("submit.sh");
    if options.begun.json {
        answer(serde_json::json!({ "tasks": chunks.len(), "seconds": longest(&chunks), "submit": submit }))?;
    }
    if !options.submit {
        if !options.begun.json {
            answer(format!("sh {}", quoted(&submit)))?;
        }
        return Ok(0);
    }
    let status = Command::new("sh").arg(&submit).status().map_err(|error| Failure::Machine(format!("sh: {error}")))?;
    if status.success() { Ok(0) } else { Err(Failure::Machine(format!("{} ended with {status}", submit.display()))) }
}

/// The scripts by name.
fn scripts(prepared: &Prepared, root: &Path, chunks: &[PlannedChunk], options: &Options) -> Result<[(&'static str, String); 4], Failure> {
    let program = std::env::current_exe().map_err(|error| StoreError::disk(Path::new("rtrl-lab"), error))?;
    let (program, run, folder) = (quoted(&program), quoted(root), quoted(&root.join(FOLDER)));
    let minutes = (asked_seconds(longest(chunks)) / 60.0).ceil();
    let asks = |log, memory, minutes| asked(&prepared.study.name, &root.join(FOLDER).join(log), memory, minutes, options.sbatch.as_deref());
    let array = [
        "#!/bin/sh\n".to_string(),
        asks("task-%a.log", largest(chunks), minutes),
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
