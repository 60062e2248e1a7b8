//! The Wasserstein bracket: upper bounds by coupling, lower bounds by moments, a centred plug-in
//! estimate between.

use crate::markov::{Coupled, Independent};
use crate::stats::{Estimate, Undefined, squared_norm_of_mean, student_quantile};
use crate::transport::{Centred, centred, gelbrich_from_pairs};
use ndarray::{Array2, Axis};

/// What the brackets of one block at one time are made from. In a pair the first copy follows the
/// law at time t, the second is nearly stationary.
pub(crate) struct BracketInput<'a> {
    /// The time.
    pub time: usize,
    /// The coupling bounds `E d` and `(E d²)^{1/2}`, whose intervals are at [`Levels::coupling`].
    pub coupling: [Result<Estimate, Undefined>; 2],
    /// Upper limits, of order 1 and 2, of the distance between the law of the second copy and the
    /// stationary law, each at [`Levels::residual`].
    pub residual: [Result<f64, Undefined>; 2],
    /// Size of the states.
    pub magnitude: f64,
    /// Images of both copies of every pair under one 1-Lipschitz linear map (pairs × few).
    pub images: &'a Coupled<(Array2<f64>, Array2<f64>)>,
    /// Means of the whole block's difference over independent batches of pairs (batches × block).
    pub batch_differences: &'a [Vec<f64>],
}

/// Levels of the parts of a bracket, such that all of its limits hold together.
///
/// ```text
/// miss: half to the lower limit, shared by its two bounds; half to the upper limits,
///     shared by two orders, and of each half to the coupling and half to the residual
/// ```
///
/// ```
/// let levels = rtrl_lab::ergodicity::Levels { whole: 0.95 };
/// // What the upper limits of two orders may miss together: half of 0.05.
/// let miss = 2.0 * ((1.0 - levels.coupling()) / 2.0 + (1.0 - levels.residual()));
/// assert!((miss - 0.025).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Of the brackets of both orders together.
    pub whole: f64,
}

impl Levels {
    /// Two-sided level whose upper end is the limit of a coupling bound.
    ///
    /// ```
    /// let levels = rtrl_lab::ergodicity::Levels { whole: 0.92 };
    /// assert!((levels.coupling() - 0.98).abs() < 1e-15);
    /// ```
    pub fn coupling(&self) -> f64 {
        1.0 - (1.0 - self.whole) / 4.0
    }

    /// Probability with which the residual's limit holds.
    ///
    /// ```
    /// let levels = rtrl_lab::ergodicity::Levels { whole: 0.92 };
    /// assert!((levels.residual() - 0.99).abs() < 1e-15);
    /// ```
    pub fn residual(&self) -> f64 {
        1.0 - (1.0 - self.whole) / 8.0
    }
}

/// Which lower bound is the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// `|E H_t − E H|`.
    Means,
    /// Gelbrich's bound on a projection.
    Gelbrich,
}

/// Bounds on `W_p(law H_t, μ)` of one order p in one block.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Upper confidence limit of the coupling bound `(E d^p)^{1/p}` with the residual added, where
    /// both are defined.
    pub upper: Result<f64, Undefined>,
    /// The coupling bound's point value.
    pub coupling: Result<f64, Undefined>,
    /// Upper limit of what the second copy lacks of being stationary; it is part of both limits.
    pub residual: Result<f64, Undefined>,
    /// Lower confidence limit, the larger of the bounds that this order has, less the residual.
    pub lower: f64,
    /// Which one it is.
    pub lower_side: Side,
}

/// The brackets of one block at one time.
#[derive(Clone, Debug)]
pub(crate) struct Bracket {
    /// The time.
    pub time: usize,
    /// Of order 1: means alone bound it from below.
    pub first: Bounds,
    /// Of order 2: means and Gelbrich's bound.
    pub second: Bounds,
    /// The centred plug-in pair of the projection's `W_2²`, where it is defined.
    pub centre: Result<Centred, Undefined>,
}

/// Rounding of a state, relative to its size.
const ROUNDING: f64 = 1e-13;

impl Bracket {
    /// The brackets of both orders; all their limits hold together with probability at least
    /// `levels.whole`.
    ///
    /// # Errors
    /// [`Undefined`] where the means are not finite or their batches too few. A bound that is
    /// undefined leaves the others.
    pub(crate) fn of(input: BracketInput, levels: Levels) -> Result<Self, Undefined> {
        let limit = 1.0 - (1.0 - levels.whole) / 4.0;
        let means = squared_norm_of_mean(input.batch_differences, levels.whole)?;
        let quantile = student_quantile(limit, input.batch_differences.len() as f64 - 1.0);
        let by_means = (means.value - quantile * means.standard_error).max(0.0).sqrt();
        let (first, second) = input.images.ensemble();
        let by_gelbrich = gelbrich_from_pairs(first.view(), second.view(), limit).map_or(0.0, |bound| bound.lower_limit);
        // A state of size s carries rounding of about 1e-15 s a step; below a hundred times that a
        // distance of the two copies says nothing of their laws.
        let rounding = ROUNDING * input.magnitude;
        let bounds = |coupling: Result<Estimate, Undefined>, residual: Result<f64, Undefined>, (below, lower_side): (f64, Side)| Bounds {
            upper: coupling.clone().and_then(|coupling| Ok(coupling.upper + rounding + residual.clone()?)),
            coupling: coupling.map(|coupling| coupling.value),
            lower: residual.as_ref().map_or(0.0, |residual| (below - rounding - residual).max(0.0)),
            residual,
            lower_side,
        };
        let ([one, two], [own_one, own_two]) = (input.coupling, input.residual);
        let larger = if by_gelbrich > by_means { (by_gelbrich, Side::Gelbrich) } else { (by_means, Side::Means) };
        Ok(Bracket {
            time: input.time,
            first: bounds(one, own_one, (by_means, Side::Means)),
            second: bounds(two, own_two, larger),
            centre: centre(&unpaired(input.images), levels.whole),
        })
    }
}

/// Three samples with no pair in common: first copies of the first third, second copies of the
/// other two thirds.
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
