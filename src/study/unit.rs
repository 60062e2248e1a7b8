//! The name of one unit of work.

use std::fmt;

/// The name of one unit of work.
///
/// ```
/// use rtrl_lab::study::UnitId;
/// let unit = UnitId { case: Some("tanh".into()), claim: "staleness", part: "pairs", index: 3 };
/// assert_eq!(unit.to_string(), "cases/tanh/staleness/pairs-0003");
/// assert_eq!(UnitId { case: None, ..unit }.to_string(), "violations/staleness/pairs-0003");
/// ```
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
