//! `init`: a study to start from.

use super::Failure;
use super::told::answer;
use crate::data::InputError;
use crate::study::{init, write_whole};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab init mine.toml && rtrl-lab verify mine.toml\n  rtrl-lab init | less")]
pub(super) struct Options {
    /// The file to write; without one the study is printed
    pub file: Option<PathBuf>,
    /// Replace the file
    #[arg(long)]
    pub force: bool,
}

/// Runs `init`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let Some(path) = &options.file else {
        answer(init().trim_end())?;
        return Ok(0);
    };
    let place = path.display().to_string();
    // A link counts as a file, wherever it leads.
    if std::fs::symlink_metadata(path).is_ok() && !options.force {
        return Err(InputError::new(place, "the file exists", "name another, or replace it with --force").into());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(InputError::new(place, format!("there is no folder {}", folder.display()), "make it, or name another file").into());
    }
    write_whole(path, init().as_bytes())?;
    answer(format!("wrote {place}; run it with `rtrl-lab verify {place}`"))?;
    Ok(0)
}
