//! Why a command failed, and with which exit code.

use crate::data::InputError;
use crate::study::{RunError, StoreError};
use std::fmt;

/// A failed command.
#[derive(Debug)]
pub enum Failure {
    /// The user can mend it: exit code 2.
    Input(InputError),
    /// The machine failed, disk or memory: exit code 3.
    Machine(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Input(_) => 2,
            Failure::Machine(_) => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(error) => write!(f, "{error}"),
            Failure::Machine(why) => write!(f, "{why}"),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Failure::Input(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Link { path } => {
                let problem = "this is a symbolic link, and a run is written through none";
                InputError::new(path, problem, "take the link away, or name the folder it leads to").into()
            }
            StoreError::Missing { path, what, remedy } => InputError::new(path, what, remedy).into(),
            StoreError::Disk { .. } | StoreError::Content { .. } => Failure::Machine(error.to_string()),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            RunError::Threads(_) => Failure::Machine(error.to_string()),
        }
    }
}
