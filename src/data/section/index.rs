//! At which line of a study file a key stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Lines of all keys, by dotted path.
#[derive(Clone, Debug, Default)]
pub struct KeyIndex {
    file: String,
    lines: Vec<(String, usize)>,
}

impl KeyIndex {
    /// The index of a text; empty where it is no TOML.
    pub fn of(text: &str, file: &str) -> Self {
        let mut lines = Vec::new();
        if let Ok(table) = DeTable::parse(text) {
            walk(table.get_ref(), "", text, &mut lines);
        }
        KeyIndex { file: file.to_string(), lines }
    }

    /// Name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether the file has this very key.
    pub fn names(&self, path: &str) -> bool {
        self.lines.iter().any(|(key, _)| key == path)
    }

    /// The line of a key, or of the nearest key above it.
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
