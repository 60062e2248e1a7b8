//! A run directory: records written whole or not at all, each with its checksum.

use super::engine::UnitId;
use crate::claims::Record;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that could not be read or written, or that does not hold what it should.
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
}

/// A record as stored.
#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "unit")]
    _unit: String,
    study: String,
    checksum: String,
    record: Record,
}

/// A record as it is written.
#[derive(Serialize)]
struct Written<'a> {
    unit: String,
    study: &'a str,
    checksum: String,
    record: &'a Record,
}

/// A run directory of one study.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    root: PathBuf,
    /// SHA-256 of the study with all defaults: records of another study are not taken for this one's.
    study: String,
}

impl RunDirectory {
    /// The directory at `root` for the study with that fingerprint; nothing is touched yet.
    pub fn new(root: &Path, study: &str) -> Self {
        RunDirectory { root: root.to_path_buf(), study: study.to_string() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn record_path(&self, unit: &UnitId) -> PathBuf {
        self.root.join("records").join(format!("{unit}.json"))
    }

    /// Whether the unit has been done for this study and its record is whole.
    pub fn holds(&self, unit: &UnitId) -> bool {
        self.record_path(unit).exists() && self.read_record(unit).is_ok()
    }

    /// Writes the record of a unit.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn write_record(&self, unit: &UnitId, record: &Record) -> Result<(), StoreError> {
        let path = self.record_path(unit);
        let written = Written { unit: unit.to_string(), study: &self.study, checksum: checksum(record, &path)?, record };
        let text = serde_json::to_vec(&written).map_err(|error| content(&path, error))?;
        write_whole(&path, &text)
    }

    /// Reads the record of a unit.
    ///
    /// # Errors
    /// [`StoreError`] where it is missing, broken, or of another study.
    pub fn read_record(&self, unit: &UnitId) -> Result<Record, StoreError> {
        let path = self.record_path(unit);
        let bytes = std::fs::read(&path).map_err(|error| StoreError::Disk { path: path.display().to_string(), error })?;
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| content(&path, error))?;
        if stored.study != self.study {
            return Err(content(&path, "this record belongs to another study; start again in a new directory or with --force"));
        }
        if stored.checksum != checksum(&stored.record, &path)? {
            return Err(content(&path, "the checksum does not match: the file was changed"));
        }
        Ok(stored.record)
    }

    /// Writes a file of the directory, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        write_whole(&self.root.join(name), bytes)
    }

    /// Reads a file of the directory.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.root.join(name);
        std::fs::read(&path).map_err(|error| StoreError::Disk { path: path.display().to_string(), error })
    }

    /// Takes the records of another directory of the same study.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub fn adopt(&self, other: &RunDirectory, unit: &UnitId) -> Result<(), StoreError> {
        if !self.holds(unit) && other.record_path(unit).exists() {
            self.write_record(unit, &other.read_record(unit)?)?;
        }
        Ok(())
    }
}

fn checksum(record: &Record, path: &Path) -> Result<String, StoreError> {
    let text = serde_json::to_vec(record).map_err(|error| content(path, error))?;
    Ok(fingerprint(&text))
}

/// SHA-256 in hexadecimal.
pub(in crate::study) fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of numbers, eight bytes each, the lowest first.
pub(in crate::study) fn fingerprint_of_numbers(numbers: impl Iterator<Item = f64>) -> String {
    let mut digest = Sha256::new();
    numbers.for_each(|number| digest.update(number.to_le_bytes()));
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn content(path: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Content { path: path.display().to_string(), why: why.to_string() }
}

/// A file that will be renamed to its place once it is whole, readable by whom the user's mask allows.
///
/// # Errors
/// What the system says.
pub fn temporary_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Writes beside the target and renames: a reader sees the old file or the whole new one.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let disk = |error| StoreError::Disk { path: path.display().to_string(), error };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(disk)?;
    let mut file = temporary_file(folder).map_err(disk)?;
    file.write_all(bytes).map_err(disk)?;
    file.as_file().sync_data().map_err(disk)?;
    file.persist(path).map_err(|error| disk(error.error))?;
    Ok(())
}
