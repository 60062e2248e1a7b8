//! `bench`: the hot loops in seconds, in GFLOP/s and as a share of this processor's peak.

mod growth;
mod machine;
mod main_job;
mod scaling;
mod work;

use super::told::{self, remark};
use super::{Failure, written};
use crate::data::InputError;
use comfy_table::{Table, presets};
use machine::Machine;
use serde::Serialize;
use serde_json::json;
use std::time::Instant;

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab bench --quick\n  rtrl-lab bench --only learn --sizes 64,256")]
pub(super) struct Options {
    /// Hidden sizes of the ensembles
    #[arg(long, value_delimiter = ',', default_values_t = [4, 8, 16, 32, 64, 128, 256])]
    pub sizes: Vec<usize>,
    /// Inputs of the ensembles
    #[arg(long, default_value_t = 2)]
    pub inputs: usize,
    /// Chains of the ensembles [default: as many as fill 32 MB, at least 64 up to N = 64]
    #[arg(long)]
    pub chains: Option<usize>,
    /// Steps of one sample of the ensembles [default: ten to a hundred milliseconds]
    #[arg(long)]
    pub steps: Option<usize>,
    /// Numbers of threads, each measured by itself
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2])]
    pub threads: Vec<usize>,
    /// Kinds of work, all without this: learn, norm, pairs, moments, ensemble,
    /// ensemble_means, online_ensemble, assignment, sorted, diagnose, scaling, growth
    #[arg(long, value_delimiter = ',', value_name = "WORK")]
    pub only: Vec<String>,
    /// A folder for the figures of `scaling` and `growth`
    #[arg(long, value_name = "DIR")]
    pub figure: Option<std::path::PathBuf>,
    /// Fewer and shorter samples
    #[arg(long)]
    pub quick: bool,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    fn wants(&self, work: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == work)
    }
}

/// One measurement; what does not apply is null.
#[derive(Serialize)]
pub(super) struct Row {
    work: &'static str,
    hidden: Option<usize>,
    inputs: Option<usize>,
    chains: Option<usize>,
    steps: Option<usize>,
    threads: usize,
    /// The shortest of the samples.
    seconds: f64,
    /// The middle one.
    median_seconds: f64,
    /// `2 N² P` flops a chain and step, whatever is really executed.
    gflops: Option<f64>,
    /// Of the peak of as many cores as there are threads.
    fraction_of_peak: Option<f64>,
    /// The flops on derivatives that the algorithm really executes, padding not counted.
    executed_gflops: Option<f64>,
    /// Their part of the same peak, at most 1.
    executed_fraction_of_peak: Option<f64>,
}

/// Something that can be timed, again and again.
pub(super) struct Timed {
    pub work: &'static str,
    pub hidden: Option<usize>,
    pub inputs: Option<usize>,
    pub chains: Option<usize>,
    pub steps: Option<usize>,
    pub flops: Option<f64>,
    pub executed: Option<f64>,
    pub go: Box<dyn FnMut() + Send>,
}

/// Seconds from which on one sample is enough.
const ONCE: f64 = 20.0;

/// Kinds of work that `--only` knows.
const WORKS: [&str; 12] =
    ["learn", "norm", "pairs", "moments", "ensemble", "ensemble_means", "online_ensemble", "assignment", "sorted", "diagnose", "scaling", "growth"];

/// Runs `bench`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    validate(options)?;
    let mut machine = Machine::measure(options.quick);
    let mut rows = Vec::new();
    for (work, make) in main_job::WORKS.into_iter().filter(|(work, _)| options.wants(work)) {
        for hidden in &options.sizes {
            let kept = if work == "learn" && *hidden >= main_job::SINGLE { ", derivatives kept in single precision" } else { "" };
            remark(format!("{work}, N = {hidden}{kept}"));
            sample(make(*hidden, options), options, &options.threads[..1], &mut machine, &mut rows);
        }
    }
    for work in ["ensemble", "ensemble_means", "online_ensemble"].into_iter().filter(|work| options.wants(work)) {
        for hidden in &options.sizes {
            // The slow parts of a large size would say nothing new of the variants.
            if work == "ensemble" || *hidden <= 64 {
                remark(format!("{work}, N = {hidden}"));
                sample(work::of_cells(work, *hidden, options), options, &options.threads, &mut machine, &mut rows);
            }
        }
    }
    for timed in work::others().into_iter().filter(|(name, _)| options.wants(name)).map(|(_, make)| make()) {
        remark(timed.work);
        sample(timed, options, &options.threads[..1], &mut machine, &mut rows);
    }
    let exponents = if options.wants("scaling") { scaling::exponents(options.inputs, options.quick) } else { Vec::new() };
    // It takes minutes, so it is asked for by name.
    let growth = if options.only.iter().any(|work| work == "growth") { growth::exponents(options) } else { Vec::new() };
    if let Some(folder) = &options.figure {
        let figures = [(!exponents.is_empty()).then(|| scaling::figure(&exponents)), (!growth.is_empty()).then(|| growth::figure(&growth))];
        for figure in figures.into_iter().flatten() {
            written::figure(folder, &figure)?;
        }
    }
    for row in &mut rows {
        let peak = machine.fma_gflops * row.threads as f64;
        row.fraction_of_peak = row.gflops.map(|gflops| gflops / peak);
        row.executed_fraction_of_peak = row.executed_gflops.map(|gflops| gflops / peak);
    }
    if options.json {
        let answer = json!({ "machine": machine, "rows": rows, "exponents": exponents, "growth": growth });
        told::answer(serde_json::to_string_pretty(&answer).map_err(|error| Failure::Machine(error.to_string()))?)?;
        return Ok(0);
    }
    told::answer(format!(
        "{} cores, {}: {:.1} GFLOP/s a core at most, {:.1} GB/s triad",
        machine.cores, machine.isa, machine.fma_gflops, machine.triad_gb_per_s
    ))?;
    told::answer(table(&rows))?;
    for line in exponents.iter().chain(&growth) {
        told::answer(format!("time against {:<7} exponent {:.3}, counted {:.3}", line.against, line.measured, line.counted))?;
    }
    Ok(0)
}

fn validate(options: &Options) -> Result<(), InputError> {
    if [options.chains, options.steps].contains(&Some(0))
        || options.sizes.contains(&0)
        || options.threads.contains(&0)
        || options.inputs == 0
        || options.threads.is_empty()
    {
        return Err(InputError::new(
            "--sizes, --inputs, --threads",
            "a zero or an empty list cannot be measured",
            "give positive numbers, for example --threads 1,2",
        ));
    }
    // One run keeps its derivatives once, in single precision where they are many; an ensemble
    // holds those of its chains twice.
    let one_run = options.only == ["learn"];
    let (most, bytes_a_number) = if one_run { (1024, 8.0) } else { (512, 32.0) };
    if let Some(size) = options.sizes.iter().find(|size| **size > most) {
        let (n, d) = (*size as f64, options.inputs as f64);
        let why = format!("one chain of hidden size {size} holds {:.0} MB of derivatives", 8e-6 * n * n * (n + d + 1.0));
        return Err(InputError::new("--sizes", why, format!("give sizes up to {most}")));
    }
    let chains = options.chains.unwrap_or(1);
    let numbers = options.sizes.iter().map(|n| chains as f64 * (n * n) as f64 * (*n as f64 + options.inputs as f64 + 1.0)).fold(0.0, f64::max);
    let bounds = [
        ("--inputs", options.inputs, 10_000),
        ("--chains", chains, 1_000_000),
        ("--steps", options.steps.unwrap_or(1), 1_000_000_000),
        ("--threads", options.threads.iter().copied().max().unwrap_or(1), 1024),
        ("--threads", options.threads.len(), 64),
        ("--sizes", options.sizes.len(), 64),
    ];
    if let Some((argument, value, most)) = bounds.into_iter().find(|(_, value, most)| value > most) {
        return Err(InputError::new(argument, format!("{value} is more than a bench can do"), format!("give at most {most}")));
    }
    if crate::study::machine_memory().is_some_and(|bytes| bytes_a_number * numbers > bytes as f64) {
        let problem = format!("the derivatives of {chains} chains of the largest size would take more memory than this machine has");
        return Err(InputError::new("--chains, --sizes", problem, "give fewer or smaller ones"));
    }
    if let Some(unknown) = options.only.iter().find(|only| !WORKS.contains(&only.as_str())) {
        return Err(InputError::new("--only", format!("there is no work {unknown}"), format!("choose among {}", WORKS.join(", "))));
    }
    Ok(())
}

/// Times a piece of work on each number of threads in turn, between looks at the peak, so that all
/// see the same moments of a busy machine.
fn sample(mut timed: Timed, options: &Options, threads: &[usize], machine: &mut Machine, rows: &mut Vec<Row>) {
    let pools: Vec<rayon::ThreadPool> = threads.iter().filter_map(|count| rayon::ThreadPoolBuilder::new().num_threads(*count).build().ok()).collect();
    let mut samples = vec![Vec::new(); pools.len()];
    let (least, budget) = if options.quick { (3, 0.15) } else { (7, 1.0) };
    let mut spent = 0.0;
    let start = Instant::now();
    pools[0].install(|| (timed.go)());
    let first = start.elapsed().as_secs_f64();
    // What takes so long is not slowed by what a first time costs, and is not done again.
    let once = first > ONCE && pools.len() == 1;
    if once {
        samples[0].push(first);
    }
    while !once && (samples[0].len() < least || (spent < budget && samples[0].len() < 50)) {
        machine.look_again();
        for (pool, samples) in pools.iter().zip(&mut samples) {
            let start = Instant::now();
            pool.install(|| (timed.go)());
            let seconds = start.elapsed().as_secs_f64();
            samples.push(seconds);
            spent += seconds / threads.len() as f64;
        }
    }
    for (threads, mut samples) in threads.iter().zip(samples) {
        samples.sort_unstable_by(f64::total_cmp);
        let Timed { work, hidden, inputs, chains, steps, flops, executed, .. } = timed;
        let (seconds, median_seconds) = (samples[0], samples[samples.len() / 2]);
        let [gflops, executed_gflops] = [flops, executed].map(|flops| flops.map(|flops| flops / seconds / 1e9));
        let (fraction_of_peak, executed_fraction_of_peak, threads) = (None, None, *threads);
        rows.push(Row {
            work,
            hidden,
            inputs,
            chains,
            steps,
            threads,
            seconds,
            median_seconds,
            gflops,
            fraction_of_peak,
            executed_gflops,
            executed_fraction_of_peak,
        });
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    table.set_header(["work", "N", "d", "chains", "steps", "threads", "seconds", "median", "GFLOP/s", "of peak", "executed", "of peak"]);
    let rate = |gflops: Option<f64>| gflops.map_or(String::new(), |g| format!("{g:.1}"));
    let share = |part: Option<f64>| part.map_or(String::new(), |part| format!("{:.0} %", 100.0 * part));
    let whole = |number: Option<usize>| number.map_or(String::new(), |n| n.to_string());
    for row in rows {
        table.add_row([
            row.work.to_string(),
            whole(row.hidden),
            whole(row.inputs),
            whole(row.chains),
            whole(row.steps),
            row.threads.to_string(),
            format!("{:.5}", row.seconds),
            format!("{:.5}", row.median_seconds),
            rate(row.gflops),
            share(row.fraction_of_peak),
            rate(row.executed_gflops),
            share(row.executed_fraction_of_peak),
        ]);
    }
    table
}
