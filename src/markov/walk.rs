//! A chain on its way: the present state with the buffers its steps need.

use super::Kernel;
use crate::random::Noise;

/// A kernel, its present state and its scratch space.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::markov::Walk;
/// let mut walk = Walk::from(&half, vec![8.0]);
/// [1.0, -2.0].iter().for_each(|xi| walk.step(&[*xi]));
/// assert_eq!(walk.state(), [0.5 * (0.5 * 8.0 + 1.0) - 2.0]);
/// ```
pub struct Walk<'k, K: Kernel + ?Sized> {
    kernel: &'k K,
    now: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
    innovation: Vec<f64>,
}

impl<'k, K: Kernel + ?Sized> Walk<'k, K> {
    /// A walk of `kernel` from `start`, whose length must be the kernel's.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// let walk = rtrl_lab::markov::Walk::from(&half, vec![3.0]);
    /// assert_eq!(walk.state(), [3.0]);
    /// ```
    pub fn from(kernel: &'k K, start: Vec<f64>) -> Self {
        assert_eq!(start.len(), kernel.state_len(), "a walk starts from a state of its kernel");
        let (next, work) = (vec![0.0; kernel.state_len()], vec![0.0; kernel.work_len()]);
        Walk { kernel, now: start, next, work, innovation: vec![0.0; kernel.innovation_len()] }
    }

    /// The present state.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[-1.0]]), ndarray::arr2(&[[0.5]]));
    /// # let flip = Var(Autoregression { transition, noise_factor, inputs, target });
    /// let mut walk = rtrl_lab::markov::Walk::from(&flip, vec![2.0]);
    /// walk.step(&[1.0]);
    /// assert_eq!(walk.state(), [-1.5]);
    /// ```
    pub fn state(&self) -> &[f64] {
        &self.now
    }

    /// One step on the given innovation.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[2.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// let mut walk = rtrl_lab::markov::Walk::from(&half, vec![6.0]);
    /// walk.step(&[0.25]);
    /// assert_eq!(walk.state(), [0.5 * 6.0 + 2.0 * 0.25]);
    /// ```
    pub fn step(&mut self, innovation: &[f64]) {
        self.kernel.step(&self.now, innovation, &mut self.next, &mut self.work);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// One step on fresh noise.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let half = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{markov::Walk, random::{Noise, RngKey}};
    /// let mut noise = Noise::at(RngKey::root(1));
    /// let xi = noise.clone().normal_vector(1)[0];
    /// let mut walk = Walk::from(&half, vec![8.0]);
    /// walk.step_on(&mut noise);
    /// assert_eq!(walk.state(), [xi + 4.0]);
    /// ```
    pub fn step_on(&mut self, noise: &mut Noise) {
        let mut innovation = std::mem::take(&mut self.innovation);
        noise.normals(&mut innovation);
        self.step(&innovation);
        self.innovation = innovation;
    }

    /// `steps` steps on fresh noise.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[0.0]]));
    /// # let still = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{markov::Walk, random::{Noise, RngKey}};
    /// let mut walk = Walk::from(&still, vec![1.0]);
    /// walk.advance(10, &mut Noise::at(RngKey::root(1)));
    /// assert_eq!(walk.state(), [1.0 / 1024.0]);
    /// ```
    pub fn advance(&mut self, steps: usize, noise: &mut Noise) {
        if self.kernel.advance_unseen(&mut self.now, steps, noise) {
            return;
        }
        for _ in 0..steps {
            self.step_on(noise);
        }
    }

    /// Ends the walk and hands out its state.
    pub(crate) fn into_state(self) -> Vec<f64> {
        self.now
    }
}
