//! Where a run is kept: one trait, and the folder that is behind it.

use super::store::StoreError;
use super::whole_file::{refuse_links, write_again, write_below};
use std::path::{Path, PathBuf};

/// A place that keeps the files of a run by their names, with `/` between folders: a folder
/// ([`Folder`]), or whatever else can.
///
/// A file is there whole or not at all, for every reader at any time. Two writers of one name may
/// meet: both write the same bytes, and either may be the last.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared, RunDirectory};
/// use rtrl_lab::study::{Store, StoreError};
/// use std::{collections::BTreeMap, path::Path, sync::Arc, sync::Mutex};
/// #[derive(Debug, Default)]
/// struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);
/// impl Store for Memory {
///     fn place(&self) -> &Path {
///         "memory".as_ref()
///     }
///     fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
///         let missing = || StoreError::disk(name.as_ref(), std::io::ErrorKind::NotFound.into());
///         self.0.lock().unwrap().get(name).cloned().ok_or_else(missing)
///     }
///     fn write(&self, name: &str, bytes: &[u8], _lasting: bool) -> Result<(), StoreError> {
///         self.0.lock().unwrap().insert(name.into(), bytes.into());
///         Ok(())
///     }
///     fn remove(&self, name: &str) -> Result<(), StoreError> {
///         self.0.lock().unwrap().remove(name);
///         Ok(())
///     }
///     fn has(&self, name: &str) -> bool {
///         self.0.lock().unwrap().contains_key(name)
///     }
/// }
/// # let only = ["data_ergodicity".to_string()];
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// let store = Arc::new(Memory::default());
/// let run = RunDirectory::within(store.clone(), &prepared.fingerprint());
/// prepared.run(&run, (1, 1), &()).unwrap();
/// assert_eq!(store.0.lock().unwrap().len(), 4 + 4 + 2 + 1, "records and the manifest");
/// assert!(prepared.judge(&run).unwrap().as_expected());
/// ```
pub trait Store: std::fmt::Debug + Send + Sync {
    /// How messages name it; of a folder, its path.
    fn place(&self) -> &Path;

    /// The content of a file.
    ///
    /// # Errors
    /// [`StoreError`] where it is missing or cannot be read.
    fn read(&self, name: &str) -> Result<Vec<u8>, StoreError>;

    /// Writes a file, whole or not at all; `lasting` where it must outlive a loss of power from
    /// now on.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    fn write(&self, name: &str, bytes: &[u8], lasting: bool) -> Result<(), StoreError>;

    /// Takes a file away, where it is there.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be taken away.
    fn remove(&self, name: &str) -> Result<(), StoreError>;

    /// Whether there is a file of that name.
    fn has(&self, name: &str) -> bool;
}

/// A folder of the file system. Nothing is written through a symbolic link below it.
///
/// ```
/// use rtrl_lab::study::{Folder, Store};
/// let here = tempfile::tempdir().unwrap();
/// let folder = Folder::at(here.path());
/// folder.write("figures/a.svg", b"<svg/>", true).unwrap();
/// assert!(folder.has("figures/a.svg"));
/// assert_eq!(std::fs::read(here.path().join("figures/a.svg")).unwrap(), b"<svg/>");
/// folder.remove("figures/a.svg").unwrap();
/// assert!(folder.read("figures/a.svg").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at `root`; nothing is touched yet.
    ///
    /// ```
    /// use rtrl_lab::study::{Folder, Store};
    /// assert_eq!(Folder::at("runs/first".as_ref()).place(), "runs/first");
    /// ```
    pub fn at(root: &Path) -> Self {
        Folder { root: root.to_path_buf() }
    }
}

impl Store for Folder {
    fn place(&self) -> &Path {
        &self.root
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.root.join(name);
        std::fs::read(&path).map_err(|error| StoreError::disk(&path, error))
    }

    fn write(&self, name: &str, bytes: &[u8], lasting: bool) -> Result<(), StoreError> {
        let write = if lasting { write_below } else { write_again };
        write(&self.root, Path::new(name), bytes)
    }

    fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.root.join(name);
        refuse_links(&self.root, Path::new(name).parent().unwrap_or(Path::new("")))?;
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::disk(&path, error)),
            _ => Ok(()),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }
}
