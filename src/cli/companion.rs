//! The studies that `analyze` writes beside its report, and whether they are as it wrote them.

use super::Failure;
use super::analyze::PLACE;
use crate::data::InputError;
use crate::study::config::Config;
use crate::study::{RunDirectory, fingerprint, way};
use std::path::{Path, PathBuf};

/// The study of the report.
pub(super) const STUDY: &str = "study.toml";
/// The study that trains at the truncation length that was found.
pub(super) const CONFIRM: &str = "confirm.toml";

/// A study as text.
///
/// # Errors
/// [`InputError`] where a number has no text in TOML.
pub(super) fn text_of(config: &Config) -> Result<String, InputError> {
    toml::to_string(config).map_err(|error| InputError::new(PLACE, format!("they make no study ({error})"), "give smaller numbers"))
}

/// Writes a study beside the report, its files named from there; where it is now.
pub(super) fn write_study(root: &Path, config: &Config, name: &str, head: &str) -> Result<PathBuf, Failure> {
    let from_there = |file: &str| way(root, Path::new(file)).unwrap_or_else(|| file.to_string());
    let mut study = config.clone();
    if let Some(toml::Value::String(file)) = study.data.as_mut().and_then(|data| data.keys.get_mut("file")) {
        *file = from_there(file);
    }
    if let Some(file) = study.network.as_mut().and_then(|network| network.parameters.as_mut()).and_then(|parameters| parameters.file.as_mut()) {
        *file = from_there(file);
    }
    RunDirectory::new(root, "").write(name, sealed(&format!("# {head}\n\n{}", text_of(&study)?)).as_bytes())?;
    Ok(root.join(name))
}

/// Begin of the last line of a study that this program wrote: a checksum of all lines before.
const SEAL: &str = "# As written by rtrl-lab: ";

/// A text with its checksum in a last line, by which it is told from one that was edited.
fn sealed(text: &str) -> String {
    format!("{text}{SEAL}{}\n", sum(text))
}

/// Whether a study is as this program wrote it.
pub(super) fn is_as_written(study: &str) -> bool {
    study.rsplit_once(SEAL).is_some_and(|(text, seal)| seal.trim_end() == sum(text))
}

fn sum(text: &str) -> String {
    fingerprint(text.as_bytes())[..16].to_string()
}
