//! From a study as written to validated cases.

mod cases;
mod data;
mod learning;
mod located;
mod network;

pub use cases::{Pace, Study, StudyCase, StudyOrigin};
