//! The Hénon map of the plane, one coordinate of which is seen.

use super::{Chaotic, Map};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// `x' = 1 − a x² + y`, `y' = b x`; Hénon (1976), doi 10.1007/BF01608556.
#[derive(Clone, Debug)]
struct HenonMap {
    a: f64,
    b: f64,
}

impl Map for HenonMap {
    fn len(&self) -> usize {
        2
    }

    fn step(&self, now: &[f64], next: &mut [f64]) {
        next[0] = 1.0 - self.a * now[0] * now[0] + now[1];
        next[1] = self.b * now[0];
    }

    fn first(&self, noise: &mut Noise, point: &mut [f64]) {
        point.copy_from_slice(&[0.1 + 0.1 * noise.uniform(), 0.0]);
    }
}

/// `kind = "henon"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "henon"
    }

    fn formula(&self) -> &'static str {
        "x' = 1 − a x² + y, y' = b x; x seen and its next value asked for, both standardised; no noise, largest Lyapunov exponent 0.419"
    }

    fn keys(&self) -> &'static [Entry] {
        const { &[Entry::filled("a", "1.4", "first parameter of the map, 0 to 2"), Entry::filled("b", "0.3", "second parameter, -1 to 1")] }
    }

    fn example(&self) -> &'static str {
        "a = 1.4\nb = 0.3"
    }

    fn known(&self) -> &'static str {
        "stationary on its attractor and never forgetting: two copies part at exponent 0.419 a step; bounded"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let map = HenonMap { a: keys.number("a", 1.4, (0.0, 2.0), false)?, b: keys.number("b", 0.3, (-1.0, 1.0), false)? };
        Chaotic::make(map, keys)
    }
}
