//! Random recursions `H' = F(H, ξ)`: kernels, walks, blocks of a state, and the two kinds of
//! ensemble.

mod blocks;
mod ensemble;
mod kernel;
mod lanes;
mod resampling;
mod walk;

pub use blocks::{Block, Blocks, norm};
pub use ensemble::{Coupled, Independent};
pub use kernel::Kernel;
pub(crate) use kernel::subtract_copies;
pub use lanes::{BatchSlot, Walks};
pub use resampling::systematic;
pub use walk::Walk;
