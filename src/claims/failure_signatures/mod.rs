//! Claim: no signature of failure shows in this case, and each of the four is found where its cause
//! is at work.

pub(crate) mod names;
mod detectors;

use crate::claims::judging::decay_rate;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::{batches, members};
use crate::claims::{Budget, Case, Claim, Condition, Finding, Name, Outcome, Part, Question, Record, Records, Work};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::stats::{Estimate, Undefined, beta_quantile};
use detectors::{DETECTORS, PROVOCATIONS};

/// The claim.
pub(super) struct FailureSignatures;

const OWN: &str = "own";
const QUANTITY: &str = "share of runs of this case in which a signature of failure shows";
/// The least share of provoked runs, at its interval's lower end, in which the right cause must be
/// named.
const POWER: f64 = 0.8;

impl Claim for FailureSignatures {
    fn id(&self) -> &'static str {
        "failure_signatures"
    }

    fn short(&self) -> &'static str {
        "learning is free of the four failures"
    }

    fn statement(&self) -> &'static str {
        "no signature of failure shows here, and each shows and is told from the others where its cause is at work"
    }

    fn margin_meaning(&self) -> &'static str {
        "the share of runs with an alarm must lie below the margin"
    }

    fn premises(&self) -> &'static [&'static str] {
        &[]
    }

    /// `chains` runs of the case itself, `seeds` of each provoked failure.
    fn budget(&self) -> Budget {
        Budget { chains: 128, steps: 4000, margin: 0.05, seeds: 32, ..Budget::default() }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let (budget, footprint) = (case.budget(self.id()), memory_count::walks(case));
        let record = |statistics: Vec<f64>| Record::default().with(names::STATISTICS, DETECTORS.len(), statistics);
        let key = case.key_of(self.id(), OWN);
        let own = Work::new(OWN, batches(budget.chains), footprint, move |index| {
            record(members(budget, index).flat_map(|run| detectors::statistics(case, key.replicate(run), budget.steps)).collect())
        });
        let provoked = PROVOCATIONS.iter().map(|provocation| {
            let key = case.key_of(self.id(), provocation.name);
            Work::new(provocation.name, budget.seeds, footprint, move |index| {
                let provoked = detectors::provoked(provocation.name, case.key.seed.wrapping_add(index as u64));
                let steps = budget.steps.min(detectors::PROVOKED_STEPS);
                record(detectors::statistics(&provoked, key.replicate(index), steps).to_vec())
            })
        });
        [own].into_iter().chain(provoked).collect()
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let own = Tally::of(records.part(OWN))?;
        let alarms: usize = own.named.iter().sum();
        let share = proportion(alarms, own.runs, case.level);
        let mut finding = Finding::new(self.question(case), Ok(share));
        finding.effect = Some((budget.margin - share.value) / budget.margin);
        let worst = (0..DETECTORS.len()).filter(|detector| own.named[*detector] > 0).max_by_key(|detector| own.named[*detector]);
        finding.reason = match worst {
            None => format!("none of the four signatures shows in {} runs", own.runs),
            Some(worst) => {
                format!("{} shows in {} of {} runs: {}", DETECTORS[worst].name.replace('_', " "), own.named[worst], own.runs, DETECTORS[worst].cause)
            }
        };
        for (detector, count) in DETECTORS.iter().zip(&own.named) {
            finding = finding.with(names::ALARMS.at(detector.name), proportion(*count, own.runs, case.level));
        }
        let mut tallies = vec![own];
        for provocation in PROVOCATIONS.iter().filter(|_| budget.seeds > 0) {
            let tally = Tally::of(records.part(provocation.name))?;
            let right = proportion(tally.named[provocation.detector], tally.runs, case.level);
            let outcome = match right {
                right if right.lower > POWER => Outcome::Supported,
                right if right.upper < POWER => Outcome::Contradicted,
                _ => Outcome::Inconclusive,
            };
            finding.conditions.push(Condition {
                name: format!(
                    "provoked {} is recognised by {}",
                    provocation.name.replace('_', " "),
                    DETECTORS[provocation.detector].name.replace('_', " ")
                ),
                outcome,
            });
            for (detector, count) in DETECTORS.iter().zip(&tally.named).filter(|(_, count)| **count > 0) {
                finding = finding.with(Name::new(provocation.name).at(detector.name), proportion(*count, tally.runs, case.level));
            }
            tallies.push(tally);
        }
        let names =
            PROVOCATIONS.iter().enumerate().map(|(index, p)| format!("{} {}", index + 1, p.name.replace('_', " "))).collect::<Vec<_>>().join(", ");
        let caption = format!(
            "Case {}: the four statistics over runs (median and whole range) of this case (0) and of provoked failures ({names}). Above the line is an alarm; a value that is not finite is \
             one too and is not drawn. The cause is the first alarm in the order of the panels: {}.",
            case.name,
            DETECTORS.iter().map(|detector| detector.statistic).collect::<Vec<_>>().join("; ")
        );
        finding.figures.push(decay_rate::figure(case, self.id(), "Which signature of failure shows where?", caption, panels(&tallies)));
        Ok(finding)
    }

    /// A step that overshoots.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 1000, margin: 0.05, ..Budget::default() };
        let case = detectors::provoked("step_too_large", seed);
        Case { name: format!("violation of {}", self.id()), budgets: [(self.id().to_string(), budget)].into(), ..case }
    }
}

/// The statistics of some runs and the causes they name.
struct Tally {
    runs: usize,
    named: [usize; 4],
    columns: [Vec<f64>; 4],
}

impl Tally {
    fn of(part: &Part) -> Result<Tally, Undefined> {
        let table = part.stacked(names::STATISTICS)?;
        if table.ncols() != DETECTORS.len() || table.nrows() == 0 {
            return Err(Undefined::because("there is no run"));
        }
        let mut named = [0; 4];
        for row in table.rows() {
            if let Some(detector) = detectors::named(&row.to_vec()) {
                named[detector] += 1;
            }
        }
        Ok(Tally { runs: table.nrows(), named, columns: std::array::from_fn(|column| table.column(column).to_vec()) })
    }
}

/// A share with the interval of Clopper and Pearson (1934), doi 10.1093/biomet/26.4.404.
fn proportion(hits: usize, runs: usize, level: f64) -> Estimate {
    let (k, n, tail) = (hits as f64, runs as f64, 0.5 - level / 2.0);
    let lower = if hits == 0 { 0.0 } else { beta_quantile(tail, k, n - k + 1.0) };
    let upper = if hits == runs { 1.0 } else { beta_quantile(1.0 - tail, k + 1.0, n - k) };
    let value = k / n;
    Estimate { value, standard_error: (value * (1.0 - value) / n).sqrt(), lower, upper, level }
}

fn panels(tallies: &[Tally]) -> Vec<Panel> {
    DETECTORS
        .iter()
        .enumerate()
        .map(|(index, detector)| {
            let mark = |position: usize| -> Option<Mark> {
                let mut values: Vec<f64> = tallies[position].columns[index].iter().copied().filter(|x| x.is_finite()).collect();
                values.sort_by(f64::total_cmp);
                // What lies far beyond the limit is drawn at the panel's edge.
                let shown = |x: f64| x.clamp(detector.limit - 12.0, detector.limit + 12.0);
                let (low, high) = (shown(*values.first()?), shown(*values.last()?));
                Some(Mark { x: (position + 1) as f64, y: shown(values[values.len() / 2]), interval: Some([low, high]) })
            };
            let layer = |label: &str, role: Role, positions: std::ops::Range<usize>| Layer::Points {
                label: label.into(),
                role,
                points: positions.filter_map(mark).collect(),
            };
            let names =
                || ["this case"].into_iter().chain(PROVOCATIONS.iter().map(|provocation| provocation.name)).map(|name| name.replace('_', " "));
            let missing = (0..tallies.len()).filter(|position| mark(*position).is_none()).count();
            Panel {
                title: detector.name.replace('_', " "),
                x: Axis::named("this case, and failures that were provoked", names()),
                y: Axis::linear(short(index)),
                layers: vec![
                    layer("this case", Role::Measured, 0..1),
                    layer("provoked failures", Role::Rival(0), 1..tallies.len()),
                    Layer::Rule { label: "alarm above".into(), role: Role::Margin, at: detector.limit },
                ],
                note: (missing > 0).then(|| format!("undefined for {missing} of {}", tallies.len())),
            }
        })
        .collect()
}

/// The statistic in an axis label's room; the page of the claim has it in full.
fn short(index: usize) -> &'static str {
    ["|autocorrelation|", "log₁₀ slope ratio", "Lyapunov exponent", "− update correlation"][index]
}
