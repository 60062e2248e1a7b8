//! From a study as written to validated cases.

mod cases;
mod data;
mod learning;
mod located;
mod network;
mod parameters;

pub use cases::{Pace, Study, StudyCase, StudyOrigin};
