//! From text to sections, every refusal with file, line, key and remedy.

use super::{Config, KeyIndex};
use crate::data::section::{in_plain_words, line_of};
use crate::data::{InputError, did_you_mean};
use std::io::Read;
use std::path::Path;

/// Largest study file that is read, in bytes: weights of some 200 units by rows take one megabyte.
const LARGEST: u64 = 64 << 20;

impl Config {
    /// Reads a study file.
    ///
    /// ```
    /// use rtrl_lab::study::{DEFAULT, config::Config};
    /// let (config, _) = Config::read("experiments/default.toml".as_ref()).unwrap();
    /// assert_eq!(config, Config::parse(DEFAULT, "default.toml").unwrap().0);
    /// ```
    ///
    /// # Errors
    /// [`InputError`] for a file that cannot be read or is no study.
    pub fn read(path: &Path) -> Result<(Config, KeyIndex), InputError> {
        Self::parse(&Self::text(path)?, &path.display().to_string())
    }

    /// The text of a study file.
    ///
    /// ```
    /// use rtrl_lab::study::{DEFAULT, config::Config};
    /// assert_eq!(Config::text("experiments/default.toml".as_ref()).unwrap(), DEFAULT);
    /// assert!(Config::text("experiments".as_ref()).is_err(), "a folder is no study");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] for a file that cannot be read or is larger than any study.
    pub fn text(path: &Path) -> Result<String, InputError> {
        let refused =
            |problem: String| InputError::new(path.display().to_string(), problem, "check the path; `rtrl-lab init` writes a study to start from");
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
        read.map_err(|error| refused(format!("the study cannot be read ({error})")))?;
        if text.len() as u64 > LARGEST {
            return Err(refused(format!("this is no study: it is larger than {} MB", LARGEST >> 20)));
        }
        Ok(text)
    }

    /// Reads a study from its text.
    ///
    /// ```
    /// let text = "[study]\nname = \"a\"\nsed = 1";
    /// let error = rtrl_lab::study::config::Config::parse(text, "a.toml").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `seed`?"));
    /// assert!(error.to_string().starts_with("a.toml:3"));
    /// ```
    ///
    /// # Errors
    /// [`InputError`] as [`Config::read`].
    pub fn parse(text: &str, file: &str) -> Result<(Config, KeyIndex), InputError> {
        let syntax = |error: toml::de::Error| {
            let line = error.span().map(|span| line_of(text, span.start));
            InputError::new(file, format!("this is not TOML: {}", error.message().lines().next().unwrap_or("")), "correct the line").at(line)
        };
        let deserializer = toml::Deserializer::parse(text).map_err(syntax)?;
        let config: Config = serde_path_to_error::deserialize(deserializer).map_err(|error| {
            let path = error.path().to_string();
            let inner = error.into_inner();
            let line = inner.span().map(|span| line_of(text, span.start));
            refused(inner.message(), &path, file).at(line)
        })?;
        let index = KeyIndex::of(text, file);
        Ok((config.swept(&index)?, index))
    }
}

/// Turns a deserializer's complaint into words with a remedy.
fn refused(message: &str, path: &str, file: &str) -> InputError {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let path = if path == "." { "" } else { path };
    if message.starts_with("unknown field") && !quoted.is_empty() {
        let known = &quoted[1..];
        let hint = did_you_mean(quoted[0], known.iter().copied());
        let above = path.strip_suffix(quoted[0]).unwrap_or(path).trim_end_matches('.');
        let item = if above.is_empty() { quoted[0].to_string() } else { format!("{above}.{}", quoted[0]) };
        return InputError::new(file, "unknown key", format!("{hint}known keys here: {}", known.join(", "))).on(item);
    }
    if message.starts_with("missing field") && !quoted.is_empty() {
        let item = if path.is_empty() { quoted[0].to_string() } else { format!("{path}.{}", quoted[0]) };
        return InputError::new(file, "a required key is missing", format!("add `{}`; `rtrl-lab init` shows a complete study", quoted[0])).on(item);
    }
    InputError::new(file, in_plain_words(message), "give the key a value of the expected type").on(path)
}
