//! What can be written in a section: every key with its value, and what it means.

/// A key of a section as a reader is told of it.
///
/// ```
/// use rtrl_lab::data::section::{Entry, Standing};
/// const PHI: Entry = Entry::filled("phi", "0.5", "correlation of neighbours, between -1 and 1");
/// assert_eq!((PHI.key, PHI.value, PHI.standing), ("phi", "0.5", Standing::Filled));
/// assert_eq!(PHI.line(), "phi = 0.5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: &'static str,
    /// A value as TOML: the default where there is one, else an example.
    pub value: &'static str,
    /// What holds where the key is not stated.
    pub standing: Standing,
    /// What it means, in one phrase.
    pub words: &'static str,
    /// The words that it may be, where it is one of few.
    pub choices: &'static [&'static str],
}

/// What holds where a key is not stated.
///
/// ```
/// use rtrl_lab::data::section::Standing;
/// assert_eq!(Standing::Needed.words(), "required");
/// assert_eq!(Standing::Absent.words(), "an example; not set by default");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: the key has to be stated.
    Needed,
    /// The value shown.
    Filled,
    /// What its words say; the value shown is an example.
    Absent,
}

impl Standing {
    /// The standing in a few words.
    ///
    /// An example is at [`Standing`].
    pub fn words(self) -> &'static str {
        match self {
            Standing::Needed => "required",
            Standing::Filled => "default",
            Standing::Absent => "an example; not set by default",
        }
    }
}

impl Entry {
    /// A key that has to be stated, with an example.
    ///
    /// ```
    /// use rtrl_lab::data::section::{Entry, Standing};
    /// const FILE: Entry = Entry::needed("file", "\"series.csv\"", "the CSV file");
    /// assert_eq!(FILE.line(), "file = \"series.csv\"");
    /// assert_eq!(FILE.standing, Standing::Needed);
    /// ```
    pub const fn needed(key: &'static str, value: &'static str, words: &'static str) -> Self {
        Entry { key, value, standing: Standing::Needed, words, choices: &[] }
    }

    /// A key with a default.
    ///
    /// An example is at [`Entry`].
    pub const fn filled(key: &'static str, value: &'static str, words: &'static str) -> Self {
        Entry { key, value, standing: Standing::Filled, words, choices: &[] }
    }

    /// A key without which something else holds, as its words say, with an example.
    ///
    /// ```
    /// use rtrl_lab::data::section::{Entry, Standing};
    /// const ROWS: Entry = Entry::absent("rows", "1000", "the first rows alone (all)");
    /// assert_eq!(ROWS.standing, Standing::Absent);
    /// ```
    pub const fn absent(key: &'static str, value: &'static str, words: &'static str) -> Self {
        Entry { key, value, standing: Standing::Absent, words, choices: &[] }
    }

    /// The same key, which is one of these words.
    ///
    /// ```
    /// use rtrl_lab::data::section::Entry;
    /// const MISSING: Entry = Entry::filled("missing", "\"error\"", "cells without a number")
    ///     .one_of(&["error", "drop", "previous"]);
    /// assert_eq!(MISSING.choices[1], "drop");
    /// ```
    pub const fn one_of(self, choices: &'static [&'static str]) -> Self {
        Entry { choices, ..self }
    }

    /// The key and its value, as a study has them.
    ///
    /// An example is at [`Entry`].
    pub fn line(&self) -> String {
        format!("{} = {}", self.key, self.value)
    }
}
