//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const ALARMS: Name = Name::new("alarms");
pub const STATISTICS: Name = Name::new("statistics");
