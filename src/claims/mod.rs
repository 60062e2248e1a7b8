//! The claims of the theory: one file a claim, with its premises, work, estimate, margin, verdict and designed violation.

mod carried;
mod case;
mod claim;
mod data_ergodicity;
mod decide;
mod derivative_moments;
mod exponents;
mod failure_signatures;
mod geometric_ergodicity;
mod gradient_identity;
mod hidden_contraction;
mod noise_decomposition;
mod noise_terms;
mod pairs;
pub mod premises;
mod rates;
mod record;
mod recorded_drift;
mod schedule_conditions;
mod schedule_runs;
mod signatures;
mod staleness;
mod staleness_growth;
mod stationary_point;
mod truncation_bias;
mod verdict;
mod violation;

pub use case::{Budget, Case, Learning, RecordedColumns, Start};
pub use claim::{Claim, Units};
pub use decide::{Judged, decide};
pub use geometric_ergodicity::gaussian_start;
pub use record::{Part, Record, Records, Series};
pub use verdict::{Condition, Finding, NamedEstimate, Number, Outcome, Premise, RightSide, SpentBudget, Verdict};

/// Every claim, in the order of the report: premises before what rests on them.
pub const ALL: [&dyn Claim; 11] = [
    &data_ergodicity::DataErgodicity,
    &hidden_contraction::HiddenContraction,
    &derivative_moments::DerivativeMoments,
    &geometric_ergodicity::GeometricErgodicity,
    &gradient_identity::GradientIdentity,
    &truncation_bias::TruncationBias,
    &stationary_point::StationaryPoint,
    &staleness::Staleness,
    &noise_decomposition::NoiseDecomposition,
    &schedule_conditions::ScheduleConditions,
    &failure_signatures::FailureSignatures,
];

/// The claim called `id`.
pub fn named(id: &str) -> Option<&'static dyn Claim> {
    ALL.into_iter().find(|claim| claim.id() == id)
}
