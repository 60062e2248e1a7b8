//! Many chains on their way together: one call of the kernel steps them all.

use super::Kernel;
use crate::random::Noise;

/// One chain's part of a step that many chains take together.
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
    pub fn step<K: Kernel + ?Sized>(&mut self, kernel: &K) {
        kernel.step(self.now, self.innovation, self.next, self.work);
        if let Some((difference, next_difference)) = &mut self.difference {
            kernel.step_difference(self.now, difference, self.innovation, self.next, next_difference, self.work);
        }
    }
}

/// Independent walks of one kernel that step together, each on noise of its own.
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
    pub fn from(kernel: &'k K, starts: Vec<Vec<f64>>, noises: Vec<Noise>) -> Self {
        assert_eq!(starts.len(), noises.len(), "every walk has noise of its own");
        let walks = starts.into_iter().map(|now| {
            assert_eq!(now.len(), kernel.state_len(), "a walk starts from a state of its kernel");
            Buffers { now, next: vec![0.0; kernel.state_len()], work: vec![0.0; kernel.work_len()], innovation: vec![0.0; kernel.innovation_len()] }
        });
        Walks { kernel, walks: walks.collect(), noises }
    }

    /// `steps` steps of every walk; each has the bits of a [`Walk`](super::Walk) on the same noise.
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
    pub fn states(&self) -> impl Iterator<Item = &[f64]> {
        self.walks.iter().map(|walk| walk.now.as_slice())
    }

    /// Ends the walks and hands out their states.
    pub fn into_states(self) -> Vec<Vec<f64>> {
        self.walks.into_iter().map(|walk| walk.now).collect()
    }
}
