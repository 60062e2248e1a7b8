//! A study to start from, with what there is to choose.

use super::name::fault_of;
use crate::data;
use crate::network::{activation, kind, loss};
use crate::training::method;

/// A study like the one that `verify` runs when none is named, smaller and with more words.
const STUDY: &str = include_str!("init.toml");

/// A commented study to start from, like the one that `verify` runs when none is named, and what
/// else each word may be, from the tables.
///
/// ```
/// let text = rtrl_lab::study::init();
/// assert!(text.contains("# cell = \"diagonal\"") && text.contains("# kind = \"recorded\""));
/// ```
pub fn init() -> String {
    let mut text = format!("{}\n\n# What else there is.\n", STUDY.trim_end());
    let mut section = |name: &str, lines: Vec<(String, &str)>| {
        text.push_str(&format!("#\n# [{name}]\n"));
        for (line, words) in lines {
            text.push_str(&if words.is_empty() { format!("# {line}\n") } else { format!("# {line:<34}# {words}\n") });
        }
    };
    for kind in data::kind::ALL {
        let keys = kind.example().lines().map(|line| (line.to_string(), ""));
        section("data", std::iter::once((format!("kind = \"{}\"", kind.name()), kind.formula())).chain(keys).collect());
    }
    let cells = kind::ALL.iter().map(|kind| (format!("cell = \"{}\"", kind.name()), kind.formula()));
    let activations = activation::ALL.iter().map(|activation| (format!("activation = \"{}\"", activation.name()), ""));
    let losses = loss::ALL.iter().map(|loss| (format!("loss = \"{}\"", loss.name()), loss.formula()));
    section("network", cells.chain(activations).chain(losses).collect());
    section("learning", method::ALL.iter().map(|kind| (format!("method = \"{}\"", kind.id()), kind.words())).collect());
    text
}

/// The same under a name of its own, where that is one that a study may have; `full` with every key
/// and its default.
///
/// ```
/// use rtrl_lab::study::init_named;
/// assert!(init_named("mine", false).contains("name = \"mine\""));
/// assert!(init_named("a/b", true).contains("name = \"default\""));
/// ```
pub fn init_named(name: &str, full: bool) -> String {
    let text = if full { super::init_full() } else { init() };
    if fault_of(name).is_some() { text } else { text.replacen("name = \"default\"", &format!("name = \"{name}\""), 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::section::{KeyIndex, Keys, Located};
    use std::path::Path;

    /// An example is a whole section: every kind makes a process of it, but for the file of a
    /// record.
    #[test]
    fn every_example_of_data_makes_a_process() {
        for kind in data::kind::ALL {
            let values = toml::from_str(kind.example()).unwrap();
            let index = KeyIndex::default();
            let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new("/nowhere") };
            match data::kind::make(kind.name(), keys) {
                Ok(made) => assert!(made.process.inputs() > 0),
                Err(error) => assert!(values.contains_key("file") && error.to_string().contains(".csv"), "{}: {error}", kind.name()),
            }
        }
    }
}
