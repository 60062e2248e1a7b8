//! What is wrong with something a user wrote: where, what, and what to do.

use super::{shortened, shown};
use std::fmt;

/// An error in a study file, a data file or an argument.
///
/// ```
/// let error = rtrl_lab::data::InputError::new("study.toml", "too few", "give more").at(Some(3));
/// assert_eq!(error.to_string(), "study.toml:3: too few; give more");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InputError {
    /// The file, or the name of the argument.
    pub place: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// The key or the column.
    pub item: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl InputError {
    /// An error in `place`.
    ///
    /// ```
    /// let error = rtrl_lab::data::InputError::new("--level", "2 is out of range", "give less");
    /// assert_eq!(error.to_string(), "--level: 2 is out of range; give less");
    /// assert_eq!((error.line, error.item), (None, None));
    /// ```
    pub fn new(place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        InputError { place: place.into(), line: None, item: None, problem: problem.into(), remedy: remedy.into() }
    }

    /// The same error at a line.
    ///
    /// ```
    /// let error = rtrl_lab::data::InputError::new("a.csv", "it is cut off", "copy it again");
    /// assert_eq!(error.at(Some(12)).to_string(), "a.csv:12: it is cut off; copy it again");
    /// ```
    pub fn at(self, line: Option<usize>) -> Self {
        InputError { line, ..self }
    }

    /// The same error at a key or column.
    ///
    /// ```
    /// let error = rtrl_lab::data::InputError::new("a.csv", "no number", "clean it");
    /// assert_eq!(error.on("column x").to_string(), "a.csv: column x: no number; clean it");
    /// ```
    pub fn on(self, item: impl Into<String>) -> Self {
        InputError { item: Some(item.into()), ..self }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.place))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(item) = &self.item {
            write!(f, ": {}", shortened(item))?;
        }
        write!(f, ": {}; {}", shortened(&self.problem), shortened(&self.remedy))
    }
}

impl std::error::Error for InputError {}

/// The name among `known` that is nearest to `written`, if it is near at all: a few edits away, or
/// with the whole of a written word of four letters or more in it.
///
/// ```
/// use rtrl_lab::data::nearest;
/// // Two letters to replace, of at most 10/3 + 1 edits.
/// assert_eq!(nearest("transitoin", ["target", "transition"]), Some("transition"));
/// assert_eq!(nearest("gain", ["target", "transition"]), None);
/// // The shortest name that holds the word.
/// let claims = ["geometric_ergodicity", "data_ergodicity"];
/// assert_eq!(nearest("ergodicity", claims), Some("data_ergodicity"));
/// ```
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let letters = written.chars().count();
    let (limit, known) = (letters / 3 + 1, known.into_iter().collect::<Vec<&str>>());
    let near = known.iter().map(|name| (edits(&written, &name.to_lowercase()), *name)).filter(|(distance, _)| *distance <= limit);
    let holding = || known.iter().filter(|name| letters >= 4 && name.to_lowercase().contains(&written)).min_by_key(|name| name.len());
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name).or_else(|| holding().copied())
}

/// What a remedy begins with where a name is near: the question, and a blank; nothing elsewhere.
///
/// ```
/// use rtrl_lab::data::did_you_mean;
/// assert_eq!(did_you_mean("transitoin", ["target", "transition"]), "did you mean `transition`? ");
/// assert_eq!(did_you_mean("gain", ["target", "transition"]), "");
/// ```
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, known).map_or(String::new(), |near| format!("did you mean `{near}`? "))
}

/// Insertions, deletions and replacements from one word to another.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = replaced.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
