//! One training run and what is measured of it.

use super::best::beside_best;
use super::held_out::on_held_out;
use super::{BesideBest, ComparePlan, OnHeldOut};
use crate::claims::Case;
use crate::network::Layout;
use crate::random::stream;
use crate::stats::squared_norm_of_mean;
use crate::training::{GradientNorm, Method, Schedule, Training};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// What one training run gave. Numbers that are not finite are not written: a run that diverged
/// has none.
///
/// ```
/// use rtrl_lab::study::TrainingRecord;
/// let record = TrainingRecord { case: "a".into(), seed: 3, ..Default::default() };
/// assert!(record.diverged.is_none() && record.curve.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The case.
    pub case: String,
    /// Number of the seed, from 0.
    pub seed: usize,
    /// The method, in words.
    pub method: String,
    /// The step at which the loss left the finite numbers, where it did.
    pub diverged: Option<usize>,
    /// Mean online loss over stretches of the run: end of the stretch in steps, loss.
    pub curve: Vec<(usize, f64)>,
    /// Mean online loss over the last steps.
    pub online_loss: Option<f64>,
    /// Mean loss at the last parameters, over stretches of their own.
    pub stationary_loss: Option<f64>,
    /// `‖∇J‖²` at the last parameters, without its noise bias: value and 95 % interval.
    pub gradient_square: Option<[f64; 3]>,
    /// Loss and accuracy beside the best there is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside_best: Option<BesideBest>,
    /// Loss and accuracy on the rows that were held out, where some were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<OnHeldOut>,
    /// Mean cosine of the method's gradient with the exact one of the same steps, over the last
    /// steps, a thousand or ten blocks at most, by block and over all recurrent ones (`recurrent`).
    pub cosines: BTreeMap<String, f64>,
    /// `√(Σ‖G − G_exact‖²/Σ‖G_exact‖²)` over the same steps, in the recurrent parameters that
    /// learn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_error: Option<f64>,
    /// Parameters.
    pub parameters: usize,
    /// Additions and multiplications of a lane's step by the count of the method.
    pub flops: f64,
}

/// A run, and the time of one of its steps in microseconds, without exact derivatives beside it,
/// where there were such steps: what only a clock knows is no part of the record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Trained {
    pub record: TrainingRecord,
    pub microseconds: Option<f64>,
}

/// Places of a block, or of one row of it, counted from 1.
pub(super) fn places(layout: &Layout, block: &str, row: Option<usize>) -> Option<Vec<usize>> {
    let block = layout.block(block)?;
    match row {
        None => Some(block.positions().collect()),
        Some(row) => (1..=block.rows).contains(&row).then(|| block.positions().skip((row - 1) * block.columns).take(block.columns).collect()),
    }
}

/// Squared length of a difference beside that of what it is a difference to.
#[derive(Default)]
struct Apart {
    difference: f64,
    whole: f64,
}

impl Apart {
    /// Takes in numbers of both.
    fn take(&mut self, pairs: impl Iterator<Item = (f64, f64)>) {
        for (own, exact) in pairs {
            self.difference += (own - exact) * (own - exact);
            self.whole += exact * exact;
        }
    }

    fn relative(&self) -> Option<f64> {
        Some((self.difference / self.whole).sqrt()).filter(|error| error.is_finite())
    }
}

/// Points of a curve.
const POINTS: usize = 48;
/// Steps over which gradients are compared with exact ones, at most, or ten blocks: carrying those
/// may be the dearest part of a run.
const COMPARED: usize = 1000;
/// Steps of exact derivatives before they are compared with, where nothing resets them.
const SETTLING: usize = 200;

impl ComparePlan {
    /// Trains by one method at one seed in one case.
    pub(super) fn train(&self, case: usize, seed: usize, method: usize) -> Trained {
        let (method, case) = (self.methods[method], &self.studies[seed].cases[case].case);
        let (steps, key) = (case.learning.steps, case.key.within("train"));
        let window = self.window(steps);
        // Exact derivatives begin at a border between sequences, or some while before.
        let block = method.kind().last_period(method.length(), steps);
        let compared_from = steps - window.min(COMPARED.max(10 * block));
        let settling = SETTLING.max(block);
        let shadow = compared_from.checked_div(self.reset).map_or(compared_from.saturating_sub(settling), |borders| borders * self.reset);
        let training = Training {
            shadow: self.cosines.then_some(shadow),
            turn: (seed, self.studies.len()),
            ..self.training(case, method, case.learning.schedule)
        };
        let blocks = case.network.layout();
        let mut learns = vec![true; case.network.len()];
        training.fixed.iter().for_each(|place| learns[*place] = false);
        let recurrent = case.network.recurrent_len();
        let mut sums: BTreeMap<String, (f64, usize)> = BTreeMap::new();
        let mut apart = Apart::default();
        let (mut curve, mut part, mut late, mut diverged) = (Vec::new(), (0.0, 0), 0.0, None);
        let points = POINTS.min(steps);
        let (begun, mut alone) = (Instant::now(), None);
        let last = training.run(&case.network, case.start.spread, key, steps, &mut |step| {
            if !step.loss.is_finite() && diverged.is_none() {
                diverged = Some(step.t);
            }
            part = (part.0 + step.loss, part.1 + 1);
            if (step.t + 1) * points / steps > step.t * points / steps {
                if part.0.is_finite() {
                    curve.push((step.t + 1, part.0 / part.1 as f64));
                }
                part = (0.0, 0);
            }
            if step.t + 1 == shadow {
                alone = Some(begun.elapsed().as_secs_f64() / shadow as f64);
            }
            if step.t >= steps - window {
                late += step.loss / window as f64;
            }
            if step.t < compared_from {
                return;
            }
            let Some((own, exact)) = step.gradients else { return };
            let mut add = |name: &str, places: &mut dyn Iterator<Item = usize>| {
                let sums_of = places.fold([0.0; 3], |sum, p| [sum[0] + own[p] * exact[p], sum[1] + own[p] * own[p], sum[2] + exact[p] * exact[p]]);
                let cosine = sums_of[0] / (sums_of[1].sqrt() * sums_of[2].sqrt());
                if cosine.is_finite() {
                    let sum = sums.entry(name.to_string()).or_insert((0.0, 0));
                    *sum = (sum.0 + cosine, sum.1 + 1);
                }
            };
            for block in blocks.blocks().iter().filter(|block| block.offset < recurrent) {
                add(block.name, &mut block.positions().filter(|place| learns[*place]));
            }
            add("recurrent", &mut (0..recurrent).filter(|place| learns[*place]));
            apart.take((0..recurrent).filter(|place| learns[*place]).map(|place| (own[place], exact[place])));
        });
        let seconds = alone.or_else(|| (!self.cosines).then(|| begun.elapsed().as_secs_f64() / steps as f64));
        let (stationary_loss, gradient_square) = self.at_rest(case, &last, diverged.is_some());
        let beside_best =
            if diverged.is_none() { beside_best(&self.norm(case), &*case.data, &last, case.key.within("rest").stream(stream::START)) } else { None };
        let record = TrainingRecord {
            case: case.name.clone(),
            seed,
            method: method.to_string(),
            diverged,
            curve,
            online_loss: Some(late).filter(|late| late.is_finite()),
            stationary_loss,
            gradient_square,
            beside_best,
            held_out: if diverged.is_none() { on_held_out(&*case.data, &last, self.norm(case).burn_in) } else { None },
            cosines: sums.into_iter().map(|(name, (sum, count))| (name, sum / count as f64)).collect(),
            gradient_error: apart.relative(),
            parameters: case.network.len(),
            flops: method.kind().flops(method.length(), &*case.network.cell),
        };
        Trained { record, microseconds: seconds.map(|seconds| 1e6 * seconds) }
    }

    /// How a case is trained by a method, at these step sizes.
    pub(super) fn training<'a>(&self, case: &'a Case, method: Method, schedule: Schedule) -> Training<'a> {
        Training {
            method,
            scaling: self.scaling.clone(),
            clip: self.clip,
            lanes: self.lanes,
            reset: self.reset,
            projection: case.learning.projection,
            fixed: self.fixed(case),
            ..Training::plain(&*case.data, schedule)
        }
    }

    /// Places of the parameters of a case that do not learn.
    pub(super) fn fixed(&self, case: &Case) -> Vec<usize> {
        let Some(train) = &self.train else { return Vec::new() };
        let mut fixed: BTreeSet<usize> = (0..case.network.len()).collect();
        for place in train.iter().flat_map(|(block, row)| places(&case.network.layout(), block, *row).unwrap_or_default()) {
            fixed.remove(&place);
        }
        fixed.into_iter().collect()
    }

    /// Trains by one method in the first case at the first seed, measuring nothing; the steps taken
    /// and the counted operations of a step of all lanes.
    pub(crate) fn train_alone(&self, method: Method) -> (usize, f64) {
        let case = &self.studies[0].cases[0].case;
        let steps = case.learning.steps;
        let training = self.training(case, method, case.learning.schedule);
        training.run(&case.network, case.start.spread, case.key.within("train"), steps, &mut |_| {});
        (steps, self.lanes as f64 * method.kind().flops(method.length(), &*case.network.cell))
    }

    /// The stretches that a trained network is measured on.
    fn norm(&self, case: &Case) -> GradientNorm {
        GradientNorm { steps: self.stretch, burn_in: self.burn_in, spread: case.start.spread, replicates: self.stretches }
    }

    /// Loss and squared gradient norm at the parameters of a run's end.
    fn at_rest(&self, case: &Case, network: &crate::network::Network, diverged: bool) -> (Option<f64>, Option<[f64; 3]>) {
        if diverged {
            return (None, None);
        }
        let norm = self.norm(case);
        let all = norm.replicates(&*case.data, network, case.key.within("rest").stream(stream::START), 0..self.stretches);
        let loss = all.iter().map(|summed| summed.loss).sum::<f64>() / all.len() as f64;
        let fixed = self.fixed(case);
        let learning = |mut gradient: Vec<f64>| {
            fixed.iter().for_each(|place| gradient[*place] = 0.0);
            gradient
        };
        let gradients: Vec<Vec<f64>> = all.into_iter().map(|summed| learning(summed.gradient)).collect();
        let square = squared_norm_of_mean(&gradients, 0.95).ok().map(|estimate| [estimate.value, estimate.lower, estimate.upper]);
        (Some(loss).filter(|loss| loss.is_finite()), square)
    }
}
