//! Methods side by side: the same networks, data and noise, seed by seed.

mod plan;
mod published;
mod table;
mod unit;

pub use plan::ComparePlan;
pub use published::Published;
pub use table::{ComparedCase, ComparedMethod, Comparison, Paired};
pub use unit::TrainingRecord;
