//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const BIAS: Name = Name::new("bias");
pub(crate) const DERIVATIVE: Name = Name::new("derivative");
pub(crate) const EXPONENT_BIAS: Name = Name::new("exponent_bias");
pub(crate) const EXPONENT_DERIVATIVE: Name = Name::new("exponent_derivative");
pub(crate) const EXPONENT_GRADIENT: Name = Name::new("exponent_gradient");
pub(crate) const GRADIENT: Name = Name::new("gradient");
pub(crate) const GRADIENT_STALENESS_OVER_STEP: Name = Name::new("gradient_staleness_over_step");
pub(crate) const GROWTH: Name = Name::new("growth");
pub(crate) const GROWTH_EXPONENT: Name = Name::new("growth_exponent");
pub(crate) const GROWTH_EXPONENT_EXACT: Name = Name::new("growth_exponent_exact");
pub(crate) const HIDDEN: Name = Name::new("hidden");
pub(crate) const MEAN_STALENESS: Name = Name::new("mean_staleness");
pub(crate) const MEAN_STALENESS_EXACT: Name = Name::new("mean_staleness_exact");
pub(crate) const CLOSED_FORM_GAP_SQUARED: Name = Name::new("closed_form_gap_squared");
