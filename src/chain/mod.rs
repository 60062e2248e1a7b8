//! The joint chain (data, hidden state, forward derivatives) at frozen parameters.

mod directions;
mod joint;

pub use directions::Directions;
pub use joint::JointChain;
