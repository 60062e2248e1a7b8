//! Noise by address: the same numbers on every run, thread count and machine.

mod address;
mod noise;
pub mod stream;

pub use address::Address;
pub use noise::Noise;
