//! `[sweep]`: lists whose combinations are the cases of a study.

use super::{CaseSection, Config, LearningSection, NetworkSection, ScheduleSection};
use crate::data::InputError;
use crate::data::section::Located;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[sweep]`: every combination of the listed words and numbers is a case, named by them; what is
/// not listed is as in `[network]` and `[learning]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SweepSection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrent_norm: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exponent: Option<Vec<f64>>,
}

/// Most cases that a sweep makes.
const MOST_CASES: usize = 1000;

/// One setting of a case.
type Setting = (String, Box<dyn Fn(&mut NetworkSection, &mut LearningSection)>);

/// The settings of one list, each with what the case's name says of it.
fn settings<T: Clone + std::fmt::Display + 'static>(
    key: &str,
    list: &Option<Vec<T>>,
    set: impl Fn(&mut NetworkSection, &mut LearningSection, T) + Clone + 'static,
) -> Option<Vec<Setting>> {
    let one = |value: &T| -> Setting {
        let (value, set) = (value.clone(), set.clone());
        let word: String = value.to_string().chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '-' }).collect();
        (format!("{key}-{}", word.trim_end_matches('-')), Box::new(move |network, learning| set(network, learning, value.clone())))
    };
    list.as_ref().map(|list| list.iter().map(one).collect())
}

impl SweepSection {
    fn axes(&self) -> Vec<(&'static str, Option<Vec<Setting>>)> {
        vec![
            ("cell", settings("cell", &self.cell, |network, _, name| network.cell = Some(name))),
            ("activation", settings("activation", &self.activation, |network, _, name| network.activation = Some(name))),
            ("hidden", settings("hidden", &self.hidden, |network, _, hidden| network.hidden = Some(hidden))),
            ("recurrent_norm", settings("norm", &self.recurrent_norm, |network, _, norm| network.recurrent_norm = Some(norm))),
            (
                "method",
                settings("method", &self.method, |_, learning, method: String| {
                    let (id, length) = parts(&method);
                    (learning.method, learning.truncation) = (Some(id.to_string()), length);
                }),
            ),
            ("steps", settings("steps", &self.steps, |_, learning, steps| learning.steps = Some(steps))),
            (
                "initial",
                settings("step", &self.initial, |_, learning, initial| {
                    learning.schedule = Some(ScheduleSection { initial: Some(initial), ..learning.schedule.clone().unwrap_or_default() });
                }),
            ),
            (
                "exponent",
                settings("exponent", &self.exponent, |_, learning, exponent| {
                    learning.schedule = Some(ScheduleSection { exponent: Some(exponent), ..learning.schedule.clone().unwrap_or_default() });
                }),
            ),
        ]
    }
}

/// `rtrl` or `rolling-tbptt(8)`: a method's name, and its length where it has one.
pub(crate) fn parts(method: &str) -> (&str, Option<usize>) {
    let split = method.strip_suffix(')').and_then(|text| text.split_once('('));
    match split.and_then(|(id, length)| Some((id, length.trim().parse().ok()?))) {
        Some((id, length)) => (id.trim(), Some(length)),
        None => (method.trim(), None),
    }
}

impl Config {
    /// The study with the cases of its sweep.
    ///
    /// # Errors
    /// [`InputError`] for an empty list, cases beside a sweep, or more cases than a study has.
    pub(super) fn swept(mut self, index: &super::KeyIndex) -> Result<Config, InputError> {
        let Some(sweep) = &self.sweep else { return Ok(self) };
        let at = Located { index, section: "sweep" };
        if !self.case.is_empty() {
            return Err(at.error("", "there are [case.NAME] sections beside [sweep]", "take one of the two out"));
        }
        let mut cases = vec![(Vec::<String>::new(), self.network.clone().unwrap_or_default(), self.learning.clone().unwrap_or_default())];
        for (key, axis) in sweep.axes() {
            let Some(axis) = axis else { continue };
            if axis.is_empty() {
                return Err(at.error(key, "the list is empty", "name at least one"));
            }
            if cases.len() * axis.len() > MOST_CASES {
                return Err(at.error(key, format!("the combinations are {} cases", cases.len() * axis.len()), format!("make at most {MOST_CASES}")));
            }
            let with = |(names, network, learning): &(Vec<String>, NetworkSection, LearningSection)| {
                let one = |(name, set): &Setting| {
                    let (mut network, mut learning) = (network.clone(), learning.clone());
                    set(&mut network, &mut learning);
                    (names.iter().cloned().chain([name.clone()]).collect(), network, learning)
                };
                axis.iter().map(one).collect::<Vec<_>>()
            };
            cases = cases.iter().flat_map(with).collect();
        }
        if cases.len() == 1 && cases[0].0.is_empty() {
            return Err(at.error(
                "",
                "nothing is listed",
                "list values of cell, activation, hidden, recurrent_norm, method, steps, initial or exponent",
            ));
        }
        let mut made = BTreeMap::new();
        for (place, (names, network, learning)) in cases.into_iter().enumerate() {
            let section = CaseSection {
                place,
                network: Some(network),
                // One network wherever its shape is one.
                network_draw: Some(self.study.name.clone()),
                learning: Some(learning),
                ..CaseSection::default()
            };
            if made.insert(names.join("_"), section).is_some() {
                return Err(at.error("", format!("two cases would be called {}", names.join("_")), "list every value once"));
            }
        }
        self.case = made;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use crate::study::{BudgetScale, Prepared};

    #[test]
    fn cases_stand_in_the_order_in_which_they_are_listed() {
        let study = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[sweep]\nhidden = [2, 16, 8]\n";
        let only = ["data_ergodicity".to_string()];
        let prepared = Prepared::new(study, "study.toml", ".".as_ref(), BudgetScale::Quick, &only).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let directory = prepared.directory(folder.path());
        prepared.run(&directory, (1, 1), &()).unwrap();
        let outcome = prepared.judge(&directory).unwrap();
        let names: Vec<&str> = outcome.cases.iter().map(|case| case.case.name.as_str()).collect();
        assert_eq!(names, ["hidden-2", "hidden-16", "hidden-8"]);
    }
}
