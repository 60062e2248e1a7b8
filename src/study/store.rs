//! A run directory: records written whole or not at all, each with its checksum.

use super::fault::Fault;
use super::keep::{Folder, Store};
use super::unit::UnitId;
use super::whole_file::refuse_links;
use crate::claims::{Record, Series};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file that could not be read or written, or that does not hold what it should.
///
/// ```
/// use rtrl_lab::study::StoreError;
/// let why = "the checksum does not match".to_string();
/// let error = StoreError::Content { path: "pairs-0001.json".into(), why };
/// assert_eq!(error.to_string(), "pairs-0001.json: the checksum does not match");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk said no.
    #[error("{path}: {error}")]
    Disk {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The content is not what was written.
    #[error("{path}: {why}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A place that would be written through is a symbolic link.
    #[error("{path}: this is a symbolic link, and a run is written through none; take the link away, or name the folder it leads to")]
    Link {
        /// The link.
        path: String,
    },
    /// Records that a report needs are not there.
    #[error("{path}: {what}; {remedy}")]
    Missing {
        /// The run.
        path: String,
        /// How many and which.
        what: String,
        /// What to do.
        remedy: String,
    },
}

impl StoreError {
    /// What the system said of a path.
    ///
    /// ```
    /// use rtrl_lab::study::StoreError;
    /// let error = StoreError::disk("a.json".as_ref(), std::io::Error::other("the disk is full"));
    /// assert_eq!(error.to_string(), "a.json: the disk is full");
    /// ```
    pub fn disk(path: &Path, error: std::io::Error) -> Self {
        StoreError::Disk { path: path.display().to_string(), error }
    }
}

/// A record as stored: what the unit found, or how it failed.
#[derive(Deserialize)]
struct Stored {
    unit: String,
    study: String,
    checksum: String,
    record: Option<Record>,
    failed: Option<Fault>,
}

/// A record as it is written.
#[derive(Serialize)]
struct Written<'a> {
    unit: String,
    study: &'a str,
    checksum: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a Record>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a Fault>,
}

/// What a unit left behind: its record, or the fault that it broke off with.
pub type Left = Result<Record, Fault>;

/// A run directory of one study.
///
/// ```
/// use rtrl_lab::study::{RunDirectory, UnitId};
/// let folder = tempfile::tempdir().unwrap();
/// let directory = RunDirectory::new(folder.path(), "fingerprint");
/// let unit = UnitId { case: None, claim: "staleness", part: "pairs", index: 0 };
/// directory.write(&format!("records/{unit}.json"), b"{}").unwrap();
/// assert!(directory.lists(&unit) && directory.held(&unit).is_none(), "there, and not whole");
/// ```
#[derive(Clone, Debug)]
pub struct RunDirectory {
    store: Arc<dyn Store>,
    /// SHA-256 of the study with all defaults: records of another study are not taken for this
    /// one's.
    study: String,
}

impl RunDirectory {
    /// The directory at `root` for the study with that fingerprint; nothing is touched yet.
    ///
    /// ```
    /// use rtrl_lab::study::RunDirectory;
    /// let root = tempfile::tempdir().unwrap().path().join("run");
    /// let _directory = RunDirectory::new(&root, "fingerprint");
    /// assert!(!root.exists());
    /// ```
    pub fn new(root: &Path, study: &str) -> Self {
        RunDirectory::within(Arc::new(Folder::at(root)), study)
    }

    /// The run of the study with that fingerprint that a [`Store`] keeps.
    pub fn within(store: Arc<dyn Store>, study: &str) -> Self {
        RunDirectory { store, study: study.to_string() }
    }

    /// Where it is.
    ///
    /// ```
    /// use rtrl_lab::study::RunDirectory;
    /// let directory = RunDirectory::new("runs/first".as_ref(), "fingerprint");
    /// assert_eq!(directory.root().file_name().unwrap(), "first");
    /// ```
    pub fn root(&self) -> &Path {
        self.store.place()
    }

    fn record_path(&self, unit: &UnitId) -> PathBuf {
        self.root().join(record_name(unit))
    }

    /// Whether there is a record of the unit, whole or not.
    ///
    /// ```
    /// use rtrl_lab::study::{RunDirectory, UnitId};
    /// let folder = tempfile::tempdir().unwrap();
    /// let directory = RunDirectory::new(folder.path(), "fingerprint");
    /// let [first, second] =
    ///     [0, 1].map(|index| UnitId { case: None, claim: "staleness", part: "pairs", index });
    /// directory.write("records/violations/staleness/pairs-0001.json", b"{}").unwrap();
    /// assert_eq!((directory.lists(&first), directory.lists(&second)), (false, true));
    /// ```
    pub fn lists(&self, unit: &UnitId) -> bool {
        self.has(&record_name(unit))
    }

    /// What the unit left, where it has been done for this study and its record is whole.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared, RunDirectory, UnitId};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let own = prepared.directory(folder.path());
    /// prepared.run(&own, (1, 10), &()).unwrap();
    /// let case = Some("linear".to_string());
    /// let unit = UnitId { case, claim: "data_ergodicity", part: "pairs", index: 0 };
    /// assert!(own.held(&unit).unwrap().unwrap().series.values().all(|series| series.rows == 16));
    /// let of_another = RunDirectory::new(folder.path(), "another study");
    /// assert!(of_another.lists(&unit) && of_another.held(&unit).is_none());
    /// ```
    pub fn held(&self, unit: &UnitId) -> Option<Left> {
        self.lists(unit).then(|| self.read_record(unit).ok()).flatten()
    }

    /// Writes what a unit left.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn write_record(&self, unit: &UnitId, left: &Left) -> Result<(), StoreError> {
        let (record, failed) = (left.as_ref().ok(), left.as_ref().err());
        let path = self.record_path(unit);
        let written = Written { unit: unit.to_string(), study: &self.study, checksum: checksum(left, &path)?, record, failed };
        let text = serde_json::to_vec(&written).map_err(|error| content(&path, error))?;
        // A record that a loss of power has torn fails its checksum, and the unit is done again.
        self.store.write(&record_name(unit), &text, false)
    }

    /// Reads what a unit left. Read as untrusted: the record must be of this study and of this
    /// unit, be what its checksum says, and hold as many numbers as its rows and columns ask for.
    /// Whether it has the arrays that its claim asks for is seen when it is judged.
    ///
    /// # Errors
    /// [`StoreError`] where it is missing, broken, of another study or of another unit.
    pub(crate) fn read_record(&self, unit: &UnitId) -> Result<Left, StoreError> {
        let path = self.record_path(unit);
        let bytes = self.store.read(&record_name(unit))?;
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| content(&path, error))?;
        if stored.study != self.study {
            return Err(content(&path, "this record belongs to another study; start again in a new directory or with --force"));
        }
        if stored.unit != unit.to_string() {
            return Err(content(&path, format!("this is the record of another unit, {}; put the files back, or take this one away", stored.unit)));
        }
        let left = match (stored.record, stored.failed) {
            (Some(record), None) => Ok(record),
            (None, Some(fault)) => Err(fault),
            _ => return Err(content(&path, "a record holds either arrays or a fault")),
        };
        if stored.checksum != checksum(&left, &path)? {
            return Err(content(&path, "the checksum does not match: the file was changed"));
        }
        let uneven = |series: &Series| series.rows.checked_mul(series.columns) != Some(series.values.len());
        if let Some((name, series)) = left.iter().flat_map(|record| &record.series).find(|(_, series)| uneven(series)) {
            let (rows, columns, numbers) = (series.rows, series.columns, series.values.len());
            return Err(content(&path, format!("the array `{name}` is said to be {rows} × {columns} and holds {numbers} numbers")));
        }
        Ok(left)
    }

    /// Writes a file of the directory, whole or not at all.
    ///
    /// ```
    /// use rtrl_lab::study::RunDirectory;
    /// let folder = tempfile::tempdir().unwrap();
    /// RunDirectory::new(folder.path(), "fingerprint").write("figures/a.svg", b"<svg/>").unwrap();
    /// assert_eq!(std::fs::read(folder.path().join("figures/a.svg")).unwrap(), b"<svg/>");
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.store.write(name, bytes, true)
    }

    /// Takes a file of the directory away, where it is there.
    ///
    /// ```
    /// use rtrl_lab::study::RunDirectory;
    /// let folder = tempfile::tempdir().unwrap();
    /// let directory = RunDirectory::new(folder.path(), "fingerprint");
    /// directory.write("report.html", b"<p>").unwrap();
    /// directory.remove("report.html").unwrap();
    /// assert!(directory.read("report.html").is_err() && directory.remove("report.html").is_ok());
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.store.remove(name)
    }

    /// Refuses a directory whose folders are symbolic links.
    ///
    /// # Errors
    /// [`StoreError::Link`].
    pub(crate) fn refuse_links(&self) -> Result<(), StoreError> {
        ["records/cases", "records/violations", "figures", "data", "slurm", "kubernetes"]
            .into_iter()
            .try_for_each(|folder| refuse_links(self.root(), Path::new(folder)))
    }

    /// Reads a file of the directory.
    ///
    /// ```
    /// use rtrl_lab::study::RunDirectory;
    /// let folder = tempfile::tempdir().unwrap();
    /// std::fs::write(folder.path().join("notes.txt"), "seen").unwrap();
    /// assert_eq!(RunDirectory::new(folder.path(), "print").read("notes.txt").unwrap(), b"seen");
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.store.read(name)
    }

    /// Whether the directory holds a file of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.store.has(name)
    }

    /// Takes the record of a unit from the first of `others` that holds it whole, where this
    /// directory does not.
    ///
    /// # Errors
    /// [`StoreError`] from the disk, or of the record where none is whole.
    pub(crate) fn adopt(&self, others: &[RunDirectory], unit: &UnitId) -> Result<(), StoreError> {
        match (self.held(unit), others.iter().find_map(|other| other.held(unit))) {
            (Some(_), _) => Ok(()),
            (None, Some(left)) => self.write_record(unit, &left),
            (None, None) => others.iter().find(|other| other.lists(unit)).unwrap_or(self).read_record(unit).map(|_| ()),
        }
    }
}

fn checksum(left: &Left, path: &Path) -> Result<String, StoreError> {
    let text = match left {
        Ok(record) => serde_json::to_vec(record),
        Err(fault) => serde_json::to_vec(fault),
    };
    text.map(|text| fingerprint(&text)).map_err(|error| content(path, error))
}

/// SHA-256 in hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of numbers, eight bytes each, the lowest first.
pub(in crate::study) fn fingerprint_of_numbers(numbers: impl Iterator<Item = f64>) -> String {
    let mut digest = Sha256::new();
    numbers.for_each(|number| digest.update(number.to_le_bytes()));
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of a unit's record in the run directory.
pub(super) fn record_name(unit: &UnitId) -> String {
    format!("records/{unit}.json")
}

fn content(path: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Content { path: path.display().to_string(), why: why.to_string() }
}
