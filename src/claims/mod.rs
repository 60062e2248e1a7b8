//! The claims of the theory: one file or folder a claim, with its premises, work, estimate, margin,
//! verdict and designed violation.
//!
//! Where the parts of a claim stand: its mathematics in `paper-notes`, what is measured and what is
//! drawn in files of its folder or of this one, and its trial against exact answers in
//! `calibration/trials`. Beside, `calibration/verdicts.rs` tries the verdicts of claims.
//!
//! | claim and note | measured in | drawn in | trial |
//! |---|---|---|---|
//! | `data_ergodicity` | `mod` | `judging/decay_rate` | `records` |
//! | `hidden_contraction` | `hidden_contraction` | `judging/decay_rate` | `decays` |
//! | `derivative_moments` | `products` | `mod` | `moments` |
//! | `geometric_ergodicity` | `claim` | `shown` | `decays` |
//! | `gradient_identity` | `mod` | `mod` | `gradients` |
//! | `truncation_bias` | `mod` | `mod` | `gradients` |
//! | `stationary_point` | `run` | `panels` | `gradients` |
//! | `unique_stationary_law` | `unique_stationary_law` | `unique_stationary_law` | `laws` |
//! | `fixed_point` | `iterates` | `judging/decay_rate` | `laws` |
//! | `lipschitz_in_parameters` | `solution` | `mod` | `laws` |
//! | `ergodic_averages` | `variances` | `mod` | `laws` |
//! | `poisson_equation` | `increments` | `weighed` | `laws` |
//! | `staleness` | `mod` | `growth` | `laws` |
//! | `noise_decomposition` | `terms` | `mod` | `laws` |
//! | `schedule_conditions` | `runs` | `levels` | `laws` |
//! | `failure_signatures` | `detectors` | `mod` | its verdicts |

mod answers;
mod contract;
mod contraction;
pub(crate) mod data_ergodicity;
pub(crate) mod derivative_moments;
pub(crate) mod ergodic_averages;
pub(crate) mod failure_signatures;
pub(crate) mod fixed_point;
pub(crate) mod geometric_ergodicity;
pub(crate) mod gradient_identity;
pub(crate) mod hidden_contraction;
pub(crate) mod judging;
pub(crate) mod lipschitz_in_parameters;
pub(crate) mod measuring;
pub(crate) mod noise_decomposition;
pub(crate) mod poisson_equation;
pub(crate) mod schedule_conditions;
pub(crate) mod staleness;
pub(crate) mod stationary_point;
pub(crate) mod truncation_bias;
pub(crate) mod unique_stationary_law;

pub use answers::Answer;
pub(crate) use answers::{HOLDS, answers, audited, truncation_length};
pub use contract::case::{Budget, Case, Knob, Learning, Start};
pub use contract::claim::{Claim, Work};
pub use contract::decide::{Judged, decide};
pub use contract::exact_models::{linear_model, linear_process, scalar_model};
pub use contract::finding::{Alternative, Condition, Finding, Question};
pub use contract::gated_violation::GatedCell;
pub use contract::name::Name;
pub use contract::premises;
pub use contract::record::{Part, Record, Records, Series};
pub use contract::sequential::{LOOKS, Stopping, finding_at, finding_at_stop, seen_at};
pub use contract::verdict::{Measured, NamedEstimate, Number, Outcome, Premise, SpentBudget, Verdict};
pub(crate) use contract::violation::{Fixture, plain_learning};
pub use contraction::Contraction;
pub(crate) use geometric_ergodicity::gaussian_start;
pub(crate) use measuring::gradient_flow::{exact_gradient, flow};
pub use measuring::joint_chain_kind::Derivatives;
pub use measuring::memory_count::Footprint;

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
///
/// ```
/// use rtrl_lab::claims::{measure, named};
/// // A random walk: two copies on the same noise keep their distance.
/// let claim = named("data_ergodicity").unwrap();
/// let case = claim.violation(1);
/// let rate = claim.finding(&case, &measure(claim, &case)).estimate.unwrap();
/// assert!((rate.value - 1.0).abs() < 1e-12);
/// ```
pub fn measure(claim: &dyn Claim, case: &Case) -> Records {
    Records(claim.work(case).into_iter().map(|work| (work.part.to_string(), work.records())).collect())
}

/// The claim called `id`.
///
/// ```
/// use rtrl_lab::claims::{ALL, named};
/// assert_eq!(named("data_ergodicity").map(|claim| claim.id()), Some(ALL[0].id()));
/// assert!(named("no such claim").is_none());
/// ```
pub fn named(id: &str) -> Option<&'static dyn Claim> {
    ALL.into_iter().find(|claim| claim.id() == id)
}
