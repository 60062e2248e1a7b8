//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const ALARMS: Name = Name::new("alarms");
pub(crate) const STATISTICS: Name = Name::new("statistics");
