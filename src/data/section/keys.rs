//! The keys of a section whose names depend on a word in it, read one at a time.

use super::Located;
use crate::data::{InputError, did_you_mean};
use ndarray::Array2;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

/// The keys of a section, with the place of each and the folder that files are looked up from.
///
/// ```
/// use rtrl_lab::data::section::{KeyIndex, Keys, Located};
/// let (index, base) = (KeyIndex::of("[data]\ngain = 2", "study.toml"), std::path::Path::new("."));
/// let values = toml::from_str("gain = 2").unwrap();
/// let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
/// assert_eq!(keys.number("gain", 1.0, (0.0, 10.0), true), Ok(2.0));
/// ```
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
    ///
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let index = KeyIndex::of("[data]\ngain = 2", "study.toml");
    /// # let base = std::path::Path::new(".");
    /// # let values = toml::from_str("gain = 2").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// let error = keys.error("gain", "it is large", "make it small");
    /// assert_eq!(error.to_string(), "study.toml:2: data.gain: it is large; make it small");
    /// ```
    pub fn error(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> InputError {
        self.at.error(key, problem, remedy)
    }

    /// Refuses a key that is not among those `known`. One that has a meaning `elsewhere`, for
    /// another `word`, is told so, with the section that it belongs to where there is one.
    ///
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let index = KeyIndex::of("[data]\ngian = 2", "study.toml");
    /// # let base = std::path::Path::new(".");
    /// # let values = toml::from_str("gian = 2").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// // The section holds `gian = 2`.
    /// let refused = keys.only(&["gain", "inputs"], &[], "var").unwrap_err();
    /// assert_eq!(refused.remedy, "did you mean `gain`? known keys here: gain, inputs");
    /// ```
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
        let hint = did_you_mean(key, known.iter().copied());
        Err(self.error(key, "unknown key", format!("{hint}known keys here: {}", known.join(", "))))
    }

    /// The value of a key, `None` where it is not stated.
    ///
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
    /// # let values = toml::from_str("inputs = [0, 2]").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// // The section holds `inputs = [0, 2]`.
    /// assert_eq!(keys.get::<Vec<usize>>("inputs"), Ok(Some(vec![0, 2])));
    /// assert_eq!(keys.get::<f64>("gain"), Ok(None));
    /// assert_eq!(keys.get::<f64>("inputs").unwrap_err().item.as_deref(), Some("data.inputs"));
    /// ```
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
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
    /// # let values = toml::from_str("file = 'x.csv'").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// // The section holds `file = 'x.csv'`.
    /// assert_eq!(keys.required("file", "name a file"), Ok("x.csv".to_string()));
    /// let refused = keys.required::<f64>("gain", "give it").unwrap_err();
    /// assert_eq!(refused.problem, "`gain` is missing");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] where it is missing, with what to give, or of another type.
    pub fn required<T: DeserializeOwned>(&self, key: &str, remedy: &str) -> Result<T, InputError> {
        self.get(key)?.ok_or_else(|| self.error("", format!("`{key}` is missing"), remedy))
    }

    /// A number in a range, both ends included unless `open`; `default` where it is not stated.
    ///
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
    /// # let values = toml::from_str("gain = 0.0").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// // The section holds `gain = 0.0`.
    /// assert_eq!(keys.number("gain", 1.0, (0.0, 5.0), false), Ok(0.0));
    /// assert!(keys.number("gain", 1.0, (0.0, 5.0), true).is_err());
    /// assert_eq!(keys.number("noise", 1.0, (0.0, 5.0), true), Ok(1.0));
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at a value outside the range.
    pub fn number(&self, key: &str, default: f64, range: (f64, f64), open: bool) -> Result<f64, InputError> {
        self.at.number(key, self.get(key)?.unwrap_or(default), range, open)
    }

    /// A matrix by rows, `None` where it is not stated; a shape of `None` is free.
    ///
    /// ```
    /// # use rtrl_lab::data::section::{KeyIndex, Keys, Located};
    /// # let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
    /// # let values = toml::from_str("transition = [[1, 2], [3, 4]]").unwrap();
    /// # let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// // The section holds `transition = [[1, 2], [3, 4]]`.
    /// let matrix = keys.matrix("transition", (Some(2), None)).unwrap();
    /// assert_eq!(matrix, Some(ndarray::array![[1.0, 2.0], [3.0, 4.0]]));
    /// assert!(keys.matrix("transition", (Some(2), Some(3))).is_err());
    /// ```
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
