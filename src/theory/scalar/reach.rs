//! How far the data and the hidden state of one unit come.

use super::ScalarModel;
use crate::network::Activation;
use crate::stats::Undefined;

/// Standard deviations beyond which nothing is left.
const REACH: f64 = 9.5;
/// Rounds in which the interval of the hidden state settles.
const ROUNDS: usize = 60;

/// The intervals that the grids cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Half the interval of the data, about 0.
    pub data: f64,
    /// The interval of the hidden state.
    pub hidden: [f64; 2],
}

impl Reach {
    /// Where a stationary unit comes: 9.5 standard deviations of the data, and what the unit makes
    /// of them. An unbounded unit that contracts is held to 9.5 standard deviations of the linear
    /// unit of its largest slope about its centre.
    pub(super) fn of(model: &ScalarModel) -> Result<Self, Undefined> {
        let numbers = [model.recurrent, model.input, model.bias, model.phi, model.innovation];
        if numbers.iter().any(|x| !x.is_finite()) {
            return Err(Undefined::because("a parameter is not finite"));
        }
        suits_grids(model.activation)?;
        if model.phi.abs() >= 1.0 {
            return Err(Undefined::because("the data have no stationary law: |φ| is not below 1"));
        }
        if model.input == 0.0 || model.innovation <= 0.0 {
            return Err(Undefined::because("no noise reaches the unit, so its law has no density"));
        }
        let data = REACH * model.data_deviation();
        let push = data * model.input.abs();
        let value = |u: f64| model.activation.value_and_slope(u).0;
        let bound = model.activation.value_bound();
        let mut hidden = if bound.is_finite() { [-bound, bound] } else { unbounded(model, push)? };
        for _ in 0..ROUNDS {
            let ends = hidden.map(|s| model.recurrent * s + model.bias);
            let image = [value(ends[0].min(ends[1]) - push), value(ends[0].max(ends[1]) + push)];
            hidden = [hidden[0].max(image[0]), hidden[1].min(image[1])];
        }
        if hidden[1] - hidden[0] <= 1e-12 * (1.0 + hidden[0].abs().max(hidden[1].abs())) {
            return Err(Undefined::because("the unit is saturated: its hidden state does not move"));
        }
        Ok(Reach { data, hidden })
    }

    /// The same with room for a hidden state within `values` and what comes of it.
    pub(super) fn with_start(self, model: &ScalarModel, values: [f64; 2]) -> Self {
        let value = |u: f64| model.activation.value_and_slope(u).0;
        let mut hidden = [self.hidden[0].min(values[0]), self.hidden[1].max(values[1])];
        // What the next steps make of the start: a unit without bound has room for the data's push
        // already.
        let push = if model.activation.value_bound().is_finite() { self.data * model.input.abs() } else { 0.0 };
        for _ in 0..ROUNDS {
            let ends = hidden.map(|s| model.recurrent * s + model.bias);
            hidden = [hidden[0].min(value(ends[0].min(ends[1]) - push)), hidden[1].max(value(ends[0].max(ends[1]) + push))];
        }
        Reach { hidden, ..self }
    }
}

/// Whether functions of an activation are well held on a grid, over intervals that follow from
/// their ends.
pub(in crate::theory) fn suits_grids(activation: &dyn Activation) -> Result<(), Undefined> {
    let name = activation.name();
    if !activation.is_smooth() {
        return Err(Undefined::because(format!("exact answers by grids are had of smooth activations alone, and {name} has a kink or a jump")));
    }
    if !activation.is_monotone() {
        return Err(Undefined::because(format!("exact answers by grids are had of monotone activations alone, and {name} falls somewhere")));
    }
    Ok(())
}

/// A first interval for an activation without bound.
fn unbounded(model: &ScalarModel, push: f64) -> Result<[f64; 2], Undefined> {
    const FAR: f64 = -1e6;
    let value = |u: f64| model.activation.value_and_slope(u).0;
    let b = model.recurrent;
    let floor = value(FAR);
    if b < 0.0 && floor > -1.0 {
        // Bounded below and falling: bounded above too.
        return Ok([floor, value(b * floor + model.bias + push)]);
    }
    let gain = b.abs() * model.activation.slope_bound();
    if gain >= 1.0 {
        return Err(Undefined::because("the unit has no bound and does not contract, so its law may not exist"));
    }
    let deviation = model.data_deviation() * model.input.abs();
    let phi = model.phi.abs();
    let spread = REACH * deviation * ((1.0 + gain * phi) / ((1.0 - gain * phi) * (1.0 - gain * gain))).sqrt();
    // The mean, by a Gaussian law of that spread: exact for the identity, near for a convex
    // activation.
    let wide = spread / REACH;
    let mean_at = |s: f64| {
        let sum = |f: &dyn Fn(f64) -> f64| (-40..=40).map(|i| f(0.1 * f64::from(i)) * libm::exp(-0.005 * f64::from(i * i))).sum::<f64>();
        sum(&|z| value(b * s + model.bias + (b * wide + deviation) * z)) / sum(&|_| 1.0)
    };
    let mut centre = 0.0;
    for _ in 0..10_000 {
        let next = mean_at(centre);
        if (next - centre).abs() <= 1e-12 * (1.0 + next.abs()) {
            break;
        }
        centre = next;
    }
    Ok([centre - spread - deviation, centre + spread + deviation])
}
