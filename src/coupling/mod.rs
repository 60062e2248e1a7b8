//! Two copies of one chain driven together.

mod population;
mod synchronous;

pub use population::Population;
pub use synchronous::Synchronous;
