//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const BPTT: Name = Name::new("bptt");
pub(crate) const CARRIED: Name = Name::new("carried");
pub(crate) const CLOSED_FORM_GAP_SQUARED: Name = Name::new("closed_form_gap_squared");
pub(crate) const DIFFERENCE: Name = Name::new("difference");
pub(crate) const DIFFERENCES: Name = Name::new("differences");
pub(crate) const DIRECTIONS: Name = Name::new("directions");
pub(crate) const FORGOTTEN: Name = Name::new("forgotten");
pub(crate) const GRADIENT: Name = Name::new("gradient");
pub(crate) const MEAN_DERIVATIVE_EXACT_GAP_SQUARED: Name = Name::new("mean_derivative_exact_gap_squared");
pub(crate) const MEAN_DERIVATIVE_GAP: Name = Name::new("mean_derivative_gap");
pub(crate) const MEAN_DERIVATIVE_GAP_WITHOUT_MEMORY: Name = Name::new("mean_derivative_gap_without_memory");
pub(crate) const RTRL: Name = Name::new("rtrl");
pub(crate) const RTRL_AGAINST_BPTT: Name = Name::new("rtrl_against_bptt");
pub(crate) const RULE: Name = Name::new("rule");
