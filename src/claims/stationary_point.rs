//! Claim: along online learning the gradient of the long-run loss goes to zero.

use super::{
    Budget, Case, Claim, Condition, Finding, Footprint, Learning, Outcome, Record, Records, RightSide, Units, footprint, premises, rates, violation,
};
use crate::figures::{Axis, Layer, Mark, Panel, Role, Scale};
use crate::network::Network;
use crate::random::{Address, Noise, stream};
use crate::stats::{Bootstrap, Estimate, IntervalKind, Sample, Undefined, clopper_pearson, line, squared_norm_of_mean};
use crate::training::{Departure, GradientNorm, Observer, Online, Progress, Schedule};
use ndarray::Array2;

/// The claim.
pub(super) struct StationaryPoint;

const RUNS: &str = "runs";
const QUANTITY: &str = "final over initial squared gradient norm, median over runs";
/// A larger share of runs that end above the margin contradicts the claim, whatever the median does.
const LEFT_BEHIND: f64 = 0.1;
/// Share of projected updates from which on the projection is spoken of.
const PROJECTION_MATTERS: f64 = 0.01;

impl Claim for StationaryPoint {
    fn id(&self) -> &'static str {
        "stationary_point"
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
        Budget { chains: 32, steps: 1500, burn_in: 200, margin: 0.1, seeds: 12, checkpoints: 10, taus: vec![], times: vec![] }
    }

    fn units(&self, case: &Case) -> Vec<Units> {
        vec![Units { part: RUNS, count: case.budget(self.id()).seeds }]
    }

    fn footprint(&self, case: &Case, _part: &str) -> Footprint {
        let (budget, width) = (case.budget(self.id()), case.network.len());
        let learning = if case.learning.method == crate::training::Method::Rtrl { footprint::sensitivity(case) } else { 0 };
        // The gradients of all stretches beside the frozen networks, of which the first is the case's own; the learning run is over by then.
        let measured = footprint::adjoint(case, budget.steps + budget.burn_in) + budget.chains.saturating_sub(1) * width;
        Footprint { working: (learning + 2 * width).max(measured) + budget.checkpoints.saturating_sub(1) * width, recorded: width }
    }

    /// One learning run; at each checkpoint the parameters are frozen and the gradient is measured on noise of its own.
    fn run(&self, case: &Case, part: &str, index: usize) -> Record {
        let (budget, learning) = (case.budget(self.id()), case.learning);
        let address = case.address_of(self.id(), part).replicate(index);
        let times = checkpoints(learning.steps, budget.checkpoints);
        let mut watch = Watch { times: &times, frozen: Vec::new(), losses: vec![0.0; times.len()], seen: vec![0.0; times.len()], projected: 0 };
        let online = Online { data: &*case.data, method: learning.method, schedule: learning.schedule, projection: learning.projection };
        let start_at = case.address_of(self.id(), part);
        let departure = Departure {
            network: &case.network,
            data: case.data_start(index, budget.seeds, start_at, stream::OTHER_START),
            hidden: vec![0.0; case.network.cell.hidden()],
            innovations: Noise::at(address.stream(stream::INNOVATION)),
            observations: Noise::at(address.stream(stream::OBSERVATION)),
        };
        let last = online.run(departure, learning.steps, &mut watch);
        watch.frozen.push(last);
        let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
        let mut values = Vec::new();
        for (look, network) in watch.frozen.iter().enumerate() {
            // A stretch sets the replicate of its address, so the run has to be in the name.
            let fresh = address.within("frozen").within(&format!("run {index}")).within(&look.to_string());
            let runs: Vec<_> = (0..budget.chains).map(|replicate| norm.replicate(&*case.data, network, fresh, replicate)).collect();
            let loss = runs.iter().map(|run| run.loss).sum::<f64>() / budget.chains as f64;
            let gradients: Vec<Vec<f64>> = runs.into_iter().map(|run| run.gradient).collect();
            let (square, error) = if case.data.is_recorded() {
                (squared_norm(&gradients), 0.0)
            } else {
                squared_norm_of_mean(&gradients, case.level).map_or((f64::NAN, f64::NAN), |u| (u.value, u.standard_error))
            };
            values.extend([
                times[look] as f64,
                square,
                error,
                loss,
                watch.losses[look] / watch.seen[look].max(1.0),
                learning.schedule.step(times[look]),
            ]);
        }
        let end = watch.frozen.last().map_or_else(Vec::new, Network::parameters);
        Record::default().with("checkpoint", 6 * times.len(), values).with("parameters", end.len(), end).with(
            "projected",
            1,
            vec![watch.projected as f64],
        )
    }

    fn judge(&self, case: &Case, records: &Records) -> Finding {
        let budget = case.budget(self.id());
        let threshold = budget.margin * budget.margin;
        let undefined = |why| Finding::undefined(QUANTITY, threshold, RightSide::Below, why);
        let part = records.part(RUNS);
        let table = match part.stacked("checkpoint") {
            Ok(table) => table,
            Err(why) => return undefined(why),
        };
        let looks = table.ncols() / 6;
        let column = |look: usize, field: usize| -> Vec<f64> { table.column(6 * look + field).to_vec() };
        // All runs start from the same parameters, so their first squares measure one number; later ones are spread over a skewed law, whose mean the rarest runs decide.
        let squares: Vec<Result<Estimate, Undefined>> =
            (0..looks).map(|look| if look == 0 { mean(&column(0, 1), case.level) } else { median(&column(look, 1), case.level) }).collect();
        let diverged = (0..table.nrows()).filter(|run| (0..looks).any(|look| table[[*run, 6 * look + 1]].is_nan())).count();
        let initial = match &squares[0] {
            Ok(initial) if initial.lower > 0.0 => initial.value,
            Ok(_) => return undefined(Undefined::because("the gradient at the start is not distinguishable from zero, so there is nothing to lose")),
            Err(why) => return undefined(why.clone()),
        };
        let ratio =
            median(&column(looks - 1, 1).iter().map(|u| u / initial).collect::<Vec<_>>(), case.level).map(|last| over(last, &squares[0], initial));
        let stalled = stalled(&column(looks - 1, 1), &column(looks - 1, 2), threshold * initial);
        let schedule = case.learning.schedule;
        let (first_step, last_step) = (schedule.step(0), schedule.step(case.learning.steps));
        let mut finding = undefined(Undefined::because(""));
        finding.effect = ratio.as_ref().ok().map(|ratio| (threshold - ratio.value) / threshold);
        finding.reason = match &ratio {
            Err(why) => format!("{diverged} of {} runs left the finite numbers: {}", table.nrows(), why.reason),
            Ok(ratio) => reason(ratio, threshold, last_step / first_step, schedule),
        };
        let projected = part.stacked("projected").map_or(f64::NAN, |projected| projected.sum());
        let updates = (table.nrows() * case.learning.steps) as f64;
        if projected > PROJECTION_MATTERS * updates {
            finding.reason = format!(
                "{}; {:.1} % of the updates were projected back to where the cell is certified to contract, and on that border the gradient need not vanish",
                finding.reason,
                100.0 * projected / updates
            );
        }
        finding.estimate = ratio;
        if diverged > 0 {
            finding.conditions.push(Condition { name: "every run stays within the finite numbers".into(), outcome: Outcome::Contradicted });
        }
        finding.conditions.push(left_behind(stalled, table.nrows(), case.level));
        let times: Vec<f64> = (0..looks).map(|look| table[[0, 6 * look]]).collect();
        finding = finding
            .with("runs", table.nrows() as f64)
            .with("runs_diverged", diverged as f64)
            .with("runs_above_margin", stalled as f64)
            .with("first_step", first_step)
            .with("last_step", last_step)
            .with("sum_of_steps", (0..case.learning.steps).map(|t| schedule.step(t)).sum::<f64>())
            .with("updates_projected", projected)
            .with("trend", trend(&table, looks, case.level, case.address_of(self.id(), "judge")));
        for (look, square) in squares.iter().enumerate() {
            finding = finding
                .with(&format!("gradient_squared[{}]", times[look]), square.clone())
                .with(&format!("loss[{}]", times[look]), mean(&column(look, 3), case.level));
        }
        let caption = format!(
            "Case {}: {} runs of {}. Left: squared norm of the gradient of the long-run loss at frozen parameters, without its noise bias, the median run. Right: the step size. A step that \
             goes to zero faster than the gradient is a stall, not convergence.",
            case.name,
            table.nrows(),
            case.learning.method
        );
        let margin = threshold * initial;
        finding.figures.push(rates::figure(
            case,
            self.id(),
            "Does the gradient go to zero, or only the step?",
            caption,
            panels(&times, &squares, margin, schedule),
        ));
        finding
    }

    /// Steps whose sum is finite: RTRL stalls wherever its reach ends.
    fn violation(&self, seed: u64) -> Case {
        let budget = Budget { chains: 16, steps: 400, burn_in: 50, margin: 0.1, seeds: 6, checkpoints: 5, taus: vec![], times: vec![] };
        let schedule = Schedule { initial: 0.02, offset: 4.0, exponent: 3.0 };
        let learning = Learning { schedule, steps: 5000, ..violation::plain_learning() };
        violation::Blueprint { memory: 0.7, recurrent: &[0.5, -0.3], input_weight: 0.7, activation: "tanh", learning }.build(seed, self.id(), budget)
    }
}

/// `‖mean‖²` as it stands: the parts of a record add up to all of it, so there is no noise to take off.
fn squared_norm(vectors: &[Vec<f64>]) -> f64 {
    let count = vectors.len() as f64;
    (0..vectors[0].len()).map(|index| vectors.iter().map(|vector| vector[index]).sum::<f64>() / count).map(|mean| mean * mean).sum()
}

/// The last square, already divided by the initial one, with the error of that divisor taken in.
fn over(last: Estimate, initial: &Result<Estimate, Undefined>, divisor: f64) -> Estimate {
    let Ok(initial) = initial else { return last };
    let relative = |half: f64| last.value.abs() * half / divisor;
    Estimate {
        standard_error: last.standard_error.hypot(relative(initial.standard_error)),
        lower: last.value - (last.value - last.lower).hypot(relative(initial.upper - initial.value)),
        upper: last.value + (last.upper - last.value).hypot(relative(initial.value - initial.lower)),
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
fn stalled(squares: &[f64], errors: &[f64], margin: f64) -> usize {
    squares.iter().zip(errors).filter(|(square, error)| **square - 3.0 * **error > margin).count()
}

/// The median is silent on the other half of the runs: the claim is about every one of them.
fn left_behind(stalled: usize, runs: usize, level: f64) -> Condition {
    let (lower, _) = clopper_pearson(stalled, runs, level);
    let outcome = if lower > LEFT_BEHIND { Outcome::Contradicted } else { Outcome::Supported };
    Condition { name: format!("not significantly more than {:.0} % of the runs end above the margin", 100.0 * LEFT_BEHIND), outcome }
}

fn reason(ratio: &Estimate, threshold: f64, step_ratio: f64, schedule: Schedule) -> String {
    let norm = ratio.value.max(0.0).sqrt();
    if ratio.upper < threshold {
        return format!("the gradient norm fell to {norm:.3} of its start while the step fell to {step_ratio:.3}");
    }
    if ratio.lower > threshold && !schedule.diverges() {
        return format!(
            "stalled: the step went to {step_ratio:.1e} of its start and the gradient only to {norm:.3}; the steps sum to a finite distance"
        );
    }
    format!("the gradient norm stands at {norm:.3} of its start while the step fell to {step_ratio:.3}")
}

/// Log-spaced times from 0 to `steps`, the last one after the last update.
fn checkpoints(steps: usize, count: usize) -> Vec<usize> {
    let count = count.max(2);
    let mut times: Vec<usize> = vec![0];
    let first = 10.0f64.min(steps as f64);
    for look in 1..count {
        let share = (look - 1) as f64 / (count - 2).max(1) as f64;
        let time = if look + 1 == count { steps } else { (first * libm::pow(steps as f64 / first, share)).round() as usize };
        if time > times[times.len() - 1] {
            times.push(time);
        }
    }
    times
}

/// Freezes the network at the checkpoints and averages the online loss between them.
struct Watch<'a> {
    times: &'a [usize],
    frozen: Vec<Network>,
    losses: Vec<f64>,
    seen: Vec<f64>,
    projected: usize,
}

impl Observer for Watch<'_> {
    fn before_update(&mut self, progress: Progress<'_>) {
        if self.times.get(self.frozen.len()) == Some(&progress.t) {
            self.frozen.push(progress.network.clone());
        }
        // The interval that leads up to the next checkpoint.
        let look = self.frozen.len().min(self.times.len() - 1);
        self.losses[look] += progress.loss;
        self.seen[look] += 1.0;
        self.projected = progress.projected;
    }
}

/// Slope of `log ‖∇J‖²` against `log t` of the median squared norms, over the last half of the checkpoints; the interval by resampling runs.
fn trend(table: &Array2<f64>, looks: usize, level: f64, address: Address) -> Result<Estimate, Undefined> {
    let slope = |runs: &[usize]| -> Option<f64> {
        let points = (looks / 2..looks).map(|look| {
            let middle = crate::stats::median(runs.iter().map(|run| table[[*run, 6 * look + 1]]).collect());
            (middle > 0.0).then(|| [libm::log(table[[0, 6 * look]]), libm::log(middle)])
        });
        Some(line(&points.collect::<Option<Vec<[f64; 2]>>>()?, level).ok()?.value)
    };
    let bootstrap = Bootstrap { resamples: rates::RESAMPLES, address: address.within("trend").stream(stream::RESAMPLING) };
    if slope(&(0..table.nrows()).collect::<Vec<_>>()).is_none() {
        return Err(Undefined::because("a median squared norm is not positive, so it has no logarithm"));
    }
    bootstrap.interval(table.nrows(), slope, level, IntervalKind::Percentile)
}

fn panels(times: &[f64], squares: &[Result<Estimate, Undefined>], margin: f64, schedule: Schedule) -> Vec<Panel> {
    let positions: Vec<f64> = times.iter().map(|t| t + 1.0).collect();
    let marks: Vec<Mark> = positions
        .iter()
        .zip(squares)
        .filter_map(|(x, square)| {
            let square = square.as_ref().ok()?;
            Some(Mark { x: *x, y: square.value, interval: Some([square.lower, square.upper]) })
        })
        .collect();
    let joined = marks.iter().map(|mark| [mark.x, mark.y]).collect();
    let x = || Axis { label: "1 + updates".into(), scale: Scale::Log, range: None };
    vec![
        Panel {
            title: "gradient".into(),
            x: x(),
            y: Axis { label: "|∇J|², median over runs".into(), scale: Scale::Log, range: None },
            layers: vec![
                Layer::Line { label: String::new(), role: Role::Measured, points: joined },
                Layer::Points { label: "estimate with interval".into(), role: Role::Measured, points: marks },
                Layer::Rule { label: "margin stated in advance".into(), role: Role::Margin, at: margin },
            ],
            note: None,
        },
        Panel {
            title: "step size".into(),
            x: x(),
            y: Axis { label: "α".into(), scale: Scale::Log, range: None },
            layers: vec![Layer::Line {
                label: "step size α at the checkpoints".into(),
                role: Role::Predicted,
                points: times.iter().zip(positions).map(|(t, x)| [x, schedule.step(*t as usize)]).collect(),
            }],
            note: None,
        },
    ]
}
