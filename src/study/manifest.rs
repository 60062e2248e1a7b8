//! What a run was: program, study, machine, time. The only file of a run that depends on more than the seed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's form.
    pub schema_version: u32,
    /// Version of the program.
    pub version: String,
    /// Commit it was built from, where that is known.
    pub commit: Option<String>,
    /// The study's text.
    pub study_text: String,
    /// The folder that the study's files are relative to, as it was named.
    pub base: String,
    /// SHA-256 of the study with all defaults.
    pub fingerprint: String,
    /// The study with all defaults.
    pub study: serde_json::Value,
    /// Whether it was a quick look.
    pub quick: bool,
    /// The claims that `--only` named.
    pub only: Vec<String>,
    /// SHA-256 of recorded files.
    pub data: BTreeMap<String, String>,
    /// Processor.
    pub processor: String,
    /// Threads.
    pub threads: usize,
    /// Memory that was predicted and taken; null in runs of earlier versions.
    #[serde(default)]
    pub memory: Option<super::Memory>,
    /// Start of the run, seconds since 1970.
    pub started: u64,
    /// Seconds of the whole run; null while it is under way.
    pub seconds: Option<f64>,
    /// Seconds of work by case and claim, over all threads.
    pub timings: BTreeMap<String, f64>,
}

/// The processor's name where the system tells, else its architecture.
pub(super) fn processor() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1)).map(|name| name.trim().to_string())
    });
    name.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}
