//! Claim: the gradient goes to zero where the steps do and sum up to infinity; a constant step
//! leaves a floor in proportion to it, summable steps stall.

pub(crate) mod names;
mod floors;
mod levels;
mod reached;
mod runs;

use crate::claims::contract::record::rows;
use crate::claims::contract::violation;
use crate::claims::judging::decay_rate;
use crate::claims::judging::power_law::{distance_from, exponent};
use crate::claims::measuring::approach;
use crate::claims::measuring::border;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pairs::BATCH;
use crate::claims::measuring::pairs::batches;
use crate::claims::{Budget, Case, Claim, Condition, Finding, Learning, Outcome, Question, Record, Records, Work};
use crate::network::Network;
use crate::random::RngKey;
use crate::stats::{Estimate, Sample, Undefined};
use crate::training::{Scaling, Schedule};
use floors::{SHARES, closed_form, group, looks, looks_at, updates_at, without_shared};
use levels::{floor_panel, mean};
use reached::{outcomes, own, schedule_panel};
use runs::{Kept, Measure, Tried};
use std::sync::LazyLock;

/// The claim.
pub(super) struct ScheduleConditions;

const FLOORS: &str = "floors";
const SCHEDULES: &str = "schedules";
const QUANTITY: &str = "distance from 1 of the exponent in α of the floor of |∇J|² under a constant step";
/// Updates of a run over schedules, at most.
const UPDATES: usize = 40_000;
/// A schedule stalls where more than this share of the first |∇J|² is left.
const STALLED: f64 = 0.5;
/// Share by which the floor may differ from its closed form.
const FLOOR_SHARE: f64 = 0.3;
/// Stretches of a gradient at frozen parameters, and the length of one.
const SEGMENTS: usize = 3;
const SEGMENT: usize = 300;
impl Claim for ScheduleConditions {
    fn id(&self) -> &'static str {
        "schedule_conditions"
    }

    fn short(&self) -> &'static str {
        "the schedule does not stall"
    }

    fn statement(&self) -> &'static str {
        "a constant step leaves a floor of |∇J|² in proportion to it, and the study's own schedule does not stall"
    }

    fn margin_meaning(&self) -> &'static str {
        "the exponent of the floor in α must lie within margin of 1"
    }

    fn premises(&self) -> &'static [&'static str] {
        &["data_ergodicity", "hidden_contraction"]
    }

    /// `chains` runs a constant step of up to `steps` updates, after `burn_in` updates of the
    /// study's own; `seeds` runs a schedule.
    fn budget(&self) -> Budget {
        Budget { chains: 192, steps: 8000, burn_in: 100_000, margin: 0.25, seeds: 6, checkpoints: 5, ..Budget::default() }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>> {
        if case.data.is_recorded() {
            return vec![];
        }
        let (budget, footprint) = (case.budget(self.id()), memory_count::walks(case));
        let [floors, schedules, approach] = [FLOORS, SCHEDULES, "approach"].map(|part| case.key_of(self.id(), part));
        let start = LazyLock::new(move || approach::approached(case, budget.burn_in, approach));
        let count = runs::tried(&case.learning, updates(case)).len() * budget.seeds;
        vec![
            Work::new(FLOORS, batches(budget.chains), footprint, move |index| under_constant_steps(case, budget, &start, floors, index)),
            Work::new(SCHEDULES, count, footprint, move |index| under_a_schedule(case, budget, schedules, index)),
        ]
    }

    fn question(&self, case: &Case) -> Question {
        Question::below(QUANTITY, case.budget(self.id()).margin)
    }

    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined> {
        let budget = case.budget(self.id());
        if case.data.is_recorded() {
            return Err(Undefined::because("a recorded series is one path: a floor needs runs on noise of their own"));
        }
        let (floors, schedules) = (records.part(FLOORS), records.part(SCHEDULES));
        let (squares, averaged, extrapolated) =
            (floors.stacked(names::SQUARES)?, floors.stacked(names::AVERAGED)?, floors.stacked(names::EXTRAPOLATED)?);
        let by_schedule = schedules.stacked(names::SQUARES)?;
        let steps = SHARES.map(|share| share * case.learning.schedule.initial);
        let key = case.key_of(self.id(), "judge");
        let columns: Vec<Vec<f64>> = (0..SHARES.len()).map(|look| squares.column(look).to_vec()).collect();
        // Directions in which the loss is flat forget the common start slowly: what all runs share
        // of their gradient is not the step's doing and is taken off.
        let (all, len) = (rows(floors.stacked(names::GRADIENTS)?.view()), case.network.len());
        let at = |look: usize| all.iter().map(|row| &row[look * len..(look + 1) * len]).collect::<Vec<_>>();
        let apart: Vec<(Vec<f64>, f64)> = columns.iter().enumerate().map(|(look, squares)| without_shared(squares, &at(look))).collect();
        let (columns, shared): (Vec<Vec<f64>>, Vec<f64>) = apart.into_iter().unzip();
        let floor = exponent(&steps, squares.nrows(), |chosen| columns.iter().map(|c| mean(c, chosen)).collect(), case.level, key.within("floor"));
        let levels: Vec<Result<Estimate, Undefined>> = columns.iter().map(|c| Sample::new(c).and_then(|sample| sample.mean(case.level))).collect();
        let outcomes = outcomes(case, &by_schedule);
        let own = own(case, &outcomes[0], &by_schedule);
        let mut finding = Finding::new(self.question(case), floor.clone().map(|floor| distance_from(floor, 1.0)));
        finding.reason = match (&floor, &outcomes[0].left) {
            (_, Ok(left)) if own.outcome == Outcome::Contradicted => format!(
                "stalled: under the study's own schedule the step went to {:.1e} of its start and |∇J|² only to {:.2}: the steps still to come do not take it lower",
                outcomes[0].step, left.value
            ),
            (Ok(floor), _) => format!("a constant step leaves a floor of |∇J|² that goes like the step to the power {:.2}", floor.value),
            (Err(why), _) => why.reason.clone(),
        };
        finding.reason += &own.words;
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (budget.margin - distance.value) / budget.margin);
        finding
            .conditions
            .push(Condition { name: format!("under the study's own schedule |∇J|² falls below {STALLED} of its start"), outcome: own.outcome });
        if let Some(steps) = own.steps {
            finding = finding.with(names::OWN_STEPS_TO_DECIDE, steps);
        }
        finding = finding.with(names::FLOOR_EXPONENT, floor);
        for (step, level) in steps.iter().zip(&levels) {
            finding = finding.with(names::FLOOR.at(format_args!("{step:.3e}")), level.clone());
        }
        for (step, shared) in steps.iter().zip(&shared) {
            finding = finding.with(names::SHARED_GRADIENT_SQUARED.at(format_args!("{step:.3e}")), *shared);
        }
        finding = levels::extrapolated(finding, &steps, &columns, case.level, key);
        let predicted = closed_form(case, budget, self.id());
        if let Some(predicted) = &predicted {
            finding = levels::beside_closed_form(finding, &steps, &levels, predicted);
        }
        for outcome in &outcomes {
            finding = finding
                .with(names::GRADIENT_SQUARED_LEFT.at(outcome.name), outcome.left.clone())
                .with(names::STEP_LEFT.at(outcome.name), outcome.step);
        }
        let tables = [("averaged", &averaged, SHARES.len()), ("extrapolated", &extrapolated, SHARES.len() - 1)];
        for (name, table, count) in tables {
            finding = levels::at_means(finding, name, table, &steps[..count], (case.level, key.within(name)));
        }
        let caption = format!(
            "Case {}. Left: what is left of the step and what is left of |∇J|² after {} updates, {} runs a schedule: low is convergence; left and high is a stall, right a floor. Right: \
             |∇J|² under constant steps, {} runs from one point.",
            case.name,
            updates(case),
            budget.seeds,
            squares.nrows()
        );
        finding.figures.push(decay_rate::figure(
            case,
            self.id(),
            "Did the gradient go to zero, or only the step?",
            caption,
            vec![schedule_panel(&outcomes), floor_panel(&steps, &levels, predicted.as_ref())],
        ));
        Ok(finding)
    }

    /// Steps whose sum is finite: the step goes to zero and the gradient stays where it was.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 16, steps: 400, burn_in: 500, margin: 0.25, seeds: 6, checkpoints: 3, ..Budget::default() };
        let schedule = Schedule { initial: 0.02, offset: 4.0, exponent: 3.0 };
        let learning = Learning { schedule, steps: 4000, ..violation::plain_learning() };
        violation::Fixture { phi: 0.7, recurrent: &[0.5, -0.3], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// How gradients at frozen parameters are measured.
fn measure(case: &Case, budget: &Budget) -> Measure {
    Measure { segments: SEGMENTS, steps: SEGMENT.min(budget.steps), burn_in: approach::forgetting_time(case) }
}

/// One run under one schedule: squares of the gradient at its checkpoints.
fn under_a_schedule(case: &Case, budget: &Budget, key: RngKey, index: usize) -> Record {
    let measure = measure(case, budget);
    let mut all = runs::tried(&case.learning, updates(case));
    let mut tried = all.swap_remove(index / budget.seeds);
    let times = times(updates(case), budget.checkpoints);
    let mut kept = Kept::at(&times[..times.len() - 1], usize::MAX, case.network.len());
    // Every schedule sees the same noise.
    let own = key.replicate(index % budget.seeds);
    let last = runs::run(case, &border::start(case).0, &mut tried, updates(case), own, &mut kept);
    let networks = kept.frozen.iter().chain([&last]).enumerate();
    let squares = networks.map(|(look, network)| runs::slope(case, network, measure, own.within(&format!("frozen {look}"))).1).collect();
    Record::default().with(names::SQUARES, times.len(), squares)
}

/// Runs under constant steps from `start`: squares of the gradient, mean gradients, and gradients
/// at averaged and at extrapolated parameters.
fn under_constant_steps(case: &Case, budget: &Budget, start: &Network, key: RngKey, index: usize) -> Record {
    let measure = measure(case, budget);
    let looks = looks(case);
    let (mut squares, mut gradients, mut averaged, mut extrapolated) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let members: Vec<usize> = (index * BATCH..((index + 1) * BATCH).min(budget.chains)).collect();
    let size = group(budget.chains);
    let mut means = vec![vec![0.0; start.len()]; SHARES.len()];
    for (place, member) in members.iter().copied().enumerate() {
        for (share, of_group) in SHARES.into_iter().zip(&mut means) {
            let own = key.within(&format!("{share}")).replicate(member);
            let updates = updates_at(budget, share);
            let constant = Schedule { initial: share * case.learning.schedule.initial, offset: 1.0, exponent: 0.0 };
            let mut tried = Tried { name: "constant", schedule: constant, scaling: Scaling::Plain };
            let times = looks_at(updates, looks);
            let mut kept = Kept::at(&times, updates / 2, start.len());
            runs::run(case, start, &mut tried, updates, own, &mut kept);
            let (mut square, mut gradient) = (0.0, vec![0.0; start.len()]);
            for (look, network) in kept.frozen.iter().enumerate() {
                let (slope, of_look) = runs::slope(case, network, measure, own.within(&format!("frozen {look}")));
                square += of_look / looks as f64;
                gradient.iter_mut().zip(slope).for_each(|(sum, x)| *sum += x / looks as f64);
            }
            squares.push(square);
            gradients.extend(gradient);
            of_group.iter_mut().zip(kept.mean()).for_each(|(sum, x)| *sum += x / size as f64);
        }
        if (place + 1) % size == 0 {
            // The same noise for every average: what differs is the point.
            let at = |point: &[f64]| runs::slope(case, &start.at(point), measure, key.within("average").replicate(member)).0;
            averaged.extend(means.iter().flat_map(|mean| at(mean)));
            let beyond = |pair: &[Vec<f64>]| pair[1].iter().zip(&pair[0]).map(|(half, whole)| 2.0 * half - whole).collect::<Vec<_>>();
            extrapolated.extend(means.windows(2).flat_map(|pair| at(&beyond(pair))));
            means.iter_mut().for_each(|mean| mean.fill(0.0));
        }
    }
    let len = case.network.len();
    Record::default()
        .with(names::SQUARES, SHARES.len(), squares)
        .with(names::GRADIENTS, SHARES.len() * len, gradients)
        .with(names::AVERAGED, SHARES.len() * len, averaged)
        .with(names::EXTRAPOLATED, (SHARES.len() - 1) * len, extrapolated)
}

fn updates(case: &Case) -> usize {
    case.learning.steps.min(UPDATES)
}

/// Log-spaced times from 0 to `updates`.
fn times(updates: usize, checkpoints: usize) -> Vec<usize> {
    let looks = checkpoints.max(2) - 1;
    let mut times: Vec<usize> =
        [0].into_iter().chain((1..=looks).map(|look| libm::pow(updates as f64, look as f64 / looks as f64).round() as usize)).collect();
    times.dedup();
    times
}
