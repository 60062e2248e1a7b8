//! `diagnose`: effective sample sizes, R̂ and the error of the mean of saved chains.

use super::Failure;
use ndarray::{Array2, ArrayD, Axis, Ix2};
use rtrl_lab::data::InputError;
use rtrl_lab::markov::Independent;
use rtrl_lab::stats::{Chains, Diagnosis, Undefined, diagnose};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(clap::Args)]
pub struct Options {
    /// A NumPy file of 64-bit floats with shape (chains, draws), or (draws) for one chain; the chains must share no noise
    pub chains: PathBuf,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

const NUMBERS: [&str; 5] = ["rhat", "ess_bulk", "ess_tail", "ess_mean", "mcse_mean"];
const REMEDY: &str = "save a float64 array of shape (chains, draws), in NumPy by np.save(\"chains.npy\", x.astype(np.float64))";

/// Runs `diagnose`.
pub fn run(options: &Options) -> Result<u8, Failure> {
    let array = read(&options.chains)?;
    let (chains, draws) = array.dim();
    let start = Instant::now();
    let numbers = numbers(&array);
    let seconds = start.elapsed().as_secs_f64();
    // Several numbers may be missing for one reason.
    let mut reasons: Vec<&str> = numbers.iter().filter_map(|number| number.as_ref().err()).map(|undefined| undefined.reason.as_str()).collect();
    reasons.dedup();
    let status = if reasons.is_empty() { "defined" } else { "undefined" };
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    if options.json {
        let mut answer = json!({ "chains": chains, "draws": draws, "status": status, "reason": reason, "seconds": seconds });
        for (name, number) in NUMBERS.into_iter().zip(&numbers) {
            answer[name] = json!(number.as_ref().ok());
        }
        println!("{}", serde_json::to_string_pretty(&answer).map_err(|error| Failure::Machine(error.to_string()))?);
        return Ok(0);
    }
    println!("{chains} chains of {draws} draws");
    for (name, number) in NUMBERS.into_iter().zip(&numbers) {
        println!("  {name:<12}{:>14}", number.as_ref().map_or("undefined".into(), |x| shown(name, *x)));
    }
    if let Some(reason) = reason {
        println!("undefined: {reason}");
    }
    Ok(0)
}

/// A number as a reader wants it: sizes to a tenth, R̂ to six decimals, an error to six digits, and small or huge ones with their power of ten.
fn shown(name: &str, x: f64) -> String {
    let (decimals, least) = if name.starts_with("ess") { (1, 1.0) } else { (6, 0.1) };
    if (least..1e7).contains(&x) || x == 0.0 { format!("{x:.decimals$}") } else { format!("{x:.5e}") }
}

/// The numbers in the order of [`NUMBERS`].
fn numbers(array: &Array2<f64>) -> [Result<f64, Undefined>; 5] {
    match Chains::new(array.view()) {
        Err(undefined) => std::array::from_fn(|_| Err(undefined.clone())),
        Ok(chains) => {
            let Diagnosis { rhat, bulk, tail, mean, error } = diagnose(&Independent::declare(chains));
            [rhat, bulk, tail, mean, error]
        }
    }
}

fn read(path: &Path) -> Result<Array2<f64>, InputError> {
    let place = path.display().to_string();
    let array: ArrayD<f64> = ndarray_npy::read_npy(path).map_err(|error| {
        let one_line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        InputError::new(&place, format!("cannot be read as chains: {one_line}"), REMEDY)
    })?;
    let array = if array.ndim() == 1 { array.insert_axis(Axis(0)) } else { array };
    let shape = format!("{:?}", array.shape());
    array.into_dimensionality::<Ix2>().map_err(|_| InputError::new(&place, format!("the array has the shape {shape}"), REMEDY))
}
