//! `analyze`: the same questions on one's own data.

use super::Failure;
use super::companion::{CONFIRM, STUDY, text_of, write_study};
use super::confirm::{STEPS, affordable, confirming};
use super::told::remark;
use super::verify::{Running, run_folder, run_prepared};
use crate::claims::truncation_length;
use crate::data::InputError;
use crate::study::config::{ClaimSection, Config, DataSection, LearningSection, NetworkSection, ParametersSection, ScheduleSection, StudySection};
use crate::study::{BudgetScale, Prepared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  rtrl-lab analyze series.csv --inputs load,temperature --target price\n  rtrl-lab analyze series.csv --inputs load --target load --network torch.safetensors --cell gru\n  rtrl-lab analyze series.csv --inputs load --target load --time date --quick"
)]
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
    /// Scales that a network was trained on: a CSV file with the columns column, mean, sd, or
    /// name=mean,sd of each column separated by semicolons
    #[arg(long, value_name = "FILE", conflicts_with_all = ["raw", "scale_rows"])]
    pub scales: Option<String>,
    /// Column of times, dates or numbers: answers then come in hours and days too
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// Unit of times that are numbers: s, ms, us, ns, min, h or d
    #[arg(long, value_name = "UNIT", requires = "time")]
    pub time_unit: Option<String>,
    /// What the times are: rising (refused where one repeats or goes back) or rows (rows are taken
    /// as they stand) [default: rising]
    #[arg(long, value_name = "ORDER", requires = "time")]
    pub time_order: Option<String>,
    /// Take the change of every column from row to row
    #[arg(long)]
    pub difference: bool,
    /// Take the change of every column over so many rows
    #[arg(long, value_name = "ROWS")]
    pub seasonal_difference: Option<usize>,
    /// Show so many values of every input at a time, the present one and those before
    #[arg(long, value_name = "VALUES")]
    pub lags: Option<usize>,
    /// Phases that become inputs: day, week, year, separated by commas
    #[arg(long, value_name = "PARTS", value_delimiter = ',', requires = "time")]
    pub calendar: Vec<String>,
    /// Keep the last ROWS rows alone
    #[arg(long, value_name = "ROWS")]
    pub last_rows: Option<usize>,
    /// A trained network: an NPZ, safetensors or NumPy file with all of its arrays
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Whose names the arrays of the file have, where it is keras or flax [default: this library's
    /// own, or PyTorch's]
    #[arg(long, value_name = "LAYOUT", requires = "network")]
    pub layout: Option<String>,
    /// Cell: elman, gru, lstm or another that `list` names [default: elman]
    #[arg(long)]
    pub cell: Option<String>,
    /// Learning method: rtrl, block-tbptt, rolling-tbptt or another that `list` names [default:
    /// rtrl]
    #[arg(long)]
    pub method: Option<String>,
    /// Truncation length of the method
    #[arg(long, value_name = "STEPS")]
    pub truncation: Option<usize>,
    /// Step sizes: one number for a constant step, or INITIAL,OFFSET,EXPONENT
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub schedule: Vec<f64>,
    /// A word that a claim is expected to get, as in geometric_ergodicity=supported; exit code 1
    /// where one does not
    #[arg(long, value_name = "CLAIM=WORD")]
    pub expect: Vec<String>,
    /// Hidden units of a network drawn from the seed
    #[arg(long, default_value_t = 8)]
    pub hidden: usize,
    /// Activation, for cells that have one: tanh or another that `list` names [default: tanh]
    #[arg(long)]
    pub activation: Option<String>,
    /// Mean-field exponent of the recurrent term: 0, 0.5 or 1 [default: 0]
    #[arg(long)]
    pub beta: Option<f64>,
    /// Spectral norm of the drawn recurrent matrix, for cells that have one [default: 0.8]
    #[arg(long)]
    pub recurrent_norm: Option<f64>,
    /// Updates of a learning run [default: 300000, or fewer where a step is dear]
    #[arg(long)]
    pub steps: Option<usize>,
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
const ARGUMENTS: [(&str, &str); 27] = [
    ("data.scales", "--scales"),
    ("data.time_column", "--time"),
    ("data.time_unit", "--time-unit"),
    ("data.time_order", "--time-order"),
    ("data.difference", "--difference"),
    ("data.seasonal_difference", "--seasonal-difference"),
    ("data.lags", "--lags"),
    ("data.calendar", "--calendar"),
    ("data.last_rows", "--last-rows"),
    ("network.cell", "--cell"),
    ("learning.method", "--method"),
    ("learning.truncation", "--truncation"),
    ("learning.schedule", "--schedule"),
    ("network.parameters.layout", "--layout"),
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

/// Name of the study that the arguments make.
pub(super) const PLACE: &str = "arguments";

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
    let mut config = config(options)?;
    let mut prepared = prepared(options, &config)?;
    if options.steps.is_none() {
        let steps = affordable(&prepared);
        if steps < STEPS {
            remark(format!("learning runs have {steps} steps, since a step of this network is dear; --steps gives another number"));
            config.learning.get_or_insert_default().steps = Some(steps);
            prepared = self::prepared(options, &config)?;
        }
    }
    let (code, outcome) = run_prepared(&prepared, &options.running)?;
    if options.running.dry_run {
        return Ok(code);
    }
    let root = run_folder(&prepared, &options.running.begun);
    let written = write_study(&root, &config, STUDY, "The study that `analyze` made of its arguments: `rtrl-lab verify study.toml` runs it again.")?;
    remark(format!("study: {}", written.display()));
    let length = outcome.and_then(|outcome| outcome.cases.iter().find_map(|case| truncation_length(&case.verdicts)));
    if let Some(length) = length {
        let head = format!(
            "Learning by truncation to {length} steps, at which the gradient is wrong by at most a tenth, and to half as many, beside exact learning: \
             `rtrl-lab train confirm.toml` runs it.{}",
            if given(&config) {
                ""
            } else {
                "\n# The weights of this network are drawn. Every seed trains one of its own, for which the length need not hold."
            }
        );
        let written = write_study(&root, &confirming(config, length), CONFIRM, &head)?;
        remark(format!("to confirm the truncation length by training: rtrl-lab train {}", written.display()));
    }
    Ok(code)
}

/// Whether the weights are the user's, so that learning begins with the network that was analysed.
fn given(config: &Config) -> bool {
    config.network.as_ref().and_then(|network| network.parameters.as_ref()).is_some_and(|parameters| parameters.drawn.is_none())
}

/// The validated study.
fn prepared(options: &Options, config: &Config) -> Result<Prepared, Failure> {
    let pace = if options.running.begun.quick { BudgetScale::Quick } else { BudgetScale::Full };
    Ok(Prepared::new(&text_of(config)?, PLACE, Path::new(""), pace, &options.running.begun.only).map_err(typed)?)
}

/// The scales that the argument states, in the file that it names or by itself.
fn scales(text: &str) -> Result<toml::Value, InputError> {
    let error =
        |problem: String| InputError::new("--scales", problem, "give name=mean,sd;name=mean,sd or a CSV file with the columns column, mean, sd");
    let rows: Vec<[String; 3]> = if Path::new(text).is_file() {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(text).map_err(|why| error(why.to_string()))?;
        let header = reader.headers().map_err(|why| error(why.to_string()))?.clone();
        let place = |name: &str| header.iter().position(|column| column == name).ok_or_else(|| error(format!("{text} has no column `{name}`")));
        let places = [place("column")?, place("mean")?, place("sd")?];
        let row = |row: csv::Result<csv::StringRecord>| row.map(|row| places.map(|at| row.get(at).unwrap_or("").to_string()));
        reader.records().map(row).collect::<csv::Result<_>>().map_err(|why| error(why.to_string()))?
    } else {
        let one = |part: &str| {
            let (name, numbers) = part.rsplit_once('=')?;
            let (mean, deviation) = numbers.split_once(',')?;
            Some([name, mean, deviation].map(|cell| cell.trim().to_string()))
        };
        text.split(';').map(|part| one(part).ok_or_else(|| error(format!("`{part}` is no scale, and no file")))).collect::<Result<_, _>>()?
    };
    let mut table = toml::Table::new();
    for [name, mean, deviation] in rows {
        let number = |cell: &str| cell.parse::<f64>().map_err(|_| error(format!("`{cell}` is no number")));
        table.insert(name, vec![number(&mean)?, number(&deviation)?].into());
    }
    Ok(table.into())
}

/// The claims with the words that are expected of them.
fn expected(expect: &[String]) -> Result<BTreeMap<String, ClaimSection>, InputError> {
    // The seeds of a learning run on one record differ only in where they start, so a few are
    // enough.
    let few = ClaimSection { numbers: BTreeMap::from([("seeds".into(), 6.into())]), ..ClaimSection::default() };
    let mut claims = BTreeMap::from([("stationary_point".to_string(), few)]);
    for stated in expect {
        let Some((claim, word)) = stated.split_once('=') else {
            return Err(InputError::new(
                "--expect",
                format!("`{stated}` is no expectation"),
                "write CLAIM=WORD, as in geometric_ergodicity=supported",
            ));
        };
        claims.entry(claim.trim().to_string()).or_default().expect = Some(word.trim().to_string());
    }
    Ok(claims)
}

/// The step sizes of the argument.
fn schedule(sizes: &[f64]) -> Result<Option<ScheduleSection>, InputError> {
    match sizes {
        [] => Ok(None),
        [step] => Ok(Some(ScheduleSection { kind: Some("constant".into()), initial: Some(*step), offset: None, exponent: None })),
        [initial, offset, exponent] => {
            Ok(Some(ScheduleSection { kind: Some("polynomial".into()), initial: Some(*initial), offset: Some(*offset), exponent: Some(*exponent) }))
        }
        _ => Err(InputError::new("--schedule", format!("it has {} numbers", sizes.len()), "give one step, or INITIAL,OFFSET,EXPONENT")),
    }
}

/// The keys of a recorded series.
fn recorded(options: &Options, file: String, inputs: &[String], target: &[String]) -> Result<BTreeMap<String, toml::Value>, InputError> {
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
        ("scales", options.scales.as_deref().map(scales).transpose()?),
        ("time_column", options.time.clone().map(Into::into)),
        ("time_unit", options.time_unit.clone().map(Into::into)),
        ("time_order", options.time_order.clone().map(Into::into)),
        ("difference", options.difference.then_some(true.into())),
        ("seasonal_difference", options.seasonal_difference.map(whole)),
        ("lags", options.lags.map(whole)),
        ("calendar", (!options.calendar.is_empty()).then(|| options.calendar.clone().into())),
        ("last_rows", options.last_rows.map(whole)),
    ];
    Ok(stated.into_iter().filter_map(|(key, value)| Some((key.to_string(), value?))).collect())
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
    let data = recorded(options, text_of(&options.data)?, &inputs, &target)?;
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
            cell: options.cell.clone(),
            activation: options.activation.clone(),
            beta: options.beta,
            recurrent_norm: options.recurrent_norm,
            parameters: network_file.map(|file| ParametersSection {
                file: Some(file),
                layout: options.layout.clone(),
                ..ParametersSection::default()
            }),
            ..NetworkSection::default()
        }),
        learning: Some(LearningSection {
            method: options.method.clone(),
            truncation: options.truncation,
            schedule: schedule(&options.schedule)?,
            steps: Some(options.steps.unwrap_or(STEPS)),
            ..LearningSection::default()
        }),
        start: None,
        claims: expected(&options.expect)?,
        case: BTreeMap::new(),
    })
}
