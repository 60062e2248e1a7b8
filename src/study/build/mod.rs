//! From a study as written to validated cases.

mod cases;
mod imported;
mod layouts;
mod learning;
mod network;
mod parameters;

pub use cases::{BudgetScale, Study, StudyCase, StudyOrigin};
