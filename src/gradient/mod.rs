//! Forward derivatives and every way to the gradient of a summed loss.

mod bptt;
mod finite_difference;
mod rtrl;
mod sensitivity;
mod tape;
mod truncated;

pub use bptt::bptt;
pub(crate) use bptt::tape_numbers;
pub use finite_difference::central_differences;
pub use rtrl::rtrl;
pub(crate) use sensitivity::Sensitivity;
pub(crate) use tape::Tape;
pub use truncated::{block_truncated, rolling_truncated};

/// A loss summed over steps, with its gradient in all parameters (recurrent ones first).
#[derive(Clone, Debug, PartialEq)]
pub struct Summed {
    /// The summed loss.
    pub loss: f64,
    /// The summed gradient.
    pub gradient: Vec<f64>,
}
