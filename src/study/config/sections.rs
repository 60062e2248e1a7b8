//! The sections of a study file; every key is optional where a default makes sense.

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
    /// Name, seed, level.
    pub(crate) study: StudySection,
    /// The data of every case that has none of its own.
    pub(crate) data: Option<DataSection>,
    /// The network of every case that has none of its own.
    pub(crate) network: Option<NetworkSection>,
    /// The learning of every case that has none of its own.
    pub(crate) learning: Option<LearningSection>,
    /// The start of every case that has none of its own.
    pub(crate) start: Option<StartSection>,
    /// Lists whose combinations are the cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sweep: Option<SweepSection>,
    /// What `train` compares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compare: Option<CompareSection>,
    /// Settings of claims, by name.
    #[serde(default)]
    pub(crate) claims: BTreeMap<String, ClaimSection>,
    /// Cases, by name; without any the study is one case.
    #[serde(default)]
    pub(crate) case: BTreeMap<String, CaseSection>,
}

/// `[study]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudySection {
    /// Name of the study.
    pub name: String,
    /// Seed of all noise.
    pub seed: u64,
    /// Nominal level of every interval (0.95).
    pub level: Option<f64>,
    /// A sentence for the page.
    pub description: Option<String>,
    /// `default`: contradicted and undefined are unexpected where nothing is stated; `stated`: only
    /// a verdict that an `expect` names can be unexpected (default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<String>,
    /// Steps of a network that one claim of a case may take in all (1e12); a study that asks for
    /// more is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_limit: Option<f64>,
}

/// `[case.NAME]`: sections replace the base's as a whole, claims are merged key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseSection {
    /// The data.
    pub data: Option<DataSection>,
    /// The network.
    pub network: Option<NetworkSection>,
    /// Name under which weights that are not given are drawn: cases of one name draw the same
    /// weights. Without it, cases that use the study's `[network]` share one
    /// draw (named as the study), and a case with a `[network]` of its own has one of its own
    /// (named as the case).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_draw: Option<String>,
    /// `own`: this case draws its weights under its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draw: Option<String>,
    /// The learning.
    pub learning: Option<LearningSection>,
    /// The start.
    pub start: Option<StartSection>,
    /// Settings of claims.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimSection>,
}

/// `[data]`: `kind` and the keys that the kind takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataSection {
    /// `var` or another name of `rtrl-lab list`.
    pub kind: String,
    /// The other keys; which there are depends on the kind.
    #[serde(flatten)]
    pub keys: BTreeMap<String, toml::Value>,
}

/// `[network]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkSection {
    /// `elman` or another name of `rtrl-lab list` (elman).
    pub cell: Option<String>,
    /// Hidden units (taken from the parameters where these are given).
    pub hidden: Option<usize>,
    /// `tanh` or another name of `rtrl-lab list` (tanh).
    pub activation: Option<String>,
    /// Mean-field exponent: 0, 0.5 or 1 (0).
    pub beta: Option<f64>,
    /// Share of the recurrent weights that there are, drawn from the seed (1: all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub density: Option<f64>,
    /// Which recurrent weights there are: rows of 1 and 0 (all).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask: Option<Vec<Vec<f64>>>,
    /// Spectral norm of `N^-beta B` of a drawn `B` (0.8).
    pub recurrent_norm: Option<f64>,
    /// Law of drawn weights: `normal`, or `uniform`: all between −1/√N and 1/√N, biases of units 0
    /// (normal).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// Standard deviation of `W`, times `1/√d` (1).
    pub input_scale: Option<f64>,
    /// Standard deviation of `b` (0.1).
    pub bias_scale: Option<f64>,
    /// Standard deviation of `C`, times `1/√N` (1).
    pub readout_scale: Option<f64>,
    /// The loss: `squared` or another name of `rtrl-lab list` (squared).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<String>,
    /// Explicit parameters.
    pub parameters: Option<ParametersSection>,
}

/// `[network.parameters]`: matrices by rows, under the names of the cell's blocks and of the
/// readout's `C` (m × N) and `c` (m). Every block is given, or named in `drawn`: nothing is
/// completed at random without a word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParametersSection {
    /// An NPZ file with the same names, relative to the study file; stands alone, but for `drawn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whose names the file's arrays have: `pytorch`, `keras` or `flax` (PyTorch's where the names
    /// are, else this library's own).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// Names of the blocks that are drawn from the seed instead of given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Vec<String>>,
    /// The blocks; which there are depends on the cell.
    #[serde(flatten)]
    pub blocks: BTreeMap<String, toml::Value>,
}

/// `[compare]`: what `train` does, and what it compares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareSection {
    /// The methods, as `rtrl` or `rolling-tbptt(8)`; the first is the one that the others are held
    /// against (the method of `[learning]` alone).
    pub methods: Option<Vec<String>>,
    /// Seeds: each has weights, data and noise of its own, which all methods share (10).
    pub seeds: Option<usize>,
    /// `sgd`, `momentum`, `rmsprop` or `adam` (sgd).
    pub optimiser: Option<String>,
    /// Momentum of `momentum` (0.9).
    pub momentum: Option<f64>,
    /// Longest gradient: longer ones are cut to it (none).
    pub clip: Option<f64>,
    /// Streams of data side by side (1).
    pub lanes: Option<usize>,
    /// Steps after which hidden states and derivatives begin anew (0: never).
    pub reset: Option<usize>,
    /// Steps at the end over which the online loss and the cosines are means (a tenth of the run).
    pub window: Option<usize>,
    /// Whether gradients are held against exact ones, at the price of exact derivatives over the
    /// window (true).
    pub cosines: Option<bool>,
    /// Stretches at the last parameters, for loss and gradient norm (32).
    pub stretches: Option<usize>,
    /// Steps of each (500).
    pub stretch: Option<usize>,
    /// Steps before each (200).
    pub burn_in: Option<usize>,
    /// Steps of the runs that tell the largest stable step of the first method; 0: none (1000).
    pub stability: Option<usize>,
    /// What learns, as `B` or, of the row of unit 3 alone, `B[3]`; all else stays as it is (all).
    pub train: Option<Vec<String>>,
    /// What others published of these methods (nothing).
    pub published: Option<PublishedSection>,
}

/// `[compare.published]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishedSection {
    /// Where the numbers stand.
    pub source: String,
    /// By which an online loss of ours is multiplied to be one of theirs (1).
    pub times: Option<f64>,
    /// Their losses, a method each.
    pub losses: Vec<PublishedLoss>,
}

/// A row of `losses` in `[compare.published]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishedLoss {
    /// The method, as `methods` names it.
    pub method: String,
    /// Mean over seeds.
    pub mean: f64,
    /// Standard deviation over seeds.
    pub deviation: f64,
    /// Seeds.
    pub seeds: usize,
}

/// `[learning]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LearningSection {
    /// `rtrl`, `rolling-tbptt`, `rolling-stale-tbptt` or `block-tbptt` (rtrl).
    pub method: Option<String>,
    /// Truncation length τ of the truncated methods.
    pub truncation: Option<usize>,
    /// Step sizes.
    pub schedule: Option<ScheduleSection>,
    /// Updates of a run.
    pub steps: Option<usize>,
    /// Certified contraction rate that the parameters are projected back to (0.98; 0 for none).
    pub projection: Option<f64>,
}

/// `schedule = { kind = "polynomial", … }`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleSection {
    /// `polynomial` or `constant`.
    pub kind: Option<String>,
    /// First step size.
    pub initial: Option<f64>,
    /// Updates after which a polynomial schedule starts to fall.
    pub offset: Option<f64>,
    /// Exponent of the fall; above 1 the steps are summable.
    pub exponent: Option<f64>,
}

/// `[start]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartSection {
    /// Data state.
    pub data: Option<Vec<f64>>,
    /// Hidden state.
    pub hidden: Option<Vec<f64>>,
    /// Standard deviation of what is not stated (2).
    pub spread: Option<f64>,
}

/// `[claims.NAME]`: whether the claim is asked for, the word expected of it, and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClaimSection {
    /// Whether the claim is asked for (true: a claim that is not part of every study is so by
    /// having a section).
    pub enabled: Option<bool>,
    /// The verdict that the study expects.
    pub expect: Option<String>,
    /// The numbers; which there are depends on the claim: those of its default budget, and its own.
    #[serde(flatten)]
    pub numbers: BTreeMap<String, toml::Value>,
}
