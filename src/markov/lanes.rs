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
/// use rtrl_lab::markov::{BatchSlot, Kernel};
/// let (mut next, mut moved) = ([0.0], [0.0]);
/// let difference = Some((&[2.0][..], &mut moved[..]));
/// let (now, innovation, work) = (&[8.0], &[1.0], &mut []);
/// half.step_together(&mut [BatchSlot { now, innovation, next: &mut next, difference, work }]);
/// assert_eq!((next, moved), ([0.5 * 8.0 + 1.0], [0.5 * 2.0]));
/// ```
pub struct BatchSlot<'a> {
    /// The present state.
    pub now: &'a [f64],
    /// The innovation.
    pub innovation: &'a [f64],
    /// Receives the next state.
    pub next: &'a mut [f64],
    /// A second copy's difference from the first, and what receives its next value.
    pub difference: Option<(&'a [f64], &'a mut [f64])>,
    /// Scratch space of the kernel's own length.
    pub work: &'a mut [f64],
}

impl BatchSlot<'_> {
    /// Steps this lane alone.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[3.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::markov::BatchSlot;
    /// let (now, innovation, mut next) = (&[4.0], &[1.0], [0.0]);
    /// BatchSlot { now, innovation, next: &mut next, difference: None, work: &mut [] }.step(&half);
    /// assert_eq!(next, [0.5 * 4.0 + 3.0]);
    /// ```
    pub fn step<K: Kernel + ?Sized>(&mut self, kernel: &K) {
        kernel.step(self.now, self.innovation, self.next, self.work);
        if let Some((difference, next_difference)) = &mut self.difference {
            kernel.step_difference(self.now, difference, self.innovation, self.next, next_difference, self.work);
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
            Buffers { now, next: vec![0.0; kernel.state_len()], work: vec![0.0; kernel.work_len()], innovation: vec![0.0; kernel.innovation_len()] }
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
        for _ in 0..steps {
            for (walk, noise) in self.walks.iter_mut().zip(&mut self.noises) {
                noise.normals(&mut walk.innovation);
            }
            let lanes =
                self.walks.iter_mut().map(|Buffers { now, next, work, innovation }| BatchSlot { now, innovation, next, difference: None, work });
            self.kernel.step_together(&mut lanes.collect::<Vec<_>>());
            self.walks.iter_mut().for_each(|walk| std::mem::swap(&mut walk.now, &mut walk.next));
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
