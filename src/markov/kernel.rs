//! One step of a Markov chain, written as a function of the state and of fresh noise.

/// A random recursion `H_{t+1} = F(H_t, ξ_{t+1})`.
///
/// States are flat slices, so that one allocation holds a joint state and a block of it is a range
/// (see [`Blocks`](super::Blocks)); the innovation `ξ` is a vector of independent standard normals of fixed length, so that
/// a coupling is a rule for drawing pairs of such vectors and nothing else.
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
}
