//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const DIFFERENCE: Name = Name::new("difference");
pub const EXACT_DIFFERENCES_OUTSIDE_THEIR_INTERVAL: Name = Name::new("exact_differences_outside_their_interval");
pub const GRADIENT: Name = Name::new("gradient");
pub const INCREMENT: Name = Name::new("increment");
pub const INCREMENT_CORRELATION: Name = Name::new("increment_correlation");
pub const LIPSCHITZ_LARGEST: Name = Name::new("lipschitz_largest");
pub const LIPSCHITZ_OVER_SIZE_LARGEST: Name = Name::new("lipschitz_over_size_largest");
pub const RESIDUAL: Name = Name::new("residual");
pub const TAIL_BOUND: Name = Name::new("tail_bound");
pub const TERM: Name = Name::new("term");
pub const VARIANCE: Name = Name::new("variance");
pub const VARIANCE_EXACT: Name = Name::new("variance_exact");
