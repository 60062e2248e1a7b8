//! The work that a run lacks, as tasks of a queue, and what a task asks for.

use super::Failure;
use super::signals;
use super::told::remark;
use super::units::planned;
use super::verify::{Begun, run_folder, study_of};
use crate::data::InputError;
use crate::study::{PlannedChunk, Prepared};
use std::path::{Path, PathBuf};

/// What is asked for, in what was measured or counted: another node may be slower, and the first
/// unit of a part need not be its longest.
const TIME: f64 = 4.0;
const MEMORY: f64 = 1.5;
/// And so much more, in seconds and bytes, for whatever a node does first.
const MORE_SECONDS: f64 = 120.0;
const MORE_BYTES: f64 = 64e6;

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
pub(super) fn tasks(study: Option<&Path>, most: usize, begun: &Begun) -> Result<Tasks, Failure> {
    if most == 0 {
        return Err(InputError::new("--tasks", "0 tasks do no work", "give at least 1").into());
    }
    let prepared = study_of(study, begun)?;
    let root = run_folder(&prepared, begun);
    let cut = |costs: &_, directory: &_| prepared.plan_tasks(costs, directory, most);
    let (chunks, stopped) = planned(&prepared, &root, begun, &cut)?;
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

/// Memory of the largest task in bytes, as it was counted.
pub(super) fn largest(chunks: &[PlannedChunk]) -> u64 {
    chunks.iter().map(|planned| planned.memory).max().unwrap_or(0)
}
