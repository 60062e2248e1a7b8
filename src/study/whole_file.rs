//! Files written whole or not at all, and through no symbolic link.

use super::store::StoreError;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Begin and end of the names of files that are not whole yet.
const UNDER_WAY: (&str, &str) = (".rtrl-lab-", ".part");

/// Whether a file's name is one that [`temporary_file`] gives.
pub(super) fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(UNDER_WAY.0).and_then(|rest| rest.strip_suffix(UNDER_WAY.1));
    random.is_some_and(|random| random.len() == 6 && random.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// A file that will be renamed to its place once it is whole, readable by whom the user's mask
/// allows.
///
/// # Errors
/// What the system says.
pub(crate) fn temporary_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNDER_WAY.0).suffix(UNDER_WAY.1).rand_bytes(6);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Writes beside the target and renames: a reader sees the old file or the whole new one. A
/// symbolic link in the place of the file is replaced, not followed.
///
/// # Errors
/// [`StoreError::Disk`] with the path.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write(path, bytes, true)
}

/// `lasting`: whether the file must outlive a loss of power from now on.
fn write(path: &Path, bytes: &[u8], lasting: bool) -> Result<(), StoreError> {
    let disk = |error| StoreError::disk(path, error);
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(disk)?;
    let mut file = temporary_file(folder).map_err(disk)?;
    file.write_all(bytes).map_err(disk)?;
    if lasting {
        file.as_file().sync_data().map_err(disk)?;
    }
    file.persist(path).map_err(|error| disk(error.error))?;
    Ok(())
}

/// Writes the file `name` below `root`, whole or not at all. `root` itself may be reached through
/// links: it was named by the user.
///
/// # Errors
/// [`StoreError::Link`] where a folder between `root` and the file is a symbolic link,
/// [`StoreError::Disk`] with the path.
pub(super) fn write_below(root: &Path, name: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    refuse_links(root, name.parent().unwrap_or(Path::new("")))?;
    write_whole(&root.join(name), bytes)
}

/// The same for a file that is made again where it is found broken: it is left to the system when
/// it reaches the disk.
pub(super) fn write_again(root: &Path, name: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    refuse_links(root, name.parent().unwrap_or(Path::new("")))?;
    write(&root.join(name), bytes, false)
}

/// Refuses a folder below `root` that is a symbolic link, or lies behind one.
pub(super) fn refuse_links(root: &Path, folder: &Path) -> Result<(), StoreError> {
    let mut at = PathBuf::from(root);
    for part in folder.components() {
        at.push(part);
        if std::fs::symlink_metadata(&at).is_ok_and(|seen| seen.is_symlink()) {
            return Err(StoreError::Link { path: at.display().to_string() });
        }
    }
    Ok(())
}
