//! How often intervals cover and verdicts err, measured against the exact linear Gaussian case.

pub mod systems;
mod tally;
mod trials;
mod verdicts;

pub use tally::{CoverageRow, Kind, LEVELS, Shot, Trial, Truth, coverage};
pub use trials::trials;
pub use verdicts::{VerdictRow, verdict_rates};
