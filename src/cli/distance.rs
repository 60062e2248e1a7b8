//! `distance`: Wasserstein distances between two saved samples, with what is known about their
//! errors.

use super::{Failure, told};
use crate::data::InputError;
use crate::data::arrays::ArrayFile;
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined};
use crate::study::machine_memory;
use crate::transport::{Order, assignment_of_order, centred, max_sliced, max_sliced_witness, sinkhorn_divergence, sliced, wasserstein_1d};
use ndarray::{Array2, ArrayD, ArrayView2, Axis, Ix2, s};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab distance x.npy y.npy --order 2\n  rtrl-lab distance x.npy y.npy --order 1 --method sliced --json")]
pub(super) struct Options {
    /// A NumPy file of numbers with shape (points, dimension), or (points) for samples on the line
    pub x: PathBuf,
    /// The other sample, in the same dimension
    pub y: PathBuf,
    /// The order p of W_p: 1 or 2; on the line any number from 1 on
    #[arg(long, default_value_t = 2.0)]
    pub order: f64,
    /// How it is computed
    #[arg(long, value_enum, default_value = "exact")]
    pub method: Method,
    /// Random directions of sliced and max-sliced
    #[arg(long, default_value_t = 500)]
    pub directions: usize,
    /// Seed of the directions
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Level of the intervals of centred, sliced and max-sliced --split
    #[arg(long, default_value_t = 0.95)]
    pub level: f64,
    /// ε of sinkhorn, as a share of the mean cost
    #[arg(long, default_value_t = 0.05)]
    pub epsilon: f64,
    /// Marginal error at which sinkhorn ends
    #[arg(long, default_value_t = 1e-9)]
    pub tolerance: f64,
    /// For max-sliced: choose on the first half of the points, measure on the second, and bound the
    /// distance of the laws
    #[arg(long)]
    pub split: bool,
    /// For centred: a second sample of the law of Y, independent of it; without it the halves of Y
    /// are used, and half of X
    #[arg(long)]
    pub again: Option<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
pub(super) enum Method {
    /// The optimal coupling of two samples of one size, certified by its dual; on the line by
    /// sorting
    Exact,
    /// The centred pair of bounds on W_2 of the laws, free of the plug-in bias
    Centred,
    /// The mean over directions, at most W_p
    Sliced,
    /// The largest over directions that was found, at most W_p
    MaxSliced,
    /// The debiased entropic divergence, to the power 1/p; no Wasserstein distance
    Sinkhorn,
    /// By sorting, on the line, for any order and any sizes
    Sorted,
}

/// A number with its bounds, what they enclose, and what else is worth telling.
struct Answer {
    value: f64,
    lower: Option<f64>,
    upper: Option<f64>,
    certified: bool,
    bounds: &'static str,
    more: Value,
}

const NPY: &str = "save a float64 array of shape (points, dimension), in NumPy by np.save(\"x.npy\", x.astype(np.float64))";

/// Most random directions.
const MOST_DIRECTIONS: usize = 1_000_000;

/// Runs `distance`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (x, y) = (read(&options.x)?, read(&options.y)?);
    let again = options.again.as_deref().map(read).transpose()?;
    check(options, &x, &y, again.as_ref())?;
    let start = Instant::now();
    let answer = answer(options, &x, &y, again.as_ref());
    let seconds = start.elapsed().as_secs_f64();
    let name = clap::ValueEnum::to_possible_value(&options.method).map_or_else(String::new, |value| value.get_name().to_string());
    let known = answer.as_ref().ok();
    let reason = answer.as_ref().err().map(|undefined| &undefined.reason);
    if options.json {
        let mut told = json!({
            "order": options.order, "method": name, "value": known.map(|a| a.value), "lower": known.and_then(|a| a.lower),
            "upper": known.and_then(|a| a.upper), "certified": known.is_some_and(|a| a.certified), "bounds": known.map(|a| a.bounds),
            "status": if known.is_some() { "defined" } else { "undefined" }, "reason": reason,
            "points": [x.nrows(), y.nrows()], "dimension": x.ncols(), "seconds": seconds,
        });
        if let (Some(told), Some(Value::Object(more))) = (told.as_object_mut(), known.map(|a| &a.more)) {
            told.extend(more.clone());
        }
        told::answer(serde_json::to_string_pretty(&told).map_err(|error| Failure::Machine(error.to_string()))?)?;
        return Ok(0);
    }
    told::answer(format!("{} and {} points in dimension {}, order {}, {name}", x.nrows(), y.nrows(), x.ncols(), options.order))?;
    match &answer {
        Err(undefined) => told::answer(format!("undefined: {}", undefined.reason))?,
        Ok(answer) => {
            let end = |end: Option<f64>| end.map_or_else(|| "unknown".into(), shown);
            told::answer(format!("  value  {}{}", shown(answer.value), if answer.certified { "  certified" } else { "" }))?;
            told::answer(format!("  lower  {}\n  upper  {}\n{}", end(answer.lower), end(answer.upper), answer.bounds))?;
        }
    }
    Ok(0)
}

/// A number to twelve significant digits, without the zeros at its end; `--json` has all of them.
fn shown(value: f64) -> String {
    let scientific = format!("{value:.11e}");
    let Some((digits, power)) = scientific.split_once('e') else { return scientific };
    let trimmed = |digits: &str| digits.trim_end_matches('0').trim_end_matches('.').to_string();
    match power.parse::<i32>() {
        Ok(power @ -4..=11) => {
            let plain = format!("{value:.*}", (11 - power) as usize);
            if plain.contains('.') { trimmed(&plain) } else { plain }
        }
        _ => format!("{}e{power}", trimmed(digits)),
    }
}

fn answer(options: &Options, x: &Array2<f64>, y: &Array2<f64>, again: Option<&Array2<f64>>) -> Result<Answer, Undefined> {
    let order = if options.order == 1.0 { Order::One } else { Order::Two };
    let (x, y, key) = (x.view(), y.view(), RngKey::root(options.seed));
    match options.method {
        Method::Exact if x.ncols() > 1 => {
            let solved = assignment_of_order(x, y, order)?;
            Ok(Answer {
                value: solved.distance,
                lower: Some(solved.proven),
                upper: Some(solved.attained),
                certified: true,
                bounds: "lower by the dual potentials, upper by the pairs: W_p of the two samples",
                more: json!({ "gap": solved.attained - solved.proven }),
            })
        }
        Method::Exact | Method::Sorted => {
            let line = |sample| ArrayView2::to_slice(sample).map_or_else(|| Cow::Owned(sample.iter().copied().collect()), Cow::Borrowed);
            let value = wasserstein_1d(&line(&x), &line(&y), options.order)?;
            let bounds = "W_p of the two samples, up to rounding: on the line the sorted coupling is optimal";
            Ok(Answer { value, lower: Some(value), upper: Some(value), certified: true, bounds, more: json!({}) })
        }
        Method::Centred => centred_answer(x, y, again, options.level),
        Method::Sliced => {
            let estimate = sliced(x, y, order, options.directions, key, options.level)?;
            let bounds = "an interval over the directions, for the sliced distance of these two samples, which is at most their W_p";
            Ok(Answer { more: json!({ "directions": options.directions, "seed": options.seed, "level": options.level }), ..random(estimate, bounds) })
        }
        Method::MaxSliced if options.split => {
            let estimate = max_sliced_witness(x, y, order, options.directions, key, options.level)?;
            let bounds = "an interval for a number that is at most W_p of the laws: chosen on the first halves, measured on the second; points must be independent";
            Ok(Answer { more: json!({ "directions": options.directions, "seed": options.seed, "level": options.level }), ..random(estimate, bounds) })
        }
        Method::MaxSliced => {
            let best = max_sliced(x, y, order, options.directions, key)?;
            Ok(Answer {
                value: best.distance,
                lower: Some(best.proven),
                upper: None,
                certified: false,
                bounds: "lower bounds W_p of these two samples and says nothing of their laws (see --split); the search is local, so there is no upper",
                more: json!({ "direction": best.direction, "directions": options.directions, "seed": options.seed }),
            })
        }
        Method::Sinkhorn => {
            let solved = sinkhorn_divergence(x, y, order, options.epsilon, options.tolerance)?;
            Ok(Answer {
                value: solved.root,
                lower: None,
                upper: None,
                certified: false,
                bounds: "the debiased Sinkhorn divergence to the power 1/p; it is no Wasserstein distance and bounds none",
                more: json!({
                    "divergence": solved.divergence, "sharp": solved.sharp, "epsilon": solved.epsilon, "marginal_error": solved.marginal_error,
                    "tolerance": options.tolerance, "rounding": solved.rounding, "sweeps": solved.sweeps,
                }),
            })
        }
    }
}

fn random(estimate: Estimate, bounds: &'static str) -> Answer {
    Answer { value: estimate.value, lower: Some(estimate.lower), upper: Some(estimate.upper), certified: false, bounds, more: json!({}) }
}

/// The pair with the roots of its ends, negative ones taken as 0: a squared distance is not below
/// it.
fn centred_answer(x: ArrayView2<f64>, y: ArrayView2<f64>, again: Option<&Array2<f64>>, level: f64) -> Result<Answer, Undefined> {
    let half = y.nrows() / 2;
    let pair = match again {
        Some(again) => centred(x, y, again.view(), level)?,
        None => centred(x.slice(s![..half, ..]), y.slice(s![..half, ..]), y.slice(s![half..2 * half, ..]), level)?,
    };
    let root = |squared: f64| squared.max(0.0).sqrt();
    let of = |estimate: Estimate| json!({ "value": estimate.value, "lower": estimate.lower, "upper": estimate.upper });
    Ok(Answer {
        value: root(pair.upper.value),
        lower: Some(root(pair.lower.lower)),
        upper: Some(root(pair.upper.upper)),
        certified: false,
        bounds: "lower from the lower end of L, upper from the upper end of U, value from U: W_2 of the laws, the samples being independent",
        more: json!({ "squared_upper": of(pair.upper), "squared_lower": of(pair.lower), "squared_raw": pair.raw, "level": level }),
    })
}

/// Memory that is taken for granted where the system does not tell how much there is, in bytes.
const MEMORY_UNTOLD: u64 = 4_000_000_000;

/// What directions take at most while distances along them are measured: three copies of their
/// coordinates, with the rows of one, their distances and the powers of these.
fn directions_bytes(directions: usize, dimension: usize) -> u64 {
    let each = (3 * 8 * dimension as u64).saturating_add(24 + 16);
    each.saturating_mul(directions as u64)
}

/// Refuses what the method cannot take.
fn check(options: &Options, x: &Array2<f64>, y: &Array2<f64>, again: Option<&Array2<f64>>) -> Result<(), InputError> {
    let place = options.y.display().to_string();
    let (line, method) = (x.ncols() == 1, options.method);
    let refuse = |place: &str, problem: String, remedy: &str| Err(InputError::new(place, problem, remedy));
    let others = [Some(y), again];
    if let Some(other) = others.iter().flatten().find(|other| other.ncols() != x.ncols()) {
        let problem = format!("its points have dimension {}, those of {} dimension {}", other.ncols(), options.x.display(), x.ncols());
        return refuse(&place, problem, "give samples of one dimension");
    }
    let by_sorting = method == Method::Sorted || (method == Method::Exact && line);
    if method == Method::Sorted && !line {
        return refuse("--method", format!("sorted is for samples on the line, not in dimension {}", x.ncols()), "take exact, sliced or max-sliced");
    }
    let order = options.order;
    if !(order >= 1.0 && order.is_finite()) || (!by_sorting && order != 1.0 && order != 2.0) {
        let remedy = "take 1 or 2; by sorting, on the line, any number from 1 on";
        return refuse("--order", format!("a distance of order {order} is not to be had in this way"), remedy);
    }
    if method == Method::Centred && order != 2.0 {
        return refuse("--order", "the centred pair is a statement on W_2".into(), "take --order 2, or the method max-sliced with --split for W_1");
    }
    let needs_equality = (method == Method::Exact && !line) || (method == Method::Centred && !(again.is_none() && x.nrows() >= y.nrows() / 2));
    if needs_equality && others.iter().flatten().any(|other| other.nrows() != x.nrows()) {
        let problem = format!("it has {} points and {} has {}", y.nrows(), options.x.display(), x.nrows());
        return refuse(&place, problem, "give samples of one size, or take sliced, max-sliced or sinkhorn, which need no equal sizes");
    }
    let interval = options.level > 0.0 && options.level < 1.0;
    if !interval {
        return refuse("--level", format!("{} is no level", options.level), "take a number between 0 and 1, such as 0.95");
    }
    if method == Method::Sinkhorn && !(options.epsilon > 0.0 && options.epsilon.is_finite() && options.tolerance > 0.0) {
        return refuse("--epsilon, --tolerance", "both must be above 0".into(), "take 0.05 and 1e-9");
    }
    if options.directions > MOST_DIRECTIONS {
        let problem = format!("{} directions are more than a run can do", options.directions);
        return refuse("--directions", problem, "give at most 1000000; the error falls with their root");
    }
    if method == Method::Sliced && options.directions < 2 {
        return refuse("--directions", "an interval over directions needs at least two".into(), "take 500");
    }
    if matches!(method, Method::Sliced | Method::MaxSliced) {
        let (bytes, limit) = (directions_bytes(options.directions, x.ncols()), machine_memory().unwrap_or(MEMORY_UNTOLD));
        if bytes > limit {
            let size = |bytes: u64| format!("{:.3e} bytes", bytes as f64);
            let problem = format!(
                "{} directions in dimension {} would take {} and this machine has {}",
                options.directions,
                x.ncols(),
                size(bytes),
                size(limit)
            );
            return refuse("--directions", problem, "take fewer: 500 are usual, and the interval of sliced narrows with their root");
        }
    }
    Ok(())
}

/// A sample as points by coordinates; refused if it is empty or has a value that is not finite.
fn read(path: &Path) -> Result<Array2<f64>, InputError> {
    let place = path.display().to_string();
    let mut file = ArrayFile::open(path, NPY)?;
    if file.is_archive() {
        return Err(InputError::new(&place, "this is an archive of arrays", NPY));
    }
    let array: ArrayD<f64> = file.read("", machine_memory().map_or(u64::MAX, |bytes| bytes / 4))?;
    let array = if array.ndim() == 1 { array.insert_axis(Axis(1)) } else { array };
    let shape = format!("{:?}", array.shape());
    let array = array.into_dimensionality::<Ix2>().map_err(|_| InputError::new(&place, format!("the array has the shape {shape}"), NPY))?;
    if array.is_empty() {
        return Err(InputError::new(&place, format!("the array of shape {shape} has no points"), "give at least one point with one coordinate"));
    }
    if let Some(((row, column), value)) = array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        let problem = format!("row {row}, column {column} (counted from 0) is {value}");
        return Err(InputError::new(&place, problem, "take the row out, in NumPy by x[np.isfinite(x).all(axis=1)]"));
    }
    Ok(array)
}
