//! What is wrong with something a user wrote: where, what, and what to do.

use super::{shortened, shown};
use std::fmt;

/// An error in a study file, a data file or an argument.
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
    pub fn new(place: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        InputError { place: place.into(), line: None, item: None, problem: problem.into(), remedy: remedy.into() }
    }

    /// The same error at a line.
    pub fn at(self, line: Option<usize>) -> Self {
        InputError { line, ..self }
    }

    /// The same error at a key or column.
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

/// The name among `known` that is nearest to `written`, if it is near at all.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = written.chars().count() / 3 + 1;
    known
        .into_iter()
        .map(|name| (edits(&written.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
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
