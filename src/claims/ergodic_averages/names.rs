//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const AVERAGE: Name = Name::new("average");
pub(crate) const BLOCK: Name = Name::new("block");
pub(crate) const DISTANCE_FROM_NORMAL: Name = Name::new("distance_from_normal");
pub(crate) const ERROR_ABOUT_EXACT_GRADIENT: Name = Name::new("error_about_exact_gradient");
pub(crate) const EXPONENT: Name = Name::new("exponent");
pub(crate) const POISSON_LAST_TERM_SHARE: Name = Name::new("poisson_last_term_share");
pub(crate) const TAIL: Name = Name::new("tail");
pub(crate) const VARIANCE: Name = Name::new("variance");
pub(crate) const VARIANCE_EXACT: Name = Name::new("variance_exact");
