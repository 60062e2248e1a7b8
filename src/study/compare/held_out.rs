//! What a trained network loses on the rows of a record that it never saw.

use super::best::hit;
use crate::data::DataProcess;
use crate::markov::Walk;
use crate::network::Network;
use crate::network::loss::Targets;
use crate::random::{Noise, RngKey};
use serde::{Deserialize, Serialize};

/// Losses on the rows that were held out, in the order of the record, at the last parameters: the
/// network has come through the rows before them and learns nothing more.
///
/// ```
/// use rtrl_lab::study::OnHeldOut;
/// let seen = OnHeldOut { rows: 100, loss: 0.5, constant: Some(0.7), ..OnHeldOut::default() };
/// assert!(seen.constant.unwrap() > seen.loss && seen.accuracy.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OnHeldOut {
    /// Rows.
    pub rows: usize,
    /// Mean loss.
    pub loss: f64,
    /// Mean loss of the best constant answer to the rows before, where the loss has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<f64>,
    /// Share of rows whose likeliest class came; ties count as their share. None for targets that
    /// are no chances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The same of that constant answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constant_accuracy: Option<f64>,
}

/// Tries a network on the rows that are held out, after `burn_in` rows of the record before them.
pub(super) fn on_held_out(data: &dyn DataProcess, network: &Network, burn_in: usize) -> Option<OnHeldOut> {
    let (held, rows) = (data.held_out()?, data.cycle()?);
    let (cell, loss, outputs) = (&network.cell, network.readout.loss(), network.readout.outputs());
    let [mut state, mut next] = [(); 2].map(|()| vec![0.0; cell.state_len()]);
    let mut tape = vec![0.0; cell.tape_len()];
    let mut take = |state: &mut Vec<f64>, input: &[f64]| {
        cell.step(state, input, &mut next, &mut tape);
        std::mem::swap(state, &mut next);
    };
    // A record has no noise.
    let mut none = Noise::at(RngKey::root(0));
    let mut walk = Walk::from(data, vec![0.0; data.state_len()]);
    let (mut input, mut target, mut mean) = (vec![0.0; data.inputs()], vec![0.0; outputs], vec![0.0; outputs]);
    for row in 0..rows {
        data.target(walk.state(), &[], &mut target);
        mean.iter_mut().zip(&target).for_each(|(mean, y)| *mean += y / rows as f64);
        if row + burn_in >= rows {
            data.input(walk.state(), &mut input);
            take(&mut state, &input);
        }
        walk.step_on(&mut none);
    }
    let classes = loss.takes() != Targets::Numbers;
    let mut constant = vec![0.0; outputs];
    let known = loss.best(&mean, &mut constant);
    let count = held.inputs.nrows() as f64;
    let (mut losses, mut hits) = ([0.0; 2], [0.0; 2]);
    for (input, target) in held.inputs.rows().into_iter().zip(held.targets.rows()) {
        let target = target.to_vec();
        take(&mut state, &input.to_vec());
        for (at, mut answer) in [network.readout.prediction(&state), constant.clone()].into_iter().enumerate() {
            hits[at] += hit(&answer, &target) / count;
            losses[at] += loss.value_and_slope(&mut answer, &target) / count;
        }
    }
    Some(OnHeldOut {
        rows: held.inputs.nrows(),
        loss: losses[0],
        constant: known.then_some(losses[1]),
        accuracy: classes.then_some(hits[0]),
        constant_accuracy: (classes && known).then_some(hits[1]),
    })
    .filter(|seen| seen.loss.is_finite())
}
