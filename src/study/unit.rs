//! The name of one unit of work.

use std::fmt;

/// The name of one unit of work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitId {
    /// The case, or `None` for a designed violation.
    pub case: Option<String>,
    /// The claim.
    pub claim: &'static str,
    /// The part.
    pub part: &'static str,
    /// The number.
    pub index: usize,
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.case {
            Some(case) => write!(f, "cases/{case}")?,
            None => write!(f, "violations")?,
        }
        write!(f, "/{}/{}-{:04}", self.claim, self.part, self.index)
    }
}
