//! What a run folder holds: files of the run by their names, files that were not finished, and what
//! is not ours.

use super::kept_files::{mark, names_in_run};
use super::lock::LOCK;
use super::manifest::Manifest;
use super::store::StoreError;
use super::whole_file::is_temporary;
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

/// Stem of the figure that puts the kinds of records side by side.
pub(crate) const BY_CLASS: &str = "by-class";

/// How the figures across the cases of a study end; those of a case end with a claim.
pub(crate) const ACROSS: &str = "across-cases";
/// The folders of a run.
const FOLDERS: [&str; 5] = ["records", "figures", "slurm", "kubernetes", "data"];
/// Its files beside them; the mark of a finished run first, the manifest last.
const FILES: [&str; 9] = [
    "verdicts.json",
    "report.html",
    "interim.html",
    "measurements.csv",
    "study.toml",
    "confirm.toml",
    "reproduce.sh",
    "CITATION.cff",
    "manifest.json",
];

/// Everything below a run folder, by relative path with `/`; links are never followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory {
    /// Files that the run writes, in the order in which they may be taken away.
    pub ours: Vec<String>,
    /// Files of ours that were not finished.
    pub unfinished: Vec<String>,
    /// Files, links and folders that this program did not write; a folder ends with `/`.
    pub foreign: Vec<String>,
    folders: Vec<PathBuf>,
}

impl Inventory {
    /// Looks through the folder `root`, empty where it is missing; `records` and `figures` are
    /// looked into and their files are ours where `knows` says so.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn of(root: &Path, knows: impl Fn(&str) -> bool) -> Result<Self, StoreError> {
        let mut seen = Inventory::default();
        if root.exists() {
            seen.look(root, "", &|path| FILES.contains(&path) || knows(path))?;
            seen.ours.sort_by_key(|path| {
                FILES.iter().position(|name| name == path).map_or((1, 0), |at| if at + 1 < FILES.len() { (0, at) } else { (2, 0) })
            });
        }
        Ok(seen)
    }

    fn look(&mut self, folder: &Path, within: &str, ours: &dyn Fn(&str) -> bool) -> Result<(), StoreError> {
        let disk = |error| StoreError::disk(folder, error);
        let entries: std::io::Result<Vec<DirEntry>> = std::fs::read_dir(folder).map_err(disk)?.collect();
        let mut entries = entries.map_err(disk)?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type().map_err(disk)?;
            let name = entry.file_name();
            let path = format!("{within}{}", name.to_string_lossy());
            let known = name.to_str().filter(|_| kind.is_file());
            if kind.is_dir() && (!within.is_empty() || FOLDERS.contains(&path.as_str())) {
                self.look(&entry.path(), &format!("{path}/"), ours)?;
                self.folders.push(entry.path());
            } else if known == Some(LOCK) && within.is_empty() {
            } else if known.is_some_and(is_temporary) {
                self.unfinished.push(path);
            } else if known.is_some() && ours(&path) {
                self.ours.push(path);
            } else {
                self.foreign.push(if kind.is_dir() { format!("{path}/") } else { path });
            }
        }
        Ok(())
    }

    /// Takes away what was not finished.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn sweep(&self, root: &Path) -> Result<(), StoreError> {
        remove(root, &self.unfinished)
    }

    /// Takes away every file of the run and the folders that are then empty; what is foreign stays.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn clear(&self, root: &Path) -> Result<(), StoreError> {
        self.sweep(root)?;
        remove(root, &self.ours)?;
        // The deepest come first. A folder that holds something else is no error: it stays.
        self.folders.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
        Ok(())
    }
}

fn remove(root: &Path, names: &[String]) -> Result<(), StoreError> {
    for path in names.iter().map(|name| root.join(name)) {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::disk(&path, error)),
            _ => {}
        }
    }
    Ok(())
}

/// The names that the files of a run have, as far as its manifest tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunNames {
    cases: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl RunNames {
    /// The names of the run with that manifest.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let cases = manifest.study["cases"].as_object().map_or_else(BTreeSet::new, |cases| cases.keys().cloned().collect());
        RunNames { cases, kept: names_in_run(&manifest.study_text).into_iter().map(|(_, name)| name).chain([mark(&manifest.study_text)]).collect() }
    }

    /// Whether a path below `records/` or `figures/` is one that the run may have written:
    /// `records/cases/CASE/CLAIM/PART-0000.json`, `records/violations/CLAIM/PART-0000.json`,
    /// `figures/CASE-CLAIM.svg` or `figures/CLAIM-across-cases.svg`, `.png`, `.pdf` or `.csv`, what
    /// queues are given in `slurm/` and `kubernetes/`, and files of the study in `data/`.
    pub(crate) fn knows(&self, path: &str) -> bool {
        let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let unit = |text: &str| {
            let numbered = text.strip_suffix(".json").and_then(|stem| stem.rsplit_once('-'));
            numbered.is_some_and(|(part, number)| !part.is_empty() && number.len() >= 4 && number.chars().all(|c| c.is_ascii_digit()))
        };
        match path.split('/').collect::<Vec<_>>()[..] {
            ["records", "cases", case, claim, file] => self.cases.contains(case) && word(claim) && unit(file),
            ["records", "violations", claim, file] => word(claim) && unit(file),
            ["slurm", "chunks.txt" | "array.sh" | "report.sh" | "submit.sh" | "report.log"] => true,
            ["kubernetes", "chunks.txt" | "job.json"] => true,
            ["slurm", file] => {
                let task = file.strip_prefix("task-").and_then(|rest| rest.strip_suffix(".log"));
                task.is_some_and(|task| !task.is_empty() && task.chars().all(|c| c.is_ascii_digit()))
            }
            ["data", ..] => self.kept.contains(path),
            ["figures", file] => {
                let stem = [".svg", ".png", ".pdf", ".csv"].into_iter().find_map(|form| file.strip_suffix(form));
                stem == Some(BY_CLASS)
                    || stem.and_then(|stem| stem.strip_suffix(ACROSS)?.strip_suffix('-')).is_some_and(word)
                    || stem.and_then(|stem| stem.rsplit_once('-')).is_some_and(|(case, claim)| self.cases.contains(case) && word(claim))
            }
            _ => false,
        }
    }
}
