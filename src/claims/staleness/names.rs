//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const BIAS: Name = Name::new("bias");
pub const DERIVATIVE: Name = Name::new("derivative");
pub const EXPONENT_BIAS: Name = Name::new("exponent_bias");
pub const EXPONENT_DERIVATIVE: Name = Name::new("exponent_derivative");
pub const EXPONENT_GRADIENT: Name = Name::new("exponent_gradient");
pub const GRADIENT: Name = Name::new("gradient");
pub const GRADIENT_STALENESS_OVER_STEP: Name = Name::new("gradient_staleness_over_step");
pub const GROWTH: Name = Name::new("growth");
pub const GROWTH_EXPONENT: Name = Name::new("growth_exponent");
pub const GROWTH_EXPONENT_EXACT: Name = Name::new("growth_exponent_exact");
pub const HIDDEN: Name = Name::new("hidden");
pub const MEAN_STALENESS: Name = Name::new("mean_staleness");
pub const MEAN_STALENESS_EXACT: Name = Name::new("mean_staleness_exact");
pub const CLOSED_FORM_GAP_SQUARED: Name = Name::new("closed_form_gap_squared");
