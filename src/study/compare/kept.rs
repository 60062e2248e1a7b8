//! Training runs that are done, kept as they come: a comparison that is broken off goes on.

use super::{ComparePlan, Trained};
use crate::data::InputError;
use crate::study::StoreError;
use crate::study::store::fingerprint;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

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

/// A file that a run is added to when it is done.
pub(crate) struct KeptRuns {
    path: PathBuf,
    file: Mutex<File>,
}

impl KeptRuns {
    /// Whether a folder holds runs of a comparison that was broken off.
    pub(crate) fn wait_in(folder: &Path) -> bool {
        folder.join(NAME).exists()
    }

    /// Begins the file anew, for the study of text `study`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub(crate) fn begin(folder: &Path, plan: &ComparePlan, study: &str) -> Result<KeptRuns, StoreError> {
        let path = folder.join(NAME);
        std::fs::create_dir_all(folder).map_err(|error| StoreError::disk(folder, error))?;
        let mut file = File::create(&path).map_err(|error| StoreError::disk(&path, error))?;
        let head = serde_json::to_string(&head(plan, study)).expect("text and a number are JSON");
        writeln!(file, "{head}").map_err(|error| StoreError::disk(&path, error))?;
        Ok(KeptRuns { path, file: Mutex::new(file) })
    }

    /// Goes on with the file, and hands back the runs that it holds. A last line that was not
    /// written to its end is cut off.
    ///
    /// # Errors
    /// [`InputError`] where the file is of another study, version or number of runs, or a line of
    /// it is broken.
    pub(crate) fn go_on(folder: &Path, plan: &ComparePlan, study: &str) -> Result<(KeptRuns, Vec<Option<Trained>>), InputError> {
        let path = folder.join(NAME);
        let refused = |problem: String| InputError::new(path.display().to_string(), problem, "begin anew with --force, or name another folder");
        let unread = |error: std::io::Error| refused(format!("it cannot be read or written: {error}"));
        let text = std::fs::read_to_string(&path).map_err(unread)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines();
        let own = lines.next().and_then(|line| serde_json::from_str::<Head>(line).ok());
        if own != Some(head(plan, study)) {
            return Err(refused("the runs here are of another study, or of another version of rtrl-lab".into()));
        }
        let mut known = vec![None; plan.units()];
        for (number, line) in lines.enumerate() {
            let broken = || refused(format!("line {} is no run of this study", number + 2));
            let Line { unit, trained } = serde_json::from_str(line).map_err(|_| broken())?;
            *known.get_mut(unit).ok_or_else(broken)? = Some(trained);
        }
        let file = OpenOptions::new().append(true).open(&path).map_err(unread)?;
        file.set_len(whole as u64).map_err(unread)?;
        Ok((KeptRuns { path, file: Mutex::new(file) }, known))
    }

    /// Adds a run.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub(crate) fn add(&self, unit: usize, trained: &Trained) -> Result<(), StoreError> {
        let line = serde_json::to_string(&Line { unit, trained: trained.clone() });
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = line.map_err(|error| StoreError::disk(&self.path, error.into()))?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(|error| StoreError::disk(&self.path, error))
    }

    /// Takes the file away: what it held stands in the comparison now.
    pub(crate) fn close(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn head(plan: &ComparePlan, study: &str) -> Head {
    Head { version: env!("CARGO_PKG_VERSION").into(), study: fingerprint(study.as_bytes()), runs: plan.units() }
}
