//! A study as the user wrote it.

mod index;
mod parse;
mod sections;

pub use index::KeyIndex;
pub use sections::{
    CaseSection, ClaimSection, Config, DataSection, LearningSection, NetworkSection, ParametersSection, ScheduleSection, StartSection, StudySection,
    TargetRows,
};
