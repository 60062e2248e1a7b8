//! What each schedule came to, and what the study's own one still may.

use super::runs;
use super::{STALLED, times, updates};
use crate::claims::judging::limits;
use crate::claims::judging::limits::Standing;
use crate::claims::{Case, Outcome};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::stats::{Estimate, Sample, Undefined};
use ndarray::Array2;

/// What a schedule came to.
pub(super) struct Reached {
    /// Its name.
    pub name: &'static str,
    /// Last |∇J|² over the first, median over runs.
    pub left: Result<Estimate, Undefined>,
    /// Last step over the first.
    pub step: f64,
}

/// What every schedule came to, the study's own first.
pub(super) fn outcomes(case: &Case, by_schedule: &Array2<f64>) -> Vec<Reached> {
    let (seeds, last) = (case.budget("schedule_conditions").seeds, by_schedule.ncols() - 1);
    let tried = runs::tried(&case.learning, updates(case));
    // All runs start from the same parameters, so their first squares are independent measurements
    // of one number.
    let first = by_schedule.column(0).sum() / by_schedule.nrows() as f64;
    tried
        .iter()
        .enumerate()
        .map(|(index, tried)| {
            let left: Vec<f64> = (0..seeds).map(|seed| by_schedule[[index * seeds + seed, last]] / first).collect();
            let step = tried.schedule.step(updates(case)) / tried.schedule.step(0);
            // A skewed law over runs, as in `stationary_point`: the typical run, not the mean that
            // the rarest decides.
            Reached { name: tried.name, left: Sample::new(&left).and_then(|sample| sample.median(case.level)), step }
        })
        .collect()
}

/// What the study's own schedule came to, as far as it went.
pub(super) struct Own {
    /// The word.
    pub outcome: Outcome,
    /// What is to be added to the reason.
    pub words: String,
    /// Updates that would decide, where it is not decided.
    pub steps: Option<Result<Estimate, Undefined>>,
}

/// Below the line it fell; above it, steps that still sum to infinity may yet take it there, and
/// those that sum to too little do not.
pub(super) fn own(case: &Case, reached: &Reached, by_schedule: &Array2<f64>) -> Own {
    let level = match &reached.left {
        Err(_) => return Own { outcome: Outcome::Undefined, words: String::new(), steps: None },
        Ok(left) if left.upper < STALLED => return Own { outcome: Outcome::Supported, words: String::new(), steps: None },
        Ok(left) => *left,
    };
    let (updates, budget) = (updates(case), case.budget("schedule_conditions"));
    let times = times(updates, budget.checkpoints);
    let late: Vec<usize> = (times.len() / 2..times.len()).filter(|look| times[*look] > 0).collect();
    let squares: Vec<Vec<f64>> = (0..budget.seeds).map(|seed| late.iter().map(|look| by_schedule[[seed, *look]]).collect()).collect();
    let at: Vec<f64> = late.iter().map(|look| times[*look] as f64).collect();
    let trend = limits::trend(&at, &squares, case.level, case.key_of("schedule_conditions", "own"));
    let schedule = case.learning.schedule;
    // Under a constant step what stays is its floor.
    let standing = Standing { steps: updates, schedule, level, threshold: STALLED, trend, noise: schedule.exponent == 0.0 };
    if standing.stalled() || standing.floored() {
        return Own { outcome: Outcome::Contradicted, words: String::new(), steps: None };
    }
    let words = format!(
        "; under the study's own schedule |∇J|² stands at {:.2} of its start after {updates} updates; {}",
        level.value,
        standing.steps_in_words()
    );
    Own { outcome: Outcome::Inconclusive, words, steps: Some(standing.steps_to_decide()) }
}

/// What is left of |∇J|² over what is left of the step.
pub(super) fn schedule_panel(outcomes: &[Reached]) -> Panel {
    let layer = |label: &str, role: Role, chosen: &dyn Fn(&str) -> bool| {
        let points = outcomes
            .iter()
            .enumerate()
            .filter(|(_, reached)| chosen(reached.name))
            .filter_map(|(place, reached)| {
                let left = reached.left.as_ref().ok()?;
                Some(Mark { x: (place + 1) as f64, y: left.value, interval: Some([left.lower, left.upper]) })
            })
            .collect();
        Layer::Points { label: label.into(), role, points }
    };
    let undefined = outcomes.iter().filter(|reached| reached.left.is_err()).count();
    let named = |reached: &Reached| format!("{} ({:.0e})", reached.name.replace('_', " "), reached.step);
    Panel {
        title: "schedules".into(),
        x: Axis::named("schedule, the last step over the first in brackets", outcomes.iter().map(named)),
        y: Axis::log("last |∇J|² over the first"),
        layers: vec![
            layer("polynomial, exponents 0.3 to 1", Role::Measured, &|name| name.starts_with("polynomial")),
            layer("the study's own", Role::Predicted, &|name| name == "own"),
            layer("constant", Role::Rival(0), &|name| name == "constant"),
            layer("summable", Role::Exact, &|name| name == "summable"),
            layer("RMSProp and Adam", Role::Rival(1), &|name| name == "rmsprop" || name == "adam"),
            Layer::Rule { label: "stalled above".into(), role: Role::Margin, at: STALLED },
        ],
        note: (undefined > 0).then(|| format!("undefined for {undefined} of {}", outcomes.len())),
    }
}
