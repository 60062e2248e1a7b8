//! The sections of a study file; every key is optional where a default makes sense. What each key
//! means, and its default, stands in `reference`.

use super::SweepSection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A study file.
///
/// ```
/// use rtrl_lab::study::{DEFAULT, config::Config};
/// let (config, _) = Config::parse(DEFAULT, "default.toml").unwrap();
/// let written = serde_json::to_value(&config).unwrap();
/// assert_eq!(written["study"]["seed"], 20_250_114);
/// assert_eq!(written["case"]["tanh"]["network"]["hidden"], 8);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub(crate) study: StudySection,
    pub(crate) data: Option<DataSection>,
    pub(crate) network: Option<NetworkSection>,
    pub(crate) learning: Option<LearningSection>,
    pub(crate) start: Option<StartSection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sweep: Option<SweepSection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compare: Option<CompareSection>,
    #[serde(default)]
    pub(crate) claims: BTreeMap<String, ClaimSection>,
    #[serde(default)]
    pub(crate) case: BTreeMap<String, CaseSection>,
}

/// `[study]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudySection {
    pub name: String,
    pub seed: u64,
    pub level: Option<f64>,
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_limit: Option<f64>,
}

/// `[case.NAME]`: sections replace the base's as a whole, claims are merged key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseSection {
    /// Where the case stands among those of a sweep.
    #[serde(skip)]
    pub place: usize,
    pub data: Option<DataSection>,
    pub network: Option<NetworkSection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_draw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<String>,
    pub learning: Option<LearningSection>,
    pub start: Option<StartSection>,
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimSection>,
}

/// `[data]`: `kind` and the keys that the kind takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSection {
    pub kind: String,
    #[serde(flatten)]
    pub keys: BTreeMap<String, toml::Value>,
}

/// `[network]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkSection {
    pub cell: Option<String>,
    pub hidden: Option<usize>,
    pub activation: Option<String>,
    pub beta: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<Vec<Vec<f64>>>,
    pub recurrent_norm: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    pub input_scale: Option<f64>,
    pub bias_scale: Option<f64>,
    pub readout_scale: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<String>,
    pub parameters: Option<ParametersSection>,
}

/// `[network.parameters]`: matrices by rows, under the names of the cell's blocks and of the
/// readout's `C` (m × N) and `c` (m). Every block is given, or named in `drawn`: nothing is
/// completed at random without a word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParametersSection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Vec<String>>,
    #[serde(flatten)]
    pub blocks: BTreeMap<String, toml::Value>,
}

/// `[compare]`: what `train` does, and what it compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareSection {
    pub methods: Option<Vec<String>>,
    pub seeds: Option<usize>,
    pub optimiser: Option<String>,
    pub momentum: Option<f64>,
    pub clip: Option<f64>,
    pub lanes: Option<usize>,
    pub reset: Option<usize>,
    pub window: Option<usize>,
    pub cosines: Option<bool>,
    pub stretches: Option<usize>,
    pub stretch: Option<usize>,
    pub burn_in: Option<usize>,
    pub stability: Option<usize>,
    pub train: Option<Vec<String>>,
    pub published: Option<PublishedSection>,
}

/// `[compare.published]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishedSection {
    pub source: String,
    pub times: Option<f64>,
    pub losses: Vec<PublishedLoss>,
}

/// A row of `losses` in `[compare.published]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishedLoss {
    pub method: String,
    pub mean: f64,
    pub deviation: f64,
    pub seeds: usize,
}

/// `[learning]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LearningSection {
    pub method: Option<String>,
    pub truncation: Option<usize>,
    pub schedule: Option<ScheduleSection>,
    pub steps: Option<usize>,
    pub projection: Option<f64>,
}

/// `schedule = { kind = "polynomial", … }`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleSection {
    pub kind: Option<String>,
    pub initial: Option<f64>,
    pub offset: Option<f64>,
    pub exponent: Option<f64>,
}

/// `[start]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSection {
    pub data: Option<Vec<f64>>,
    pub hidden: Option<Vec<f64>>,
    pub spread: Option<f64>,
}

/// `[claims.NAME]`: whether the claim is asked for, the word expected of it, and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClaimSection {
    pub enabled: Option<bool>,
    pub expect: Option<String>,
    #[serde(flatten)]
    pub numbers: BTreeMap<String, toml::Value>,
}
