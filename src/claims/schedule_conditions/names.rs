//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const AVERAGED: Name = Name::new("averaged");
pub(crate) const EXPONENT: Name = Name::new("exponent");
pub(crate) const EXTRAPOLATED: Name = Name::new("extrapolated");
pub(crate) const FLOOR: Name = Name::new("floor");
pub(crate) const FLOOR_CLOSED_FORM: Name = Name::new("floor_closed_form");
pub(crate) const FLOOR_EXPONENT: Name = Name::new("floor_exponent");
pub(crate) const FLOOR_EXTRAPOLATED: Name = Name::new("floor_extrapolated");
pub(crate) const FLOOR_EXTRAPOLATED_EXPONENT: Name = Name::new("floor_extrapolated_exponent");
pub(crate) const FLOOR_OVER_CLOSED_FORM: Name = Name::new("floor_over_closed_form");
pub(crate) const FLOOR_SLOPE_CLOSED_FORM: Name = Name::new("floor_slope_closed_form");
pub(crate) const GRADIENTS: Name = Name::new("gradients");
pub(crate) const GRADIENT_SQUARED: Name = Name::new("gradient_squared");
pub(crate) const GRADIENT_SQUARED_LEFT: Name = Name::new("gradient_squared_left");
pub(crate) const OWN_STEPS_TO_DECIDE: Name = Name::new("own_steps_to_decide");
pub(crate) const SHARED_GRADIENT_SQUARED: Name = Name::new("shared_gradient_squared");
pub(crate) const SQUARES: Name = Name::new("squares");
pub(crate) const STEP_LEFT: Name = Name::new("step_left");
