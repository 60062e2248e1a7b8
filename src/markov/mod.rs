//! Random recursions `H' = F(H, ξ)`: kernels, walks, blocks of a state, and the two kinds of
//! ensemble.

mod blocks;
mod ensemble;
mod kernel;
mod lanes;
mod queues;
mod resampling;
mod walk;

pub use blocks::{Block, Blocks, norm};
pub use ensemble::{Coupled, Independent};
pub use kernel::Kernel;
pub(crate) use kernel::subtract_copies;
pub(crate) use lanes::swap;
pub use lanes::{BatchSlot, FarPair, Motion, Walks};
pub use queues::{Queue, both_served, second_empties_first, served_before};
pub use resampling::systematic;
pub use walk::Walk;
