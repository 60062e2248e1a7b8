//! Noise by key: the same numbers on every run, thread count and machine.

mod key;
mod noise;
pub mod stream;

pub use key::RngKey;
pub use noise::Noise;
