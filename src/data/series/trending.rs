//! A level that rises for ever.

use super::{Ahead, Series};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// ```text
/// x_t = b t + u_t,   u_{t+1} = φ u_t + σ ξ_{t+1}
/// ```
///
/// The state is `(x, u, t)`; the clock of a start stands at 0.
#[derive(Clone, Copy, Debug)]
struct Trending {
    slope: f64,
    phi: f64,
    noise: f64,
}

impl Series for Trending {
    fn len(&self) -> usize {
        3
    }

    fn innovations(&self) -> usize {
        1
    }

    fn drift(&self, now: &[f64], next: &mut [f64]) {
        next[2] = now[2] + 1.0;
        next[1] = self.phi * now[1];
        next[0] = self.slope * next[2] + next[1];
    }

    fn shock(&self, innovation: &[f64], next: &mut [f64]) {
        next[1] += self.noise * innovation[0];
        next[0] += self.noise * innovation[0];
    }

    fn is_linear(&self) -> bool {
        false
    }

    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        state[2] = 0.0;
        state[1] *= spread * self.noise;
        state[0] = state[1];
    }
}

/// `kind = "trending"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "trending"
    }

    fn formula(&self) -> &'static str {
        "X = slope · t + an autoregression, the next value asked for"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("slope", "0.001", "rise of the level at every step"),
                Entry::filled("phi", "0.5", "correlation of one step, between -1 and 1"),
                Entry::filled("noise", "0.5", "standard deviation of a shock"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "slope = 0.0005\nphi = 0.5\nnoise = 0.5"
    }

    fn known(&self) -> &'static str {
        "no stationary law: the level rises by the slope a step; what is added to it is forgotten at rate φ; Gaussian tails"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Trending)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let slope = keys.number("slope", 0.001, (-1e6, 1e6), false)?;
        let (phi, noise) = (keys.number("phi", 0.5, (-1.0, 1.0), true)?, keys.number("noise", 0.5, (0.0, 1e6), false)?);
        Ok(Made::drawn(Ahead(Trending { slope, phi, noise })))
    }
}
