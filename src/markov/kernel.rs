//! One step of a Markov chain, written as a function of the state and of fresh noise.

use super::{BatchSlot, FarPair};
use crate::random::Noise;
use std::ops::Range;

/// A random recursion `H_{t+1} = F(H_t, ξ_{t+1})`.
///
/// States are flat slices, so that one allocation holds a joint state and a block of it is a range
/// (see [`Blocks`](super::Blocks)); the innovation `ξ` is a vector of independent standard normals
/// of fixed length, so that a coupling is a rule for drawing pairs of such vectors and nothing
/// else.
///
/// ```
/// use rtrl_lab::markov::Kernel;
/// struct Halve;
/// impl Kernel for Halve {
///     fn state_len(&self) -> usize { 1 }
///     fn innovation_len(&self) -> usize { 1 }
///     fn step(&self, now: &[f64], xi: &[f64], next: &mut [f64], _: &mut [f64]) {
///         next[0] = 0.5 * now[0] + xi[0];
///     }
/// }
/// let (mut next, mut difference) = ([0.0], [0.0]);
/// Halve.step(&[8.0], &[1.0], &mut next, &mut []);
/// Halve.step_difference(&[8.0], &[2.0], &[1.0], &next, &mut difference, &mut []);
/// assert_eq!((next, difference), ([5.0], [1.0]));
/// ```
pub trait Kernel: Send + Sync {
    /// Length of a state.
    fn state_len(&self) -> usize;

    /// Standard normals that one step consumes.
    fn innovation_len(&self) -> usize;

    /// Scratch numbers that one step needs; their content never carries over.
    fn work_len(&self) -> usize {
        0
    }

    /// Writes `F(now, innovation)` into `next`.
    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]);

    /// Does a step of many chains, and of their second copies where they have one. A kernel that
    /// can share work among them (one matrix read once) does better than this default, which takes
    /// them one after the other; every lane must have the bits that it has alone. What
    /// [`Kernel::in_place`] counts is carried where it stands.
    fn step_together(&self, lanes: &mut [BatchSlot<'_>]) {
        for lane in lanes {
            lane.step(self);
        }
    }

    /// Takes `steps` steps that nobody looks at, where it can do better than one after the other,
    /// and says whether it has; the answer is the same for every state.
    fn advance_unseen(&self, _state: &mut [f64], _steps: usize, _noise: &mut Noise) -> bool {
        false
    }

    /// The same for pairs of copies.
    fn advance_pairs_unseen(&self, _pairs: &mut [FarPair<'_>], _steps: usize) -> bool {
        false
    }

    /// How many of a state's last numbers [`Kernel::step_together`] carries forward where they
    /// stand: a large part of a state is then read and written once a step. None in general; a
    /// kernel that has some overrides [`Kernel::step_together`].
    fn in_place(&self) -> usize {
        0
    }

    /// Whether [`Kernel::step_difference`] keeps the relative precision of a difference however
    /// small it is.
    fn keeps_differences(&self) -> bool {
        false
    }

    /// Writes `F(now + difference, innovation) − F(now, innovation)` into `next_difference`.
    ///
    /// It is called right after [`Kernel::step`] on the same `now` and `innovation`: `next` is what
    /// that wrote and `work` is as that left it. The default runs the second copy and subtracts,
    /// which loses a difference in the rounding of the states; a kernel that can do better says so
    /// in [`Kernel::keeps_differences`].
    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        subtract_copies(self, now, difference, innovation, next, next_difference, work);
    }

    /// The coordinates of the next state that the innovation reaches; all others follow from the
    /// present state. All coordinates in general.
    fn drawn(&self) -> Range<usize> {
        0..self.state_len()
    }

    /// Writes the coordinates [`Kernel::drawn`] of the next state and of the next difference again,
    /// from another innovation: `next` and `next_difference` are what a step from
    /// `(now, difference)` wrote.
    fn redraw(&self, (now, difference): (&[f64], &[f64]), innovation: &[f64], next: &mut [f64], next_difference: &mut [f64], work: &mut [f64]) {
        self.step(now, innovation, next, work);
        self.step_difference(now, difference, innovation, next, next_difference, work);
    }
}

/// Runs the second copy and subtracts the first: [`Kernel::step_difference`] for a kernel that has
/// nothing better.
pub(crate) fn subtract_copies<K: Kernel + ?Sized>(
    kernel: &K,
    now: &[f64],
    difference: &[f64],
    innovation: &[f64],
    next: &[f64],
    next_difference: &mut [f64],
    work: &mut [f64],
) {
    let second: Vec<f64> = now.iter().zip(difference).map(|(x, d)| x + d).collect();
    kernel.step(&second, innovation, next_difference, work);
    next_difference.iter_mut().zip(next).for_each(|(d, x)| *d -= x);
}
