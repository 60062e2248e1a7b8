//! A chain on its way: the present state with the buffers its steps need.

use super::Kernel;
use crate::random::Noise;

/// A kernel, its present state and its scratch space.
pub struct Walk<'k, K: Kernel + ?Sized> {
    kernel: &'k K,
    now: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
    innovation: Vec<f64>,
}

impl<'k, K: Kernel + ?Sized> Walk<'k, K> {
    /// A walk of `kernel` from `start`, whose length must be the kernel's.
    pub fn from(kernel: &'k K, start: Vec<f64>) -> Self {
        assert_eq!(start.len(), kernel.state_len(), "a walk starts from a state of its kernel");
        let (next, work) = (vec![0.0; kernel.state_len()], vec![0.0; kernel.work_len()]);
        Walk { kernel, now: start, next, work, innovation: vec![0.0; kernel.innovation_len()] }
    }

    /// The present state.
    pub fn state(&self) -> &[f64] {
        &self.now
    }

    /// One step on the given innovation.
    pub fn step(&mut self, innovation: &[f64]) {
        self.kernel.step(&self.now, innovation, &mut self.next, &mut self.work);
        std::mem::swap(&mut self.now, &mut self.next);
    }

    /// One step on fresh noise.
    pub fn step_on(&mut self, noise: &mut Noise) {
        let mut innovation = std::mem::take(&mut self.innovation);
        noise.normals(&mut innovation);
        self.step(&innovation);
        self.innovation = innovation;
    }

    /// `steps` steps on fresh noise.
    pub fn advance(&mut self, steps: usize, noise: &mut Noise) {
        for _ in 0..steps {
            self.step_on(noise);
        }
    }

    /// Ends the walk and hands out its state.
    pub(crate) fn into_state(self) -> Vec<f64> {
        self.now
    }
}
