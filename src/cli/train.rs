//! `train`: methods side by side on the same networks, data and noise.

use super::bars::Bar;
use super::told::{answer, remark};
use super::written::Telling;
use super::{Failure, narrow, written};
use crate::data::InputError;
use crate::report::{comparison_figures, comparison_page, comparison_sheets, number, stability_words};
use crate::study::{Best, ComparePlan, ComparedCase, ComparedMethod, Comparison, KeptRuns, OnHeldOut, Paired, Trained, config::Config, write_whole};
use comfy_table::{Table, presets};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  rtrl-lab train experiments/compare/trap.toml --out runs/trap\n  rtrl-lab train experiments/compare/trap.toml --check runs/trap"
)]
pub(super) struct Options {
    /// A study; its section `compare` names the methods, `sweep` makes cases
    pub study: PathBuf,
    /// A folder for comparison.json, the page and its figures
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace what is there
    #[arg(long)]
    pub force: bool,
    /// Go on with a comparison that was broken off in the folder of --out
    #[arg(long, requires = "out", conflicts_with = "force")]
    pub resume: bool,
    /// Time each method by itself on one thread, in one case, and leave the comparison out
    #[arg(long)]
    pub time: bool,
    /// Do again every run of a folder that holds a comparison of this study, or one run in so many,
    /// and hold all numbers against it
    #[arg(long, value_name = "DIR")]
    pub check: Option<PathBuf>,
    /// With --check: one run in so many is done again
    #[arg(long, value_name = "K", default_value_t = 1, requires = "check")]
    pub every: usize,
    #[command(flatten)]
    pub telling: Telling,
}

/// Runs `train`; exit code 1 where a check finds another number.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (config, index) = Config::read(&options.study)?;
    let plan = ComparePlan::build(&config, &index, options.study.parent().unwrap_or(Path::new(".")))?;
    if options.time {
        return timed(&plan, options.telling.json);
    }
    if let Some(folder) = &options.check {
        return check(&plan, folder, options.every.max(1));
    }
    if let Some(folder) = options.out.as_ref().filter(|folder| folder.join(RESULT).exists() && !options.force && !goes_on(options, folder)) {
        return finished(&plan, folder, options.resume);
    }
    let (trained, kept) = trained(&plan, options)?;
    let times: Vec<Option<f64>> = trained.iter().map(|one| one.microseconds).collect();
    let records = trained.into_iter().map(|one| one.record).collect();
    let bar = Bar::over(plan.stability_units());
    let stability = plan.stability(1, &|| bar.one_more());
    bar.finish();
    let comparison = plan.compared(records, stability);
    let text = serde_json::to_string_pretty(&comparison).map_err(|error| Failure::Machine(error.to_string()))?;
    if let Some(folder) = &options.out {
        for figure in comparison_figures(&comparison) {
            written::figure(folder, &figure)?;
        }
        let page = comparison_page(&comparison).map_err(|error| Failure::Machine(error.to_string()))?;
        write_whole(&folder.join("comparison.html"), page.as_bytes())?;
        write_whole(&folder.join(RESULT), format!("{text}\n").as_bytes())?;
        kept.into_iter().for_each(KeptRuns::close);
    }
    if let Some(form) = options.telling.table {
        written::sheets(&comparison_sheets(&comparison), form)?;
    } else if options.telling.json {
        answer(&text)?;
    } else {
        tell(&comparison, &times)?;
        if let Some(folder) = &options.out {
            answer(format!("\npage: {}", folder.join("comparison.html").display()))?;
        }
    }
    Ok(0)
}

/// A folder whose comparison is finished: to go on with it is nothing to do, to begin in it is an
/// error.
fn finished(plan: &ComparePlan, folder: &Path, resume: bool) -> Result<u8, Failure> {
    const REMEDY: &str = "name another, or replace it with --force";
    if !resume {
        return Err(InputError::new(folder.display().to_string(), "the folder holds a comparison", REMEDY).into());
    }
    let written = comparison(folder, REMEDY)?;
    as_many(&written, plan, folder, REMEDY)?;
    if !follows(plan, &written) {
        return Err(InputError::new(folder.display().to_string(), "the folder holds a comparison of another study", REMEDY).into());
    }
    remark(format!("nothing to do: the comparison in {} is finished; --check holds it against this study, --force replaces it", folder.display()));
    Ok(0)
}

/// Whether a broken-off comparison is to be gone on with: a result beside it is an older one.
fn goes_on(options: &Options, folder: &Path) -> bool {
    options.resume && KeptRuns::wait_in(folder)
}

/// All runs, each kept in the folder of `--out` when it is done.
fn trained(plan: &ComparePlan, options: &Options) -> Result<(Vec<Trained>, Option<KeptRuns>), Failure> {
    let nothing = || vec![None; plan.units()];
    let (kept, known) = match &options.out {
        None => (None, nothing()),
        Some(folder) => {
            let text = std::fs::read_to_string(&options.study).map_err(|error| Failure::Machine(error.to_string()))?;
            let waits = KeptRuns::wait_in(folder);
            if waits && !options.resume && !options.force {
                let remedy = "go on with --resume, or begin anew with --force";
                return Err(InputError::new(folder.display().to_string(), "a comparison was broken off here", remedy).into());
            }
            let (kept, known) =
                if goes_on(options, folder) { KeptRuns::go_on(folder, plan, &text)? } else { (KeptRuns::begin(folder, plan, &text)?, nothing()) };
            (Some(kept), known)
        }
    };
    let rest = known.iter().filter(|run| run.is_none()).count();
    let (bar, unwritten) = (Bar::over(rest), Mutex::new(None));
    let trained = plan.run_rest(known, &|unit, trained| {
        if let Some(Err(error)) = kept.as_ref().map(|kept| kept.add(unit, trained)) {
            *unwritten.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        bar.one_more();
    });
    bar.finish();
    // The runs are there all the same.
    if let Some(error) = unwritten.into_inner().unwrap_or_else(PoisonError::into_inner) {
        remark(format!("a run could not be kept for --resume: {error}"));
    }
    Ok((trained, kept))
}

/// Name of the file that holds a comparison.
const RESULT: &str = "comparison.json";

/// The tables, with the mean time of a step over the seeds; `times` is of the records, in turn.
fn tell(comparison: &Comparison, times: &[Option<f64>]) -> Result<(), Failure> {
    for case in &comparison.cases {
        answer(format!("case {}: {} steps, {} seeds, {}", case.case, case.steps, comparison.seeds, comparison.optimiser))?;
        let heads =
            ["method", "online loss", "against the first", "loss at rest", "‖∇J‖²", "cosine", "gradient error", "diverged", "flops/step", "µs/step"];
        let timed = |method: &ComparedMethod| {
            let own = comparison.records.iter().zip(times).filter(|(record, _)| record.case == case.case && record.method == method.method);
            row(method, own.map(|(_, time)| *time).sum::<Option<f64>>().map(|sum| sum / comparison.seeds as f64))
        };
        tell_table(heads, &case.methods.iter().map(timed).collect::<Vec<_>>())?;
        if let Some(best) = &case.best {
            tell_best(case, best)?;
        }
        if let Some(held) = &case.held_out {
            tell_held_out(case, held)?;
        }
        if let Some(stable) = comparison.stability.iter().find(|stable| stable.case == case.case) {
            answer(format!("{}\n", stability_words(stable)))?;
        }
    }
    Ok(())
}

fn tell_table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    narrow::tables(heads, rows).into_iter().try_for_each(answer)
}

/// A mean with its interval, or a word where there is none.
fn mean_or(paired: &Paired, missing: &str) -> String {
    paired.mean.map_or(missing.into(), |[value, low, high]| format!("{} [{}, {}]", number(value), number(low), number(high)))
}

/// How far the methods are from the best there is.
fn tell_best(case: &ComparedCase, best: &Best) -> Result<(), Failure> {
    let mean = |paired: &Paired| mean_or(paired, "—");
    let mut rows = Vec::new();
    if best.loss.mean.is_some() {
        rows.push(["exact chances".to_string(), mean(&best.loss), "0".into(), mean(&best.accuracy)]);
    }
    for method in &case.methods {
        rows.push([method.method.clone(), mean(&method.stationary_loss), mean(&method.excess), mean(&method.accuracy)]);
    }
    rows.push(["one constant answer".to_string(), mean(&best.constant), "—".into(), mean(&best.constant_accuracy)]);
    tell_table(["answer", "loss", "excess over the exact chances", "accuracy"], &rows)
}

/// What the methods lose on rows that they never saw.
fn tell_held_out(case: &ComparedCase, held: &OnHeldOut) -> Result<(), Failure> {
    let mean = |paired: &Paired| mean_or(paired, "—");
    let against = |paired: &Paired| {
        paired.difference.map_or("—".into(), |[value, low, high]| format!("{value:+.1e} [{low:.1e}, {high:.1e}] {}", paired.word()))
    };
    let mut rows = Vec::new();
    for method in &case.methods {
        rows.push([method.method.clone(), mean(&method.held_out_loss), against(&method.held_out_loss), mean(&method.held_out_accuracy)]);
    }
    let known = |value: Option<f64>| value.map_or("—".into(), number);
    rows.push(["one constant answer, of the rows before".into(), known(held.constant), "—".into(), known(held.constant_accuracy)]);
    tell_table([&format!("on {} rows held out", held.rows), "loss", "against the first", "accuracy"], &rows)
}

fn row(method: &ComparedMethod, microseconds: Option<f64>) -> [String; 10] {
    let mean = |paired: &Paired| mean_or(paired, "undefined");
    let against = match method.online_loss.difference {
        Some([value, low, high]) => format!("{:+.1e} [{low:.1e}, {high:.1e}] {}", value, method.online_loss.word()),
        None => "undefined".into(),
    };
    let cosine = method.cosines.get("recurrent").map_or("—".into(), &mean);
    let of = [mean(&method.online_loss), against, mean(&method.stationary_loss), mean(&method.gradient_square), cosine];
    let [online, against, rest, gradient, cosine] = of;
    [
        method.method.clone(),
        online,
        against,
        rest,
        gradient,
        cosine,
        mean_or(&method.gradient_error, "—"),
        method.diverged.to_string(),
        format!("{:.2e}", method.flops),
        microseconds.map_or("—".into(), |time| format!("{time:.2}")),
    ]
}

/// Processor seconds and operations a second of every method, one after the other on one thread.
fn timed(plan: &ComparePlan, json: bool) -> Result<u8, Failure> {
    let mut rows = Vec::new();
    for method in plan.methods() {
        let begun = Instant::now();
        let (steps, flops) = plan.train_alone(*method);
        let seconds = begun.elapsed().as_secs_f64();
        rows.push((method.to_string(), 1e6 * seconds / steps as f64, flops, flops * steps as f64 / seconds * 1e-9));
    }
    if json {
        let all: Vec<_> = rows.iter().map(|(method, micros, flops, rate)| serde_json::json!({ "method": method, "microseconds_a_step": micros, "flops_a_step": flops, "gflops": rate })).collect();
        answer(serde_json::to_string_pretty(&all).map_err(|error| Failure::Machine(error.to_string()))?)?;
        return Ok(0);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["method", "µs a step of all lanes", "counted flops", "GFLOP/s"]);
    for (method, micros, flops, rate) in rows {
        table.add_row([method, format!("{micros:.2}"), format!("{flops:.3e}"), format!("{rate:.2}")]);
    }
    answer(table)?;
    Ok(0)
}

/// Largest comparison that is read.
const LARGEST: u64 = 1 << 30;

/// The comparison that a folder holds, with what to do where it holds none.
pub(super) fn comparison(folder: &Path, remedy: &str) -> Result<Comparison, InputError> {
    let file = folder.join(RESULT);
    let refused = |problem: String| InputError::new(file.display().to_string(), problem, remedy);
    let unread = |error: std::io::Error| refused(format!("it cannot be read: {error}"));
    if std::fs::metadata(&file).map_err(unread)?.len() > LARGEST {
        return Err(refused(format!("it is larger than {} MB", LARGEST >> 20)));
    }
    let text = std::fs::read(&file).map_err(unread)?;
    serde_json::from_slice(&text).map_err(|error| refused(format!("it is no comparison: {error}")))
}

/// Refuses a comparison that has more or fewer runs than the study asks for.
fn as_many(written: &Comparison, plan: &ComparePlan, folder: &Path, remedy: &str) -> Result<(), InputError> {
    if written.records.len() == plan.units() {
        return Ok(());
    }
    let problem = format!("it holds {} runs, and the study asks for {}", written.records.len(), plan.units());
    Err(InputError::new(folder.join(RESULT).display().to_string(), problem, remedy))
}

/// Whether the tables of a comparison are those that this study makes of its records.
fn follows(plan: &ComparePlan, written: &Comparison) -> bool {
    let again = plan.compared(written.records.clone(), written.stability.clone());
    again.cases == written.cases && again.study == written.study && again.seeds == written.seeds
}

/// Holds a folder's numbers against its records, and one record in `every` against a run done
/// again.
fn check(plan: &ComparePlan, folder: &Path, every: usize) -> Result<u8, Failure> {
    const REMEDY: &str = "name a folder that `train --out` wrote from this study";
    let written = comparison(folder, REMEDY)?;
    as_many(&written, plan, folder, REMEDY)?;
    let mut differences = Vec::new();
    if !follows(plan, &written) {
        differences.push("the table does not follow from the records".to_string());
    }
    let units: Vec<usize> = (0..plan.units()).step_by(every).collect();
    let bar = Bar::over(units.len());
    for unit in &units {
        let (fresh, kept) = (plan.unit(*unit).record, &written.records[*unit]);
        if fresh != *kept {
            differences.push(format!("{}, seed {}, {}: another result", kept.case, kept.seed, kept.method));
        }
        bar.one_more();
    }
    bar.finish();
    for (fresh, kept) in plan.stability(every, &|| {}).iter().zip(&written.stability) {
        let differ = fresh.found.iter().zip(&kept.found).step_by(every).any(|(fresh, kept)| fresh != kept);
        if differ || (&fresh.case, fresh.steps, fresh.first.to_bits()) != (&kept.case, kept.steps, kept.first.to_bits()) {
            differences.push(format!("{}: other stable steps", kept.case));
        }
    }
    if written.stability.len() != plan.stability_units() / plan.seeds() {
        differences.push("stable steps are missing, or are more than the study asks for".to_string());
    }
    for difference in &differences {
        answer(format!("differs: {difference}"))?;
    }
    answer(format!("{} of {} runs done again, {} differences", units.len(), plan.units(), differences.len()))?;
    Ok(u8::from(!differences.is_empty()))
}
