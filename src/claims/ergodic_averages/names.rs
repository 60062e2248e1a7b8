//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const AVERAGE: Name = Name::new("average");
pub const BLOCK: Name = Name::new("block");
pub const DISTANCE_FROM_NORMAL: Name = Name::new("distance_from_normal");
pub const ERROR_ABOUT_EXACT_GRADIENT: Name = Name::new("error_about_exact_gradient");
pub const EXPONENT: Name = Name::new("exponent");
pub const POISSON_LAST_TERM_SHARE: Name = Name::new("poisson_last_term_share");
pub const TAIL: Name = Name::new("tail");
pub const VARIANCE: Name = Name::new("variance");
pub const VARIANCE_EXACT: Name = Name::new("variance_exact");
