//! `analyze`: the same questions on one's own data.

use super::Failure;
use super::verify::{Running, run_prepared};
use rtrl_lab::data::InputError;
use rtrl_lab::study::config::{ClaimSection, Config, DataSection, LearningSection, NetworkSection, ParametersSection, StudySection};
use rtrl_lab::study::{Pace, Prepared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Options {
    /// A CSV file with one header row
    pub data: PathBuf,
    /// Input columns, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',', required = true)]
    pub inputs: Vec<String>,
    /// Target column (or columns, separated by commas)
    #[arg(long, value_name = "C", value_delimiter = ',', required = true)]
    pub target: Vec<String>,
    /// Rows that the target lies ahead [default: 1 where a target is also an input, else 0]
    #[arg(long, value_name = "ROWS")]
    pub horizon: Option<usize>,
    /// Empty or non-finite cells: error, drop (the row) or previous (the value before)
    #[arg(long, default_value = "error")]
    pub missing: String,
    /// Keep the columns as they are instead of bringing them to mean 0 and variance 1
    #[arg(long)]
    pub raw: bool,
    /// A trained network: an NPZ file with arrays B, W, b, C, c
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Hidden units of a network drawn from the seed
    #[arg(long, default_value_t = 8)]
    pub hidden: usize,
    /// Activation: identity, tanh, sigmoid or softplus
    #[arg(long, default_value = "tanh")]
    pub activation: String,
    /// Mean-field exponent of the recurrent term: 0, 0.5 or 1
    #[arg(long, default_value_t = 0.0)]
    pub beta: f64,
    /// Spectral norm of the drawn recurrent matrix
    #[arg(long, default_value_t = 0.8)]
    pub recurrent_norm: f64,
    /// Updates of a learning run
    #[arg(long, default_value_t = 300_000)]
    pub steps: usize,
    /// Seed of all noise
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[command(flatten)]
    pub running: Running,
}

/// Runs `analyze`: writes the study that the arguments describe and verifies it.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let name = options.data.file_stem().map_or("data".into(), |stem| stem.to_string_lossy().replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
    let text_of = |path: &Path| {
        path.to_str().map(str::to_string).ok_or_else(|| InputError::new(path.display().to_string(), "the path is not UTF-8", "rename the file"))
    };
    let file = text_of(&options.data)?;
    let network_file = options.network.as_deref().map(text_of).transpose()?;
    let drawn = network_file.is_none();
    let config = Config {
        study: StudySection {
            name: name.clone(),
            seed: options.seed,
            level: None,
            description: Some(format!(
                "A recorded series, {}: inputs {}, target {}.",
                options.data.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
                options.inputs.join(", "),
                options.target.join(", ")
            )),
        },
        data: Some(DataSection {
            kind: "recorded".into(),
            file: Some(file),
            input_columns: Some(options.inputs.clone()),
            target_columns: Some(options.target.clone()),
            horizon: options.horizon,
            standardise: Some(!options.raw),
            missing: Some(options.missing.clone()),
            ..DataSection::default()
        }),
        network: Some(NetworkSection {
            hidden: drawn.then_some(options.hidden),
            activation: Some(options.activation.clone()),
            beta: Some(options.beta),
            recurrent_norm: drawn.then_some(options.recurrent_norm),
            parameters: network_file.map(|file| ParametersSection { file: Some(file), ..ParametersSection::default() }),
            ..NetworkSection::default()
        }),
        learning: Some(LearningSection { steps: Some(options.steps), ..LearningSection::default() }),
        start: None,
        // The seeds of a learning run on one record differ only in where they start, so a few are enough.
        claims: BTreeMap::from([("stationary_point".into(), ClaimSection { seeds: Some(6), ..ClaimSection::default() })]),
        case: BTreeMap::new(),
    };
    let text = toml::to_string(&config).map_err(|error| Failure::Machine(error.to_string()))?;
    let pace = if options.running.quick { Pace::Quick } else { Pace::Full };
    let prepared = Prepared::new(&text, "arguments", Path::new(""), pace, &options.running.only)?;
    run_prepared(&prepared, &options.running)
}
