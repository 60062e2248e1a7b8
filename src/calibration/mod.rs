//! How often intervals cover and verdicts err, measured against exact answers, on fixed systems and
//! on drawn ones.

mod classes;
mod draw;
mod flow;
mod plan;
mod power;
mod random_rates;
pub mod systems;
mod table;
mod tally;
mod trials;
mod verdicts;

pub use classes::ClassRow;
pub(crate) use classes::{class_rates, known_kinds};
pub(crate) use draw::ALL as ALL_FAMILIES;
pub use draw::{Drawing, DrawnError, DrawnFamily, DrawnInterval, DrawnSystem, DrawnWords, Exact, Family, draw, seed_of_version};
pub use plan::Plan;
pub(crate) use power::power_curves;
pub use power::{PowerCurve, PowerPoint};
pub use random_rates::SystemsRow;
pub(crate) use random_rates::random_rates;
pub use table::{Calibration, CalibrationRow};
pub use tally::{CoverageRow, Kind, LEVELS, Replicate, Scenario, Truth, coverage};
pub use trials::trials;
pub use verdicts::VerdictRow;
pub(crate) use verdicts::{is_violation, verdict_rates};
