//! A random walk: the unit root.

use super::{Ahead, Series};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// ```text
/// x_{t+1} = x_t + s ξ_{t+1}
/// ```
#[derive(Clone, Copy, Debug)]
struct RandomWalk {
    scale: f64,
}

impl Series for RandomWalk {
    fn len(&self) -> usize {
        1
    }

    fn innovations(&self) -> usize {
        1
    }

    fn drift(&self, now: &[f64], next: &mut [f64]) {
        next[0] = now[0];
    }

    fn shock(&self, innovation: &[f64], next: &mut [f64]) {
        next[0] += self.scale * innovation[0];
    }

    fn is_linear(&self) -> bool {
        true
    }

    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        state[0] *= spread * self.scale;
    }
}

/// `kind = "random-walk"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "random-walk"
    }

    fn formula(&self) -> &'static str {
        "X' = X + scale ξ, the next value asked for"
    }

    fn keys(&self) -> &'static [Entry] {
        const { &[Entry::filled("scale", "1.0", "standard deviation of a step")] }
    }

    fn example(&self) -> &'static str {
        "scale = 0.05"
    }

    fn known(&self) -> &'static str {
        "no stationary law: the variance grows by scale² a step, and two copies on the same noise keep their distance"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::UnitRoot)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        Ok(Made::drawn(Ahead(RandomWalk { scale: keys.number("scale", 1.0, (0.0, 1e6), true)? })))
    }
}
