//! `init`: a study to start from.

use super::Failure;
use super::told::answer;
use crate::data::InputError;
use crate::study::{init_named, write_whole};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab init mine.toml && rtrl-lab verify mine.toml\n  rtrl-lab init | less\n  rtrl-lab init mine.toml --full")]
pub(super) struct Options {
    /// The file to write, which gives the study its name; without one the study is printed
    pub file: Option<PathBuf>,
    /// Name every key that there is, with its default
    #[arg(long)]
    pub full: bool,
    /// Replace the file
    #[arg(long)]
    pub force: bool,
}

/// Name of a study that is printed.
const UNNAMED: &str = "default";

/// Runs `init`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let Some(path) = &options.file else {
        answer(init_named(UNNAMED, options.full).trim_end())?;
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
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    write_whole(path, init_named(name, options.full).as_bytes())?;
    answer(format!("wrote {place}; run it with `rtrl-lab verify {}`", quoted(&place)))?;
    Ok(0)
}

/// A path as a shell takes it.
fn quoted(place: &str) -> String {
    let plain = place.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c));
    if plain { place.to_string() } else { format!("'{}'", place.replace('\'', "'\\''")) }
}
