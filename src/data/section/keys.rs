//! The keys of a section whose names depend on a word in it, read one at a time.

use super::Located;
use crate::data::{InputError, nearest};
use ndarray::Array2;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// The keys of a section, with the place of each and the folder that files are looked up from.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// Where the section stands.
    pub at: Located<'a>,
    /// The values.
    pub values: &'a BTreeMap<String, toml::Value>,
    /// The folder of the study.
    pub base: &'a Path,
}

impl Keys<'_> {
    /// An error at a key of the section.
    pub fn error(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> InputError {
        self.at.error(key, problem, remedy)
    }

    /// Refuses a key that is not among those `known`. One that has a meaning `elsewhere`, for
    /// another `word`, is told so, with the section that it belongs to where there is one.
    ///
    /// # Errors
    /// [`InputError`] at the first such key.
    pub fn only(&self, known: &[&str], elsewhere: &[(&str, Option<String>)], word: &str) -> Result<(), InputError> {
        let Some(key) = self.values.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
        if let Some((_, section)) = elsewhere.iter().find(|(name, _)| name == key) {
            let remedy =
                section.as_ref().map_or_else(|| format!("take it out, or use {}", known.join(", ")), |section| format!("put it under {section}"));
            return Err(self.error(key, format!("this key means nothing for {word}"), remedy));
        }
        let hint = nearest(key, known.iter().copied()).map_or(String::new(), |near| format!("did you mean `{near}`? "));
        Err(self.error(key, "unknown key", format!("{hint}known keys here: {}", known.join(", "))))
    }

    /// The value of a key, `None` where it is not stated.
    ///
    /// # Errors
    /// [`InputError`] at a value of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, InputError> {
        let Some(value) = self.values.get(key) else { return Ok(None) };
        serde_path_to_error::deserialize(value.clone()).map(Some).map_err(|error| {
            let inside = error.path().to_string();
            let place = if inside == "." { key.to_string() } else { format!("{key}{inside}") };
            self.error(&place, in_plain_words(error.into_inner().message()), "give the key a value of the expected type")
        })
    }

    /// The value of a key that has to be there.
    ///
    /// # Errors
    /// [`InputError`] where it is missing, with what to give, or of another type.
    pub fn required<T: DeserializeOwned>(&self, key: &str, remedy: &str) -> Result<T, InputError> {
        self.get(key)?.ok_or_else(|| self.error("", format!("`{key}` is missing"), remedy))
    }

    /// A number in a range, both ends included unless `open`; `default` where it is not stated.
    ///
    /// # Errors
    /// [`InputError`] at a value outside the range.
    pub fn number(&self, key: &str, default: f64, range: (f64, f64), open: bool) -> Result<f64, InputError> {
        self.at.number(key, self.get(key)?.unwrap_or(default), range, open)
    }

    /// A matrix by rows, `None` where it is not stated; a shape of `None` is free.
    ///
    /// # Errors
    /// [`InputError`] at a matrix of another shape or with an entry that is no finite number.
    pub fn matrix(&self, key: &str, shape: (Option<usize>, Option<usize>)) -> Result<Option<Array2<f64>>, InputError> {
        self.get::<Vec<Vec<f64>>>(key)?.map(|rows| self.at.matrix(key, &rows, shape)).transpose()
    }
}

/// What a deserializer says of a value, without names of this language's types.
pub(crate) fn in_plain_words(message: &str) -> String {
    let said = message.lines().next().unwrap_or("it cannot be read");
    let words = [("u64", "whole number, 0 or more"), ("usize", "whole number, 0 or more"), ("u32", "whole number, 0 or more"), ("f64", "number")];
    words.iter().fold(said.to_string(), |said, (name, word)| said.replace(&format!("expected {name}"), &format!("expected a {word}")))
}
