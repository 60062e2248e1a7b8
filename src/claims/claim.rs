//! What every claim must bring: premises, units of work, a judgement, and a case built to break it.

use super::{Budget, Case, Finding, Record, Records};

/// Independent units of work of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// Name of the part.
    pub part: &'static str,
    /// Number of units.
    pub count: usize,
}

/// A claim of the theory. A unit is a pure function of (case, part, index); a judgement is a pure function of (case, records).
pub trait Claim: Send + Sync {
    /// The claim's name.
    fn id(&self) -> &'static str;

    /// The claim in one sentence.
    fn statement(&self) -> &'static str;

    /// What the margin is, in one phrase.
    fn margin_meaning(&self) -> &'static str;

    /// Names of the premises: other claims, or structural ones of [`super::premises`].
    fn premises(&self) -> &'static [&'static str];

    /// The default budget.
    fn budget(&self) -> Budget;

    /// The work in this case.
    fn units(&self, case: &Case) -> Vec<Units>;

    /// Does one unit.
    fn run(&self, case: &Case, part: &str, index: usize) -> Record;

    /// Weighs the records.
    fn judge(&self, case: &Case, records: &Records) -> Finding;

    /// Whether a study that does not mention the claim asks for it; the costly ones are asked for by a section of their own or by `--only`.
    fn asked_by_default(&self) -> bool {
        true
    }

    /// A small case in which the claim is false.
    fn violation(&self, seed: u64) -> Case;
}
