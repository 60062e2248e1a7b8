//! The claims of the theory: one file a claim, with its premises, work, estimate, margin, verdict and designed violation.

mod along_path;
mod asymptotic_variances;
mod border;
mod carried;
mod case;
mod claim;
mod contraction;
mod controls;
mod data_ergodicity;
mod decide;
mod derivative_moments;
mod ergodic_averages;
mod exponents;
mod failure_signatures;
mod fixed_point;
mod floors;
mod footprint;
mod geometric_ergodicity;
mod gradient_flow;
mod gradient_identity;
mod hidden_contraction;
mod iterates;
mod jacobian_products;
mod learning_run;
mod learning_seen;
mod limits;
mod lipschitz_in_parameters;
mod looks;
mod martingale_increments;
mod moments_of_products;
mod mean_derivative;
mod noise_decomposition;
mod noise_terms;
mod observed;
mod pairs;
mod parameter_differences;
mod pathwise;
mod poisson_equation;
pub mod premises;
mod rates;
mod record;
mod recorded_drift;
mod rest;
mod same_law;
mod schedule_conditions;
mod schedule_runs;
mod signatures;
mod solution_in_parameters;
mod staleness;
mod staleness_growth;
mod stationary_panels;
mod stationary_point;
mod stepped;
mod truncation_bias;
mod unique_stationary_law;
mod verdict;
mod violation;

pub use carried::Derivatives;
pub use case::{Budget, Case, Learning, RecordedColumns, Start};
pub use claim::{Claim, Units};
pub use contraction::Contraction;
pub use decide::{Judged, decide};
pub use footprint::Footprint;
pub use geometric_ergodicity::gaussian_start;
pub(crate) use gradient_flow::{exact_gradient, flow};
pub(crate) use noise_terms::model_at;
pub use record::{Part, Record, Records, Series};
pub use verdict::{Condition, Finding, NamedEstimate, Number, Outcome, Premise, RightSide, SpentBudget, Verdict};
pub(crate) use violation::{Blueprint, plain_learning};

/// Every claim, in the order of the report: premises before what rests on them.
pub const ALL: [&dyn Claim; 16] = [
    &data_ergodicity::DataErgodicity,
    &hidden_contraction::HiddenContraction,
    &derivative_moments::DerivativeMoments,
    &geometric_ergodicity::GeometricErgodicity,
    &gradient_identity::GradientIdentity,
    &truncation_bias::TruncationBias,
    &stationary_point::StationaryPoint,
    &unique_stationary_law::UniqueStationaryLaw,
    &fixed_point::FixedPoint,
    &lipschitz_in_parameters::LipschitzInParameters,
    &ergodic_averages::ErgodicAverages,
    &poisson_equation::PoissonEquation,
    &staleness::Staleness,
    &noise_decomposition::NoiseDecomposition,
    &schedule_conditions::ScheduleConditions,
    &failure_signatures::FailureSignatures,
];

/// The records of a claim in a case, unit by unit on this thread.
pub fn measure(claim: &dyn Claim, case: &Case) -> Records {
    let part = |units: Units| (units.part.to_string(), Part((0..units.count).map(|index| claim.run(case, units.part, index)).collect()));
    Records(claim.units(case).into_iter().map(part).collect())
}

/// The claim called `id`.
pub fn named(id: &str) -> Option<&'static dyn Claim> {
    ALL.into_iter().find(|claim| claim.id() == id)
}
