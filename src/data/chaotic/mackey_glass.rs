//! The Mackey–Glass equation in steps of Euler.

use super::{Chaotic, Map};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// ```text
/// x_{t+1} = x_t + h (β x_{t−τ} / (1 + x_{t−τ}^n) − γ x_t)
/// ```
///
/// The state is `(x_t, x_{t−1}, …, x_{t−τ})`. Mackey and Glass (1977), doi 10.1126/science.267326.
#[derive(Clone, Debug)]
struct MackeyGlassMap {
    beta: f64,
    gamma: f64,
    power: f64,
    delay: usize,
    step: f64,
}

impl Map for MackeyGlassMap {
    fn len(&self) -> usize {
        self.delay + 1
    }

    fn step(&self, now: &[f64], next: &mut [f64]) {
        let before = now[self.delay];
        next[1..].copy_from_slice(&now[..self.delay]);
        next[0] = now[0] + self.step * (self.beta * before / (1.0 + libm::pow(before, self.power)) - self.gamma * now[0]);
    }

    fn first(&self, noise: &mut Noise, point: &mut [f64]) {
        point.iter_mut().for_each(|x| *x = 1.2 + 0.2 * noise.uniform());
    }
}

/// `kind = "mackey-glass"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "mackey-glass"
    }

    fn formula(&self) -> &'static str {
        "x' = x + h (β x_τ/(1 + x_τⁿ) − γ x), x_τ the value `delay` steps before; x seen and its next value asked for, both standardised; no noise"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("beta", "0.2", "strength of the delayed feedback"),
                Entry::filled("gamma", "0.1", "rate of decay"),
                Entry::filled("power", "10.0", "exponent of the feedback"),
                Entry::filled("delay", "17", "steps of the delay"),
                Entry::filled("step", "1.0", "length of a step, in units of time"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "beta = 0.2\ngamma = 0.1\npower = 10.0\ndelay = 17\nstep = 1.0"
    }

    fn known(&self) -> &'static str {
        "stationary on its attractor and never forgetting: two copies part at exponent about 0.006 a step at delay 17; bounded, nearly periodic"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let map = MackeyGlassMap {
            beta: keys.number("beta", 0.2, (0.0, 10.0), false)?,
            gamma: keys.number("gamma", 0.1, (0.0, 1.0), false)?,
            power: keys.number("power", 10.0, (0.0, 100.0), false)?,
            delay: keys.at.count("delay", keys.get("delay")?.unwrap_or(17), (1, 10_000))?,
            step: keys.number("step", 1.0, (0.0, 10.0), true)?,
        };
        Chaotic::make(map, keys)
    }
}
