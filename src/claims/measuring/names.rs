//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const LOG_MOMENTS: Name = Name::new("log_moments");
pub const DISTANCE: Name = Name::new("distance");
pub const EXPONENTS: Name = Name::new("exponents");
pub const LOGARITHM: Name = Name::new("logarithm");
pub const LOGARITHM_SMALL: Name = Name::new("logarithm_small");
pub const SIZE: Name = Name::new("size");
pub const SMALLER: Name = Name::new("smaller");
