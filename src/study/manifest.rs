//! What a run was: program, study, machine, time. The only file of a run that depends on more than
//! the seed.

use super::difference::{Difference, differences};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `manifest.json`.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Manifest, Prepared};
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// let directory = prepared.directory(folder.path());
/// // A share without a unit writes the manifest alone.
/// prepared.run(&directory, (1_000_000, 1_000_000), &()).unwrap();
/// let manifest = Manifest::parse(&directory.read("manifest.json").unwrap()).unwrap();
/// assert_eq!((manifest.quick, manifest.study_text.as_str()), (true, DEFAULT));
/// assert_eq!(manifest.fingerprint, prepared.fingerprint());
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's form.
    pub schema_version: u32,
    /// Version of the program.
    pub version: String,
    /// Commit it was built from, where that is known.
    pub commit: Option<String>,
    /// Whether its source differed from that commit; false in runs of earlier versions.
    #[serde(default)]
    pub dirty: bool,
    /// Checksum of its source; null in runs of earlier versions.
    #[serde(default)]
    pub source: Option<String>,
    /// The study's text.
    pub study_text: String,
    /// The folder that the study's files are relative to, as it was named.
    pub base: String,
    /// The same seen from the folder of the run, where a way leads there; null in runs of earlier
    /// versions.
    #[serde(default)]
    pub base_from_run: Option<String>,
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
    /// Seconds of one unit of every part, where they were measured beforehand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: BTreeMap<String, f64>,
}

/// What makes a run the run of one study, beside the version of the program.
pub(super) struct Identity<'a> {
    pub resolved: &'a Value,
    pub quick: bool,
    pub only: &'a [String],
    pub data: BTreeMap<String, String>,
}

impl Manifest {
    /// A manifest from its bytes.
    ///
    /// ```
    /// use rtrl_lab::study::Manifest;
    /// assert!(Manifest::parse(b"{}").unwrap_err().starts_with("missing field `schema_version`"));
    /// ```
    ///
    /// # Errors
    /// A sentence where they are no manifest of this program.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let print = &manifest.fingerprint;
        let whole = print.len() == 64 && print.bytes().all(|byte| byte.is_ascii_hexdigit());
        if whole { Ok(manifest) } else { Err("its fingerprint is none".into()) }
    }

    /// Whether this version of the program has made the run.
    pub(crate) fn is_of_this_version(&self) -> bool {
        self.version == env!("CARGO_PKG_VERSION")
    }

    /// What differs from a study, the plainest first: `seed: 5, not 6`. The run's own value stands
    /// first.
    pub(super) fn differences(&self, other: &Identity<'_>) -> Vec<String> {
        const TOLD: usize = 3;
        let mut told = Vec::new();
        if !self.is_of_this_version() {
            told.push(format!("version: {}, not {}", self.version, env!("CARGO_PKG_VERSION")));
        }
        if self.quick != other.quick {
            told.push(format!("--quick: it was run {}", if self.quick { "with it" } else { "without it" }));
        }
        if self.only != other.only {
            let list = |only: &[String]| if only.is_empty() { "all".to_string() } else { only.join(",") };
            told.push(format!("--only: {}, not {}", list(&self.only), list(other.only)));
        }
        let data = other.data.iter().filter(|(file, sum)| self.data.get(*file).is_some_and(|own| own != *sum));
        told.extend(data.map(|(file, _)| format!("data: {file} has changed")));
        let written = differences(&self.study["written"], &other.resolved["written"]);
        // Values that the program filled in follow from what was written; alone they differ where
        // the program does.
        let filled = || differences(&self.study["cases"], &other.resolved["cases"]);
        let found = if written.is_empty() && told.is_empty() { filled() } else { written };
        let short = |value: &Value| {
            let text = value.to_string();
            if text.chars().count() > 40 { format!("{} …", text.chars().take(40).collect::<String>()) } else { text }
        };
        let words = |d: &Difference| format!("{}: {}, not {}", d.path.strip_prefix("study/").unwrap_or(&d.path), short(&d.first), short(&d.second));
        told.extend(found.iter().take(TOLD).map(words));
        if found.len() > TOLD {
            told.push(format!("and {} more keys", found.len() - TOLD));
        }
        if told.is_empty() {
            told.push("the fingerprint alone: the manifest was changed".into());
        }
        told
    }
}

/// The processor's name where the system tells, else its architecture.
pub(super) fn processor() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1)).map(|name| name.trim().to_string())
    });
    name.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}
