//! A study as the user wrote it.

mod parse;
mod reference;
mod sections;
mod sweep;

pub use crate::data::section::KeyIndex;
pub use reference::{KeyRow, SectionRows, reference};
pub use sections::Config;
pub(crate) use sections::{
    CaseSection, ClaimSection, CompareSection, DataSection, LearningSection, NetworkSection, ParametersSection, PublishedSection, ScheduleSection,
    StartSection, StudySection,
};
pub(crate) use sweep::{SweepSection, parts};
