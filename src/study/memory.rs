//! How much memory a study takes, known before it runs, and how much there is.

use super::build::{Study, StudyCase};
use super::engine::measured;
use crate::claims::{self, Case, Claim, Footprint, Work};
use crate::data::InputError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The memory of a run, in bytes.
///
/// ```
/// use rtrl_lab::study::Memory;
/// let text = r#"{ "predicted": 25000000, "largest": "the records", "peak": null }"#;
/// let memory: Memory = serde_json::from_str(text).unwrap();
/// assert_eq!((memory.predicted, memory.peak), (25_000_000, None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What was counted beforehand.
    pub predicted: u64,
    /// What takes most of it.
    pub largest: String,
    /// The peak of the process when all units were done, where the system tells.
    pub peak: Option<u64>,
}

/// The program itself with its libraries and the small cases of the designed violations, as
/// measured.
const PROGRAM: f64 = 12e6;
/// Judging and drawing, of however small a study.
const REPORT: f64 = 13e6;
/// Bytes of a number.
const NUMBER: f64 = 8.0;
/// Bytes of a number written as JSON, its comma included.
const WRITTEN: f64 = 20.5;

/// Copies of a record's numbers while it is judged, the record itself among them.
const COPIES: f64 = 4.0;

/// Bytes of one unit in the lists of what is to be done and what is done, its names included.
const LISTED: f64 = 400.0;

/// Bytes of records, copies included, up to which all cases are judged at the same time.
const TOGETHER: f64 = 200e6;

/// Whether so much is judged together, or case after case.
pub(super) fn is_judged_together(study: &Study) -> bool {
    let of_work = |work: Work<'_>| judged_at_once(work.footprint, work.count);
    let of_case = |study_case: &StudyCase| {
        let claims = measured(&study_case.asked, &study_case.case);
        claims.into_iter().flat_map(|claim| claim.work(&study_case.case)).map(of_work).sum::<f64>()
    };
    study.cases.iter().map(of_case).sum::<f64>() <= TOGETHER
}

/// Counts a study on so many threads. Nothing is listed for it, so that a study of absurd size is
/// refused before it takes memory.
///
/// ```text
/// program + parameters + lists + max( building: the largest network twice more,  running: the J
/// largest units at once,  judging: all records of the largest case, or of all where they are few )
/// ```
///
/// A unit counts its working numbers and, when these are gone, its record beside the text that is
/// written; a judged record counts its text, its numbers and three copies of them.
pub(super) fn forecast(study: &Study, violations: &[(&'static dyn Claim, Case)], jobs: usize) -> Memory {
    let parameters = |case: &Case| NUMBER * case.network.len() as f64;
    let held: f64 = study.cases.iter().map(|study_case| parameters(&study_case.case)).sum();
    let building = study.cases.iter().map(|study_case| (2.0 * parameters(&study_case.case), &study_case.case.name)).fold((0.0, ""), larger);
    let of_cases = study.cases.iter().flat_map(|study_case| {
        let case = &study_case.case;
        measured(&study_case.asked, case).into_iter().map(move |claim| (claim, case))
    });
    let (mut sizes, mut judged, mut units) = (Vec::new(), BTreeMap::<&str, (f64, (f64, String))>::new(), 0.0);
    for (claim, case) in of_cases.chain(violations.iter().map(|(claim, case)| (*claim, case))) {
        let place = format!("{} in case `{}`", claim.id(), case.name);
        for Work { count, footprint, .. } in claim.work(case) {
            let bytes = of_unit(footprint);
            sizes.extend(std::iter::repeat_n((bytes, place.clone()), count.min(jobs)));
            units += count as f64;
            let records = judged_at_once(footprint, count);
            let (sum, most) = judged.entry(case.name.as_str()).or_default();
            *sum += records;
            if records > most.0 {
                *most = (records, format!("the records of {place}"));
            }
        }
    }
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let running: f64 = sizes.iter().take(jobs).map(|(bytes, _)| bytes).sum();
    let together = judged.values().map(|(bytes, _)| bytes).sum::<f64>();
    let (records, of) = judged.into_values().fold((0.0, String::new()), |top, (bytes, (_, of))| if bytes > top.0 { (bytes, of) } else { top });
    let judging = REPORT + if together > TOGETHER { records } else { together };
    let lists = LISTED * units;
    let top = building.0.max(running).max(judging);
    let largest = if lists > top {
        format!("the list of {units:.0} units of work")
    } else if building.0 >= top {
        format!("the parameters of case `{}`", building.1)
    } else if running >= top {
        sizes.first().map_or_else(String::new, |(_, place)| place.clone())
    } else {
        of
    };
    Memory { predicted: (PROGRAM + held + lists + top) as u64, largest, peak: None }
}

/// Bytes of the records of so many units while they are judged.
fn judged_at_once(footprint: Footprint, count: usize) -> f64 {
    COPIES * NUMBER * footprint.recorded as f64 * count as f64
}

/// Bytes of a unit while it runs.
pub(super) fn of_unit(footprint: Footprint) -> f64 {
    let (working, recorded) = (footprint.working as f64, footprint.recorded as f64);
    (NUMBER * (working + recorded)).max((NUMBER + WRITTEN) * recorded)
}

/// Bytes of a unit's record on the disk.
pub(super) fn on_disk(footprint: Footprint) -> f64 {
    WRITTEN * footprint.recorded as f64
}

/// Bytes of a worker beside its units: the program, the networks, and the list of all units.
pub(super) fn of_worker(study: &Study, units: usize) -> u64 {
    let held: f64 = study.cases.iter().map(|study_case| 3.0 * NUMBER * study_case.case.network.len() as f64).sum();
    (PROGRAM + held + LISTED * units as f64) as u64
}

fn larger<'a>(top: (f64, &'a str), next: (f64, &'a String)) -> (f64, &'a str) {
    if next.0 > top.0 { (next.0, next.1) } else { top }
}

/// Refuses a study that does not fit into `limit` bytes.
pub(super) fn refuse(memory: &Memory, limit: u64, stated: bool) -> Result<(), InputError> {
    if memory.predicted <= limit {
        return Ok(());
    }
    let place = if stated { "--memory-limit" } else { "memory" };
    let claim = claims::ALL.iter().map(|claim| claim.id()).find(|id| memory.largest.contains(id));
    let remedy = match claim {
        Some("geometric_ergodicity") => "take fewer threads (--jobs), fewer `chains`, `sketch = 8` under [claims.geometric_ergodicity], or switch the claim off (`enabled = false`)".into(),
        Some(claim) => format!("take fewer threads (--jobs), fewer `chains` or `steps` under [claims.{claim}], or switch the claim off (`enabled = false`)"),
        None => "take fewer threads (--jobs), fewer `hidden` units, or fewer `chains`".to_string(),
    };
    let problem =
        format!("this study needs {}, most of it for {}, and may take {}", in_bytes(memory.predicted as f64), memory.largest, in_bytes(limit as f64));
    Err(InputError::new(place, problem, remedy))
}

/// A number of bytes in the largest unit of which it holds at least one.
pub(super) fn in_bytes(bytes: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes / unit),
        None => format!("{bytes:.0} B"),
    }
}

/// Bytes that this process may take: of the machine, or of the control group it runs in; `None`
/// where the system does not tell.
///
/// ```
/// use rtrl_lab::study::machine_memory;
/// // In bytes: more than this program itself takes, and less than a petabyte.
/// assert!(machine_memory().is_none_or(|bytes| bytes > 12_000_000 && bytes < 1 << 50));
/// ```
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
