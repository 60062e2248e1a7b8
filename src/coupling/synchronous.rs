//! Synchronous coupling: both copies read the same innovation.

use crate::markov::{Kernel, Walk};
use crate::random::Noise;

/// Two copies of a kernel on common random numbers.
pub struct Synchronous<'k, K: Kernel + ?Sized> {
    first: Walk<'k, K>,
    second: Walk<'k, K>,
    innovation: Vec<f64>,
}

impl<'k, K: Kernel + ?Sized> Synchronous<'k, K> {
    /// A pair from its two starts.
    pub fn new(kernel: &'k K, first: Vec<f64>, second: Vec<f64>) -> Self {
        Synchronous { first: Walk::from(kernel, first), second: Walk::from(kernel, second), innovation: vec![0.0; kernel.innovation_len()] }
    }

    /// One step of both copies on the same fresh noise.
    pub fn step(&mut self, noise: &mut Noise) {
        noise.normals(&mut self.innovation);
        self.first.step(&self.innovation);
        self.second.step(&self.innovation);
    }

    /// The two present states.
    pub fn states(&self) -> (&[f64], &[f64]) {
        (self.first.state(), self.second.state())
    }
}
