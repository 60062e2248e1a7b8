//! Synchronous coupling: both copies read the same innovation.

use crate::markov::{BatchSlot, FarPair, Kernel, Motion, norm, swap};
use crate::random::Noise;
use std::ops::Range;

/// Two copies of a kernel on common random numbers, carried as the first copy and the difference of
/// the second from it.
///
/// ```text
/// H ← F(H, ξ),   Δ ← F(H + Δ, ξ) − F(H, ξ)
/// ```
///
/// Where the kernel keeps differences, Δ has full relative precision down to the smallest numbers:
/// the distance of two contracting copies does not end in the rounding of their states, which
/// stands at about 1e-16 of their size.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::{coupling::Synchronous, random::{Noise, RngKey}};
/// let mut noise = Noise::at(RngKey::root(1));
/// let mut pair = Synchronous::new(&half, vec![0.0], vec![1.0]);
/// (0..1000).for_each(|_| pair.step(&mut noise));
/// assert_eq!(pair.difference(), [0.5f64.powi(1000)]);
/// ```
pub struct Synchronous<'k, K: Kernel + ?Sized> {
    kernel: &'k K,
    first: Vec<f64>,
    difference: Vec<f64>,
    next: Vec<f64>,
    next_difference: Vec<f64>,
    work: Vec<f64>,
    innovation: Vec<f64>,
}

impl<'k, K: Kernel + ?Sized> Synchronous<'k, K> {
    /// A pair from its two starts, which are states of the kernel.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// let pair = rtrl_lab::coupling::Synchronous::new(&half, vec![1.0], vec![4.0]);
    /// assert_eq!((pair.first(), pair.difference()), (&[1.0][..], &[3.0][..]));
    /// ```
    pub fn new(kernel: &'k K, first: Vec<f64>, second: Vec<f64>) -> Self {
        assert_eq!((first.len(), second.len()), (kernel.state_len(), kernel.state_len()), "a pair starts from two states of its kernel");
        let difference = second.iter().zip(&first).map(|(b, a)| b - a).collect();
        let moving = kernel.state_len() - kernel.in_place();
        let (next, next_difference) = (vec![0.0; moving], vec![0.0; moving]);
        Synchronous {
            kernel,
            first,
            difference,
            next,
            next_difference,
            work: vec![0.0; kernel.work_len()],
            innovation: vec![0.0; kernel.innovation_len()],
        }
    }

    /// One step of both copies on the same fresh noise.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[-0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::Synchronous, random::{Noise, RngKey}};
    /// let mut pair = Synchronous::new(&data, vec![0.0], vec![8.0]);
    /// pair.step(&mut Noise::at(RngKey::root(1)));
    /// assert_eq!(pair.difference(), [-0.5 * 8.0]);
    /// ```
    pub fn step(&mut self, noise: &mut Noise) {
        Self::step_together(std::slice::from_mut(self), std::slice::from_mut(noise));
    }

    /// One step of many pairs of one kernel, each on noise of its own; a pair's bits do not depend
    /// on the others.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::Synchronous, random::{Noise, RngKey}};
    /// let mut pairs = [2.0, 6.0].map(|second| Synchronous::new(&half, vec![0.0], vec![second]));
    /// let mut noises = [1, 2].map(|seed| Noise::at(RngKey::root(seed)));
    /// Synchronous::step_together(&mut pairs, &mut noises);
    /// assert_eq!(pairs.map(|pair| pair.difference()[0]), [1.0, 3.0]);
    /// ```
    pub fn step_together(pairs: &mut [Self], noises: &mut [Noise]) {
        assert_eq!(pairs.len(), noises.len(), "every pair has noise of its own");
        let Some(kernel) = pairs.first().map(|pair| pair.kernel) else { return };
        for (pair, noise) in pairs.iter_mut().zip(noises) {
            noise.normals(&mut pair.innovation);
        }
        let lanes = pairs.iter_mut().map(|pair| BatchSlot {
            first: Motion::of(&mut pair.first, &mut pair.next),
            difference: Some(Motion::of(&mut pair.difference, &mut pair.next_difference)),
            innovation: &pair.innovation,
            work: &mut pair.work,
        });
        kernel.step_together(&mut lanes.collect::<Vec<_>>());
        for pair in pairs {
            swap(&mut pair.first, &mut pair.next);
            swap(&mut pair.difference, &mut pair.next_difference);
        }
    }

    /// `steps` steps of many pairs, each on noise of its own, with nobody looking.
    pub(super) fn advance_together(pairs: &mut [Self], noises: &mut [Noise], steps: usize) {
        let Some(kernel) = pairs.first().map(|pair| pair.kernel) else { return };
        let far = pairs.iter_mut().zip(&mut *noises).map(|(pair, noise)| FarPair {
            first: &mut pair.first,
            difference: &mut pair.difference,
            before: [&mut pair.next, &mut pair.next_difference],
            noise,
        });
        if steps < 2 || !kernel.advance_pairs_unseen(&mut far.collect::<Vec<_>>(), steps) {
            (0..steps).for_each(|_| Self::step_together(pairs, noises));
        }
    }

    /// Puts the pair where another one stands, with what a [`Synchronous::redraw`] needs.
    pub(super) fn copy_from(&mut self, other: &Self) {
        let drawn = self.kernel.drawn();
        self.first.copy_from_slice(&other.first);
        self.difference.copy_from_slice(&other.difference);
        self.next[drawn.clone()].copy_from_slice(&other.next[drawn.clone()]);
        self.next_difference[drawn.clone()].copy_from_slice(&other.next_difference[drawn]);
    }

    /// Makes the pair's last step again, as far as its noise reaches, on fresh noise.
    pub(super) fn redraw(&mut self, noise: &mut Noise) {
        noise.normals(&mut self.innovation);
        let before = (&self.next[..], &self.next_difference[..]);
        self.kernel.redraw(before, &self.innovation, &mut self.first, &mut self.difference, &mut self.work);
    }

    /// Length of the difference on `range` with the part that the last step's noise reaches as it
    /// was before that step; the rest of it does not depend on that noise. `None` where the noise
    /// reaches nothing of the range.
    pub(super) fn settled_length(&self, range: Range<usize>) -> Option<f64> {
        let drawn = self.kernel.drawn();
        let (from, to) = (drawn.start.clamp(range.start, range.end), drawn.end.clamp(range.start, range.end));
        if from == to {
            return None;
        }
        if (from, to) == (range.start, range.end) {
            return Some(norm(&self.next_difference[range]));
        }
        let parts = [&self.difference[range.start..from], &self.next_difference[from..to], &self.difference[to..range.end]];
        Some(parts.into_iter().fold(0.0, |sum, part| libm::hypot(sum, norm(part))))
    }

    /// The present state of the first copy.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[0.0]]));
    /// # let still = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{coupling::Synchronous, random::{Noise, RngKey}};
    /// let mut pair = Synchronous::new(&still, vec![12.0], vec![0.0]);
    /// pair.step(&mut Noise::at(RngKey::root(1)));
    /// assert_eq!(pair.first(), [6.0]);
    /// ```
    pub fn first(&self) -> &[f64] {
        &self.first
    }

    /// The second copy's state less the first's.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, NonlinearAr};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let linear = Autoregression { transition, noise_factor, inputs, target };
    /// # use rtrl_lab::{coupling::Synchronous, random::{Noise, RngKey}};
    /// // `D' = tanh(D)/2 + ξ` from 0 and 1.
    /// let saturating = NonlinearAr { linear, gain: 1.0 };
    /// let mut pair = Synchronous::new(&saturating, vec![0.0], vec![1.0]);
    /// pair.step(&mut Noise::at(RngKey::root(1)));
    /// assert!((pair.difference()[0] - 0.5 * 1f64.tanh()).abs() < 1e-15);
    /// ```
    pub fn difference(&self) -> &[f64] {
        &self.difference
    }
}
