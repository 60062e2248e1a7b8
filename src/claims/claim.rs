//! What every claim must bring: premises, units of work, a judgement, and a case built to break it.

use super::{Budget, Case, Finding, Footprint, Record, Records};
use crate::theory::Certificate;

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

    /// Whether a study has to name the claim, by a `[claims.NAME]` section or by `--only`, for it to be asked for.
    fn on_request(&self) -> bool {
        false
    }

    /// The default budget.
    fn budget(&self) -> Budget;

    /// Steps that rates need on a chain with this certificate, where that is known beforehand; 0 where the default will do.
    fn horizon(&self, _certificate: &Certificate) -> usize {
        0
    }

    /// The default budget on a chain with this certificate: a burn-in no shorter than its [`Certificate::forgetting_time`], steps no fewer than its [`Claim::horizon`].
    fn budget_for(&self, certificate: &Certificate) -> Budget {
        let budget = self.budget();
        let burn_in = if budget.burn_in > 0 { budget.burn_in.max(certificate.forgetting_time()) } else { 0 };
        Budget { burn_in, steps: budget.steps.max(self.horizon(certificate)), ..budget }
    }

    /// The work in this case.
    fn units(&self, case: &Case) -> Vec<Units>;

    /// Memory that one unit of a part takes: without a count of its own, two walks of the whole
    /// joint chain, and records that do not grow.
    fn footprint(&self, case: &Case, _part: &str) -> Footprint {
        Footprint { working: super::footprint::walk(case).saturating_mul(2), recorded: 0 }
    }

    /// Does one unit.
    fn run(&self, case: &Case, part: &str, index: usize) -> Record;

    /// Weighs the records.
    fn judge(&self, case: &Case, records: &Records) -> Finding;

    /// A small case in which the claim is false.
    fn violation(&self, seed: u64) -> Case;
}
