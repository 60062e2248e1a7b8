//! Learning, starts and budgets of a case.

use super::cases::BudgetScale;
use crate::claims::{self, Budget, Claim, Derivatives, Learning, Outcome, Start};
use crate::data::DataProcess;
use crate::data::InputError;
use crate::data::section::{Keys, Located};
use crate::network::Cell;
use crate::study::config::{ClaimSection, LearningSection, StartSection};
use crate::theory::Certificate;
use crate::training::{Method, Schedule, method};
use std::collections::BTreeMap;
use std::path::Path;

/// Most chains of a claim, learning runs, checkpoints, and truncation lengths or times of a list:
/// beyond these a study is taken for a slip of the pen, and lists of its work would
/// themselves fill the memory. They have nothing to do with what a run can afford, which memory and
/// `work_limit` decide.
const MOST_CHAINS: usize = 1_000_000;
const MOST_RUNS: usize = 10_000;
const MOST_CHECKPOINTS: usize = 10_000;
const MOST_LISTED: usize = 1_000;
/// Most steps of a chain, and of a learning run.
const MOST_STEPS: usize = 1_000_000_000;
const MOST_UPDATES: usize = 1_000_000_000_000;
/// Longest truncation.
const MOST_TRUNCATION: usize = 1_000_000;

/// Builds the learning rule; without a section all defaults hold. A quick look takes a quarter of
/// the steps.
pub(super) fn learning(section: &LearningSection, at: Located, cell: &dyn Cell, pace: BudgetScale) -> Result<Learning, InputError> {
    let schedule = section.schedule.clone().unwrap_or_default();
    let kind = at.word("schedule.kind", schedule.kind.as_deref().unwrap_or("polynomial"), &["polynomial", "constant"])?;
    let initial = at.number("schedule.initial", schedule.initial.unwrap_or(0.05), (0.0, 1e6), true)?;
    let exponent = match kind {
        "constant" if schedule.exponent.is_some() || schedule.offset.is_some() => {
            return Err(at.error(
                "schedule",
                "a constant schedule has neither offset nor exponent",
                "take them out, or choose kind = \"polynomial\"",
            ));
        }
        "constant" => 0.0,
        _ => at.number("schedule.exponent", schedule.exponent.unwrap_or(0.7), (0.0, 100.0), false)?,
    };
    let offset = at.number("schedule.offset", schedule.offset.unwrap_or(1000.0), (0.0, 1e15), true)?;
    let length = section.truncation.map(|length| at.count("truncation", length, (1, MOST_TRUNCATION))).transpose()?;
    let offered: Vec<&str> = method::ALL.iter().map(|kind| kind.id()).collect();
    let id = at.word("method", section.method.as_deref().unwrap_or(offered[0]), &offered)?;
    let kind = method::named(id).ok_or_else(|| at.error("method", "no such method", "see `rtrl-lab list`"))?;
    let method = match (kind.is_truncated(), length) {
        (false, None) => Method::of(kind, 0),
        (false, Some(_)) => {
            let problem = format!("{} truncates nothing", kind.name(0));
            return Err(at.error("truncation", problem, "take it out, or choose a truncated method"));
        }
        (true, None) => {
            return Err(at.error("method", "a truncated method needs `truncation`", "give the number of differentiated applications of the cell"));
        }
        (true, Some(length)) => Method::of(kind, length),
    };
    if let Err(why) = kind.suits(cell) {
        return Err(at.error("method", why, "choose another method, or another cell"));
    }
    let projection = at.number("projection", section.projection.unwrap_or(0.98), (0.0, 1e6), false)?;
    let steps = at.count("steps", section.steps.unwrap_or(100_000), (10, MOST_UPDATES))?;
    let steps = if pace == BudgetScale::Quick { (steps / 4).max(10) } else { steps };
    if let Some(most) = kind.most_steps().filter(|most| steps > *most) {
        let problem = format!("{} goes back to the first step at every step, so a run may have {most} steps at most", kind.name(0));
        return Err(at.error("steps", problem, "give fewer `steps`, or choose rolling-tbptt"));
    }
    let length = method.period();
    if length > steps {
        let run = if pace == BudgetScale::Quick { "a quick run" } else { "a run" };
        let problem = format!("a block of {length} steps is longer than {run} of {steps} steps, so nothing would ever be learned");
        return Err(at.error("truncation", problem, "give shorter blocks, or more `steps`"));
    }
    Ok(Learning { method, schedule: Schedule { initial, offset, exponent }, steps, projection: (projection > 0.0).then_some(projection) })
}

/// Builds the start for these data and this cell.
pub(super) fn start(section: &StartSection, at: Located, data: &dyn DataProcess, cell: &dyn Cell) -> Result<Start, InputError> {
    if let Some(stated) = &section.data {
        if data.is_recorded() {
            return Err(at.error("data", "a recorded series has no start of its own", "take it out"));
        }
        at.vector("data", stated, data.state_len())?;
        if !data.admits(stated) {
            let remedy = "give one, as `simulate` writes them, or take it out";
            return Err(at.error("data", "these numbers are no state of the data", remedy));
        }
    }
    if let Some(values) = &section.hidden {
        at.vector("hidden", values, cell.state_len())?;
    }
    let spread = at.number("spread", section.spread.unwrap_or(2.0), (0.0, 1e6), true)?;
    Ok(Start { data: section.data.clone(), hidden: section.hidden.clone(), spread })
}

/// Two sections of one claim: what the case states wins.
pub(super) fn merged(base: Option<&ClaimSection>, case: Option<&ClaimSection>) -> ClaimSection {
    let (mut base, case) = (base.cloned().unwrap_or_default(), case.cloned().unwrap_or_default());
    base.numbers.extend(case.numbers);
    ClaimSection { enabled: case.enabled.or(base.enabled), expect: case.expect.or(base.expect), numbers: base.numbers }
}

/// The budget of a claim: the claim's own default where nothing is stated.
pub(super) fn budget(claim: &dyn Claim, section: &ClaimSection, at: Located, certificate: &Certificate) -> Result<Budget, InputError> {
    let default = claim.budget_for(certificate);
    let stated = Keys { at, values: &section.numbers, base: Path::new("") };
    let own = |claim: &dyn Claim| claim.budget().keys().into_iter().chain(claim.knobs().iter().map(|knob| knob.key)).collect::<Vec<_>>();
    // A number that one other claim alone takes is named with its place.
    let knobs = claims::ALL.into_iter().flat_map(|other| other.knobs().iter().map(|knob| (knob.key, Some(format!("[claims.{}]", other.id())))));
    let elsewhere: Vec<_> = knobs.chain(claims::ALL.into_iter().flat_map(own).map(|key| (key, None))).collect();
    let known: Vec<&str> = own(claim).into_iter().chain(["enabled", "expect", "until"]).collect();
    stated.only(&known, &elsewhere, &format!("the claim `{}`", claim.id()))?;
    let count = |key: &str, default: usize, range: (usize, usize)| at.count(key, stated.get(key)?.unwrap_or(default), range);
    // A number that the claim has no use for stays 0.
    let used = |key: &str, default: usize, range: (usize, usize)| if default > 0 { count(key, default, range) } else { Ok(0) };
    let mut taus = stated.get::<Vec<usize>>("taus")?.unwrap_or(default.taus);
    taus.sort_unstable();
    taus.dedup();
    if taus.first() == Some(&0) {
        return Err(at.error("taus", "0 differentiated applications leave no gradient", "give lengths of at least 1"));
    }
    let listed = stated.get::<Vec<usize>>("times")?;
    for (key, list, most) in [("taus", &taus, MOST_TRUNCATION), ("times", listed.as_ref().unwrap_or(&default.times), MOST_STEPS)] {
        if list.len() > MOST_LISTED {
            return Err(at.error(key, format!("{} entries are more than a run can do", list.len()), format!("give at most {MOST_LISTED}")));
        }
        list.iter().try_for_each(|entry| at.count(key, *entry, (0, most)).map(drop))?;
    }
    let steps = count("steps", default.steps, (20, MOST_STEPS))?;
    let mut times = listed.unwrap_or_else(|| default.times.iter().copied().filter(|time| *time <= steps).collect());
    times.sort_unstable();
    times.dedup();
    if times.last().is_some_and(|last| *last > steps) {
        return Err(at.error("times", format!("the last time lies beyond the {steps} steps"), "give times up to `steps`"));
    }
    let mut numbers = BTreeMap::new();
    for knob in claim.knobs() {
        if let Some(value) = stated.get(knob.key)? {
            numbers.insert(knob.key, at.count(knob.key, value, (0, knob.most))?);
        }
    }
    Ok(Budget {
        chains: count("chains", default.chains, (16, MOST_CHAINS))?,
        steps,
        burn_in: count("burn_in", default.burn_in, (0, MOST_STEPS))?,
        margin: stated.number("margin", default.margin, (0.0, 1e6), true)?,
        seeds: used("seeds", default.seeds, (6, MOST_RUNS))?,
        checkpoints: used("checkpoints", default.checkpoints, (2, MOST_CHECKPOINTS))?,
        taus,
        times,
        until: until(claim, &stated)?,
        own: numbers,
    })
}

/// The width of the interval at which a run of this claim ends, where one is stated.
fn until(claim: &dyn Claim, stated: &Keys<'_>) -> Result<Option<f64>, InputError> {
    let Some(width) = stated.get::<f64>("until")? else { return Ok(None) };
    if !claim.stops_early() {
        let can: Vec<&str> = claims::ALL.into_iter().filter(|claim| claim.stops_early()).map(|claim| claim.id()).collect();
        let problem = format!("the units of {} are no replicas of one another, so that some of them do not answer for all", claim.id());
        return Err(stated.at.error("until", problem, format!("take it out; it is for {}", can.join(", "))));
    }
    stated.at.number("until", width, (0.0, 1e6), true).map(Some)
}

/// Roughly the steps of the network that a claim takes: of its chains, a truncation of length τ
/// counting τ times, and of its learning runs.
pub(super) fn steps_of(budget: &Budget, learning: &Learning) -> [(&'static str, f64); 2] {
    let differentiated = budget.taus.iter().map(|tau| *tau as f64).sum::<f64>().max(1.0);
    let truncation = learning.method.work() as f64;
    let chains = budget.chains as f64 * (budget.steps as f64 + budget.burn_in as f64) * differentiated;
    [("chains", chains), ("learning", budget.seeds as f64 * learning.steps as f64 * truncation)]
}

/// The number by which a claim asks for a sketch.
const SKETCH: &str = "sketch";
/// Directions of a sketch that nobody asked for.
const COLUMNS: usize = 8;
/// Bytes of the influence matrices of eight coupled pairs from which on a study that states nothing
/// is sketched. A fixed number, so that a study has one result on every machine.
const LARGEST_EXACT: f64 = (1u64 << 30) as f64;

/// How derivatives are carried for a claim that may ask for a sketch: as stated (0 for all of
/// them), else whole where they are not too large.
pub(super) fn derivatives(cell: &dyn Cell, claim: &dyn Claim, budget: &Budget, at: Located) -> Result<Option<Derivatives>, InputError> {
    if !claim.knobs().iter().any(|knob| knob.key == SKETCH) {
        return Ok(None);
    }
    // Eight pairs, each two states and the two that they become.
    let bytes = 8.0 * 4.0 * 8.0 * cell.influence_layout().len() as f64;
    Ok(Some(match budget.own.get(SKETCH) {
        Some(0) => Derivatives::Exact,
        Some(_) if cell.tangents().is_none() => {
            return Err(at.error(SKETCH, "this cell's derivatives are whole at the cost of a sketch", "take it out"));
        }
        Some(columns) => Derivatives::Sketched { columns: *columns, automatic: false },
        None if bytes > LARGEST_EXACT && cell.tangents().is_some() => Derivatives::Sketched { columns: COLUMNS, automatic: true },
        None => Derivatives::Exact,
    }))
}

/// The verdict that a section expects.
pub(super) fn expected(section: &ClaimSection, at: Located) -> Result<Option<Outcome>, InputError> {
    let Some(word) = &section.expect else { return Ok(None) };
    let offered: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    Ok(Outcome::named(at.word("expect", word, &offered)?))
}

/// A budget for a quick look: fewer replicas and shorter runs, the margins as they are.
///
/// On a record all chains stay. Its curves rest on pairs from many rows, and a quarter of them
/// leaves too few times at which a moment is known.
pub(super) fn quickened(budget: Budget, recorded: bool) -> Budget {
    Budget {
        chains: if recorded { budget.chains } else { (budget.chains / 4).clamp(32, 128).min(budget.chains) },
        steps: if budget.steps > 400 { budget.steps / 2 } else { budget.steps },
        seeds: if budget.seeds > 0 { (budget.seeds / 2).max(6).min(budget.seeds) } else { 0 },
        checkpoints: budget.checkpoints.min(6),
        ..budget
    }
}
