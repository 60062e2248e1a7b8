//! A study as the user wrote it.

mod parse;
mod sections;

pub use crate::data::section::KeyIndex;
pub use sections::{
    CaseSection, ClaimSection, Config, DataSection, LearningSection, NetworkSection, ParametersSection, ScheduleSection, StartSection, StudySection,
};
