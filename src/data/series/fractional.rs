//! Fractional noise: memory that falls like a power.

use super::{Ahead, Series};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// ```text
/// x_t = s Σ_{j < K} ψ_j ε_{t−j},   ψ_0 = 1,   ψ_j = ψ_{j−1} (j − 1 + d)/j
/// ```
///
/// The ARFIMA(0, d, 0) of Granger and Joyeux (1980), doi 10.1111/j.1467-9892.1980.tb00297.x, cut
/// after K shocks. The state is `(x_t, ε_t, ε_{t−1}, …)`.
#[derive(Clone, Debug)]
struct Fractional {
    scale: f64,
    weights: Vec<f64>,
}

impl Series for Fractional {
    fn len(&self) -> usize {
        1 + self.weights.len()
    }

    fn innovations(&self) -> usize {
        1
    }

    fn drift(&self, now: &[f64], next: &mut [f64]) {
        let last = next.len() - 1;
        next[2..].copy_from_slice(&now[1..last]);
        next[1] = 0.0;
        next[0] = self.scale * self.weights.iter().zip(&next[1..]).fold(0.0, |sum, (weight, shock)| sum + weight * shock);
    }

    fn shock(&self, innovation: &[f64], next: &mut [f64]) {
        next[1] = innovation[0];
        next[0] += self.scale * innovation[0];
    }

    fn is_linear(&self) -> bool {
        true
    }

    /// Shocks that lie wide; the number that follows from them.
    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(&mut state[1..]);
        state[1..].iter_mut().for_each(|shock| *shock *= spread);
        state[0] = self.scale * self.weights.iter().zip(&state[1..]).fold(0.0, |sum, (weight, shock)| sum + weight * shock);
    }
}

/// `kind = "arfima"`.
pub(in crate::data) struct Kind;

/// Most shocks that a state remembers.
const LONGEST: usize = 10_000;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "arfima"
    }

    fn formula(&self) -> &'static str {
        "fractional noise (1 − L)^(−d) ε of so many remembered shocks, the next value asked for"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("d", "0.2", "order of the fractional noise, between -0.5 and 0.5"),
                Entry::filled("memory", "500", "shocks that are remembered"),
                Entry::filled("scale", "1.0", "standard deviation of a shock"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "d = 0.2\nmemory = 60\nscale = 0.8"
    }

    fn known(&self) -> &'static str {
        "stationary; correlations fall like k^(2d − 1) up to the remembered shocks, after which the start is forgotten altogether; Gaussian tails"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let d = keys.number("d", 0.2, (-0.5, 0.5), true)?;
        let memory = keys.at.count("memory", keys.get("memory")?.unwrap_or(500), (2, LONGEST))?;
        let scale = keys.number("scale", 1.0, (0.0, 1e6), true)?;
        let mut weights = vec![1.0; memory];
        for j in 1..memory {
            weights[j] = weights[j - 1] * (j as f64 - 1.0 + d) / j as f64;
        }
        Ok(Made::drawn(Ahead(Fractional { scale, weights })))
    }
}
