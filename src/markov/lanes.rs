//! Many chains on their way together: one call of the kernel steps them all.

use super::Kernel;
use crate::random::Noise;

/// One chain's part of a step that many chains take together.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::markov::{BatchSlot, Kernel, Motion};
/// let (mut next, mut moved) = ([0.0], [0.0]);
/// let first = Motion { now: &[8.0], next: &mut next, in_place: &mut [] };
/// let difference = Some(Motion { now: &[2.0], next: &mut moved, in_place: &mut [] });
/// let slot = BatchSlot { first, difference, innovation: &[1.0], work: &mut [] };
/// half.step_together(&mut [slot]);
/// assert_eq!((next, moved), ([0.5 * 8.0 + 1.0], [0.5 * 2.0]));
/// ```
pub struct BatchSlot<'a> {
    /// The chain.
    pub first: Motion<'a>,
    /// A second copy's difference from the first.
    pub difference: Option<Motion<'a>>,
    /// The innovation.
    pub innovation: &'a [f64],
    /// Scratch space of the kernel's own length.
    pub work: &'a mut [f64],
}

/// A state on its way through one step: its first numbers go from one place to another, its last
/// [`Kernel::in_place`] numbers are carried where they stand.
///
/// ```
/// use rtrl_lab::markov::Motion;
/// let (mut next, mut in_place) = ([0.0; 2], [5.0]);
/// let motion = Motion { now: &[3.0, 4.0], next: &mut next, in_place: &mut in_place };
/// motion.next.copy_from_slice(motion.now);
/// motion.in_place[0] += 1.0;
/// assert_eq!((next, in_place), ([3.0, 4.0], [6.0]));
/// ```
pub struct Motion<'a> {
    /// The first numbers of the present state.
    pub now: &'a [f64],
    /// Receives them of the next state.
    pub next: &'a mut [f64],
    /// The last numbers, before and after.
    pub in_place: &'a mut [f64],
}

impl<'a> Motion<'a> {
    /// A whole state, with what receives the first numbers of the next one.
    pub(crate) fn of(state: &'a mut [f64], next: &'a mut [f64]) -> Self {
        let (now, in_place) = state.split_at_mut(next.len());
        Motion { now, next, in_place }
    }
}

/// Two copies on common noise that take several steps with nobody looking: the first and the
/// second's difference from it, before and after.
///
/// ```
/// use rtrl_lab::markov::FarPair;
/// use rtrl_lab::random::{Noise, RngKey};
/// let (mut first, mut difference, mut noise) = ([1.0], [2.0], Noise::at(RngKey::root(1)));
/// let (mut before, mut before_difference) = ([0.0], [0.0]);
/// let pair = FarPair {
///     first: &mut first,
///     difference: &mut difference,
///     before: [&mut before, &mut before_difference],
///     noise: &mut noise,
/// };
/// assert_eq!((pair.first[0], pair.difference[0]), (1.0, 2.0));
/// ```
pub struct FarPair<'a> {
    /// The state of the first copy.
    pub first: &'a mut [f64],
    /// The second copy's less it.
    pub difference: &'a mut [f64],
    /// Receive both as they were before the last step, but for [`Kernel::in_place`] numbers.
    pub before: [&'a mut [f64]; 2],
    /// The noise that both go on with.
    pub noise: &'a mut Noise,
}

/// Puts the first numbers of the next state, as many as there are, where those of the present one
/// stand, and the other way round.
pub(crate) fn swap(state: &mut Vec<f64>, next: &mut Vec<f64>) {
    if state.len() == next.len() {
        std::mem::swap(state, next);
    } else {
        state[..next.len()].swap_with_slice(next);
    }
}

impl BatchSlot<'_> {
    /// Steps this lane alone, for a kernel that carries nothing in place.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[3.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::markov::{BatchSlot, Motion};
    /// let mut next = [0.0];
    /// let first = Motion { now: &[4.0], next: &mut next, in_place: &mut [] };
    /// BatchSlot { first, difference: None, innovation: &[1.0], work: &mut [] }.step(&half);
    /// assert_eq!(next, [0.5 * 4.0 + 3.0]);
    /// ```
    pub fn step<K: Kernel + ?Sized>(&mut self, kernel: &K) {
        let BatchSlot { first, difference, innovation, work } = self;
        kernel.step(first.now, innovation, first.next, work);
        if let Some(difference) = difference {
            kernel.step_difference(first.now, difference.now, innovation, first.next, difference.next, work);
        }
    }
}

/// Independent walks of one kernel that step together, each on noise of its own.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::{markov::{Walk, Walks}, random::{Noise, RngKey}};
/// let noise = |walk| Noise::at(RngKey::root(1).replicate(walk));
/// let mut walks = Walks::from(&half, vec![vec![8.0], vec![2.0]], vec![noise(0), noise(1)]);
/// walks.advance(5);
/// let mut alone = Walk::from(&half, vec![2.0]);
/// alone.advance(5, &mut noise(1));
/// assert_eq!(walks.states().nth(1).unwrap(), alone.state());
/// ```
pub struct Walks<'k, K: Kernel + ?Sized> {
    kernel: &'k K,
    walks: Vec<Buffers>,
    noises: Vec<Noise>,
}

struct Buffers {
    now: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
    innovation: Vec<f64>,
}

impl<'k, K: Kernel + ?Sized> Walks<'k, K> {
    /// Walks from their starts, which are states of the kernel, with the noise of each.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{markov::Walks, random::{Noise, RngKey}};
    /// let noises = (0..3).map(|walk| Noise::at(RngKey::root(1).replicate(walk))).collect();
    /// let walks = Walks::from(&half, vec![vec![1.0], vec![2.0], vec![4.0]], noises);
    /// assert_eq!(walks.states().map(|state| state[0]).sum::<f64>(), 7.0);
    /// ```
    pub fn from(kernel: &'k K, starts: Vec<Vec<f64>>, noises: Vec<Noise>) -> Self {
        assert_eq!(starts.len(), noises.len(), "every walk has noise of its own");
        let walks = starts.into_iter().map(|now| {
            assert_eq!(now.len(), kernel.state_len(), "a walk starts from a state of its kernel");
            let next = vec![0.0; kernel.state_len() - kernel.in_place()];
            Buffers { now, next, work: vec![0.0; kernel.work_len()], innovation: vec![0.0; kernel.innovation_len()] }
        });
        Walks { kernel, walks: walks.collect(), noises }
    }

    /// `steps` steps of every walk; each has the bits of a [`Walk`](super::Walk) on the same noise.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[0.0]]));
    /// # let still = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{markov::Walks, random::{Noise, RngKey}};
    /// // `D' = D/2` without noise.
    /// let mut walks = Walks::from(&still, vec![vec![16.0]], vec![Noise::at(RngKey::root(1))]);
    /// walks.advance(4);
    /// assert_eq!(walks.states().next().unwrap(), [1.0]);
    /// ```
    pub fn advance(&mut self, steps: usize) {
        let kernel = self.kernel;
        let mut both = self.walks.iter_mut().zip(&mut self.noises);
        if both.all(|(walk, noise)| kernel.advance_unseen(&mut walk.now, steps, noise)) {
            return;
        }
        for _ in 0..steps {
            for (walk, noise) in self.walks.iter_mut().zip(&mut self.noises) {
                noise.normals(&mut walk.innovation);
            }
            let slots = self.walks.iter_mut().map(|Buffers { now, next, work, innovation }| BatchSlot {
                first: Motion::of(now, next),
                difference: None,
                innovation,
                work,
            });
            self.kernel.step_together(&mut slots.collect::<Vec<_>>());
            self.walks.iter_mut().for_each(|walk| swap(&mut walk.now, &mut walk.next));
        }
    }

    /// The present states.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0, 0.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::Array2::eye(2), ndarray::Array2::eye(2));
    /// # let still = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{markov::Walks, random::{Noise, RngKey}};
    /// let walks = Walks::from(&still, vec![vec![1.0, 2.0]], vec![Noise::at(RngKey::root(1))]);
    /// assert_eq!(walks.states().collect::<Vec<_>>(), [[1.0, 2.0]]);
    /// ```
    pub fn states(&self) -> impl Iterator<Item = &[f64]> {
        self.walks.iter().map(|walk| walk.now.as_slice())
    }

    /// Ends the walks and hands out their states.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[-1.0]]), ndarray::arr2(&[[0.0]]));
    /// # let flip = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{markov::Walks, random::{Noise, RngKey}};
    /// let noises = vec![Noise::at(RngKey::root(1)), Noise::at(RngKey::root(2))];
    /// let mut walks = Walks::from(&flip, vec![vec![3.0], vec![5.0]], noises);
    /// walks.advance(3);
    /// assert_eq!(walks.into_states(), [[-3.0], [-5.0]]);
    /// ```
    pub fn into_states(self) -> Vec<Vec<f64>> {
        self.walks.into_iter().map(|walk| walk.now).collect()
    }
}
