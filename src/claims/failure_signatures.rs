//! Claim: no signature of failure shows in this case, and each of the four is found where its cause is at work.

use super::pairs::{batches, members};
use super::signatures::{self, DETECTORS, PROVOCATIONS};
use super::{Budget, Case, Claim, Condition, Finding, Outcome, Part, Record, Records, RightSide, Units, rates};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::stats::{Estimate, Undefined, beta_quantile};

/// The claim.
pub(super) struct FailureSignatures;

const OWN: &str = "own";
const QUANTITY: &str = "share of runs of this case in which a signature of failure shows";
/// The least share of provoked runs, at its interval's lower end, in which the right cause must be named.
const POWER: f64 = 0.8;

impl Claim for FailureSignatures {
    fn id(&self) -> &'static str {
        "failure_signatures"
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
        Budget { chains: 128, steps: 4000, burn_in: 0, margin: 0.05, seeds: 32, checkpoints: 0, taus: vec![], times: vec![] }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        let budget = case.budget(self.id());
        let provoked = PROVOCATIONS.iter().map(|provocation| Units { part: provocation.name, count: budget.seeds });
        [batches(OWN, budget.chains)].into_iter().chain(provoked).collect()
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let statistics: Vec<f64> = if part == OWN {
            members(budget, index).flat_map(|run| signatures::statistics(case, address.replicate(run), budget.steps)).collect()
        } else {
            let provoked = signatures::provoked(part, case.address.seed.wrapping_add(index as u64));
            signatures::statistics(&provoked, address.replicate(index), budget.steps.min(signatures::PROVOKED_STEPS)).to_vec()
        };
        Record::default().with("statistics", DETECTORS.len(), statistics)
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let undefined = |why| Finding::undefined(QUANTITY, budget.margin, RightSide::Below, why);
        let own = match Tally::of(&records.part(OWN)) {
            Ok(tally) => tally,
            Err(why) => return undefined(why),
        };
        let mut finding = undefined(Undefined::because(""));
        let alarms: usize = own.named.iter().sum();
        let share = proportion(alarms, own.runs, case.level);
        finding.effect = Some((budget.margin - share.value) / budget.margin);
        finding.estimate = Ok(share);
        let worst = (0..DETECTORS.len()).filter(|detector| own.named[*detector] > 0).max_by_key(|detector| own.named[*detector]);
        finding.reason = match worst {
            None => format!("none of the four signatures shows in {} runs", own.runs),
            Some(worst) => {
                format!("{} shows in {} of {} runs: {}", DETECTORS[worst].name.replace('_', " "), own.named[worst], own.runs, DETECTORS[worst].cause)
            }
        };
        for (detector, count) in DETECTORS.iter().zip(&own.named) {
            finding = finding.with(&format!("alarms[{}]", detector.name), proportion(*count, own.runs, case.level));
        }
        let mut tallies = vec![own];
        for provocation in PROVOCATIONS.iter().filter(|_| budget.seeds > 0) {
            let tally = match Tally::of(&records.part(provocation.name)) {
                Ok(tally) => tally,
                Err(why) => return undefined(why),
            };
            let right = proportion(tally.named[provocation.detector], tally.runs, case.level);
            let outcome = match right {
                right if right.lower > POWER => Outcome::Supported,
                right if right.upper < POWER => Outcome::Contradicted,
                _ => Outcome::Inconclusive,
            };
            finding.conditions.push(Condition {
                name: format!("{} is named {}", provocation.name.replace('_', " "), DETECTORS[provocation.detector].name.replace('_', " ")),
                outcome,
            });
            for (detector, count) in DETECTORS.iter().zip(&tally.named).filter(|(_, count)| **count > 0) {
                finding = finding.with(&format!("{}[{}]", provocation.name, detector.name), proportion(*count, tally.runs, case.level));
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
        finding.figures.push(rates::figure(case, self.id(), "Which signature of failure shows where?", caption, panels(&tallies)));
        finding
    }

    /// A step that overshoots.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 32, steps: 1000, burn_in: 0, margin: 0.05, seeds: 0, checkpoints: 0, taus: vec![], times: vec![] };
        let case = signatures::provoked("step_too_large", seed);
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
        let table = part.stacked("statistics")?;
        if table.ncols() != DETECTORS.len() || table.nrows() == 0 {
            return Err(Undefined::because("there is no run"));
        }
        let mut named = [0; 4];
        for row in table.rows() {
            if let Some(detector) = signatures::named(&row.to_vec()) {
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
                Some(Mark { x: position as f64, y: shown(values[values.len() / 2]), interval: Some([low, high]) })
            };
            let layer = |label: &str, role: Role, positions: std::ops::Range<usize>| Layer::Points {
                label: label.into(),
                role,
                points: positions.filter_map(mark).collect(),
            };
            Panel {
                title: detector.name.replace('_', " "),
                x: Axis { label: "0 this case, 1–6 provoked".into(), scale: Scale::Linear, range: Some([-0.5, PROVOCATIONS.len() as f64 + 0.5]) },
                y: Axis { label: short(index).into(), scale: Scale::Linear, range: None },
                layers: vec![
                    layer("this case", Role::Measured, 0..1),
                    layer("provoked failures", Role::Rival(0), 1..tallies.len()),
                    Layer::Rule { label: "alarm above".into(), role: Role::Margin, at: detector.limit },
                ],
                note: None,
            }
        })
        .collect()
}

/// The statistic in an axis label's room; the page of the claim has it in full.
fn short(index: usize) -> &'static str {
    ["|autocorrelation|", "log₁₀ slope ratio", "Lyapunov exponent", "− update correlation"][index]
}
