//! The Lorenz system in steps of Euler.

use super::{Chaotic, Map};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;

/// ```text
/// x' = x + h σ (y − x),   y' = y + h (x (ρ − z) − y),   z' = z + h (x y − β z)
/// ```
///
/// `every` such steps are one step of the data. Lorenz (1963), doi
/// 10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.
#[derive(Clone, Debug)]
struct LorenzMap {
    sigma: f64,
    rho: f64,
    beta: f64,
    step: f64,
    every: usize,
}

impl Map for LorenzMap {
    fn len(&self) -> usize {
        3
    }

    fn step(&self, now: &[f64], next: &mut [f64]) {
        let [mut x, mut y, mut z] = [now[0], now[1], now[2]];
        for _ in 0..self.every {
            let [dx, dy, dz] = [self.sigma * (y - x), x * (self.rho - z) - y, x * y - self.beta * z];
            (x, y, z) = (x + self.step * dx, y + self.step * dy, z + self.step * dz);
        }
        next.copy_from_slice(&[x, y, z]);
    }

    fn first(&self, noise: &mut Noise, point: &mut [f64]) {
        noise.normals(point);
        point.iter_mut().for_each(|x| *x = 1.0 + 0.1 * *x);
    }
}

/// `kind = "lorenz"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "lorenz"
    }

    fn formula(&self) -> &'static str {
        "Lorenz's system, `every` steps of Euler of length `step` a step; x seen and its next value asked for, both standardised; no noise"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("sigma", "10.0", "σ of the system"),
                Entry::filled("rho", "28.0", "ρ of the system"),
                Entry::filled("beta", "2.6666666666666665", "β of the system"),
                Entry::filled("step", "0.01", "length of a step of Euler, in units of time"),
                Entry::filled("every", "2", "such steps between two values"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "sigma = 10.0\nrho = 28.0\nbeta = 2.6666666666666665\nstep = 0.01\nevery = 2"
    }

    fn known(&self) -> &'static str {
        "stationary on its attractor and never forgetting: two copies part at exponent about 0.9 a unit of time; bounded"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let map = LorenzMap {
            sigma: keys.number("sigma", 10.0, (0.0, 1e3), false)?,
            rho: keys.number("rho", 28.0, (0.0, 1e3), false)?,
            beta: keys.number("beta", 8.0 / 3.0, (0.0, 1e3), false)?,
            step: keys.number("step", 0.01, (0.0, 1.0), true)?,
            every: keys.at.count("every", keys.get("every")?.unwrap_or(2), (1, 1000))?,
        };
        Chaotic::make(map, keys)
    }
}
