//! One learning run of the case: frozen at checkpoints, with gradients there on noise of their own.

use crate::claims::measuring::border;
use crate::claims::stationary_point::along_path;
use crate::claims::stationary_point::names;
use crate::claims::{Case, Record};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::stats::squared_norm_of_mean;
use crate::training::{GradientNorm, Observer, Online, Progress, RunStart};

/// Columns of a checkpoint: time, projected square, its error, loss, online loss, step, plain
/// square, whether the projection matters there, certified rate.
pub(super) const COLUMNS: usize = 9;
/// Looks at the end that say where learning rests.
pub(super) const LATE: usize = 2;

/// The record of run `index`.
pub(super) fn run(case: &Case, claim: &str, part: &str, index: usize) -> Record {
    let (budget, learning) = (case.budget(claim), case.learning);
    let key = case.key_of(claim, part).replicate(index);
    let times = checkpoints(learning.steps, budget.checkpoints);
    let mut watch = Watch { times: &times, frozen: Vec::new(), losses: vec![0.0; times.len()], seen: vec![0.0; times.len()], projected: 0 };
    let online = Online { data: &*case.data, method: learning.method, schedule: learning.schedule, projection: learning.projection };
    let (start, start_moved) = border::start(case);
    let departure = RunStart {
        network: &start,
        data: case.data_start(index, budget.seeds, case.key_of(claim, part), stream::OTHER_START),
        hidden: vec![0.0; case.network.cell.state_len()],
        innovations: Noise::at(key.stream(stream::INNOVATION)),
        observations: Noise::at(key.stream(stream::OBSERVATION)),
        choices: Noise::at(key.stream(stream::METHOD)),
    };
    let last = online.run(departure, learning.steps, &mut watch);
    watch.frozen.push(last);
    let norm = GradientNorm { steps: budget.steps, burn_in: budget.burn_in, spread: 0.0, replicates: budget.chains };
    let first_late = times.len().saturating_sub(LATE);
    let (mut values, mut late, mut certified, mut own) = (Vec::new(), Vec::new(), Vec::new(), vec![0.0; 2]);
    let square = |gradients: &[Vec<f64>]| -> (f64, f64) {
        if case.data.is_recorded() {
            (squared_norm(gradients), 0.0)
        } else {
            squared_norm_of_mean(gradients, case.level).map_or((f64::NAN, f64::NAN), |u| (u.value, u.standard_error))
        }
    };
    for (look, network) in watch.frozen.iter().enumerate() {
        // A stretch sets the replicate of its key, so the run has to be in the name.
        let fresh = key.within("frozen").within(&format!("run {index}")).within(&look.to_string());
        let runs = norm.replicates(&*case.data, network, fresh, 0..budget.chains);
        let loss = runs.iter().map(|run| run.loss).sum::<f64>() / budget.chains as f64;
        let plain: Vec<Vec<f64>> = runs.into_iter().map(|run| run.gradient).collect();
        let of_plain = square(&plain);
        let (gradients, on_border) = border::projected(network, plain, learning.schedule.initial, learning.projection);
        let (of_projected, error) = if on_border { square(&gradients) } else { of_plain };
        if look + 1 == times.len() && !learning.method.is_exact() {
            let rule = (0..budget.chains).map(|replicate| followed(case, &norm, network, fresh, replicate)).collect();
            let (rule, _) = border::projected(network, rule, learning.schedule.initial, learning.projection);
            let difference = |(rule, gradient): (&Vec<f64>, &Vec<f64>)| rule.iter().zip(gradient).map(|(a, b)| a - b).collect();
            own = <[f64; 2]>::from(square(&rule.iter().zip(&gradients).map(difference).collect::<Vec<_>>())).to_vec();
        }
        if look >= first_late {
            let count = gradients.len() as f64;
            late.extend((0..network.len()).map(|entry| gradients.iter().map(|g| g[entry]).sum::<f64>() / count));
        }
        certified.push(border::certified_rate(case, network));
        values.extend([times[look] as f64, of_projected, error, loss, watch.losses[look] / watch.seen[look].max(1.0)]);
        values.extend([learning.schedule.step(times[look]), of_plain.0, f64::from(u8::from(on_border)), certified[look]]);
    }
    let contraction = along_path::measure(case, index, &watch.frozen, &times, &certified, key);
    let end = watch.frozen[times.len() - 1].parameters();
    let before = watch.frozen[times.len().saturating_sub(2)].parameters();
    let moved = end.iter().zip(before).map(|(b, a)| b - a).collect();
    Record::default()
        .with(names::CHECKPOINT, COLUMNS * times.len(), values)
        .with(names::LATE_GRADIENTS, late.len(), late)
        .with(names::LATE_MOVE, end.len(), moved)
        .with(names::BIAS, 2, own)
        .with(names::CONTRACTION, along_path::COLUMNS, contraction)
        .with(names::PARAMETERS, end.len(), end)
        .with(names::PROJECTED, 2, vec![watch.projected as f64, f64::from(u8::from(start_moved))])
}

/// Mean gradient that the method follows at frozen parameters, over a stretch.
fn followed(case: &Case, norm: &GradientNorm, network: &Network, key: RngKey, replicate: usize) -> Vec<f64> {
    let (segment, hidden) = norm.segment(&*case.data, network.cell.state_len(), key, replicate);
    let weight = norm.weight(&*case.data);
    let sum =
        case.learning.method.frozen(network, &segment, &hidden, norm.burn_in, Noise::at(key.replicate(replicate).stream(stream::METHOD))).gradient;
    sum.into_iter().map(|g| weight * g).collect()
}

/// `‖mean‖²` as it stands: the parts of a record add up to all of it, so there is no noise to take
/// off.
fn squared_norm(vectors: &[Vec<f64>]) -> f64 {
    let count = vectors.len() as f64;
    (0..vectors[0].len()).map(|index| vectors.iter().map(|vector| vector[index]).sum::<f64>() / count).map(|mean| mean * mean).sum()
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
