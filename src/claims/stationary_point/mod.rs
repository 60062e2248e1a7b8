//! Claim: along online learning the gradient of the long-run loss goes to zero.

pub(crate) mod names;
mod along_path;
mod largest_step;
mod panels;
mod rest;
mod run;
mod seen;

use crate::claims::contract::premises;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::limits::Standing;
use crate::claims::measuring::memory_count;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Footprint, Learning, Outcome, Question, Records, Work};
use crate::stats::{Estimate, Sample, Undefined, clopper_pearson, line};
use crate::training::Schedule;
use libm::hypot;
use panels::panels;
use rest::Rest;
use seen::{ERROR, LOSS, SQUARE, Seen};

/// The claim.
pub(super) struct StationaryPoint;

pub(crate) const RUNS: &str = "runs";
const QUANTITY: &str = "final over initial squared gradient norm, median over runs";
/// A larger share of runs that end above the margin contradicts the claim, whatever the median
/// does.
const LEFT_BEHIND: f64 = 0.1;
/// Where the runs keep less than this part of the mean square from look to look, what is left is
/// the noise of their steps.
const NOISE: f64 = 0.5;
/// Share of the square of what is left of the gradient from which on a bias makes it up: half of
/// its norm.
const BIASED: f64 = 0.25;
/// Share of the square of the margin from which on a bias is no trifle: a tenth of its norm.
const MATERIAL: f64 = 0.01;

impl Claim for StationaryPoint {
    fn id(&self) -> &'static str {
        "stationary_point"
    }

    fn short(&self) -> &'static str {
        "learning comes to a stationary point"
    }

    fn statement(&self) -> &'static str {
        "along online learning the gradient of the long-run loss goes to zero"
    }

    fn margin_meaning(&self) -> &'static str {
        "the gradient norm at the last checkpoint must lie below margin × the initial one (the estimate and its threshold are squared)"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction", premises::ROBBINS_MONRO]
    }

    fn budget(&self) -> Budget {
        Budget { chains: 32, steps: 1500, burn_in: 200, margin: 0.1, seeds: 12, checkpoints: 10, ..Budget::default() }
    }

    /// Learning runs; at each checkpoint the parameters are frozen and the gradient is measured on
    /// noise of its own.
    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        let id = self.id();
        let mut parts = vec![Work::new(RUNS, case.budget(id).seeds, footprint_of_a_run(case), move |index| run::run(case, id, RUNS, index))];
        if case.data.is_recorded() {
            let learning = case.learning.method.numbers(&*case.network.cell) + 2 * case.network.len();
            let footprint = Footprint { working: learning, recorded: 2 };
            parts.push(Work::new(largest_step::PART, largest_step::SEEDS, footprint, move |index| largest_step::run(case, id, index)));
        }
        parts
    }

    fn question(&self, case: &Case) -> Question {
        let margin = case.budget(self.id()).margin;
        Question::below(QUANTITY, margin * margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        let threshold = budget.margin * budget.margin;
        let seen = Seen::of(case, records.part(RUNS))?;
        let squares = seen.squares(case.level);
        let initial = match &squares[0] {
            Ok(initial) if initial.lower > 0.0 => initial.value,
            Ok(_) => return Err(Undefined::because("the gradient at the start is not distinguishable from zero, so there is nothing to lose")),
            Err(why) => return Err(why.clone()),
        };
        let last = seen.looks() - 1;
        let shares: Vec<f64> = seen.column(last, SQUARE).iter().map(|u| u / initial).collect();
        let ratio = median(&shares, case.level).map(|last| over(last, &squares[0], initial));
        let diverged = seen.diverged();
        let key = case.key_of(self.id(), "judge");
        let rest = seen.rest(case);
        let mut finding = Finding::new(self.question(case), ratio.clone());
        finding.effect = ratio.as_ref().ok().map(|ratio| (threshold - ratio.value) / threshold);
        match ratio {
            Err(why) => finding.reason = format!("{diverged} of {} runs left the finite numbers: {}", seen.runs(), why.reason),
            Ok(level) => {
                let trend = seen.trend(case.level, key);
                let noise = rest.kept.as_ref().is_ok_and(|kept| kept.upper < NOISE * seen.mean_last());
                let bias = held_up(&seen, case, &squares[last], threshold * initial);
                let standing = Standing { steps: case.learning.steps, schedule: case.learning.schedule, level, threshold, trend, noise };
                weigh(&mut finding, &standing, &rest, bias.map(|bias| bias / initial));
            }
        }
        if diverged > 0 {
            finding.conditions.push(Condition { name: "every run stays within the finite numbers".into(), outcome: Outcome::Contradicted });
        }
        let above = above(&seen.column(last, SQUARE), &seen.column(last, ERROR), threshold * initial);
        finding.conditions.push(left_behind(above, seen.runs(), case.level));
        along_path::weigh(case, &mut finding, &seen.certified(), &seen.contraction);
        finding = seen.border(case, finding).with(names::RUNS_ABOVE_MARGIN, above as f64);
        finding = self.numbers(case, finding, &seen, &squares, &rest);
        if case.data.is_recorded() {
            finding = largest_step::told(finding, records.part(largest_step::PART))?;
        }
        let caption = format!(
            "Case {}: {} runs of {}. Squared norm of the projected gradient of the long-run loss at frozen parameters, without its noise bias, the median run. A step that goes to zero faster than the gradient is a stall, not convergence.",
            case.name,
            seen.runs(),
            case.learning.method
        );
        let panels = panels(&seen.times, &squares, threshold * initial);
        finding.figures.push(decay_rate::figure(case, self.id(), "Does the gradient go to zero, or only the step?", caption, panels));
        Ok(finding)
    }

    /// Steps whose sum is finite: RTRL stalls wherever its reach ends.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 16, steps: 400, burn_in: 50, margin: 0.1, seeds: 6, checkpoints: 5, ..Budget::default() };
        let schedule = Schedule { initial: 0.02, offset: 4.0, exponent: 3.0 };
        let learning = Learning { schedule, steps: 5000, ..violation::plain_learning() };
        violation::Fixture { phi: 0.7, recurrent: &[0.5, -0.3], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// Memory of a learning run and of what is measured at its checkpoints.
fn footprint_of_a_run(case: &Case) -> Footprint {
    let (budget, width) = (case.budget(StationaryPoint.id()), case.network.len());
    let learning = case.learning.method.numbers(&*case.network.cell);
    // The gradients of all stretches, twice where the projection takes part, beside the frozen
    // networks, of which the first is the case's own; the learning run is over by then.
    let copies = 1 + usize::from(case.learning.projection.is_some());
    let measured = memory_count::adjoints(case, budget.steps + budget.burn_in, budget.chains) + copies * budget.chains * width;
    let contraction = along_path::footprint(case).working;
    let working = (learning + 2 * width).max(measured).max(contraction) + (budget.checkpoints + run::LATE) * width;
    Footprint { working, recorded: (2 + run::LATE) * width + 2 }
}

impl StationaryPoint {
    fn numbers(&self, case: &Case, finding: Finding, seen: &Seen, squares: &[Result<Estimate, Undefined>], rest: &Rest) -> Finding {
        let schedule = case.learning.schedule;
        let late: Vec<[f64; 2]> =
            seen.late().map(|look| [libm::log(seen.times[look]), libm::log(schedule.step(seen.times[look] as usize))]).collect();
        let mut finding = finding
            .with(names::RUNS, seen.runs() as f64)
            .with(names::RUNS_DIVERGED, seen.diverged() as f64)
            .with(names::FIRST_STEP, schedule.step(0))
            .with(names::LAST_STEP, schedule.step(case.learning.steps))
            .with(names::SUM_OF_STEPS, (0..case.learning.steps).map(|t| schedule.step(t)).sum::<f64>())
            .with(names::TREND, seen.trend(case.level, case.key_of(self.id(), "judge")))
            .with(names::TREND_OF_STEP, line(&late, case.level).map_or(f64::NAN, |slope| slope.value))
            .with(names::KEPT_GRADIENT_SQUARED, rest.kept.clone());
        if let Some(bias) = seen.bias(case) {
            finding = finding.with(names::BIAS_SQUARED, bias);
        }
        if let Some(farthest) = &rest.farthest {
            finding = finding
                .with(names::FARTHEST_COORDINATE, farthest.index as f64)
                .with(names::FARTHEST_GRADIENT, farthest.gradient)
                .with(names::GRADIENT_FOLLOWED, farthest.followed.clone());
        }
        for (look, square) in squares.iter().enumerate() {
            finding = finding
                .with(names::GRADIENT_SQUARED.at(seen.times[look]), square.clone())
                .with(names::LOSS.at(seen.times[look]), mean(&seen.column(look, LOSS), case.level));
        }
        finding
    }
}

/// The square of the bias of the learning method where it keeps the gradient from zero: the method
/// rests where the two cancel. `None` where the bias is not told from zero, or is both less than
/// half of the gradient that is left and less than a tenth of the margin, in norm.
fn held_up(seen: &Seen, case: &Case, left: &Result<Estimate, Undefined>, margin: f64) -> Option<f64> {
    let bias = seen.bias(case)?.ok().filter(|bias| bias.lower > 0.0)?;
    let left = left.as_ref().ok()?;
    (bias.value >= BIASED * left.value || bias.value >= MATERIAL * margin).then_some(bias.value)
}

/// Says what the level, its trend, the rest of the runs and the bias of the method (its square over
/// that of the first gradient) come to.
fn weigh(finding: &mut Finding, standing: &Standing, rest: &Rest, bias: Option<f64>) {
    let Standing { level, threshold, schedule, steps, .. } = standing;
    let below = level.upper < *threshold;
    let (stalled, floored) = (standing.stalled(), standing.floored());
    let at_rest = match (rest.elsewhere, rest.suspicious) {
        (true, _) => Outcome::Contradicted,
        (false, true) => Outcome::Inconclusive,
        (false, false) => Outcome::Supported,
    };
    let unbiased = if bias.is_some() { Outcome::Inconclusive } else { Outcome::Supported };
    let says = |contradicted: bool| if contradicted { Outcome::Contradicted } else { Outcome::Supported };
    let conditions = [
        ("learning does not rest where the gradient stays", at_rest),
        ("the method has no bias that keeps the gradient from zero", unbiased),
        ("the steps still to come do not sum to less than is needed", says(stalled)),
        ("no floor of a constant step lies above the margin", says(floored)),
    ];
    finding.conditions.extend(conditions.map(|(name, outcome)| Condition { name: name.into(), outcome }));
    // Above the margin now is not above it in the limit.
    finding.unsettled = true;
    let (norm, step) = (level.value.max(0.0).sqrt(), schedule.step(*steps) / schedule.step(0));
    finding.reason = if let (true, Some(found)) = (rest.elsewhere, &rest.farthest) {
        format!(
            "learning rests where the gradient does not vanish: in parameter {} its mean over runs stays at {:.2e} and the runs follow {:.2} of it; the norm stands at {norm:.3} of its \
             start while the step fell to {step:.3}",
            found.index,
            found.gradient.value,
            found.followed.as_ref().map_or(f64::NAN, |followed| followed.value)
        )
    } else if stalled {
        format!("stalled: the step went to {step:.1e} of its start and the gradient only to {norm:.3}; the steps sum to a finite distance")
    } else if floored {
        format!("the step does not fall and its noise leaves the gradient norm at {norm:.3} of its start")
    } else if let Some(bias) = bias {
        let bias = bias.sqrt();
        format!(
            "the gradient norm stands at {norm:.3} of its start and the bias of the method at {bias:.3}: learning comes to rest where they cancel, and more steps do not take the \
             gradient to zero"
        )
    } else if below {
        format!("the gradient norm fell to {norm:.3} of its start while the step fell to {step:.3}")
    } else {
        format!("the gradient norm stands at {norm:.3} of its start while the step fell to {step:.3}; {}", standing.steps_in_words())
    };
    if !below && bias.is_none() {
        finding.insert(names::STEPS_TO_DECIDE, standing.steps_to_decide());
    }
}

/// The last square, already divided by the initial one, with the error of that divisor taken in.
fn over(last: Estimate, initial: &Result<Estimate, Undefined>, divisor: f64) -> Estimate {
    let Ok(initial) = initial else { return last };
    let relative = |half: f64| last.value.abs() * half / divisor;
    Estimate {
        standard_error: hypot(last.standard_error, relative(initial.standard_error)),
        lower: last.value - hypot(last.value - last.lower, relative(initial.upper - initial.value)),
        upper: last.value + hypot(last.upper - last.value, relative(initial.value - initial.lower)),
        ..last
    }
}

fn mean(values: &[f64], level: f64) -> Result<Estimate, Undefined> {
    Sample::new(values)?.mean(level)
}

fn median(values: &[f64], level: f64) -> Result<Estimate, Undefined> {
    Sample::new(values)?.median(level)
}

/// Runs whose own square lies above the margin by three of its standard errors.
fn above(squares: &[f64], errors: &[f64], margin: f64) -> usize {
    squares.iter().zip(errors).filter(|(square, error)| **square - 3.0 * **error > margin).count()
}

/// The median is silent on the other half of the runs, and the claim is about every one of them.
/// Where many are above now they may still be on their way, or out by the noise of the steps.
fn left_behind(above: usize, runs: usize, level: f64) -> Condition {
    let (lower, _) = clopper_pearson(above, runs, level);
    let outcome = if lower > LEFT_BEHIND { Outcome::Inconclusive } else { Outcome::Supported };
    Condition { name: format!("not significantly more than {:.0} % of the runs end above the margin", 100.0 * LEFT_BEHIND), outcome }
}
