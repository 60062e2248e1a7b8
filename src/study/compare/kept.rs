//! Training runs that are done, kept as they come: a comparison that is broken off goes on.

use super::{ComparePlan, Trained};
use crate::data::InputError;
use crate::study::lock::RunLock;
use crate::study::store::{fingerprint, fingerprint_of_numbers};
use crate::study::{StoreError, write_whole};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Name of the file, in the folder of a comparison that is not whole yet.
const NAME: &str = "runs.partial.jsonl";

/// The file's first line: what the runs are of.
#[derive(Serialize, Deserialize, PartialEq)]
struct Head {
    version: String,
    study: String,
    runs: usize,
}

/// A further line: a run by its number.
#[derive(Serialize, Deserialize)]
struct Line {
    unit: usize,
    #[serde(flatten)]
    trained: Trained,
}

/// A file that a run is added to when it is done, in a folder that no other process writes into
/// meanwhile.
pub(crate) struct KeptRuns {
    path: PathBuf,
    /// The file, and its length when the last run was written to its end.
    file: Mutex<(File, u64)>,
    _lock: RunLock,
}

impl KeptRuns {
    /// Whether a folder holds runs of a comparison that was broken off.
    pub(crate) fn wait_in(folder: &Path) -> bool {
        folder.join(NAME).exists()
    }

    /// Begins the file anew, for the study of text `study`.
    ///
    /// # Errors
    /// [`InputError`] where another process writes there, or the file cannot be written.
    pub(crate) fn begin(folder: &Path, plan: &ComparePlan, study: &str) -> Result<KeptRuns, InputError> {
        let lock = locked(folder)?;
        let path = folder.join(NAME);
        let line = serde_json::to_string(&head(plan, study)).map_err(|error| refused(&path, error.to_string()))?;
        write_whole(&path, format!("{line}\n").as_bytes()).map_err(|error| refused(&path, error.to_string()))?;
        Ok(KeptRuns { file: Mutex::new(opened(&path)?), path, _lock: lock })
    }

    /// Goes on with the file, and hands back the runs that it holds. A last line that was not
    /// written to its end is cut off.
    ///
    /// # Errors
    /// [`InputError`] where another process writes there, the file is of another study, version or
    /// number of runs, or a line of it is broken.
    pub(crate) fn go_on(folder: &Path, plan: &ComparePlan, study: &str) -> Result<(KeptRuns, Vec<Option<Trained>>), InputError> {
        let lock = locked(folder)?;
        let path = folder.join(NAME);
        let bytes = std::fs::read(&path).map_err(|error| refused(&path, format!("it cannot be read: {error}")))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let own = lines.next().and_then(|line| serde_json::from_slice::<Head>(line).ok());
        if own != Some(head(plan, study)) {
            return Err(refused(&path, "the runs here are of another study, other data or weights, or another version of rtrl-lab".into()));
        }
        let mut known = vec![None; plan.units()];
        for (number, line) in lines.enumerate() {
            let broken = || refused(&path, format!("line {} is no run of this study", number + 2));
            let Line { unit, trained } = serde_json::from_slice(line).map_err(|_| broken())?;
            *known.get_mut(unit).ok_or_else(broken)? = Some(trained);
        }
        let (file, _) = opened(&path)?;
        file.set_len(whole as u64).map_err(|error| refused(&path, format!("it cannot be written: {error}")))?;
        Ok((KeptRuns { file: Mutex::new((file, whole as u64)), path, _lock: lock }, known))
    }

    /// Adds a run; one that cannot be written to its end leaves the file as it was.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub(crate) fn add(&self, unit: usize, trained: &Trained) -> Result<(), StoreError> {
        let line = serde_json::to_string(&Line { unit, trained: trained.clone() });
        let line = line.map_err(|error| StoreError::disk(&self.path, error.into()))? + "\n";
        let mut kept = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, len) = &mut *kept;
        if let Err(error) = file.write_all(line.as_bytes()) {
            let _ = file.set_len(*len);
            return Err(StoreError::disk(&self.path, error));
        }
        *len += line.len() as u64;
        Ok(())
    }

    /// Takes the file away: what it held stands in the comparison now.
    pub(crate) fn close(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn refused(path: &Path, problem: String) -> InputError {
    InputError::new(path.display().to_string(), problem, "begin anew with --force, or name another folder")
}

fn locked(folder: &Path) -> Result<RunLock, InputError> {
    let lock = RunLock::take(folder).map_err(|error| refused(folder, error.to_string()))?;
    lock.ok_or_else(|| {
        InputError::new(folder.display().to_string(), "another process writes into this folder", "wait for it, or name another folder")
    })
}

/// The file, to be added to, and its length.
fn opened(path: &Path) -> Result<(File, u64), InputError> {
    let unwritten = |error: std::io::Error| refused(path, format!("it cannot be written: {error}"));
    let file = OpenOptions::new().append(true).open(path).map_err(unwritten)?;
    let len = file.metadata().map_err(unwritten)?.len();
    Ok((file, len))
}

/// What runs depend on: the version, the study as written and as it came out, the files it read,
/// and the weights that its networks begin with.
fn head(plan: &ComparePlan, study: &str) -> Head {
    let (first, version) = (&plan.studies[0], env!("CARGO_PKG_VERSION").to_string());
    let weights = fingerprint_of_numbers(first.cases.iter().flat_map(|case| case.case.network.parameters()));
    let of = serde_json::json!([study, first.origin.resolved, first.origin.sources, weights]);
    Head { version, study: fingerprint(of.to_string().as_bytes()), runs: plan.units() }
}
