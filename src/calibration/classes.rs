//! How often the audit of a series gives the class that its kind of data has.

use crate::data::audit::Audit;
use crate::data::section::{KeyIndex, Keys, Located};
use crate::data::{DataProcess, InputError, SeriesClass, kind};
use crate::markov::Walk;
use crate::random::{Noise, RngKey, stream};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Values of a series.
const ROWS: usize = 5000;
/// Steps before the first value.
const BURN_IN: usize = 500;
/// Share of series of a kind that have to get its class.
const RIGHT: f64 = 0.95;
/// Kinds beside the examples of the table, with the keys that make them.
const MORE: [(&str, &str, SeriesClass); 2] = [
    (
        "hidden-markov",
        "transition = [[0.999, 0.001], [0.001, 0.999]]\nmeans = [[1.0], [-1.0]]\nnoise = 0.5\ntarget = [1.0, -1.0]",
        SeriesClass::RegimeChanging,
    ),
    ("heavy-tailed-ar", "alpha = 1.5", SeriesClass::HeavyTailed),
];

/// Classes that were given to series of one kind.
///
/// ```
/// use rtrl_lab::calibration::ClassRow;
/// let counts = [("stationary".to_string(), 98), ("trending".to_string(), 2)].into();
/// let (kind, class) = ("var".to_string(), "stationary".to_string());
/// let row = ClassRow { kind, class, rows: 5000, series: 100, counts, passes: true };
/// assert_eq!(row.right(), 98);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    /// The kind of data, with its keys where they are not those of the example.
    pub kind: String,
    /// The class that it has.
    pub class: String,
    /// Values of a series.
    pub rows: usize,
    /// Series.
    pub series: usize,
    /// How often each class was given.
    pub counts: BTreeMap<String, usize>,
    /// Whether the right one was given often enough.
    pub passes: bool,
}

impl ClassRow {
    /// Series that got the class of their kind.
    ///
    /// ```
    /// # use rtrl_lab::calibration::ClassRow;
    /// # let (kind, class) = ("var".to_string(), "stationary".to_string());
    /// let none = ClassRow { kind, class, rows: 9, series: 3, counts: [].into(), passes: false };
    /// assert_eq!(none.right(), 0);
    /// ```
    pub fn right(&self) -> usize {
        self.counts.get(&self.class).copied().unwrap_or(0)
    }
}

/// A kind of data of which the class is known.
pub(crate) struct KnownKind {
    pub name: String,
    class: SeriesClass,
    process: Arc<dyn DataProcess>,
}

/// Every kind of data with a class of its own.
pub(crate) fn known_kinds() -> Result<Vec<KnownKind>, InputError> {
    let examples = kind::ALL.into_iter().filter_map(|kind| Some((kind, kind.example(), kind.class()?, kind.name().to_string())));
    let more = MORE.into_iter().filter_map(|(name, keys, class)| {
        let first = keys.lines().next().unwrap_or_default();
        Some((kind::named(name)?, keys, class, format!("{name}, {first}")))
    });
    let made = |(kind, text, class, name): (&dyn kind::DataKind, &str, SeriesClass, String)| {
        let (index, values) = (KeyIndex::default(), toml::from_str(text).unwrap_or_default());
        let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
        Ok(KnownKind { name, class, process: kind.make(keys)?.process })
    };
    examples.chain(more).map(made).collect()
}

/// Audits so many series of a kind: the first of its inputs.
pub(crate) fn class_rates(kind: &KnownKind, series: usize, seed: u64) -> ClassRow {
    let key = RngKey::root(seed).within("classes").within(&kind.name);
    let one = |index: usize| Audit::of(&first_input(&*kind.process, key.replicate(index)), key.replicate(index)).map(|audit| audit.class);
    let found: Vec<_> = (0..series).into_par_iter().map(one).collect();
    let mut counts = BTreeMap::new();
    for class in found {
        let word = class.map_or("undefined", SeriesClass::words);
        *counts.entry(word.to_string()).or_insert(0) += 1;
    }
    let class = kind.class.words().to_string();
    let right = counts.get(&class).copied().unwrap_or(0);
    ClassRow { kind: kind.name.clone(), class, rows: ROWS, series, counts, passes: right as f64 >= RIGHT * series as f64 }
}

/// The first input of a process along one path.
fn first_input(process: &dyn DataProcess, key: RngKey) -> Vec<f64> {
    let mut start = vec![0.0; process.state_len()];
    process.start(1.0, 0, 1, &mut Noise::at(key.stream(stream::START)), &mut start);
    let mut walk = Walk::from(process, start);
    let mut noise = Noise::at(key.stream(stream::INNOVATION));
    walk.advance(BURN_IN, &mut noise);
    let mut input = vec![0.0; process.inputs()];
    let mut next = || {
        walk.step_on(&mut noise);
        process.input(walk.state(), &mut input);
        input[0]
    };
    (0..ROWS).map(|_| next()).collect()
}
