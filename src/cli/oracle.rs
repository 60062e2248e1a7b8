//! `oracle`: exact values of a linear study, or of one unit of any activation.

use super::{Failure, one_unit, told};
use crate::claims::gaussian_start;
use crate::data::InputError;
use crate::linalg::symmetric_eigenvalues;
use crate::markov::Block;
use crate::study::{BudgetScale, Study, StudyCase, config::Config};
use crate::theory::{LinearGaussian, OracleError, Truncation};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab oracle experiments/linear.toml --times 0,1,5,20 --taus 1,2,4,8")]
pub(super) struct Options {
    /// A study whose data are `var` and whose activation is the identity, or whose network is one
    /// unit on one channel of order one
    pub study: PathBuf,
    /// Times at which the distance to the stationary law is wanted
    #[arg(long, value_name = "T,…", value_delimiter = ',', default_value = "0,1,5,20")]
    pub times: Vec<usize>,
    /// Truncation lengths whose bias is wanted
    #[arg(long, value_name = "TAU,…", value_delimiter = ',', default_value = "1,2,4,8")]
    pub taus: Vec<usize>,
    /// Shares of the recurrent gradient for which the least truncation length is wanted, of windows
    /// and of blocks
    #[arg(long, value_name = "P,…", value_delimiter = ',', default_value = "0.1,0.01,0.001")]
    pub shares: Vec<f64>,
    /// The case, where the study has several
    /// [default: the first linear one, or the first of one unit]
    #[arg(long)]
    pub case: Option<String>,
    /// Has no effect: the answer is always JSON
    #[arg(long)]
    pub json: bool,
}

/// Latest time and longest truncation: every step up to it is computed, and after so many an exact
/// value is the stationary one up to rounding or as good as at this one.
const LATEST: usize = 10_000;
/// Smallest share of a gradient: a smaller one is lost in rounding.
const LEAST_SHARE: f64 = 1e-12;
/// Most times, and most truncations.
const MOST: usize = 1_000;

fn bounded(argument: &str, values: &[usize]) -> Result<(), InputError> {
    if values.len() > MOST {
        return Err(InputError::new(argument, format!("{} values are too many", values.len()), format!("give at most {MOST}")));
    }
    match values.iter().find(|value| **value > LATEST) {
        Some(value) => {
            let remedy =
                format!("give at most {LATEST}; every step up to it is computed, and `rate` in the answer tells how a contracting study goes on");
            Err(InputError::new(argument, format!("{value} lies too far ahead"), remedy))
        }
        None => Ok(()),
    }
}

/// Runs `oracle`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    bounded("--times", &options.times)?;
    bounded("--taus", &options.taus)?;
    if let Some(share) = options.shares.iter().find(|share| !(**share >= LEAST_SHARE && **share < 1.0)) {
        let remedy = format!("give shares from {LEAST_SHARE:e} to below 1");
        return Err(InputError::new("--shares", format!("{share} is no share of a gradient that can be told from none"), remedy).into());
    }
    let place = options.study.display().to_string();
    let (config, index) = Config::read(&options.study)?;
    let base = options.study.parent().unwrap_or(Path::new("."));
    let study = Study::build(&config, &index, base, BudgetScale::Full, &[])?;
    let chosen = chosen(&study, options.case.as_deref(), &place)?;
    let unavailable =
        |error: OracleError| InputError::new(&place, error.to_string(), "the exact values exist for a contracting linear study of moderate size");
    if let (None, Some(unit)) = (&chosen.case.linear, chosen.case.unit) {
        let answer = one_unit::answer(&study.name, &chosen.case, unit, &options.times, &options.taus)
            .map_err(|why| InputError::new(&place, why.reason, "the exact values of one unit exist where noise reaches it and its law settles"))?;
        return told_as_json(&answer);
    }
    let model = chosen.case.linear.clone().ok_or_else(|| {
        InputError::new(
            &place,
            format!("case `{}` is not linear and contracting (or too large)", chosen.case.name),
            "the oracle needs data of kind \"var\", activation \"identity\" and a recurrent matrix with spectral radius below 1; or one unit \
             of any activation on one channel of order one",
        )
    })?;
    let exact = LinearGaussian::new(model.clone()).map_err(unavailable)?;
    let gradient = exact.gradient().map_err(unavailable)?;
    let distances = exact.distances(&gaussian_start(&chosen.case), &options.times).map_err(unavailable)?;
    let by_block: Map<String, Value> = Block::ALL
        .into_iter()
        .enumerate()
        .map(|(position, block)| {
            let at: Map<String, Value> = options.times.iter().zip(&distances).map(|(time, row)| (time.to_string(), json!(row[position]))).collect();
            (block.name().to_string(), Value::Object(at))
        })
        .collect();
    let mut biases = Map::new();
    for tau in &options.taus {
        biases.insert(tau.to_string(), json!(exact.tbptt_bias(*tau).map_err(unavailable)?.recurrent_norm()));
    }
    // A block without a step has no gradient and so no bias: null.
    let mut block_biases = Map::new();
    for tau in &options.taus {
        let norm = match exact.block_tbptt_bias(*tau) {
            Err(OracleError::EmptyBlock) => None,
            bias => Some(bias.map_err(unavailable)?.recurrent_norm()),
        };
        block_biases.insert(tau.to_string(), json!(norm));
    }
    let least = least_lengths(&exact, &options.shares).map_err(unavailable)?;
    let eigenvalues = symmetric_eigenvalues(&exact.hessian().map_err(unavailable)?);
    let (second, fourth) = exact.derivative_moments(&exact.stationary().map_err(unavailable)?);
    let variance = exact.asymptotic_variance().map_err(unavailable)?;
    let rows = |values: Vec<f64>, width: usize| values.chunks(width).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let widths = [model.hidden(), model.inputs.len(), 0, model.hidden(), 0];
    let blocks: Map<String, Value> = gradient
        .blocks()
        .into_iter()
        .zip(widths)
        .map(|((name, values), width)| (name.to_string(), if width == 0 { json!(values) } else { json!(rows(values, width)) }))
        .collect();
    let mut answer = json!({
        "study": study.name, "case": chosen.case.name,
        "rho_data": exact.rho_data(), "rho_recurrent": exact.rho_recurrent(), "rate": exact.rate(),
        "loss": exact.loss(), "gradient": blocks, "gradient_norm": gradient.norm(),
        "w2": by_block, "tbptt_bias": biases, "block_tbptt_bias": block_biases, "least_truncation": least,
        "hessian_eigenvalues": { "smallest": eigenvalues.first(), "largest": eigenvalues.last() },
        "derivative_moments": { "2": second, "4": fourth }, "asymptotic_variance_trace": variance.diag().sum(),
    });
    let mut missing = Map::new();
    name_missing("", &answer, &mut missing);
    if !missing.is_empty() {
        answer["undefined"] = Value::Object(missing);
    }
    told_as_json(&answer)
}

/// The least truncation lengths of windows and of blocks, a number a share.
fn least_lengths(exact: &LinearGaussian, shares: &[f64]) -> Result<Map<String, Value>, OracleError> {
    let mut least = Map::new();
    for (kind, name) in [(Truncation::Rolling, "rolling"), (Truncation::Block, "block")] {
        let lengths = exact.least_truncation(kind, shares)?;
        let by_share: Map<String, Value> = shares.iter().zip(lengths).map(|(share, length)| (share.to_string(), json!(length))).collect();
        least.insert(name.to_string(), Value::Object(by_share));
    }
    Ok(least)
}

fn told_as_json(answer: &Value) -> Result<u8, Failure> {
    told::answer(serde_json::to_string_pretty(answer).map_err(|error| Failure::Machine(error.to_string()))?)?;
    Ok(0)
}

/// Every null of an answer by its place, with the reason.
fn name_missing(place: &str, value: &Value, missing: &mut Map<String, Value>) {
    let inside = |key: &str| if place.is_empty() { key.to_string() } else { format!("{place}.{key}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| name_missing(&inside(key), value, missing)),
        Value::Array(values) => values.iter().enumerate().for_each(|(index, value)| name_missing(&inside(&index.to_string()), value, missing)),
        Value::Null => {
            let why = if place == "block_tbptt_bias.0" {
                "a block without a step has no gradient"
            } else if place.starts_with("w2.") {
                "below 1e-12 of the stationary spread, where rounding may not be read as a distance; or above 1.8e308, the largest number there is"
            } else {
                "above 1.8e308, the largest number there is; write the study in other units"
            };
            missing.insert(place.to_string(), json!(why));
        }
        _ => {}
    }
}

fn chosen<'a>(study: &'a Study, name: Option<&str>, place: &str) -> Result<&'a StudyCase, Failure> {
    let found = match name {
        Some(name) => study.cases.iter().find(|study_case| study_case.case.name == name),
        None => {
            let first = |has: fn(&StudyCase) -> bool| study.cases.iter().find(|study_case| has(study_case));
            first(|one| one.case.linear.is_some()).or_else(|| first(|one| one.case.unit.is_some())).or(study.cases.first())
        }
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = study.cases.iter().map(|study_case| study_case.case.name.as_str()).collect();
        InputError::new(place, format!("there is no case `{}`", name.unwrap_or("")), format!("cases: {}", names.join(", "))).into()
    })
}
