//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const DIFFERENCE: Name = Name::new("difference");
pub(crate) const EXACT_DIFFERENCES_OUTSIDE_THEIR_INTERVAL: Name = Name::new("exact_differences_outside_their_interval");
pub(crate) const GRADIENT: Name = Name::new("gradient");
pub(crate) const INCREMENT: Name = Name::new("increment");
pub(crate) const INCREMENT_CORRELATION: Name = Name::new("increment_correlation");
pub(crate) const LIPSCHITZ_LARGEST: Name = Name::new("lipschitz_largest");
pub(crate) const LIPSCHITZ_OVER_SIZE_LARGEST: Name = Name::new("lipschitz_over_size_largest");
pub(crate) const RESIDUAL: Name = Name::new("residual");
pub(crate) const TAIL_BOUND: Name = Name::new("tail_bound");
pub(crate) const TERM: Name = Name::new("term");
pub(crate) const VARIANCE: Name = Name::new("variance");
pub(crate) const VARIANCE_EXACT: Name = Name::new("variance_exact");
