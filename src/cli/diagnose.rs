//! `diagnose`: effective sample sizes, R̂ and the error of the mean of saved chains.

use super::Failure;
use super::told::{answer, remark};
use crate::data::InputError;
use crate::data::arrays::ArrayFile;
use crate::markov::Independent;
use crate::stats::{Chains, Diagnosis, Undefined, diagnose};
use crate::study::machine_memory;
use ndarray::{Array2, Array3, Axis, s};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  rtrl-lab simulate mine.toml --chains 8 --steps 2000 --out sim.npz && rtrl-lab diagnose sim.npz --array hidden\n  rtrl-lab diagnose chains.npy --json"
)]
pub(super) struct Options {
    /// A NumPy file, .npy or .npz, with an array of shape (chains, draws), (draws) for one chain,
    /// or (chains, draws, coordinates…); the chains must share no noise
    pub chains: PathBuf,
    /// The array of an .npz file, such as `hidden` of what `simulate` writes
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// Only this coordinate, counted from 0, of an array that has several
    #[arg(long, value_name = "K")]
    pub coordinate: Option<usize>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

const NUMBERS: [&str; 5] = ["rhat", "ess_bulk", "ess_tail", "ess_mean", "mcse_mean"];
const REMEDY: &str = "save an array of shape (chains, draws), in NumPy by np.save(\"chains.npy\", x)";
/// Most coordinates that are told at once.
const MOST_COORDINATES: usize = 1000;

/// The numbers of one coordinate, in the order of [`NUMBERS`].
struct Told {
    coordinate: usize,
    numbers: [Result<f64, Undefined>; 5],
}

impl Told {
    fn of(coordinate: usize, array: &Array2<f64>) -> Told {
        let numbers = match Chains::new(array.view()) {
            Err(undefined) => std::array::from_fn(|_| Err(undefined.clone())),
            Ok(chains) => {
                let Diagnosis { rhat, bulk, tail, mean, error } = diagnose(&Independent::declare(chains));
                [rhat, bulk, tail, mean, error]
            }
        };
        Told { coordinate, numbers }
    }

    /// Why numbers are missing; several may be for one reason.
    fn reason(&self) -> Option<String> {
        let mut reasons: Vec<&str> =
            self.numbers.iter().filter_map(|number| number.as_ref().err()).map(|undefined| undefined.reason.as_str()).collect();
        reasons.dedup();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    fn json(&self) -> Value {
        let reason = self.reason();
        let mut answer = json!({ "status": if reason.is_none() { "defined" } else { "undefined" }, "reason": reason });
        for (name, number) in NUMBERS.into_iter().zip(&self.numbers) {
            answer[name] = json!(number.as_ref().ok());
        }
        answer
    }

    fn print(&self) -> Result<(), Failure> {
        for (name, number) in NUMBERS.into_iter().zip(&self.numbers) {
            answer(format!("  {name:<12}{:>14}", number.as_ref().map_or("undefined".into(), |x| shown(name, *x))))?;
        }
        if let Some(reason) = self.reason() {
            answer(format!("undefined: {reason}"))?;
        }
        Ok(())
    }
}

/// Runs `diagnose`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (array, several) = read(options)?;
    let (chains, draws, coordinates) = array.dim();
    let warning = (chains > draws && draws > 0).then(|| {
        format!("{chains} chains of {draws} draws: more chains than draws looks like a transposed array; if it is one, save its transpose, x.T or np.swapaxes(x, 0, 1)")
    });
    let start = Instant::now();
    let wanted = options.coordinate.map_or(0..coordinates, |only| only..only + 1);
    let told: Vec<Told> = wanted.map(|coordinate| Told::of(coordinate, &array.slice(s![.., .., coordinate]).to_owned())).collect();
    let seconds = start.elapsed().as_secs_f64();
    if let Some(warning) = &warning {
        remark(format!("note: {warning}"));
    }
    if options.json {
        let mut answer = match told.as_slice() {
            [only] if !several => only.json(),
            _ => {
                let list: Vec<Value> = told
                    .iter()
                    .map(|told| {
                        let mut one = told.json();
                        one["coordinate"] = json!(told.coordinate);
                        one
                    })
                    .collect();
                json!({ "coordinates": list })
            }
        };
        for (key, value) in [("chains", json!(chains)), ("draws", json!(draws)), ("warning", json!(warning)), ("seconds", json!(seconds))] {
            answer[key] = value;
        }
        super::told::answer(serde_json::to_string_pretty(&answer).map_err(|error| Failure::Machine(error.to_string()))?)?;
        return Ok(0);
    }
    answer(format!("{chains} chains of {draws} draws"))?;
    for told in &told {
        if several {
            answer(format!("coordinate {}", told.coordinate))?;
        }
        told.print()?;
    }
    Ok(0)
}

/// A number as a reader wants it: sizes to a tenth, R̂ to six decimals, an error to six digits, and
/// small or huge ones with their power of ten.
fn shown(name: &str, x: f64) -> String {
    let (decimals, least) = if name.starts_with("ess") { (1, 1.0) } else { (6, 0.1) };
    if (least..1e7).contains(&x) || x == 0.0 { format!("{x:.decimals$}") } else { format!("{x:.5e}") }
}

/// The chains as (chains, draws, coordinates), and whether the file has an axis of coordinates.
fn read(options: &Options) -> Result<(Array3<f64>, bool), InputError> {
    let path: &Path = &options.chains;
    let place = path.display().to_string();
    let refused = |problem: String, remedy: String| InputError::new(&place, problem, remedy);
    let mut file =
        ArrayFile::open(path, REMEDY).map_err(|error| InputError { problem: format!("it cannot be read as chains: {}", error.problem), ..error })?;
    let described = || file.arrays().iter().map(|array| array.described()).collect::<Vec<_>>().join(", ");
    let name = match (&options.array, file.arrays()) {
        (Some(_), _) if !file.is_archive() => return Err(InputError::new("--array", "the file holds one array without a name", "leave --array out")),
        (Some(name), _) if file.named(name).is_some() => name.clone(),
        (Some(name), _) => return Err(InputError::new("--array", format!("{place} has no array `{name}`"), format!("it has {}", described()))),
        (None, [only]) => only.name.clone(),
        (None, []) => return Err(refused("it holds no array".into(), REMEDY.into())),
        (None, _) => return Err(refused(format!("it holds several arrays: {}", described()), "choose one, for example by --array hidden".into())),
    };
    let limit = machine_memory().map_or(u64::MAX, |bytes| bytes / 4);
    let array = file.read(&name, limit)?;
    let shape = array.shape().to_vec();
    let (chains, draws, several) = match shape.as_slice() {
        [] => return Err(refused("it holds one number".into(), REMEDY.into())),
        [draws] => (1, *draws, false),
        [chains, draws] => (*chains, *draws, false),
        [chains, draws, ..] => (*chains, *draws, true),
    };
    let coordinates: usize = shape.iter().skip(2).product();
    if let Some(only) = options.coordinate.filter(|only| *only >= coordinates) {
        let problem = format!("there is no coordinate {only} in an array of shape {shape:?}");
        return Err(InputError::new("--coordinate", problem, format!("count from 0, up to {}", coordinates.saturating_sub(1))));
    }
    if several && coordinates == 0 {
        return Err(refused(format!("the array of shape {shape:?} has no coordinates"), REMEDY.into()));
    }
    if coordinates > MOST_COORDINATES && options.coordinate.is_none() {
        let problem = format!("the array of shape {shape:?} has {coordinates} coordinates");
        return Err(refused(problem, format!("choose one by --coordinate; up to {MOST_COORDINATES} are told at once")));
    }
    let array = if array.ndim() == 1 { array.insert_axis(Axis(0)) } else { array };
    let array = array.into_shape_with_order((chains, draws, coordinates)).map_err(|error| refused(error.to_string(), REMEDY.into()))?;
    Ok((array, several))
}
