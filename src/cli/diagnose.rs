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
    after_help = "Examples:\n  rtrl-lab simulate mine.toml --chains 8 --steps 2000 --out sim.npz && rtrl-lab diagnose sim.npz\n  rtrl-lab diagnose sim.npz --array hidden\n  rtrl-lab diagnose chains.npy --json"
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

/// Largest R̂ and least effective size (bulk and tail) of chains that are said to mix well; Vehtari
/// et al. (2021), doi 10.1214/20-BA1221.
const GOOD: (f64, f64) = (1.01, 400.0);

/// One array of the file, diagnosed.
struct Array {
    name: String,
    /// Chains and draws.
    shape: (usize, usize),
    /// Whether it has an axis of coordinates.
    several: bool,
    told: Vec<Told>,
}

impl Array {
    fn warning(&self) -> Option<String> {
        let (chains, draws) = self.shape;
        (chains > draws && draws > 0).then(|| {
            format!("{chains} chains of {draws} draws: more chains than draws looks like a transposed array; if it is one, save its transpose, x.T or np.swapaxes(x, 0, 1)")
        })
    }

    fn json(&self) -> Value {
        let mut answer = match self.told.as_slice() {
            [only] if !self.several => only.json(),
            _ => {
                let list: Vec<Value> = self
                    .told
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
        let (good, why) = verdict(std::slice::from_ref(self));
        for (key, value) in [
            ("chains", json!(self.shape.0)),
            ("draws", json!(self.shape.1)),
            ("warning", json!(self.warning())),
            ("good", json!(good)),
            ("judgement", json!(why)),
        ] {
            answer[key] = value;
        }
        answer
    }
}

/// Whether the chains mix well, where that can be told, and a sentence on it.
fn verdict(arrays: &[Array]) -> (Option<bool>, String) {
    let (most, least) = GOOD;
    let rule = format!("R̂ at most {most} and effective sizes of at least {least}");
    let all = || arrays.iter().flat_map(|array| array.told.iter().map(move |told| (array, told)));
    let place = |(array, told): (&Array, &Told)| if array.several { format!("{}[{}]", array.name, told.coordinate) } else { array.name.clone() };
    let of = |index: usize| move |told: &Told| told.numbers[index].as_ref().ok().copied();
    let worst = |what: &str, index: usize, wrong: &dyn Fn(f64) -> bool, badness: &dyn Fn(f64) -> f64| {
        let wrong = |(array, told)| Some((array, told, of(index)(told).filter(|number| wrong(*number))?));
        let found = all().filter_map(wrong).max_by(|a, b| badness(a.2).total_cmp(&badness(b.2)));
        found.map(|(array, told, number)| format!("{} has {what} {}", place((array, told)), shown(NUMBERS[index], number)))
    };
    let found = [
        worst("R̂", 0, &|rhat| rhat > most, &|rhat| rhat),
        worst("a bulk effective size of", 1, &|size| size < least, &|size| -size),
        worst("a tail effective size of", 2, &|size| size < least, &|size| -size),
    ];
    let found: Vec<String> = found.into_iter().flatten().collect();
    let unknown = all().filter(|(_, told)| told.numbers[..3].iter().any(Result::is_err)).map(place).collect::<Vec<_>>();
    if !found.is_empty() {
        return (Some(false), format!("not good: {}; {rule} are asked for", found.join(", ")));
    }
    match unknown.first() {
        None if arrays.is_empty() => (None, "nothing to judge".into()),
        None => (Some(true), format!("good: {rule}")),
        Some(first) => (None, format!("undecided: {} of the numbers of {first} are undefined; {rule} are asked for", unknown.len())),
    }
}

/// Runs `diagnose`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let start = Instant::now();
    let arrays = read(options)?;
    let arrays: Vec<Array> = arrays
        .into_iter()
        .map(|(name, array, several)| {
            let (chains, draws, coordinates) = array.dim();
            let wanted = options.coordinate.map_or(0..coordinates, |only| only..only + 1);
            let told = wanted.map(|coordinate| Told::of(coordinate, &array.slice(s![.., .., coordinate]).to_owned())).collect();
            Array { name, shape: (chains, draws), several, told }
        })
        .collect();
    let seconds = start.elapsed().as_secs_f64();
    let mut warned: Vec<String> = arrays.iter().filter_map(Array::warning).collect();
    warned.dedup();
    warned.iter().for_each(|warning| remark(format!("note: {warning}")));
    let (good, why) = verdict(&arrays);
    if options.json {
        let mut answer = match arrays.as_slice() {
            [only] => only.json(),
            all => {
                let all: serde_json::Map<String, Value> = all.iter().map(|array| (array.name.clone(), array.json())).collect();
                json!({ "arrays": all, "good": good, "judgement": why })
            }
        };
        answer["seconds"] = json!(seconds);
        super::told::answer(serde_json::to_string_pretty(&answer).map_err(|error| Failure::Machine(error.to_string()))?)?;
        return Ok(0);
    }
    for array in &arrays {
        let name = if arrays.len() > 1 { format!("{}: ", array.name) } else { String::new() };
        answer(format!("{name}{} chains of {} draws", array.shape.0, array.shape.1))?;
        for told in &array.told {
            if array.several {
                answer(format!("coordinate {}", told.coordinate))?;
            }
            told.print()?;
        }
    }
    answer(why)?;
    Ok(0)
}

/// A number as a reader wants it: sizes to a tenth, R̂ to six decimals, an error to six digits, and
/// small or huge ones with their power of ten.
fn shown(name: &str, x: f64) -> String {
    let (decimals, least) = if name.starts_with("ess") { (1, 1.0) } else { (6, 0.1) };
    if (least..1e7).contains(&x) || x == 0.0 { format!("{x:.decimals$}") } else { format!("{x:.5e}") }
}

/// The arrays that are asked for, each as (chains, draws, coordinates), and whether it has an axis
/// of coordinates: the one that is named, else every one of the file.
fn read(options: &Options) -> Result<Vec<(String, Array3<f64>, bool)>, InputError> {
    let path: &Path = &options.chains;
    let place = path.display().to_string();
    let refused = |problem: String, remedy: String| InputError::new(&place, problem, remedy);
    let mut file =
        ArrayFile::open(path, REMEDY).map_err(|error| InputError { problem: format!("it cannot be read as chains: {}", error.problem), ..error })?;
    let described = || file.arrays().iter().map(|array| array.described()).collect::<Vec<_>>().join(", ");
    let names = match (&options.array, file.arrays()) {
        (Some(_), _) if !file.is_archive() => return Err(InputError::new("--array", "the file holds one array without a name", "leave --array out")),
        (Some(name), _) if file.named(name).is_some() => vec![name.clone()],
        (Some(name), _) => return Err(InputError::new("--array", format!("{place} has no array `{name}`"), format!("it has {}", described()))),
        (None, []) => return Err(refused("it holds no array".into(), REMEDY.into())),
        (None, [_, _, ..]) if options.coordinate.is_some() => {
            return Err(InputError::new("--coordinate", format!("the file holds several arrays: {}", described()), "choose one by --array"));
        }
        (None, all) => all.iter().map(|array| array.name.clone()).collect(),
    };
    let (names, large) = fitting(names, &file, options);
    if !large.is_empty() {
        remark(format!("note: left out, since at most {MOST_COORDINATES} coordinates are told at once: {}", large.join(", ")));
    }
    let several = names.len() > 1;
    names.into_iter().map(|name| one(options, &mut file, &place, name, several)).collect()
}

/// The names of those arrays that can be told at once, and a word on each other: an array that was
/// asked for by name is always among them.
fn fitting(names: Vec<String>, file: &ArrayFile, options: &Options) -> (Vec<String>, Vec<String>) {
    let coordinates = |name: &String| -> usize {
        let shape = file.named(name).and_then(|array| array.shape().ok()).unwrap_or_default();
        shape.iter().skip(2).fold(1usize, |all, axis| all.saturating_mul(*axis))
    };
    let only = names.len() == 1 || options.array.is_some();
    let (fit, large): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| only || coordinates(name) <= MOST_COORDINATES);
    let large = large.into_iter().map(|name| format!("{name} ({} coordinates; --array {name} --coordinate K)", coordinates(&name))).collect();
    (fit, large)
}

/// One array of the file.
fn one(options: &Options, file: &mut ArrayFile, place: &str, name: String, among: bool) -> Result<(String, Array3<f64>, bool), InputError> {
    let place = if among { format!("{place}: {name}") } else { place.to_string() };
    let refused = |problem: String, remedy: String| InputError::new(&place, problem, remedy);
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
        return Err(refused(problem, format!("choose one by --coordinate; up to {MOST_COORDINATES} are told at once, and --array chooses an array")));
    }
    let array = if array.ndim() == 1 { array.insert_axis(Axis(0)) } else { array };
    let array = array.into_shape_with_order((chains, draws, coordinates)).map_err(|error| refused(error.to_string(), REMEDY.into()))?;
    Ok((name, array, several))
}
