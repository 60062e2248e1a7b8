//! A study: as written, validated, run as units of work, kept as records, summed up as verdicts.

mod build;
pub mod config;
mod engine;
mod manifest;
mod memory;
mod outcome;
mod phase;
mod store;

pub use build::{Pace, Study, StudyCase, StudyOrigin};
pub use engine::{Progress, RunError, UnitId};
pub use manifest::Manifest;
pub use memory::{Memory, machine_memory};
pub use outcome::{CaseOutcome, Prepared, StudyOutcome, VerdictsFile};
pub use phase::{PhaseEdge, PhaseMap, PhasePlan, PhasePoint, PhaseRate, RATES};
pub use store::{RunDirectory, StoreError, temporary_file};

/// A commented study to start from.
pub const INIT: &str = include_str!("init.toml");
/// The study that `verify` runs when none is named.
pub const DEFAULT: &str = include_str!("../../experiments/default.toml");
