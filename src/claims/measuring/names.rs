//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const LOG_MOMENTS: Name = Name::new("log_moments");
pub(crate) const DISTANCE: Name = Name::new("distance");
pub(crate) const EXPONENTS: Name = Name::new("exponents");
pub(crate) const LOGARITHM: Name = Name::new("logarithm");
pub(crate) const LOGARITHM_SMALL: Name = Name::new("logarithm_small");
pub(crate) const SIZE: Name = Name::new("size");
pub(crate) const SMALLER: Name = Name::new("smaller");
