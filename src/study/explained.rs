//! The keys of a study in words, and a study with all of them.

use super::config::{KeyRow, SectionRows, reference};
use super::init;
use crate::data::section::Standing;
use crate::data::{InputError, did_you_mean, wrapped};

/// Columns of a terminal.
const COLUMNS: usize = 80;

/// Words in lines that start with `indent` blanks and stay within a terminal.
fn broken(words: &str, indent: usize) -> String {
    wrapped(words, COLUMNS - indent).iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

/// What a reader calls a section: its path, and the word that chooses its keys.
fn title(section: &SectionRows) -> String {
    match section.kind {
        Some(kind) => format!("[{}] kind = \"{kind}\"", section.path),
        None => format!("[{}]", section.path),
    }
}

/// A key with its value, its standing and its words.
fn told(row: &KeyRow) -> String {
    let mut text = format!("  {}    ({})\n", row.line(), row.standing.words());
    text.push_str(&broken(&row.words, 6));
    if !row.choices.is_empty() {
        text.push_str(&broken(&format!("one of {}", row.choices.join(", ")), 6));
    }
    text
}

fn whole(section: &SectionRows) -> String {
    let rows: String = section.rows.iter().map(told).collect();
    format!("{}\n{}\n{rows}", title(section), broken(&section.words, 2))
}

/// Sections with their keys alone.
fn overview(sections: &[SectionRows]) -> String {
    let mut text = String::from(
        "A study is a TOML file. Its sections, each with its keys; `rtrl-lab help study\n\
         SECTION` explains them, `rtrl-lab init --full` writes all of them with their\ndefaults.\n",
    );
    let mut last = "";
    for section in sections {
        if section.path == "data" {
            if last != "data" {
                let kinds: Vec<&str> = sections.iter().filter_map(|section| section.kind).collect();
                text.push_str("\n[data]\n");
                text.push_str(&broken(&format!("kind, one of {}, and the keys of that kind", kinds.join(", ")), 2));
            }
        } else {
            let keys: Vec<&str> = section.rows.iter().map(|row| row.key.as_str()).collect();
            text.push_str(&format!("\n[{}]\n{}", section.path, broken(&keys.join(", "), 2)));
        }
        last = &section.path;
    }
    text
}

/// The keys of a study in words: all sections in short, or one with its keys, defaults and
/// choices. A claim or a kind of data may be named without its section.
///
/// ```
/// use rtrl_lab::study::explained;
/// assert!(explained(None).unwrap().contains("[learning.schedule]\n  kind, initial"));
/// let learning = explained(Some("learning")).unwrap();
/// assert!(learning.contains("  projection = 0.98    (default)\n"));
/// assert!(explained(Some("var")).unwrap().starts_with("[data] kind = \"var\""));
/// let refused = explained(Some("lerning")).unwrap_err();
/// assert!(refused.remedy.starts_with("did you mean `learning`?"));
/// ```
///
/// # Errors
/// [`InputError`] where there is no such section.
pub fn explained(topic: Option<&str>) -> Result<String, InputError> {
    let sections = reference();
    let Some(topic) = topic else { return Ok(overview(&sections)) };
    let topic = topic.trim_start_matches('[').trim_end_matches(']');
    let is_meant = |section: &&SectionRows| {
        let claim = section.path.strip_prefix("claims.");
        // A section brings those inside it.
        let inside = section.path.strip_prefix(topic).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        inside || claim == Some(topic) || section.kind == Some(topic) || (topic == "case" && section.path == "case.NAME")
    };
    let found: Vec<String> = sections.iter().filter(is_meant).map(whole).collect();
    if !found.is_empty() {
        return Ok(found.join("\n"));
    }
    let mut known: Vec<&str> = Vec::new();
    for section in &sections {
        let name = section.kind.or(section.path.strip_prefix("claims.")).unwrap_or(&section.path);
        known.push(name);
    }
    known.extend(["data", "claims"]);
    let hint = did_you_mean(topic, known.iter().copied());
    Err(InputError::new(format!("help study {topic}"), "a study has no such section", format!("{hint}`rtrl-lab help study` names all")))
}

/// [`init()`], with every key that there is and its default, as comments.
///
/// ```
/// let text = rtrl_lab::study::init_full();
/// assert!(text.contains("# projection = 0.98") && text.contains("# [claims.truncation_bias]"));
/// ```
pub fn init_full() -> String {
    let mut text = format!("{}\n# Every key, with its default; where there is none the value is an example.\n", init().trim_end());
    for section in reference() {
        text.push_str(&format!("#\n# [{}]  # {}\n", section.path, section.words));
        for row in &section.rows {
            let standing = match row.standing {
                Standing::Filled => String::new(),
                standing => format!(" ({})", standing.words()),
            };
            let choices = if row.choices.is_empty() { String::new() } else { format!("; one of {}", row.choices.join(", ")) };
            text.push_str(&format!("# {:<34}# {}{choices}{standing}\n", row.line(), row.words));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_explained_within_a_terminal() {
        for section in reference() {
            let name = section.kind.unwrap_or(&section.path);
            let text = explained(Some(name)).unwrap();
            assert!(section.rows.iter().all(|row| text.contains(&row.line())), "{name}");
            let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > COLUMNS && !line.contains(" = ")).collect();
            assert!(long.is_empty(), "{long:?}");
        }
    }

    /// Each section, its comment signs taken off, is TOML.
    #[test]
    fn every_line_of_the_full_study_can_be_uncommented() {
        let text = init_full();
        let (_, all) = text.split_once("# Every key").unwrap();
        let mut keys = 0;
        for section in all.split("#\n").skip(1) {
            let written: String = section.lines().map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
            let table: toml::Table = toml::from_str(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
            keys += written.lines().count() - 1;
            assert_eq!(table.len(), 1);
        }
        assert_eq!(keys, reference().iter().map(|section| section.rows.len()).sum::<usize>());
    }
}
