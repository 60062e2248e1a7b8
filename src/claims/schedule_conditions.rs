//! Claim: the gradient goes to zero where the steps do and sum up to infinity; a constant step leaves a floor in proportion to it, summable steps stall.

use super::exponents::{distance_from, exponent, norm_of_mean};
use super::floors::{Predicted, SHARES, closed_form, group, looks, looks_at, updates_at, without_shared};
use super::limits::{self, Standing};
use super::noise_terms;
use super::pairs::BATCH;
use super::record::rows;
use super::schedule_runs::{self as runs, Kept, Measure, Tried};
use super::{Budget, Case, Claim, Condition, Finding, Learning, Outcome, Record, Records, RightSide, Units, border, rates, violation};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::stats::{Estimate, Sample, Undefined, squared_norm_of_mean};
use crate::training::{Scaling, Schedule};
use ndarray::Array2;

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
const STRETCHES: usize = 3;
const STRETCH: usize = 300;
impl Claim for ScheduleConditions {
    fn id(&self) -> &'static str {
        "schedule_conditions"
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

    /// `chains` runs a constant step of up to `steps` updates, after `burn_in` updates of the study's own; `seeds` runs a schedule.
    fn budget(&self) -> Budget {
        Budget { chains: 192, steps: 8000, burn_in: 100_000, margin: 0.25, seeds: 6, checkpoints: 5, taus: vec![], times: vec![] }
    }

    fn on_request(&self) -> bool {
        true
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        if case.data.is_recorded() {
            return vec![];
        }
        let budget = case.budget(self.id());
        let count = runs::tried(&case.learning, updates(case)).len();
        vec![Units { part: FLOORS, count: budget.chains.div_ceil(BATCH) }, Units { part: SCHEDULES, count: count * budget.seeds }]
    }

    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, address) = (case.budget(self.id()), case.address_of(self.id(), part));
        let measure = Measure { stretches: STRETCHES, steps: STRETCH.min(budget.steps), burn_in: noise_terms::memory(case) };
        if part == SCHEDULES {
            let mut all = runs::tried(&case.learning, updates(case));
            let mut tried = all.swap_remove(index / budget.seeds);
            let times = times(updates(case), budget.checkpoints);
            let mut kept = Kept::at(&times[..times.len() - 1], usize::MAX, case.network.len());
            // Every schedule sees the same noise.
            let own = address.replicate(index % budget.seeds);
            let last = runs::run(case, &border::start(case).0, &mut tried, updates(case), own, &mut kept);
            let networks = kept.frozen.iter().chain([&last]).enumerate();
            let squares = networks.map(|(look, network)| runs::slope(case, network, measure, own.within(&format!("frozen {look}"))).1).collect();
            return Record::default().with("squares", times.len(), squares);
        }
        let looks = looks(case);
        let start = noise_terms::approached(case, budget.burn_in, case.address_of(self.id(), "approach"));
        let (mut squares, mut gradients, mut averaged, mut extrapolated) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let members: Vec<usize> = (index * BATCH..((index + 1) * BATCH).min(budget.chains)).collect();
        let size = group(budget.chains);
        let mut means = vec![vec![0.0; start.len()]; SHARES.len()];
        for (place, member) in members.iter().copied().enumerate() {
            for (share, of_group) in SHARES.into_iter().zip(&mut means) {
                let own = address.within(&format!("{share}")).replicate(member);
                let updates = updates_at(budget, share);
                let constant = Schedule { initial: share * case.learning.schedule.initial, offset: 1.0, exponent: 0.0 };
                let mut tried = Tried { name: "constant", schedule: constant, scaling: Scaling::Plain };
                let times = looks_at(updates, looks);
                let mut kept = Kept::at(&times, updates / 2, start.len());
                runs::run(case, &start, &mut tried, updates, own, &mut kept);
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
                let at = |point: &[f64]| runs::slope(case, &start.at(point), measure, address.within("average").replicate(member)).0;
                averaged.extend(means.iter().flat_map(|mean| at(mean)));
                let beyond = |pair: &[Vec<f64>]| pair[1].iter().zip(&pair[0]).map(|(half, whole)| 2.0 * half - whole).collect::<Vec<_>>();
                extrapolated.extend(means.windows(2).flat_map(|pair| at(&beyond(pair))));
                means.iter_mut().for_each(|mean| mean.fill(0.0));
            }
        }
        let len = case.network.len();
        Record::default()
            .with("squares", SHARES.len(), squares)
            .with("gradients", SHARES.len() * len, gradients)
            .with("averaged", SHARES.len() * len, averaged)
            .with("extrapolated", (SHARES.len() - 1) * len, extrapolated)
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let undefined = |why| Finding::undefined(QUANTITY, budget.margin, RightSide::Below, why);
        if case.data.is_recorded() {
            return undefined(Undefined::because("a recorded series is one path: a floor needs runs on noise of their own"));
        }
        let (floors, schedules) = (records.part(FLOORS), records.part(SCHEDULES));
        let tables = (floors.stacked("squares"), floors.stacked("averaged"), floors.stacked("extrapolated"), schedules.stacked("squares"));
        let (squares, averaged, extrapolated, by_schedule) = match tables {
            (Ok(a), Ok(b), Ok(c), Ok(d)) => (a, b, c, d),
            (Err(why), ..) | (_, Err(why), ..) | (_, _, Err(why), _) | (.., Err(why)) => return undefined(why),
        };
        let steps = SHARES.map(|share| share * case.learning.schedule.initial);
        let address = case.address_of(self.id(), "judge");
        let columns: Vec<Vec<f64>> = (0..SHARES.len()).map(|look| squares.column(look).to_vec()).collect();
        // Directions in which the loss is flat forget the common start slowly: what all runs share of their gradient is not the step's doing and is taken off.
        let apart: Vec<(Vec<f64>, f64)> = match floors.stacked("gradients") {
            Err(why) => return undefined(why),
            Ok(gradients) => {
                let (all, len) = (rows(gradients.view()), case.network.len());
                let at = |look: usize| all.iter().map(|row| &row[look * len..(look + 1) * len]).collect::<Vec<_>>();
                columns.iter().enumerate().map(|(look, squares)| without_shared(squares, &at(look))).collect()
            }
        };
        let (columns, shared): (Vec<Vec<f64>>, Vec<f64>) = apart.into_iter().unzip();
        let mean = |values: &[f64], chosen: &[usize]| Some(chosen.iter().map(|row| values[*row]).sum::<f64>() / chosen.len() as f64);
        let floor =
            exponent(&steps, squares.nrows(), |chosen| columns.iter().map(|c| mean(c, chosen)).collect(), case.level, address.within("floor"));
        let levels: Vec<Result<Estimate, Undefined>> = columns.iter().map(|c| Sample::new(c).and_then(|sample| sample.mean(case.level))).collect();
        let outcomes = outcomes(case, &by_schedule);
        let own = own(case, &outcomes[0], &by_schedule);
        let mut finding = undefined(Undefined::because(""));
        finding.reason = match (&floor, &outcomes[0].left) {
            (_, Ok(left)) if own.outcome == Outcome::Contradicted => format!(
                "stalled: under the study's own schedule the step went to {:.1e} of its start and |∇J|² only to {:.2}: the steps still to come do not take it lower",
                outcomes[0].step, left.value
            ),
            (Ok(floor), _) => format!("a constant step leaves a floor of |∇J|² that goes like the step to the power {:.2}", floor.value),
            (Err(why), _) => why.reason.clone(),
        };
        finding.reason += &own.words;
        finding.estimate = floor.clone().map(|floor| distance_from(floor, 1.0));
        finding.effect = finding.estimate.as_ref().ok().map(|distance| (budget.margin - distance.value) / budget.margin);
        finding
            .conditions
            .push(Condition { name: format!("under the study's own schedule |∇J|² falls below {STALLED} of its start"), outcome: own.outcome });
        if let Some(steps) = own.steps {
            finding = finding.with("own_steps_to_decide", steps);
        }
        finding = finding.with("floor_exponent", floor);
        for (step, level) in steps.iter().zip(&levels) {
            finding = finding.with(&format!("floor[{step:.3e}]"), level.clone());
        }
        for (step, shared) in steps.iter().zip(&shared) {
            finding = finding.with(&format!("shared_gradient_squared[{step:.3e}]"), *shared);
        }
        // R(α) = 2 F(α/2) − F(α), by which Richardson and Romberg take off what goes like α.
        let doubled: Vec<Vec<f64>> =
            columns.windows(2).map(|pair| pair[0].iter().zip(&pair[1]).map(|(whole, half)| 2.0 * half - whole).collect()).collect();
        let bent = |chosen: &[usize]| -> Option<Vec<f64>> { doubled.iter().map(|values| mean(values, chosen)).collect() };
        let signs: Vec<f64> = bent(&(0..squares.nrows()).collect::<Vec<_>>()).unwrap_or_default().iter().map(|x| x.signum()).collect();
        let rest = if signs.windows(2).all(|pair| pair[0] == pair[1]) {
            let lengths = |chosen: &[usize]| Some(bent(chosen)?.iter().zip(&signs).map(|(x, sign)| x * sign).collect());
            exponent(&steps[..doubled.len()], squares.nrows(), lengths, case.level, address.within("extrapolated floor"))
        } else {
            Err(Undefined::because("what is left of the floor after extrapolation has no sign of its own: it is lost in the noise"))
        };
        finding = finding.with("floor_extrapolated_exponent", rest);
        for (step, values) in steps.iter().zip(&doubled) {
            finding = finding.with(&format!("floor_extrapolated[{step:.3e}]"), Sample::new(values).and_then(|sample| sample.mean(case.level)));
        }
        let predicted = closed_form(case, budget, self.id());
        if let Some(predicted) = &predicted {
            let last = SHARES.len() - 1;
            let ratio = levels[last].clone().map(|level| level.map_monotone(|x| x / predicted.floors[last]));
            let outcome = match &ratio {
                Err(_) => Outcome::Undefined,
                Ok(ratio) => match distance_from(*ratio, 1.0) {
                    x if x.upper < FLOOR_SHARE => Outcome::Supported,
                    x if x.lower > FLOOR_SHARE => Outcome::Contradicted,
                    _ => Outcome::Inconclusive,
                },
            };
            finding.conditions.push(Condition {
                name: format!("the floor at the smallest step is ½ α tr(H Σ), as far as its runs get there, within a share {FLOOR_SHARE}"),
                outcome,
            });
            finding = finding.with("floor_over_closed_form", ratio).with("floor_slope_closed_form", predicted.slope);
            for (step, floor) in steps.iter().zip(&predicted.floors) {
                finding = finding.with(&format!("floor_closed_form[{step:.3e}]"), *floor);
            }
        }
        for outcome in &outcomes {
            finding = finding
                .with(&format!("gradient_squared_left[{}]", outcome.name), outcome.left.clone())
                .with(&format!("step_left[{}]", outcome.name), outcome.step);
        }
        let len = case.network.len();
        for (name, table, count) in [("averaged", &averaged, SHARES.len()), ("extrapolated", &extrapolated, SHARES.len() - 1)] {
            let all = rows(table.view());
            let at = |look: usize| all.iter().map(|row| &row[look * len..(look + 1) * len]).collect::<Vec<_>>();
            let of = exponent(
                &steps[..count],
                all.len(),
                |chosen| (0..count).map(|look| norm_of_mean(&at(look), chosen)).collect(),
                case.level,
                address.within(name),
            );
            finding = finding.with(&format!("exponent_{name}"), of);
            for (look, step) in steps[..count].iter().enumerate() {
                let square = squared_norm_of_mean(&at(look).iter().map(|row| row.to_vec()).collect::<Vec<_>>(), case.level);
                finding = finding.with(&format!("gradient_squared_{name}[{step:.3e}]"), square);
            }
        }
        let caption = format!(
            "Case {}. Left: what is left of the step and what is left of |∇J|² after {} updates, {} runs a schedule: low is convergence; left and high is a stall, right a floor. Right: \
             |∇J|² under constant steps, {} runs from one point.",
            case.name,
            updates(case),
            budget.seeds,
            squares.nrows()
        );
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "Did the gradient go to zero, or only the step?",
            caption,
            vec![schedule_panel(&outcomes), floor_panel(&steps, &levels, predicted.as_ref())],
        ));
        finding
    }

    /// Steps whose sum is finite: the step goes to zero and the gradient stays where it was.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 16, steps: 400, burn_in: 500, margin: 0.25, seeds: 6, checkpoints: 3, taus: vec![], times: vec![] };
        let schedule = Schedule { initial: 0.02, offset: 4.0, exponent: 3.0 };
        let learning = Learning { schedule, steps: 4000, ..violation::plain_learning() };
        violation::Blueprint { memory: 0.7, recurrent: &[0.5, -0.3], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
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

/// What a schedule came to.
struct Reached {
    name: &'static str,
    /// Last |∇J|² over the first, median over runs.
    left: Result<Estimate, Undefined>,
    /// Last step over the first.
    step: f64,
}

fn outcomes(case: &Case, by_schedule: &Array2<f64>) -> Vec<Reached> {
    let (seeds, last) = (case.budget("schedule_conditions").seeds, by_schedule.ncols() - 1);
    let tried = runs::tried(&case.learning, updates(case));
    // All runs start from the same parameters, so their first squares are independent measurements of one number.
    let first = by_schedule.column(0).sum() / by_schedule.nrows() as f64;
    tried
        .iter()
        .enumerate()
        .map(|(index, tried)| {
            let left: Vec<f64> = (0..seeds).map(|seed| by_schedule[[index * seeds + seed, last]] / first).collect();
            let step = tried.schedule.step(updates(case)) / tried.schedule.step(0);
            // A skewed law over runs, as in `stationary_point`: the typical run, not the mean that the rarest decides.
            Reached { name: tried.name, left: Sample::new(&left).and_then(|sample| sample.median(case.level)), step }
        })
        .collect()
}

/// What the study's own schedule came to, as far as it went.
struct Own {
    outcome: Outcome,
    /// What is to be added to the reason.
    words: String,
    /// Updates that would decide, where it is not decided.
    steps: Option<Result<Estimate, Undefined>>,
}

/// Below the line it fell; above it, steps that still sum to infinity may yet take it there, and those that sum to too little do not.
fn own(case: &Case, reached: &Reached, by_schedule: &Array2<f64>) -> Own {
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
    let trend = limits::trend(&at, &squares, case.level, case.address_of("schedule_conditions", "own"));
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

fn schedule_panel(outcomes: &[Reached]) -> Panel {
    let layer = |label: &str, role: Role, chosen: &dyn Fn(&str) -> bool| {
        let points = outcomes
            .iter()
            .filter(|reached| chosen(reached.name))
            .filter_map(|reached| {
                let left = reached.left.as_ref().ok()?;
                (left.value > 0.0).then_some(Mark { x: reached.step, y: left.value, interval: Some([left.lower, left.upper]) })
            })
            .collect();
        Layer::Points { label: label.into(), role, points }
    };
    let hidden = outcomes.iter().filter(|reached| !reached.left.as_ref().is_ok_and(|left| left.value > 0.0)).count();
    Panel {
        title: "schedules".into(),
        x: Axis { label: "last step over the first".into(), scale: Scale::Log, range: None },
        y: Axis { label: "last |∇J|² over the first".into(), scale: Scale::Log, range: None },
        layers: vec![
            layer("polynomial, exponents 0.3 to 1", Role::Measured, &|name| name.starts_with("polynomial")),
            layer("the study's own", Role::Predicted, &|name| name == "own"),
            layer("constant", Role::Rival(0), &|name| name == "constant"),
            layer("summable", Role::Exact, &|name| name == "summable"),
            layer("RMSProp and Adam", Role::Rival(1), &|name| name == "rmsprop" || name == "adam"),
            Layer::Rule { label: "stalled above".into(), role: Role::Margin, at: STALLED },
        ],
        note: (hidden > 0).then(|| format!("{hidden} with an estimate at or below zero are not drawn")),
    }
}

fn floor_panel(steps: &[f64], levels: &[Result<Estimate, Undefined>], predicted: Option<&Predicted>) -> Panel {
    let points: Vec<Mark> = steps
        .iter()
        .zip(levels)
        .filter_map(|(step, level)| {
            let level = level.as_ref().ok()?;
            (level.value > 0.0).then_some(Mark { x: *step, y: level.value, interval: Some([level.lower, level.upper]) })
        })
        .collect();
    let mut layers = Vec::new();
    if let Some(predicted) = predicted {
        let points = steps.iter().zip(&predicted.floors).map(|(step, floor)| [*step, *floor]).collect();
        layers.push(Layer::Line { label: "closed form to first order".into(), role: Role::Exact, points });
    } else if let Some(last) = points.last() {
        let line = steps.iter().map(|step| [*step, last.y * step / last.x]).collect();
        layers.push(Layer::Line { label: "slope 1".into(), role: Role::Predicted, points: line });
    }
    layers.push(Layer::Points { label: "floor with interval".into(), role: Role::Measured, points });
    Panel {
        title: "constant steps".into(),
        x: Axis { label: "step size α".into(), scale: Scale::Log, range: None },
        y: Axis { label: "E|∇J|²".into(), scale: Scale::Log, range: None },
        layers,
        note: None,
    }
}
