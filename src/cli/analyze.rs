//! `analyze`: the same questions on one's own data.

use super::Failure;
use super::verify::{Running, run_prepared};
use crate::data::InputError;
use crate::study::config::{ClaimSection, Config, DataSection, LearningSection, NetworkSection, ParametersSection, StudySection};
use crate::study::{BudgetScale, Prepared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Options {
    /// A CSV file with one header row
    pub data: PathBuf,
    /// Input columns, separated by commas; a name that holds a comma stands in double quotes:
    /// 'load,"wind, north"'
    #[arg(long, value_name = "A,B", required = true, value_parser = columns)]
    pub inputs: Vec<Names>,
    /// Target column (or columns, separated by commas)
    #[arg(long, value_name = "C", required = true, value_parser = columns)]
    pub target: Vec<Names>,
    /// Rows that the target lies ahead [default: 1 where a target is also an input, else 0]
    #[arg(long, value_name = "ROWS")]
    pub horizon: Option<usize>,
    /// Cells that are empty, not finite or say so (NA, N/A, #N/A, null, None, nan, -, ?, .): error,
    /// drop (the row) or previous (the value before)
    #[arg(long, default_value = "error")]
    pub missing: String,
    /// Keep the columns as they are instead of bringing them to mean 0 and variance 1
    #[arg(long)]
    pub raw: bool,
    /// Take mean and variance of the first ROWS rows alone, for example of those that a network was
    /// trained on [default: all rows]
    #[arg(long, value_name = "ROWS", conflicts_with = "raw")]
    pub scale_rows: Option<usize>,
    /// Numbers are written with a decimal comma, as in 3,14
    #[arg(long)]
    pub decimal_comma: bool,
    /// A trained network: an NPZ file with all of the arrays B, W, b, C, c
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

/// Column names of one argument.
#[derive(Clone, Debug)]
pub(super) struct Names(Vec<String>);

fn columns(text: &str) -> Result<Names, String> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).terminator(csv::Terminator::Any(0)).trim(csv::Trim::All).from_reader(text.as_bytes());
    let row = reader.records().next().and_then(Result::ok).unwrap_or_default();
    let names: Vec<String> = row.iter().map(str::to_string).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return Err("give names of columns, separated by commas".into());
    }
    Ok(Names(names))
}

fn flat(names: &[Names]) -> Vec<String> {
    names.iter().flat_map(|names| names.0.iter().cloned()).collect()
}

/// The argument that a key of the study comes from.
const ARGUMENTS: [(&str, &str); 13] = [
    ("data.input_columns", "--inputs"),
    ("data.target_columns", "--target"),
    ("data.horizon", "--horizon"),
    ("data.missing", "--missing"),
    ("data.scale_rows", "--scale-rows"),
    ("data.file", "DATA"),
    ("network.hidden", "--hidden"),
    ("network.activation", "--activation"),
    ("network.beta", "--beta"),
    ("network.recurrent_norm", "--recurrent-norm"),
    ("network.parameters", "--network"),
    ("learning.steps", "--steps"),
    ("study.seed", "--seed"),
];

/// Name of the study that is never written to a file.
const PLACE: &str = "arguments";

/// An error at a key of the study, said of the argument that the user typed.
fn typed(error: InputError) -> InputError {
    if error.place != PLACE {
        return error;
    }
    let item = error.item.as_deref().unwrap_or_default();
    match ARGUMENTS.iter().find(|(key, _)| item == *key || item.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))) {
        Some((_, argument)) => InputError { place: (*argument).into(), line: None, item: None, ..error },
        None => InputError { line: None, ..error },
    }
}

/// Runs `analyze`: writes the study that the arguments describe and verifies it.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let config = config(options)?;
    let text = toml::to_string(&config).map_err(|error| InputError::new(PLACE, format!("they make no study ({error})"), "give smaller numbers"))?;
    let pace = if options.running.quick { BudgetScale::Quick } else { BudgetScale::Full };
    let prepared = Prepared::new(&text, PLACE, Path::new(""), pace, &options.running.only).map_err(typed)?;
    run_prepared(&prepared, &options.running)
}

/// The keys of a recorded series.
fn recorded(options: &Options, file: String, inputs: &[String], target: &[String]) -> BTreeMap<String, toml::Value> {
    // A number beyond the range of a file's is refused where it is read.
    let whole = |number: usize| toml::Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    let stated = [
        ("file", Some(file.into())),
        ("input_columns", Some(inputs.to_vec().into())),
        ("target_columns", Some(target.to_vec().into())),
        ("horizon", options.horizon.map(whole)),
        ("standardise", Some((!options.raw).into())),
        ("missing", Some(options.missing.clone().into())),
        ("decimal_comma", options.decimal_comma.then_some(true.into())),
        ("scale_rows", options.scale_rows.map(whole)),
    ];
    stated.into_iter().filter_map(|(key, value)| Some((key.to_string(), value?))).collect()
}

/// The study that the arguments describe. A verdict on one's own data is an answer: without a
/// stated expectation none is unexpected.
fn config(options: &Options) -> Result<Config, InputError> {
    let name = options.data.file_stem().map_or("data".into(), |stem| stem.to_string_lossy().replace(|c: char| !c.is_alphanumeric(), "-"));
    let text_of = |path: &Path| {
        path.to_str().map(str::to_string).ok_or_else(|| InputError::new(path.display().to_string(), "the path is not UTF-8", "rename the file"))
    };
    let (inputs, target) = (flat(&options.inputs), flat(&options.target));
    let network_file = options.network.as_deref().map(text_of).transpose()?;
    let drawn = network_file.is_none();
    let data = recorded(options, text_of(&options.data)?, &inputs, &target);
    Ok(Config {
        sweep: None,
        compare: None,
        study: StudySection {
            name: name.clone(),
            seed: options.seed,
            level: None,
            description: Some(format!(
                "A recorded series, {}: inputs {}, target {}.",
                options.data.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
                inputs.join(", "),
                target.join(", ")
            )),
            expectations: Some("stated".into()),
            work_limit: None,
        },
        data: Some(DataSection { kind: "recorded".into(), keys: data }),
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
        // The seeds of a learning run on one record differ only in where they start, so a few are
        // enough.
        claims: BTreeMap::from([(
            "stationary_point".into(),
            ClaimSection { numbers: BTreeMap::from([("seeds".into(), 6.into())]), ..ClaimSection::default() },
        )]),
        case: BTreeMap::new(),
    })
}
