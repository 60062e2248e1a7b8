//! The largest stable step on a recorded series, which its user has to choose.

use crate::claims::stationary_point::names;
use crate::claims::{Case, Finding, Part, Record};
use crate::stats::Undefined;
use crate::training::{Training, stable_step};

/// The part of the work, a unit a seed.
pub(super) const PART: &str = "steps";
/// Seeds, which differ in where in the record they begin.
pub(super) const SEEDS: usize = 3;
/// Steps of a run, at least; fifty blocks where those are longer.
const STEPS: usize = 4000;
/// A proposed step is this share of the largest that was stable.
const CAUTION: f64 = 0.25;

/// Brackets the largest stable step of the case's method.
pub(super) fn run(case: &Case, id: &str, index: usize) -> Record {
    let method = case.learning.method;
    let most = method.kind().most_steps().unwrap_or(usize::MAX);
    let steps = STEPS.max(50 * method.period()).min(most).min(case.learning.steps);
    let training = Training { method, projection: case.learning.projection, ..Training::plain(&*case.data, case.learning.schedule) };
    let key = case.key_of(id, PART).replicate(index);
    let ends = stable_step(&training, &case.network, case.start.spread, key, steps);
    Record::default().with(names::STEP_ENDS, 2, ends.map(|end| end.unwrap_or(f64::NAN)).to_vec())
}

/// Adds the bracket over seeds, and a step to begin with.
pub(super) fn told(finding: Finding, part: &Part) -> Result<Finding, Undefined> {
    let ends = part.stacked(names::STEP_ENDS)?;
    let least = |column: usize| ends.column(column).iter().copied().filter(|end| end.is_finite()).reduce(f64::min);
    let every_seed = ends.column(0).iter().all(|end| end.is_finite());
    let mut finding = finding;
    match least(0).filter(|_| every_seed) {
        Some(stable) => {
            finding.insert(names::LARGEST_STABLE_STEP, stable);
            finding.insert(names::PROPOSED_STEP, CAUTION * stable);
        }
        None => {
            let why = Undefined::because("in some seed no step that was tried is stable, or the loss of not learning is zero or no number");
            finding.insert(names::LARGEST_STABLE_STEP, Err(why));
        }
    }
    if let Some(unstable) = least(1) {
        finding.insert(names::SMALLEST_UNSTABLE_STEP, unstable);
    }
    Ok(finding)
}
