//! A study as the user wrote it.

mod parse;
mod sections;

pub use crate::data::section::KeyIndex;
pub use sections::Config;
pub(crate) use sections::{CaseSection, ClaimSection, DataSection, LearningSection, NetworkSection, ParametersSection, StartSection, StudySection};
