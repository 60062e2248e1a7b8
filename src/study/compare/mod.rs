//! Methods side by side: the same networks, data and noise, seed by seed.

mod best;
mod held_out;
mod kept;
mod plan;
mod published;
mod stability;
mod table;
mod unit;

pub use best::BesideBest;
pub use held_out::OnHeldOut;
pub(crate) use kept::KeptRuns;
pub use plan::ComparePlan;
pub use published::Published;
pub use stability::StableSteps;
pub use table::{Best, ComparedCase, ComparedMethod, Comparison, Paired};
pub(crate) use unit::Trained;
pub use unit::TrainingRecord;
