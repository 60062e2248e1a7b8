//! The answer "this number cannot be computed honestly", with its reason.

use serde::{Deserialize, Serialize};

/// A number that is not defined here, and why.
///
/// ```
/// use rtrl_lab::stats::{Sample, Undefined};
/// let reason = "there is no observation".to_string();
/// assert_eq!(Sample::new(&[]).unwrap_err(), Undefined { reason });
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Undefined {
    /// The reason, in words a reader can act on.
    pub reason: String,
}

impl Undefined {
    /// Undefined because of `reason`.
    ///
    /// ```
    /// let undefined = rtrl_lab::stats::Undefined::because("one batch has no spread");
    /// assert_eq!(undefined.to_string(), "one batch has no spread");
    /// ```
    pub fn because(reason: impl Into<String>) -> Self {
        Undefined { reason: reason.into() }
    }
}
