//! An autoregression whose shocks have heavy tails: Student's law or a stable one.

use super::{Ahead, Series};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};
use crate::random::Noise;
use crate::stats::normal_tail;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The law of a shock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shock {
    /// Student's law of ν degrees of freedom: `P(|ε| > x)` falls like `x^(−ν)`.
    Student(f64),
    /// The symmetric stable law with characteristic function `e^(−|u|^α)`; its tail falls like
    /// `x^(−α)` for α < 2.
    Stable(f64),
}

impl Shock {
    /// A draw from two uniform numbers.
    ///
    /// Sources: Bailey (1994), doi 10.1090/S0025-5718-1994-1219702-8; Chambers, Mallows and Stuck
    /// (1976), doi 10.1080/01621459.1976.10480344.
    fn draw(self, [first, second]: [f64; 2]) -> f64 {
        match self {
            Shock::Student(dof) => (dof * (libm::pow(first, -2.0 / dof) - 1.0)).max(0.0).sqrt() * libm::cos(TAU * second),
            Shock::Stable(alpha) => {
                let (angle, wait) = (PI * second - FRAC_PI_2, -libm::log(first));
                if alpha == 1.0 {
                    return libm::tan(angle);
                }
                let shape = libm::sin(alpha * angle) / libm::pow(libm::cos(angle), 1.0 / alpha);
                shape * libm::pow(libm::cos((1.0 - alpha) * angle) / wait, (1.0 - alpha) / alpha)
            }
        }
    }
}

/// ```text
/// x_{t+1} = φ x_t + s ε_{t+1}
/// ```
#[derive(Clone, Copy, Debug)]
struct HeavyTailed {
    phi: f64,
    scale: f64,
    shock: Shock,
}

impl Series for HeavyTailed {
    fn len(&self) -> usize {
        1
    }

    fn innovations(&self) -> usize {
        2
    }

    fn drift(&self, now: &[f64], next: &mut [f64]) {
        next[0] = self.phi * now[0];
    }

    fn shock(&self, innovation: &[f64], next: &mut [f64]) {
        next[0] += self.scale * self.shock.draw([normal_tail(innovation[0]), normal_tail(innovation[1])]);
    }

    fn is_linear(&self) -> bool {
        true
    }

    fn first(&self, spread: f64, noise: &mut Noise, state: &mut [f64]) {
        noise.normals(state);
        state[0] *= spread * self.scale;
    }
}

/// `kind = "heavy-tailed-ar"`.
pub(in crate::data) struct Kind;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "heavy-tailed-ar"
    }

    fn formula(&self) -> &'static str {
        "X' = φ X + scale ε with shocks of Student's law (dof) or a stable one (alpha), the next value asked for"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled("phi", "0.5", "correlation of one step, between -1 and 1"),
                Entry::filled("scale", "1.0", "scale of a shock"),
                Entry::filled("dof", "3.0", "degrees of freedom of Student shocks, 0.1 or more"),
                Entry::absent("alpha", "1.5", "index of stable shocks, 0.1 to 2, instead of `dof`"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "phi = 0.5\nscale = 0.5\ndof = 3.0"
    }

    fn known(&self) -> &'static str {
        "stationary; two copies on the same noise approach at rate φ; tail index dof or alpha, no moment beyond it"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::HeavyTailed)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let phi = keys.number("phi", 0.5, (-1.0, 1.0), true)?;
        let scale = keys.number("scale", 1.0, (0.0, 1e6), true)?;
        let shock = match (keys.get::<f64>("dof")?, keys.get::<f64>("alpha")?) {
            (Some(_), Some(_)) => return Err(keys.error("alpha", "a shock has one law", "give `dof` for Student's law or `alpha` for a stable one")),
            (_, None) => Shock::Student(keys.number("dof", 3.0, (0.1, 1e6), false)?),
            (None, Some(_)) => Shock::Stable(keys.number("alpha", 1.5, (0.1, 2.0), false)?),
        };
        Ok(Made::drawn(Ahead(HeavyTailed { phi, scale, shock })))
    }
}
