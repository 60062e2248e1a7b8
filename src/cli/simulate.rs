//! `simulate`: trajectories for other tools.

use super::Failure;
use super::told::{answer, remark};
use crate::chain::JointChain;
use crate::data::InputError;
use crate::markov::{Block, Walk};
use crate::random::{Noise, stream};
use crate::study::{BudgetScale, Study, config::Config, machine_memory, temporary_file};
use ndarray::{Array3, Array4, ArrayViewD, Axis};
use ndarray_npy::NpzWriter;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab simulate mine.toml --chains 16 --steps 1000 --out trajectories.npz")]
pub(super) struct Options {
    /// A study
    pub study: PathBuf,
    /// Independent chains
    #[arg(long, default_value_t = 8)]
    pub chains: usize,
    /// Steps of each
    #[arg(long, default_value_t = 100)]
    pub steps: usize,
    /// The NPZ file: arrays data (chains, steps + 1, q), hidden (…, N), derivative (…, N, P)
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The case, where the study has several [default: the first]
    #[arg(long)]
    pub case: Option<String>,
    /// Leave the derivatives out
    #[arg(long)]
    pub no_derivative: bool,
    /// Replace the file
    #[arg(long)]
    pub force: bool,
    /// Print the shapes as JSON
    #[arg(long)]
    pub json: bool,
}

/// Largest output that is held in memory, in bytes.
const LARGEST: usize = 4 << 30;

/// The times of a run, where its trajectories fit into memory; an error names the argument that is
/// larger against its default.
fn affordable(options: &Options, kept: usize) -> Result<usize, InputError> {
    let key = if options.chains / 8 > options.steps / 100 { "--chains" } else { "--steps" };
    let remedy = "take fewer chains or steps, or --no-derivative";
    // The walk itself holds two states.
    let trajectories = options.steps.checked_add(1).and_then(|times| times.checked_mul(options.chains)?.checked_mul(kept));
    let numbers = trajectories.and_then(|numbers| numbers.checked_add(2 * kept)?.checked_mul(8));
    let largest = machine_memory().map_or(LARGEST, |there| LARGEST.min(there as usize));
    match numbers {
        Some(bytes) if bytes <= largest => Ok(options.steps + 1),
        Some(bytes) => {
            let (bytes, largest) = (bytes as f64 / 1e9, largest as f64 / 1e9);
            Err(InputError::new(
                key,
                format!("the trajectories would take {bytes:.1} GB, more than the {largest:.1} GB that are held at once"),
                remedy,
            ))
        }
        None => Err(InputError::new(key, "the trajectories hold more numbers than can be counted", remedy)),
    }
}

/// Numbers that are infinite or undefined.
struct Lost {
    numbers: usize,
    count: usize,
    /// The earliest step that has one.
    first: Option<usize>,
}

impl Lost {
    /// Of an array whose second axis is time.
    fn of(array: ArrayViewD<f64>) -> Lost {
        let mut lost = Lost { numbers: array.len(), count: 0, first: None };
        for (step, values) in array.axis_iter(Axis(1)).enumerate() {
            let count = values.iter().filter(|value| !value.is_finite()).count();
            lost.count += count;
            lost.first = lost.first.or((count > 0).then_some(step));
        }
        lost
    }
}

/// Runs `simulate`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let place = options.study.display().to_string();
    let (config, index) = Config::read(&options.study)?;
    let study = Study::build(&config, &index, options.study.parent().unwrap_or(Path::new(".")), BudgetScale::Full, &[])?;
    let found = study.cases.iter().find(|study_case| options.case.as_ref().is_none_or(|name| *name == study_case.case.name));
    let case = &found.ok_or_else(|| InputError::new(&place, "there is no such case", "see the [case.NAME] sections of the study").on("--case"))?.case;
    if options.chains == 0 {
        return Err(InputError::new("--chains", "0 chains show nothing", "give at least 1").into());
    }
    let out = options.out.display().to_string();
    if options.out.exists() && !options.force {
        return Err(InputError::new(out, "the file exists", "name another, or replace it with --force").into());
    }
    let carried = if options.no_derivative { JointChain::without_derivatives } else { JointChain::new };
    let chain = carried(&*case.data, &*case.network.cell);
    let blocks = chain.blocks();
    let (hidden, parameters) = (blocks.hidden, blocks.derivative / blocks.hidden);
    let kept = blocks.data + hidden + blocks.derivative;
    let times = affordable(options, kept)?;
    let mut data = Array3::zeros((options.chains, times, blocks.data));
    let mut states = Array3::zeros((options.chains, times, hidden));
    let mut derivatives = Array4::zeros(if options.no_derivative { (0, 0, 0, 0) } else { (options.chains, times, hidden, parameters) });
    let rng_key = case.key.within("simulate");
    for replicate in 0..options.chains {
        let start =
            chain.state(&case.data_start(replicate, options.chains, rng_key, stream::START), &case.hidden_start(replicate, rng_key, stream::START));
        let mut walk = Walk::from(&chain, start);
        let mut noise = Noise::at(rng_key.replicate(replicate).stream(stream::INNOVATION));
        for t in 0..times {
            let state = walk.state();
            let part = |block| &state[blocks.range(block)];
            data.slice_mut(ndarray::s![replicate, t, ..]).iter_mut().zip(part(Block::Data)).for_each(|(slot, x)| *slot = *x);
            states.slice_mut(ndarray::s![replicate, t, ..]).iter_mut().zip(part(Block::Hidden)).for_each(|(slot, x)| *slot = *x);
            if !options.no_derivative {
                derivatives.slice_mut(ndarray::s![replicate, t, .., ..]).iter_mut().zip(part(Block::Derivative)).for_each(|(slot, x)| *slot = *x);
            }
            walk.step_on(&mut noise);
        }
    }
    write(&options.out, &data, &states, (!options.no_derivative).then_some(&derivatives))?;
    let lost = [
        ("data", Lost::of(data.view().into_dyn())),
        ("hidden", Lost::of(states.view().into_dyn())),
        ("derivative", Lost::of(derivatives.view().into_dyn())),
    ];
    for (name, lost) in &lost {
        if let Some(first) = lost.first.filter(|_| lost.count > 0) {
            let share = 100.0 * lost.count as f64 / lost.numbers as f64;
            remark(format!(
                "note: {} of {} numbers of {name} ({share:.1} %) are not finite, the first at step {first}: the recursion grows beyond what a number can hold, so nothing after that step can be used",
                lost.count, lost.numbers
            ));
        }
    }
    if options.json {
        let lost: serde_json::Map<String, serde_json::Value> =
            lost.iter().map(|(name, lost)| (name.to_string(), serde_json::json!({ "count": lost.count, "first_step": lost.first }))).collect();
        answer(serde_json::json!({
            "file": out, "data": data.shape(), "hidden": states.shape(), "derivative": derivatives.shape(), "not_finite": lost
        }))?;
    } else {
        answer(format!("{out}: data {:?}, hidden {:?}, derivative {:?}", data.shape(), states.shape(), derivatives.shape()))?;
    }
    Ok(0)
}

fn write(path: &Path, data: &Array3<f64>, hidden: &Array3<f64>, derivative: Option<&Array4<f64>>) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Machine(format!("{}: {error}", path.display()));
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = temporary_file(folder).map_err(|error| failed(&error))?;
    let mut writer = NpzWriter::new(file.reopen().map_err(|error| failed(&error))?);
    writer.add_array("data", data).map_err(|error| failed(&error))?;
    writer.add_array("hidden", hidden).map_err(|error| failed(&error))?;
    if let Some(derivative) = derivative {
        writer.add_array("derivative", derivative).map_err(|error| failed(&error))?;
    }
    writer.finish().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error))?;
    Ok(())
}
