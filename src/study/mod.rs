//! A study: as written, validated, run as units of work, kept as records, summed up as verdicts.

mod build;
mod chunk;
mod compare;
pub mod config;
mod difference;
mod engine;
mod explained;
mod fault;
mod init;
mod gather;
mod inventory;
mod judged;
mod keep;
mod kept_files;
mod lock;
mod manifest;
mod memory;
mod name;
mod outcome;
mod phase;
mod plan;
mod printed;
mod program;
mod queue;
mod reading;
mod running;
mod schema;
mod sequential;
mod side_by_side;
mod store;
mod unit;
mod whole_file;

pub use build::{BudgetScale, Study, StudyCase, StudyOrigin};
pub use chunk::{Chunk, PlannedChunk, UnitRange};
pub use compare::{
    BesideBest, Best, ComparePlan, ComparedCase, ComparedMethod, Comparison, OnHeldOut, Paired, Published, StableSteps, TrainingRecord,
};
pub(crate) use compare::{KeptRuns, Trained};
pub use difference::{Difference, differences};
pub use engine::{Done, Progress, RunError, SoFar};
pub use explained::{explained, init_full};
pub use fault::{Fault, caught};
pub(crate) use fault::{place_of, quiet_faults};
pub use init::{init, init_named};
pub(crate) use inventory::{ACROSS, BY_CLASS, Inventory, RunNames};
pub use keep::{Folder, Store};
pub(crate) use kept_files::{LeftOut, Why};
pub(crate) use lock::RunLock;
pub use manifest::Manifest;
pub use memory::{Memory, machine_memory};
pub use outcome::{CaseOutcome, Prepared, StudyOutcome};
pub use phase::{PhaseEdge, PhaseMap, PhasePlan, PhasePoint, PhaseRate, RATES};
pub use plan::ClaimForecast;
pub use printed::{PrintedRow, PrintedTable, printed_exact};
pub(crate) use printed::{differing, printed_series};
pub use program::PROGRAM;
pub(crate) use running::way;
pub use schema::{SCHEMAS, schema};
pub use sequential::Standing;
pub use side_by_side::{Change, ClaimBeside, ComparedRun, NumberBeside, RunName, SideBySide};
pub(crate) use store::fingerprint;
pub use store::{Left, RunDirectory, StoreError};
pub use unit::UnitId;
pub(crate) use whole_file::{temporary_file, write_whole};

/// The study that `verify` runs when none is named.
pub const DEFAULT: &str = include_str!("../../experiments/default.toml");
