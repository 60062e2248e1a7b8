//! How much memory a study takes, known before it runs, and how much there is.

use super::build::Study;
use super::engine::Unit;
use crate::claims::Case;
use crate::data::InputError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The memory of a run, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What was counted beforehand.
    pub predicted: u64,
    /// What takes most of it.
    pub largest: String,
    /// The peak of the process when all units were done, where the system tells.
    pub peak: Option<u64>,
}

/// The program itself with its libraries and the small cases of the designed violations, as measured.
const PROGRAM: f64 = 12e6;
/// Judging and drawing, of however small a study.
const REPORT: f64 = 13e6;
/// Bytes of a number.
const NUMBER: f64 = 8.0;
/// Bytes of a number written as JSON, its comma included.
const WRITTEN: f64 = 20.5;

/// Counts a study on so many threads.
///
/// ```text
/// program + parameters + max( building: the largest parameter block twice more,  running: the J largest units at once,  judging: all records of the largest case )
/// ```
///
/// A unit counts its working numbers and, when these are gone, its record beside the text that is written; a judged record counts its text, its numbers and three copies of them.
pub(super) fn forecast(study: &Study, units: &[Unit<'_>], jobs: usize) -> Memory {
    let parameters = |case: &Case| NUMBER * case.network.len() as f64;
    let held: f64 = study.cases.iter().map(|study_case| parameters(&study_case.case)).sum();
    let building = study.cases.iter().map(|study_case| parameters(&study_case.case)).fold(0.0, f64::max);
    let mut sizes: Vec<(f64, String)> = Vec::with_capacity(units.len());
    let mut judged: BTreeMap<&str, f64> = BTreeMap::new();
    let mut counted: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for unit in units {
        let place = format!("{} in case `{}`", unit.id.claim, unit.case.name);
        let (working, recorded) = *counted.entry(format!("{place}/{}", unit.id.part)).or_insert_with(|| {
            let footprint = unit.claim.footprint(unit.case, unit.id.part);
            (footprint.working as f64, footprint.recorded as f64)
        });
        sizes.push(((NUMBER * (working + recorded)).max((NUMBER + WRITTEN) * recorded), place));
        *judged.entry(unit.case.name.as_str()).or_default() += (4.0 * NUMBER) * recorded;
    }
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let running: f64 = sizes.iter().take(jobs).map(|(bytes, _)| bytes).sum();
    let judging = REPORT + judged.values().fold(0.0f64, |top, bytes| top.max(*bytes));
    let top = building.max(running).max(judging);
    let largest = if building >= top {
        "the parameters".to_string()
    } else if running >= top {
        sizes.first().map_or_else(String::new, |(_, place)| place.clone())
    } else {
        "the records".to_string()
    };
    Memory { predicted: (PROGRAM + held + top) as u64, largest, peak: None }
}

/// Refuses a study that does not fit into `limit` bytes.
pub(super) fn refuse(memory: &Memory, limit: u64, stated: bool) -> Result<(), InputError> {
    if memory.predicted <= limit {
        return Ok(());
    }
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    let place = if stated { "--memory-limit" } else { "memory" };
    Err(InputError::new(
        place,
        format!("this study needs {}, most of it for {}, and may take {}", gigabytes(memory.predicted), memory.largest, gigabytes(limit)),
        "take fewer threads (--jobs), fewer chains, `sketch = 8` under [claims.geometric_ergodicity], or switch the claim off (`enabled = false`)",
    ))
}

/// Bytes that this process may take: of the machine, or of the control group it runs in; `None` where the system does not tell.
pub fn machine_memory() -> Option<u64> {
    let machine = field("/proc/meminfo", "MemTotal:")?;
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse::<u64>().ok());
    Some(group.map_or(machine, |group| group.min(machine)))
}

/// The largest memory that this process has held so far.
pub(super) fn peak() -> Option<u64> {
    field("/proc/self/status", "VmHWM:")
}

/// A field in kibibytes of one of the system's tables.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
