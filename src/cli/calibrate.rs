//! `calibrate`: coverage of every interval and error rates of every verdict, against exact answers.

use super::Failure;
use super::told::{answer, remark};
use crate::calibration::{
    Calibration, ClassRow, CoverageRow, Drawing, DrawnFamily, Family, Kind, Plan, PowerCurve, SystemsRow, VerdictRow, class_rates, coverage, draw,
    is_violation, known_kinds, power_curves, random_rates, seed_of_version, trials, verdict_rates,
};
use crate::claims;
use crate::data::InputError;
use crate::random::RngKey;
use crate::report::calibration_page;
use crate::study::write_whole;
use comfy_table::{Table, presets};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rtrl-lab calibrate --repeats 100 --heavy-repeats 20 --out runs/calibration\n  rtrl-lab calibrate --only class")]
pub(super) struct Options {
    /// A file with the keys repeats, heavy_repeats, verdicts, power, systems, draws and seed
    /// [default: as in experiments/calibration.toml]
    pub plan: Option<PathBuf>,
    /// Independent repeats of a light trial
    #[arg(long)]
    pub repeats: Option<usize>,
    /// Independent repeats of a heavy trial, one of which takes a good part of a second
    #[arg(long)]
    pub heavy_repeats: Option<usize>,
    /// Seeds of every designed violation and of every healthy case
    #[arg(long)]
    pub verdicts: Option<usize>,
    /// Seeds at every point of a power curve
    #[arg(long)]
    pub power: Option<usize>,
    /// Random linear systems on which the rate is estimated
    #[arg(long)]
    pub systems: Option<usize>,
    /// Random systems of every family of the draw
    #[arg(long)]
    pub draws: Option<usize>,
    /// Seed of all noise
    #[arg(long)]
    pub seed: Option<u64>,
    /// Only a draw of random systems, from this seed; `version` for the one that ships with this
    /// version
    #[arg(long, value_name = "SEED", value_parser = drawn_from)]
    pub draw: Option<u64>,
    /// Parts that stand in the folder of --out, trials, verdicts, powers and families of the draw,
    /// are read and not made again
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Only what has a name that contains one of these, separated by commas: trials by their case,
    /// families of a draw, and verdicts, power, systems, draw
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub only: Vec<String>,
    /// Write calibration.json and calibration.html into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

impl Options {
    fn plan(&self) -> Result<Plan, Failure> {
        let stated = match &self.plan {
            None => Plan::default(),
            Some(path) => {
                let place = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| {
                    InputError::new(&place, format!("it cannot be read: {error}"), "give a file with the keys of experiments/calibration.toml")
                })?;
                Plan::parse(&text, &place)?
            }
        };
        let plan = Plan {
            repeats: self.repeats.unwrap_or(stated.repeats),
            heavy_repeats: self.heavy_repeats.unwrap_or(stated.heavy_repeats),
            verdicts: self.verdicts.unwrap_or(stated.verdicts),
            power: self.power.unwrap_or(stated.power),
            systems: self.systems.unwrap_or(stated.systems),
            draws: self.draws.unwrap_or(stated.draws),
            seed: self.seed.unwrap_or(stated.seed),
        };
        Ok(plan.checked()?)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }
}

/// Runs `calibrate`; exit code 1 where a row misses its bounds.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let plan = options.plan()?;
    if options.only.iter().any(|part| part.trim().is_empty()) {
        return Err(InputError::new("--only", "a part of it is blank, which every name contains", "separate parts by one comma each").into());
    }
    if let Some(seed) = options.draw {
        return drawn(options, plan, seed);
    }
    let chosen: Vec<_> = trials().into_iter().filter(|trial| options.wants(&trial.case)).collect();
    let of = |part: &'static str| move |claim: &str| options.wants(&format!("{part} of {claim}"));
    let any = |part: &'static str| claims::ALL.iter().any(|claim| of(part)(claim.id()));
    let kinds: Vec<_> = known_kinds()?.into_iter().filter(|kind| plan.draws > 0 && options.wants(&format!("class of {}", kind.name))).collect();
    let parts = [any("verdicts"), any("power"), options.wants("systems"), options.wants("draw"), !kinds.is_empty()];
    if chosen.is_empty() && !parts.contains(&true) {
        let remedy =
            "give a part of a case's name in the table, or verdicts, power, systems, draw, `verdicts of CLAIM`, `power of CLAIM`, `class of KIND`";
        return Err(InputError::new("--only", "nothing has such a name", remedy).into());
    }
    let key = RngKey::root(plan.seed).within("calibrate");
    let mut rows = Vec::new();
    for (index, trial) in chosen.iter().enumerate() {
        let name = format!("{} of {}: {}", index + 1, chosen.len(), trial.case);
        let repeats = if trial.heavy { plan.heavy_repeats } else { plan.repeats };
        rows.extend(part(options, &plan, &trial.case, &name, || coverage(trial, repeats, key))?);
    }
    let mut systems = Vec::new();
    if parts[2] && plan.systems > 0 {
        systems = part(options, &plan, "systems", "random systems", || random_rates(plan.systems, plan.seed))?;
    }
    let (mut verdicts, mut power) = (Vec::new(), Vec::new());
    for claim in claims::ALL.into_iter().map(claims::Claim::id).filter(|claim| of("verdicts")(claim)) {
        let name = format!("verdicts of {claim}");
        verdicts.extend(part(options, &plan, &name, &name, || verdict_rates(plan.verdicts, plan.seed, |id| id == claim))?);
    }
    verdicts.sort_by_key(|row| !is_violation(&row.case));
    for claim in claims::ALL.into_iter().map(claims::Claim::id).filter(|claim| of("power")(claim) && plan.power > 0) {
        let name = format!("power of {claim}");
        power.extend(part(options, &plan, &name, &name, || power_curves(plan.power, plan.seed, |id| id == claim))?);
    }
    let mut classes = Vec::new();
    for kind in &kinds {
        let name = format!("class of {}", kind.name);
        classes.push(part(options, &plan, &name, &name, || class_rates(kind, plan.draws, plan.seed))?);
    }
    let seed = seed_of_version(env!("CARGO_PKG_VERSION"));
    let drawing = if parts[3] && plan.draws > 0 { Some(drawing(options, &plan, seed, |_| true)?) } else { None };
    finish(options, Calibration::of(plan, rows, verdicts, power, systems).with_classes(classes).with_drawing(drawing))
}

/// A part of a calibration as it is kept in the folder of `--out`.
#[derive(serde::Serialize, serde::Deserialize)]
struct Part<T> {
    plan: Plan,
    name: String,
    rows: T,
}

/// A part: read from the folder of `--out` where `--resume` finds it there, else made and written.
fn part<T: serde::Serialize + serde::de::DeserializeOwned>(
    options: &Options,
    plan: &Plan,
    name: &str,
    shown: &str,
    make: impl FnOnce() -> T,
) -> Result<T, Failure> {
    // A name may hold any letter; its hash is a name for a file.
    let file = options.out.as_ref().map(|folder| folder.join(format!("parts/{:016x}.json", RngKey::root(0).within(name).study)));
    if let Some(file) = file.as_ref().filter(|file| options.resume && file.exists()) {
        let place = file.display().to_string();
        let refused = |problem: String| InputError::new(&place, problem, "take the file away, or calibrate without --resume");
        let text = std::fs::read_to_string(file).map_err(|error| refused(format!("it cannot be read: {error}")))?;
        let kept: Part<T> = serde_json::from_str(&text).map_err(|error| refused(format!("it is no part of a calibration: {error}")))?;
        if (&kept.plan, kept.name.as_str()) != (plan, name) {
            return Err(refused(format!("it holds `{}` of another plan", kept.name)).into());
        }
        remark(format!("{shown}: as it stands in the folder"));
        return Ok(kept.rows);
    }
    remark(shown);
    let kept = Part { plan: plan.clone(), name: name.to_string(), rows: make() };
    if let Some(file) = &file {
        let text = serde_json::to_string(&kept).map_err(|error| Failure::Machine(error.to_string()))?;
        write_whole(file, text.as_bytes())?;
    }
    Ok(kept.rows)
}

/// Only the draw, of the families that are wanted.
fn drawn(options: &Options, plan: Plan, seed: u64) -> Result<u8, Failure> {
    if plan.draws == 0 || !Family::ALL.iter().any(|family| options.wants(family.name())) {
        let names: Vec<&str> = Family::ALL.into_iter().map(Family::name).collect();
        return Err(InputError::new("--draw", "nothing is drawn", format!("give --draws of at least 1, and --only from {}", names.join(", "))).into());
    }
    let drawing = drawing(options, &plan, seed, |family| options.wants(family))?;
    finish(options, Calibration::of(plan, vec![], vec![], vec![], vec![]).with_drawing(Some(drawing)))
}

/// The draw of the families that are wanted, each written down when it is done; with `--resume`,
/// those that stand in the folder are read.
fn drawing(options: &Options, plan: &Plan, seed: u64, wanted: impl Fn(&str) -> bool) -> Result<Drawing, Failure> {
    let mut families = Vec::new();
    for family in Family::ALL.into_iter().filter(|family| wanted(family.name())) {
        let file = options.out.as_ref().map(|folder| folder.join(format!("draw/{}.json", family.name().replace(' ', "-"))));
        let kept = file.as_ref().filter(|file| options.resume && file.exists()).map(|file| kept(file, family, plan.draws, seed)).transpose()?;
        families.push(match kept {
            Some(kept) => {
                remark(format!("{}: as it stands in the folder", family.name()));
                kept
            }
            None => {
                remark(family.name());
                let drawn = draw(family, plan.draws, seed);
                if let Some(file) = &file {
                    let text = serde_json::to_string(&drawn).map_err(|error| Failure::Machine(error.to_string()))?;
                    write_whole(file, text.as_bytes())?;
                }
                drawn
            }
        });
    }
    Ok(Drawing::of(&families))
}

/// A family that an earlier draw wrote down.
fn kept(file: &Path, family: Family, systems: usize, seed: u64) -> Result<DrawnFamily, Failure> {
    let place = file.display().to_string();
    let remedy = "take the file away, or draw without --resume";
    let text = std::fs::read_to_string(file).map_err(|error| InputError::new(&place, format!("it cannot be read: {error}"), remedy))?;
    let drawn: DrawnFamily =
        serde_json::from_str(&text).map_err(|error| InputError::new(&place, format!("it is no family of a draw: {error}"), remedy))?;
    if (drawn.family.as_str(), drawn.systems, drawn.seed) != (family.name(), systems, seed) {
        let what = format!("it holds {} systems of the family {}, drawn from seed {}", drawn.systems, drawn.family, drawn.seed);
        return Err(InputError::new(&place, what, remedy).into());
    }
    Ok(drawn)
}

/// The seed of a draw as it is written: a whole number, or `version`.
fn drawn_from(text: &str) -> Result<u64, String> {
    if text == "version" {
        return Ok(seed_of_version(env!("CARGO_PKG_VERSION")));
    }
    text.parse().map_err(|_| format!("{text:?} is neither a whole number nor `version`"))
}

/// Writes and prints a table.
fn finish(options: &Options, table: Calibration) -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(&table).map_err(|error| Failure::Machine(error.to_string()))?;
    if let Some(folder) = &options.out {
        let page = calibration_page(&table).map_err(|error| Failure::Machine(error.to_string()))?;
        write_whole(&folder.join("calibration.json"), format!("{text}\n").as_bytes())?;
        write_whole(&folder.join("calibration.html"), page.as_bytes())?;
    }
    if let (Some(folder), Some(drawing)) = (&options.out, &table.drawing) {
        let wrong = serde_json::to_string_pretty(&drawing.wrong).map_err(|error| Failure::Machine(error.to_string()))?;
        write_whole(&folder.join("draw_errors.json"), format!("{wrong}\n").as_bytes())?;
    }
    if options.json {
        answer(&text)?;
    } else {
        if !table.cases.is_empty() || !table.systems.is_empty() || !table.power.is_empty() {
            answer(format!("{}\n{}\n{}\n{}", coverages(&table), systems_table(&table.systems), errors(&table), powers(&table.power)))?;
        }
        if !table.classes.is_empty() {
            answer(classes_table(&table.classes))?;
        }
        if let Some(drawing) = &table.drawing {
            answer(format!("{}\n{}", drawn_intervals(drawing), drawn_words(drawing)))?;
        }
        answer(if table.passed { "every row is within its bounds" } else { "rows marked with ! are outside their bounds" })?;
    }
    Ok(u8::from(!table.passed))
}

fn classes_table(rows: &[ClassRow]) -> Table {
    let mut table = plain(&["kind of data", "its class", "series", "classes given", ""]);
    for row in rows {
        let given = row.counts.iter().map(|(class, count)| format!("{class} {count}")).collect::<Vec<_>>().join(", ");
        table.add_row([row.kind.clone(), row.class.clone(), row.series.to_string(), given, mark(row.passes)]);
    }
    table
}

fn drawn_intervals(drawing: &Drawing) -> Table {
    let mut table =
        plain(&["drawn: estimator", "promise", "family", "systems", "undefined", "coverage", "95 % interval", "below", "above", "width", ""]);
    for row in &drawing.intervals {
        table.add_row([
            row.estimator.clone(),
            if row.kind == Kind::Bound { "at least" } else { "exactly" }.into(),
            row.family.clone(),
            row.systems.to_string(),
            row.undefined.to_string(),
            row.coverage.map_or("—".into(), |coverage| format!("{coverage:.4}")),
            format!("[{:.3}, {:.3}]", row.coverage_between[0], row.coverage_between[1]),
            row.below.to_string(),
            row.above.to_string(),
            row.width.map_or("one-sided".into(), |width| format!("{width:.1e}")),
            mark(row.passes),
        ]);
    }
    table
}

fn drawn_words(drawing: &Drawing) -> Table {
    let mut table =
        plain(&["drawn: claim", "family", "systems", "falsely supported", "falsely contradicted", "open where clear", "most often because", ""]);
    for row in &drawing.words {
        let most = row.reasons.iter().max_by_key(|(_, count)| **count).map_or(String::new(), |(reason, count)| format!("{count}: {reason}"));
        table.add_row([
            row.claim.clone(),
            row.family.clone(),
            row.systems.to_string(),
            format!("{} of {}", row.falsely_supported, row.false_systems),
            format!("{} of {}", row.falsely_contradicted, row.true_systems),
            format!("{} of {}", row.open, row.clear),
            most.chars().take(110).collect(),
            mark(row.passes),
        ]);
    }
    table
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header.to_vec());
    table
}

fn mark(passes: bool) -> String {
    if passes { String::new() } else { "!".into() }
}

fn coverages(calibration: &Calibration) -> Table {
    let mut table = plain(&["case", "estimator", "promise", "level", "coverage", "99.9 % interval", "undefined", "bias", "width", ""]);
    for row in calibration.coverage() {
        table.add_row([
            row.case.clone(),
            row.estimator.clone(),
            if row.kind == Kind::Bound { "at least" } else { "exactly" }.into(),
            format!("{:.2}", row.level),
            row.coverage.map_or("—".into(), |coverage| format!("{coverage:.4}")),
            format!("[{:.3}, {:.3}]", row.coverage_lower, row.coverage_upper),
            format!("{} of {}", row.undefined, row.repeats),
            format!("{:+.1e}", row.bias),
            row.width.map_or("one-sided".into(), |width| format!("{width:.1e}")),
            mark(CoverageRow::passes(row)),
        ]);
    }
    table
}

fn systems_table(rows: &[SystemsRow]) -> Table {
    let mut table = plain(&["random systems", "block", "systems", "undefined", "coverage", "bias", "worst", "straight line: bias", "worst", ""]);
    for row in rows {
        table.add_row([
            row.spectra.clone(),
            row.block.clone(),
            row.systems.to_string(),
            row.undefined.to_string(),
            format!("{:.3}", row.coverage),
            format!("{:+.1e}", row.bias),
            format!("{:+.1e}", row.worst),
            format!("{:+.1e}", row.straight_line_bias),
            format!("{:+.1e}", row.straight_line_worst),
            mark(row.passes),
        ]);
    }
    table
}

fn errors(calibration: &Calibration) -> Table {
    let mut table = plain(&["claim", "case", "repeats", "supported", "contradicted or premise failed", ""]);
    let share = |value: f64, upper: f64| format!("{value:.3} (< {upper:.3})");
    for row in calibration.verdicts() {
        let row: &VerdictRow = row;
        table.add_row([
            row.claim.clone(),
            row.case.clone(),
            row.repeats.to_string(),
            share(row.supported, row.supported_upper),
            share(row.contradicted, row.contradicted_upper),
            mark(row.passes),
        ]);
    }
    table
}

fn powers(curves: &[PowerCurve]) -> Table {
    let mut table = plain(&["claim", "along", "at", "supported", "contradicted", ""]);
    for curve in curves {
        for (index, point) in curve.points.iter().enumerate() {
            table.add_row([
                if index == 0 { curve.claim.clone() } else { String::new() },
                if index == 0 { curve.along.clone() } else { String::new() },
                format!("{:.4}", point.at),
                format!("{:.2}", point.supported),
                format!("{:.2}", point.contradicted),
                if index == 0 { mark(curve.passes) } else { String::new() },
            ]);
        }
    }
    table
}
