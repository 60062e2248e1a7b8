//! The joint chain (data, hidden state, forward derivatives) at frozen parameters.

mod joint;

pub use joint::JointChain;
