//! How far a trained network is from the best that anyone can do, where that is known, and from one
//! constant answer: log loss and accuracy on the same stretches.

use crate::data::DataProcess;
use crate::markov::Walk;
use crate::network::Network;
use crate::network::loss::Targets;
use crate::random::{Noise, RngKey, stream};
use crate::training::GradientNorm;
use serde::{Deserialize, Serialize};

/// Losses and accuracies of a network beside those of a constant answer and, where they are known,
/// of the exact chances, on the same steps.
///
/// ```
/// use rtrl_lab::study::BesideBest;
/// let beside = BesideBest { constant: 0.69, ..BesideBest::default() };
/// // On recorded data nobody knows the chances.
/// assert!(beside.best.is_none() && beside.excess.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BesideBest {
    /// Mean loss of the network less that of the exact chances: `E KL(p ‖ p̂)`, so that its mean is
    /// nowhere below 0. None where the chances are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excess: Option<f64>,
    /// Mean loss of the exact chances `E[Y_t | D_t]`, the best there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<f64>,
    /// Mean loss of one constant answer, the mean of those chances or of the targets: what is
    /// reached by knowing nothing of the inputs.
    pub constant: f64,
    /// Share of steps at which the network's likeliest class came; ties count as their share. None
    /// for targets that are no chances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The same of the exact chances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_accuracy: Option<f64>,
    /// The same of the constant answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant_accuracy: Option<f64>,
}

/// What is summed over steps.
#[derive(Default)]
struct Sums {
    steps: f64,
    losses: [f64; 2],
    hits: [f64; 2],
    mean: Vec<f64>,
    mean_target: Vec<f64>,
}

/// Measures a network on the stretches of a gradient norm; `None` where the best loss is not known
/// and the targets are no classes.
pub(super) fn beside_best(norm: &GradientNorm, data: &dyn DataProcess, network: &Network, key: RngKey) -> Option<BesideBest> {
    let loss = network.readout.loss();
    let outputs = network.readout.outputs();
    let (classes, known) = (loss.takes() != Targets::Numbers, data.knows_best());
    if !(known || classes) || !loss.best(&vec![0.5; outputs], &mut vec![0.0; outputs]) {
        return None;
    }
    let mut sums = Sums { mean: vec![0.0; outputs], mean_target: vec![0.0; outputs], ..Sums::default() };
    for replicate in 0..norm.replicates {
        along(norm, data, network, key.replicate(replicate), replicate, &mut sums);
    }
    let mean: Vec<f64> = sums.mean.iter().map(|sum| sum / sums.steps).collect();
    // A loss that is affine in its target has the mean loss of a constant at the mean target.
    let mut constant = vec![0.0; outputs];
    loss.best(&mean, &mut constant);
    let target: Vec<f64> = sums.mean_target.iter().map(|sum| sum / sums.steps).collect();
    let constant_hits = hit(&constant, &target);
    let constant = loss.value_and_slope(&mut constant, &target);
    let [own, best] = sums.losses.map(|sum| sum / sums.steps);
    let [own_hits, best_hits] = sums.hits.map(|sum| classes.then_some(sum / sums.steps));
    Some(BesideBest {
        excess: known.then_some(own - best),
        best: known.then_some(best),
        constant,
        accuracy: own_hits,
        best_accuracy: best_hits.filter(|_| known),
        constant_accuracy: classes.then_some(constant_hits),
    })
}

/// Follows one stretch, on the noise that its gradient is measured on.
fn along(norm: &GradientNorm, data: &dyn DataProcess, network: &Network, key: RngKey, replicate: usize, sums: &mut Sums) {
    let loss = network.readout.loss();
    let outputs = network.readout.outputs();
    let mut start = vec![0.0; data.state_len()];
    data.start(norm.spread, replicate, norm.replicates, &mut Noise::at(key.stream(stream::START)), &mut start);
    let (mut innovations, mut observations) = (Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::OBSERVATION)));
    let mut walk = Walk::from(data, start);
    let cell = &network.cell;
    let (mut state, mut next, mut tape) = (vec![0.0; cell.state_len()], vec![0.0; cell.state_len()], vec![0.0; cell.tape_len()]);
    let (mut eta, mut input) = (vec![0.0; data.observation_len()], vec![0.0; data.inputs()]);
    let (mut target, mut chance, mut exact) = (vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]);
    for t in 0..norm.burn_in + norm.steps_of(data, replicate) {
        data.input(walk.state(), &mut input);
        cell.step(&state, &input, &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        observations.normals(&mut eta);
        data.target(walk.state(), &eta, &mut target);
        if t >= norm.burn_in {
            data.mean_target(walk.state(), &mut chance);
            loss.best(&chance, &mut exact);
            let mut own = network.readout.prediction(&state);
            sums.hits[0] += hit(&own, &target);
            sums.hits[1] += hit(&exact, &target);
            sums.losses[0] += loss.value_and_slope(&mut own, &target);
            sums.losses[1] += loss.value_and_slope(&mut exact, &target);
            sums.mean.iter_mut().zip(&chance).for_each(|(sum, p)| *sum += p);
            sums.mean_target.iter_mut().zip(&target).for_each(|(sum, y)| *sum += y);
            sums.steps += 1.0;
        }
        walk.step_on(&mut innovations);
    }
}

/// The chance that the likeliest class of a prediction is the target's, ties taken at random; of
/// several events that are no classes, the mean over them.
pub(super) fn hit(prediction: &[f64], target: &[f64]) -> f64 {
    let one = |odds: f64, y: f64| match odds.partial_cmp(&0.0) {
        Some(std::cmp::Ordering::Greater) => y,
        Some(std::cmp::Ordering::Less) => 1.0 - y,
        _ => 0.5,
    };
    let sum: f64 = target.iter().sum();
    if target.len() == 1 || (sum - 1.0).abs() > 1e-9 {
        return prediction.iter().zip(target).map(|(odds, y)| one(*odds, *y)).sum::<f64>() / target.len() as f64;
    }
    let top = prediction.iter().fold(f64::NEG_INFINITY, |top, y| top.max(*y));
    let tied = prediction.iter().filter(|y| **y == top).count() as f64;
    prediction.iter().zip(target).filter(|(odds, _)| **odds == top).map(|(_, y)| y).sum::<f64>() / tied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::loss;

    #[test]
    fn ties_count_as_their_share_and_the_best_answer_has_the_entropy() {
        assert_eq!([hit(&[0.0], &[1.0]), hit(&[2.0], &[1.0]), hit(&[-1.0], &[1.0])], [0.5, 1.0, 0.0]);
        assert_eq!(hit(&[1.0, 1.0, 0.0], &[0.0, 1.0, 0.0]), 0.5);
        let entropy = |p: &[f64]| -p.iter().map(|p| if *p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>();
        for chances in [[0.2, 0.8], [0.5, 0.5], [1.0, 0.0]] {
            let mut prediction = [0.0; 2];
            let softmax = loss::named("softmax-cross-entropy").unwrap();
            assert!(softmax.best(&chances, &mut prediction));
            assert!((softmax.value_and_slope(&mut prediction, &chances) - entropy(&chances)).abs() < 1e-12);
            let mut odds = [0.0];
            let bernoulli = loss::named("bernoulli-cross-entropy").unwrap();
            assert!(bernoulli.best(&chances[..1], &mut odds));
            assert!((bernoulli.value_and_slope(&mut odds, &chances[..1]) - entropy(&chances)).abs() < 1e-12);
        }
        assert!(!loss::named("huber").unwrap().best(&[0.5], &mut [0.0]));
    }
}
