//! At which line of a study file a key stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Lines of all keys, by dotted path.
///
/// ```
/// let text = "seed = 1\n\n[case.slow]\nsteps = 20\n";
/// let index = rtrl_lab::data::section::KeyIndex::of(text, "study.toml");
/// assert_eq!((index.line("seed"), index.line("case.slow.steps")), (Some(1), Some(4)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeyIndex {
    file: String,
    lines: Vec<(String, usize)>,
}

impl KeyIndex {
    /// The index of a text; empty where it is no TOML.
    ///
    /// ```
    /// use rtrl_lab::data::section::KeyIndex;
    /// let line = |text| KeyIndex::of(text, "study.toml").line("seed");
    /// assert_eq!((line("seed = 1"), line("seed = = 1")), (Some(1), None));
    /// ```
    pub fn of(text: &str, file: &str) -> Self {
        let mut lines = Vec::new();
        if let Ok(table) = DeTable::parse(text) {
            walk(table.get_ref(), "", text, &mut lines);
        }
        KeyIndex { file: file.to_string(), lines }
    }

    /// Name of the file.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::section::KeyIndex::of("", "study.toml").file(), "study.toml");
    /// ```
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether the file has this very key.
    ///
    /// ```
    /// let index = rtrl_lab::data::section::KeyIndex::of("[case]\nsteps = 20", "study.toml");
    /// assert!(index.names("case.steps") && !index.names("steps"));
    /// ```
    pub fn names(&self, path: &str) -> bool {
        self.lines.iter().any(|(key, _)| key == path)
    }

    /// The line of a key, or of the nearest key above it.
    ///
    /// ```
    /// let index = rtrl_lab::data::section::KeyIndex::of("\n[case]\nsteps = 20", "study.toml");
    /// let lines = ["case.steps", "case.chains", "seed"].map(|key| index.line(key));
    /// assert_eq!(lines, [Some(3), Some(2), None]);
    /// ```
    pub fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some((_, line)) = self.lines.iter().find(|(key, _)| key == path) {
                return Some(*line);
            }
            path = &path[..path.rfind('.')?];
        }
    }
}

fn walk(table: &DeTable<'_>, above: &str, text: &str, lines: &mut Vec<(String, usize)>) {
    for (key, value) in table.iter() {
        let path = if above.is_empty() { key.get_ref().to_string() } else { format!("{above}.{}", key.get_ref()) };
        lines.push((path.clone(), line_of(text, key.span().start)));
        nested(value, &path, text, lines);
    }
}

fn nested(value: &Spanned<DeValue<'_>>, path: &str, text: &str, lines: &mut Vec<(String, usize)>) {
    if let DeValue::Table(table) = value.get_ref() {
        walk(table, path, text, lines);
    }
}

/// The line, counted from 1, of a byte.
pub(crate) fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes()[..byte.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}
