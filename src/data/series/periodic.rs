//! A season under noise.

use super::{Ahead, Series};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass, is_count_up_to};
use crate::random::Noise;
use crate::stats::normal_tail;
use std::f64::consts::TAU;

/// ```text
/// x_t = A sin(2π k_t/P) + u_t,   k_{t+1} = k_t + 1 mod P,   u_{t+1} = φ u_t + σ ξ_{t+1}
/// ```
///
/// The state is `(x, u, k)`.
#[derive(Clone, Copy, Debug)]
struct Periodic {
    period: usize,
    amplitude: f64,
    phi: f64,
    noise: f64,
}

impl Series for Periodic {
    fn len(&self) -> usize {
        3
    }

    fn innovations(&self) -> usize {
        1
    }

    fn drift(&self, now: &[f64], next: &mut [f64]) {
        next[2] = ((now[2] as usize + 1) % self.period) as f64;
        next[1] = self.phi * now[1];
        next[0] = self.amplitude * libm::sin(TAU * next[2] / self.period as f64) + next[1];
    }

    fn shock(&self, innovation: &[f64], next: &mut [f64]) {
        next[1] += self.noise * innovation[0];
        next[0] += self.noise * innovation[0];
    }

    fn is_linear(&self) -> bool {
        false
    }

    /// Any phase.
    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        let phase = ((normal_tail(state[2]) * self.period as f64) as usize).min(self.period - 1);
        state[2] = phase as f64;
        state[1] *= spread * self.noise;
        state[0] = self.amplitude * libm::sin(TAU * state[2] / self.period as f64) + state[1];
    }

    fn admits(&self, state: &[f64]) -> bool {
        is_count_up_to(state[2], self.period - 1) && state[..2].iter().all(|x| x.is_finite())
    }
}

/// `kind = "periodic"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "periodic"
    }

    fn formula(&self) -> &'static str {
        "X = amplitude sin(2π t/period) + an autoregression, the next value asked for"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("period", "24", "steps of a season"),
                Entry::filled("amplitude", "1.0", "height of the season"),
                Entry::filled("phi", "0.5", "correlation of one step, between -1 and 1"),
                Entry::filled("noise", "0.5", "standard deviation of a shock"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "period = 24\namplitude = 1.0\nphi = 0.5\nnoise = 0.5"
    }

    fn known(&self) -> &'static str {
        "cyclostationary: the phase is never forgotten, what is added to the season at rate φ; Gaussian tails"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Cyclostationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let period = keys.at.count("period", keys.get("period")?.unwrap_or(24), (2, 1_000_000))?;
        let amplitude = keys.number("amplitude", 1.0, (0.0, 1e6), false)?;
        let (phi, noise) = (keys.number("phi", 0.5, (-1.0, 1.0), true)?, keys.number("noise", 0.5, (0.0, 1e6), false)?);
        Ok(Made::drawn(Ahead(Periodic { period, amplitude, phi, noise })))
    }
}
