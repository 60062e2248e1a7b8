//! Straight pieces with kinks: the rectified linear units and the hard hyperbolic tangent, whose
//! slope jumps.

use super::Activation;

/// Slope `below` up to the first kink, 1 from there to the second, 0 beyond. A kink belongs to the
/// piece on its outer side.
pub(super) struct Straight {
    name: &'static str,
    below: f64,
    from: f64,
    to: f64,
}

/// `max(u, 0)`.
pub(super) const RELU: Straight = Straight { name: "relu", below: 0.0, from: 0.0, to: f64::INFINITY };
/// `max(u, u/100)`. Source: Maas, Hannun and Ng (2013).
pub(super) const LEAKY_RELU: Straight = Straight { name: "leaky-relu", below: 0.01, from: 0.0, to: f64::INFINITY };
/// `min(max(u, −1), 1)`.
pub(super) const HARD_TANH: Straight = Straight { name: "hard-tanh", below: 0.0, from: -1.0, to: 1.0 };

impl Activation for Straight {
    fn name(&self) -> &'static str {
        self.name
    }

    fn value_and_slope(&self, u: f64) -> (f64, f64) {
        if u <= self.from {
            (self.from + self.below * (u - self.from), self.below)
        } else if u < self.to {
            (u, 1.0)
        } else if u.is_nan() {
            (u, u)
        } else {
            (self.to, 0.0)
        }
    }

    /// The step's share in each piece, so that nothing is subtracted on one piece.
    fn difference(&self, u: f64, delta: f64) -> (f64, f64) {
        let moved = u + delta;
        let slopes = (self.value_and_slope(u).1, self.value_and_slope(moved).1);
        let (low, high) = if delta < 0.0 { (moved, u) } else { (u, moved) };
        let one_piece = high <= self.from || (low >= self.from && high <= self.to) || low >= self.to;
        let risen = if one_piece {
            let slope = if high <= self.from {
                self.below
            } else if low >= self.to {
                0.0
            } else {
                1.0
            };
            slope * delta
        } else {
            let (below, within) = ((self.from - low).max(0.0), high.min(self.to) - low.max(self.from));
            (self.below * below + within).copysign(delta)
        };
        (risen, slopes.1 - slopes.0)
    }

    fn curvature(&self, _u: f64) -> f64 {
        0.0
    }

    fn is_smooth(&self) -> bool {
        false
    }

    fn slope_bound(&self) -> f64 {
        1.0
    }

    /// The slope jumps.
    fn curvature_bound(&self) -> f64 {
        f64::INFINITY
    }

    fn value_bound(&self) -> f64 {
        if self.to.is_finite() { self.to } else { f64::INFINITY }
    }
}
