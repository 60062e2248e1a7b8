//! The answer "this number cannot be computed honestly", with its reason.

use serde::{Deserialize, Serialize};

/// A number that is not defined here, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Undefined {
    /// The reason, in words a reader can act on.
    pub reason: String,
}

impl Undefined {
    /// Undefined because of `reason`.
    pub fn because(reason: impl Into<String>) -> Self {
        Undefined { reason: reason.into() }
    }
}
