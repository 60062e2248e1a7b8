//! The sections of a study file; every key is optional where a default makes sense.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A study file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name, seed, level.
    pub study: StudySection,
    /// The data of every case that has none of its own.
    pub data: Option<DataSection>,
    /// The network of every case that has none of its own.
    pub network: Option<NetworkSection>,
    /// The learning of every case that has none of its own.
    pub learning: Option<LearningSection>,
    /// The start of every case that has none of its own.
    pub start: Option<StartSection>,
    /// Settings of claims, by name.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimSection>,
    /// Cases, by name; without any the study is one case.
    #[serde(default)]
    pub case: BTreeMap<String, CaseSection>,
}

/// `[study]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudySection {
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
pub struct CaseSection {
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
    /// The learning.
    pub learning: Option<LearningSection>,
    /// The start.
    pub start: Option<StartSection>,
    /// Settings of claims.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimSection>,
}

/// One row for one target, or a matrix by rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a list of numbers (one target) or a list of rows of numbers")]
pub enum TargetRows {
    /// One target.
    Row(Vec<f64>),
    /// Several.
    Rows(Vec<Vec<f64>>),
}

/// `[data]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// `var`, `nonlinear-ar` or `recorded`.
    pub kind: String,
    /// Matrix of the autoregression, by rows.
    pub transition: Option<Vec<Vec<f64>>>,
    /// Covariance of its noise, by rows (identity).
    pub noise_covariance: Option<Vec<Vec<f64>>>,
    /// Coordinates that the network sees (all).
    pub inputs: Option<Vec<usize>>,
    /// The target as a linear map of the data state.
    pub target: Option<TargetRows>,
    /// Standard deviation of the target's noise (0).
    pub target_noise: Option<f64>,
    /// Gain of the saturating drift (1).
    pub gain: Option<f64>,
    /// CSV file, relative to the study file.
    pub file: Option<String>,
    /// Input columns.
    pub input_columns: Option<Vec<String>>,
    /// Target columns.
    pub target_columns: Option<Vec<String>>,
    /// Rows that the target lies ahead (1 where a target is also an input, else 0).
    pub horizon: Option<usize>,
    /// Whether columns are brought to mean 0 and variance 1 (true).
    pub standardise: Option<bool>,
    /// `error`, `drop` or `previous`.
    pub missing: Option<String>,
    /// Whether numbers are written with a decimal comma, as in `3,14` (false).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_comma: Option<bool>,
    /// Rows, from the first, over which mean and standard deviation are taken (all of them).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_rows: Option<usize>,
}

/// `[network]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// `elman` or `diagonal` (elman).
    pub cell: Option<String>,
    /// Hidden units (taken from the parameters where these are given).
    pub hidden: Option<usize>,
    /// `identity`, `tanh`, `sigmoid` or `softplus` (tanh).
    pub activation: Option<String>,
    /// Mean-field exponent: 0, 0.5 or 1 (0).
    pub beta: Option<f64>,
    /// Spectral norm of `N^-beta B` of a drawn `B` (0.8).
    pub recurrent_norm: Option<f64>,
    /// Standard deviation of `W`, times `1/√d` (1).
    pub input_scale: Option<f64>,
    /// Standard deviation of `b` (0.1).
    pub bias_scale: Option<f64>,
    /// Standard deviation of `C`, times `1/√N` (1).
    pub readout_scale: Option<f64>,
    /// Explicit parameters.
    pub parameters: Option<ParametersSection>,
}

/// `[network.parameters]`: matrices by rows. Every block is given, or named in `drawn`: nothing is
/// completed at random without a word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)]
pub struct ParametersSection {
    /// Recurrent matrix, N × N; of a diagonal cell its diagonal, N × 1.
    pub B: Option<Vec<Vec<f64>>>,
    /// Input matrix, N × d.
    pub W: Option<Vec<Vec<f64>>>,
    /// Bias, N.
    pub b: Option<Vec<f64>>,
    /// Readout, m × N.
    pub C: Option<Vec<Vec<f64>>>,
    /// Readout bias, m.
    pub c: Option<Vec<f64>>,
    /// An NPZ file with the same names, relative to the study file; stands alone, but for `drawn`.
    pub file: Option<String>,
    /// Names of the blocks that are drawn from the seed instead of given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Vec<String>>,
}

/// `[learning]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearningSection {
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
pub struct ScheduleSection {
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
pub struct StartSection {
    /// Data state.
    pub data: Option<Vec<f64>>,
    /// Hidden state.
    pub hidden: Option<Vec<f64>>,
    /// Standard deviation of what is not stated (2).
    pub spread: Option<f64>,
}

/// `[claims.NAME]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSection {
    /// Whether the claim is asked for (true: a claim that is not part of every study is so by having a section).
    pub enabled: Option<bool>,
    /// Independent replicas.
    pub chains: Option<usize>,
    /// Steps of each.
    pub steps: Option<usize>,
    /// Steps that bring a chain near its stationary law.
    pub burn_in: Option<usize>,
    /// Margin stated in advance.
    pub margin: Option<f64>,
    /// The verdict that the study expects.
    pub expect: Option<String>,
    /// Learning runs.
    pub seeds: Option<usize>,
    /// Times at which a learning run is looked at.
    pub checkpoints: Option<usize>,
    /// Truncation lengths.
    pub taus: Option<Vec<usize>>,
    /// Times at which laws are compared.
    pub times: Option<Vec<usize>>,
    /// Random directions along which derivatives are carried (geometric_ergodicity; all of them, or 8 where these would take too much memory; 0: all of them).
    pub sketch: Option<usize>,
}
