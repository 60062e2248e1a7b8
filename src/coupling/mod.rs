//! Two copies of one chain driven together.

mod synchronous;

pub use synchronous::Synchronous;
