//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const BPTT: Name = Name::new("bptt");
pub const CARRIED: Name = Name::new("carried");
pub const CLOSED_FORM_GAP_SQUARED: Name = Name::new("closed_form_gap_squared");
pub const DIFFERENCE: Name = Name::new("difference");
pub const DIFFERENCES: Name = Name::new("differences");
pub const FORGOTTEN: Name = Name::new("forgotten");
pub const GRADIENT: Name = Name::new("gradient");
pub const MEAN_DERIVATIVE_EXACT_GAP_SQUARED: Name = Name::new("mean_derivative_exact_gap_squared");
pub const MEAN_DERIVATIVE_GAP: Name = Name::new("mean_derivative_gap");
pub const MEAN_DERIVATIVE_GAP_WITHOUT_MEMORY: Name = Name::new("mean_derivative_gap_without_memory");
pub const RTRL: Name = Name::new("rtrl");
pub const RTRL_AGAINST_BPTT: Name = Name::new("rtrl_against_bptt");
pub const RULE: Name = Name::new("rule");
