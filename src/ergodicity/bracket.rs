//! The Wasserstein bracket: an upper bound by coupling, lower bounds by moments, a centred plug-in estimate between.

use super::DecayCurve;
use crate::markov::{Coupled, Independent};
use crate::stats::{Undefined, squared_norm_of_mean, student_quantile};
use crate::transport::{Centred, centred, gelbrich_from_pairs};
use ndarray::{Array2, Axis};

/// What a bracket of one block at one time is made from. In a pair the first copy follows the law at time t, the second is stationary.
pub struct BracketInput<'a> {
    /// Distances of the pairs over time.
    pub curve: &'a DecayCurve,
    /// The time.
    pub time: usize,
    /// Images of both copies of every pair under one 1-Lipschitz linear map (pairs × few).
    pub images: &'a Coupled<(Array2<f64>, Array2<f64>)>,
    /// Means of the whole block's difference over independent batches of pairs (batches × block).
    pub batch_differences: &'a [Vec<f64>],
}

/// Which lower bound is the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `|E H_t − E H|`.
    Means,
    /// Gelbrich's bound on a projection.
    Gelbrich,
}

/// Bounds on `W_2(law H_t, μ)` in one block.
#[derive(Clone, Debug)]
pub struct Bracket {
    /// The time.
    pub time: usize,
    /// Upper confidence limit of the coupling bound `(E d²)^{1/2}`.
    pub upper: f64,
    /// The coupling bound's point value.
    pub coupling: f64,
    /// Lower confidence limit, the larger of the two lower bounds.
    pub lower: f64,
    /// Which one it is.
    pub lower_side: Side,
    /// The centred plug-in pair of the projection's `W_2²`, where it is defined.
    pub centre: Result<Centred, Undefined>,
}

/// Rounding of a state, relative to its size.
const ROUNDING: f64 = 1e-13;

impl Bracket {
    /// The bracket; its two sides hold together with probability at least `level` (each limit at `1 − (1 − level)/2`, the lower one shared by its two bounds).
    ///
    /// # Errors
    /// [`Undefined`] where the distances are not finite or the pairs too few.
    pub fn of(input: &BracketInput, level: f64) -> Result<Self, Undefined> {
        let miss = (1.0 - level) / 2.0;
        // A two-sided interval at 1 − 2·miss has the one-sided upper limit wanted.
        let coupling = input.curve.estimate(input.time, 1.0 - 2.0 * miss)?;
        let limit = 1.0 - miss / 2.0;
        let means = squared_norm_of_mean(input.batch_differences, level)?;
        let quantile = student_quantile(limit, input.batch_differences.len() as f64 - 1.0);
        let by_means = (means.value - quantile * means.standard_error).max(0.0).sqrt();
        let (first, second) = input.images.ensemble();
        let by_gelbrich = gelbrich_from_pairs(first.view(), second.view(), limit).map_or(0.0, |bound| bound.lower_limit);
        // A state of size s carries rounding of about 1e-15 s a step; below a hundred times that a distance of the two copies says nothing of their laws.
        let rounding = ROUNDING * input.curve.magnitude();
        let (lower, lower_side) = if by_gelbrich > by_means { (by_gelbrich, Side::Gelbrich) } else { (by_means, Side::Means) };
        Ok(Bracket {
            time: input.time,
            upper: coupling.upper + rounding,
            coupling: coupling.value,
            lower: (lower - rounding).max(0.0),
            lower_side,
            centre: centre(&unpaired(input.images), level),
        })
    }
}

/// Three samples with no pair in common: first copies of the first third, second copies of the other two thirds.
fn unpaired(images: &Coupled<(Array2<f64>, Array2<f64>)>) -> Independent<[Array2<f64>; 3]> {
    let (first, second) = images.ensemble();
    let third = first.nrows() / 3;
    let rows = |from: &Array2<f64>, part: usize| from.select(Axis(0), &(part * third..(part + 1) * third).collect::<Vec<_>>());
    Independent::declare([rows(first, 0), rows(second, 1), rows(second, 2)])
}

fn centre(samples: &Independent<[Array2<f64>; 3]>, level: f64) -> Result<Centred, Undefined> {
    let [x, y, y_prime] = samples.ensemble();
    centred(x.view(), y.view(), y_prime.view(), level)
}
