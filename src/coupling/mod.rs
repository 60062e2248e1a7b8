//! Two copies of one chain driven together.

mod population;
mod synchronous;
mod weights;

pub use population::Population;
pub use synchronous::Synchronous;
pub use weights::Moment;
