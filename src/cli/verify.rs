//! `verify`: the main job.

use super::bars::Bar;
use super::folder::{Purpose, open};
use super::signals::{self, Asked};
use super::told::remark;
use super::written::{TableForm, Telling};
use super::{Failure, dry_run, written};
use crate::claims::Derivatives;
use crate::data::{InputError, shown};
use crate::study::{BudgetScale, DEFAULT, Done, LeftOut, Prepared, RunDirectory, StudyOutcome, Why, config::Config, place_of};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  rtrl-lab verify\n  rtrl-lab verify mine.toml --quick\n  rtrl-lab verify mine.toml --only geometric_ergodicity,truncation_bias --out runs/memory"
)]
pub(super) struct Options {
    /// The study; without one, the built-in study (a linear network with exact answers, and a tanh
    /// network)
    pub study: Option<PathBuf>,
    #[command(flatten)]
    pub running: Running,
}

/// Options of every command that begins a run: of all of a study, or of the work that others do.
#[derive(clap::Args)]
pub(super) struct Begun {
    /// Folder of the run [default: runs/NAME of the study]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Smaller budgets for a quick look; margins stay as they are
    #[arg(long)]
    pub quick: bool,
    /// Claims to verify, separated by commas [default: all]
    #[arg(long, value_name = "CLAIM,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Replace what the folder holds
    #[arg(long)]
    pub force: bool,
    /// Keep the data files of the study in the run folder, however large; up to 1 MB they are kept
    /// unasked
    #[arg(long)]
    pub keep_data: bool,
    /// Print what the command says as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of every command that runs a study itself.
#[derive(clap::Args)]
pub(super) struct Running {
    #[command(flatten)]
    pub begun: Begun,
    /// Print the verdicts as tables for a text instead
    #[arg(long, value_name = "FORM", conflicts_with = "json")]
    pub table: Option<TableForm>,
    /// Do only the K-th of N shares of the work and write no verdicts; `report` merges shares
    #[arg(long, value_name = "K/N", value_parser = share)]
    pub shard: Option<(usize, usize)>,
    /// Memory that the run may take, in GB [default: what the machine has]
    #[arg(long, value_name = "GB", value_parser = gigabytes)]
    pub memory_limit: Option<u64>,
    /// Say what the run would take, by one unit of every part that is done for it; writes nothing
    #[arg(long)]
    pub dry_run: bool,
}

fn share(text: &str) -> Result<(usize, usize), String> {
    let parse = |part: &str| part.parse::<usize>().ok();
    match text.split_once('/').map(|(k, n)| (parse(k), parse(n))) {
        Some((Some(k), Some(n))) if k >= 1 && k <= n => Ok((k, n)),
        _ => Err("give K/N with 1 ≤ K ≤ N, for example 2/4".into()),
    }
}

pub(super) fn gigabytes(text: &str) -> Result<u64, String> {
    match text.parse::<f64>() {
        Ok(size) if size > 0.0 && size.is_finite() => Ok((size * 1e9) as u64),
        _ => Err("give a positive number of GB, for example 4".into()),
    }
}

/// Memory below which nobody needs to be told.
const WORTH_TELLING: u64 = 100_000_000;

/// Says what a large run will take and what it does not carry whole; refuses one that does not fit.
fn tell_memory(prepared: &Prepared, jobs: usize, limit: Option<u64>) -> Result<(), Failure> {
    let memory = prepared.memory(jobs);
    prepared.fits(&memory, limit)?;
    if memory.predicted >= WORTH_TELLING {
        remark(format!("this run takes about {:.0} MB of memory, most of it for {}", memory.predicted as f64 / 1e6, memory.largest));
    }
    for case in prepared.study.cases.iter().map(|study_case| &study_case.case) {
        if let Derivatives::Sketched { columns, automatic: true } = case.derivatives {
            let bytes = 8.0 * case.network.cell.state_len() as f64 * case.network.recurrent_len() as f64;
            remark(format!(
                "case {}: derivatives are carried along {columns} random directions, since all of them would take {:.1} GB a state (`sketch = 0` to carry them)",
                case.name,
                bytes / 1e9
            ));
        }
    }
    Ok(())
}

/// Runs `verify`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let prepared = study_of(options.study.as_deref(), &options.running.begun)?;
    Ok(run_prepared(&prepared, &options.running)?.0)
}

/// The study of a file, or the built-in one.
pub(super) fn study_of(study: Option<&Path>, begun: &Begun) -> Result<Prepared, Failure> {
    let pace = if begun.quick { BudgetScale::Quick } else { BudgetScale::Full };
    let Some(path) = study else {
        return Ok(Prepared::new(DEFAULT, "built-in study", Path::new("."), pace, &begun.only)?);
    };
    let text = Config::text(path)?;
    let base = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(Prepared::new(&text, &path.display().to_string(), base, pace, &begun.only)?)
}

/// The folder of a run.
pub(super) fn run_folder(prepared: &Prepared, begun: &Begun) -> PathBuf {
    begun.out.clone().unwrap_or_else(|| Path::new("runs").join(&prepared.study.name))
}

/// A pool of so many threads, or of one a core.
pub(super) fn pool_of(jobs: Option<usize>) -> Result<rayon::ThreadPool, Failure> {
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = jobs {
        pool = pool.num_threads(threads(jobs)?);
    }
    pool.build().map_err(|error| Failure::Machine(error.to_string()))
}

/// Keeps the files of the study in the run: all where that is asked for, else the small ones.
pub(super) fn keep_files(prepared: &Prepared, directory: &RunDirectory, all: bool) -> Result<(), Failure> {
    const SMALL: u64 = 1_000_000;
    for LeftOut { file, why } in prepared.keep_files(directory, if all { u64::MAX } else { SMALL })? {
        let file = shown(&file);
        remark(match why {
            Why::Large(bytes) => {
                let megabytes = bytes as f64 / 1e6;
                format!("{file} ({megabytes:.1} MB) is not kept in the run: its checksum is; --keep-data keeps the file")
            }
            Why::Changed => format!("{file} has changed since it was read, and is not kept in the run; the run is of what was read"),
        });
    }
    Ok(())
}

/// Says which units failed.
pub(super) fn tell_failed(done: &Done) {
    for (unit, fault) in &done.failed {
        let place = place_of(fault).map_or_else(String::new, |place| format!(" at {place}"));
        remark(format!("unit {unit} failed: {fault}{place}; its claim is undefined, the others go on"));
    }
}

/// The threads that so many jobs come to: more than a few a core take time and memory and do no
/// work.
fn threads(jobs: usize) -> Result<usize, InputError> {
    const A_CORE: usize = 4;
    if jobs == 0 {
        return Err(InputError::new("--jobs", "0 threads do no work", "give at least 1"));
    }
    let most = A_CORE * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if jobs > most {
        remark(format!("--jobs {jobs}: {most} threads are taken, {A_CORE} a core; more would not be faster"));
    }
    Ok(jobs.min(most))
}

impl Running {
    fn telling(&self) -> Telling {
        Telling { json: self.begun.json, table: self.table }
    }
}

/// Runs a prepared study to its report: the exit code, and what came out where no share of it is
/// left to others.
pub(super) fn run_prepared(prepared: &Prepared, running: &Running) -> Result<(u8, Option<StudyOutcome>), Failure> {
    let root = run_folder(prepared, &running.begun);
    let pool = pool_of(running.begun.jobs)?;
    tell_memory(prepared, pool.current_num_threads(), running.memory_limit)?;
    if running.dry_run && running.shard.is_some() {
        return Err(InputError::new("--dry-run", "it counts a whole study, and --shard names a part", "give one of the two").into());
    }
    if running.dry_run {
        return Ok((pool.install(|| dry_run::tell(prepared, running.begun.json))?, None));
    }
    let Some(opened) = open(prepared, &root, if running.begun.force { Purpose::Replace } else { Purpose::Run })? else {
        // Who asks for verdicts by a program gets those that are there.
        if running.begun.json || running.table.is_some() {
            let directory = prepared.directory(&root);
            let outcome = prepared.judge(&directory)?;
            written::tell(&directory, &outcome, written::PAGE, running.telling())?;
        }
        return Ok((0, None));
    };
    let (directory, asked) = (&opened.directory, Asked::listen());
    pool.install(|| {
        keep_files(prepared, directory, running.begun.keep_data)?;
        let bar = Bar::by_cost().until(&asked);
        let done = prepared.run(directory, running.shard.unwrap_or((1, 1)), &bar);
        bar.finish();
        let done = done?;
        tell_failed(&done);
        if done.left > 0 {
            remark(format!("stopped: {} units are left, what is done is in {}; the same command goes on", done.left, root.display()));
            return Ok((signals::CODE, None));
        }
        if running.shard.is_some_and(|(_, shares)| shares > 1) {
            remark(format!("share done: {}; `rtrl-lab report` on all shares writes the verdicts", root.display()));
            return Ok((0, None));
        }
        let outcome = prepared.judge(directory)?;
        written::write(directory, &outcome)?;
        Ok((written::tell(directory, &outcome, written::PAGE, running.telling())?, Some(outcome)))
    })
}
