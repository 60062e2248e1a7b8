//! Two copies of one chain driven together.

mod population;
mod synchronous;

pub use population::{Moment, Population};
pub use synchronous::Synchronous;
