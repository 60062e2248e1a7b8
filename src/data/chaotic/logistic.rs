//! The logistic map of the unit interval, whose law is known.

use super::{Chaotic, Map};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// `x' = r x (1 − x)`; at `r = 4` the law has density `1/(π √(x (1 − x)))`, mean 1/2 and variance
/// 1/8, and the Lyapunov exponent is `ln 2`.
#[derive(Clone, Debug)]
struct LogisticMap {
    r: f64,
}

impl Map for LogisticMap {
    fn len(&self) -> usize {
        1
    }

    fn step(&self, now: &[f64], next: &mut [f64]) {
        next[0] = self.r * now[0] * (1.0 - now[0]);
    }

    fn first(&self, noise: &mut Noise, point: &mut [f64]) {
        point[0] = 0.05 + 0.4 * noise.uniform();
    }
}

/// `kind = "logistic-map"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "logistic-map"
    }

    fn formula(&self) -> &'static str {
        "x' = r x (1 − x); x seen and its next value asked for, both standardised; no noise, Lyapunov exponent ln 2 at r = 4"
    }

    fn keys(&self) -> &'static [Entry] {
        const { &[Entry::filled("r", "4.0", "parameter of the map, 0 to 4")] }
    }

    fn example(&self) -> &'static str {
        "r = 4.0"
    }

    fn known(&self) -> &'static str {
        "stationary on its attractor and never forgetting: two copies part; bounded; at r = 4 the arcsine law and exponent ln 2"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let map = LogisticMap { r: keys.number("r", 4.0, (0.0, 4.0), false)? };
        Chaotic::make(map, keys)
    }
}
