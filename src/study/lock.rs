//! One writer at a time in a run folder, or several workers that write records alone.

use super::store::StoreError;
use super::whole_file::refuse_links;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Name of the file that is locked; it stays, empty, so that nobody locks a file that another has
/// just taken away.
pub(super) const LOCK: &str = ".rtrl-lab.lock";

/// The right to write into a folder, for as long as it lives. The system takes it back when the
/// process ends, however it ends.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of the folder `root`, which is made where it is missing; `None` where another
    /// process has it.
    ///
    /// On a file system that knows no locks the folder counts as free.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn take(root: &Path) -> Result<Option<RunLock>, StoreError> {
        RunLock::held(root, File::try_lock)
    }

    /// The same, held beside other workers: a writer that is alone keeps it from all of them, and
    /// they from that one.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn share(root: &Path) -> Result<Option<RunLock>, StoreError> {
        RunLock::held(root, File::try_lock_shared)
    }

    fn held(root: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<RunLock>, StoreError> {
        let path = root.join(LOCK);
        std::fs::create_dir_all(root).map_err(|error| StoreError::disk(root, error))?;
        refuse_links(root, Path::new(LOCK))?;
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(|error| StoreError::disk(&path, error))?;
        match lock(&file) {
            Ok(()) => Ok(Some(RunLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(Some(RunLock { _file: file })),
            Err(TryLockError::Error(error)) => Err(StoreError::disk(&path, error)),
        }
    }
}
