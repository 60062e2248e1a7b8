//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const AVERAGED: Name = Name::new("averaged");
pub const EXPONENT: Name = Name::new("exponent");
pub const EXTRAPOLATED: Name = Name::new("extrapolated");
pub const FLOOR: Name = Name::new("floor");
pub const FLOOR_CLOSED_FORM: Name = Name::new("floor_closed_form");
pub const FLOOR_EXPONENT: Name = Name::new("floor_exponent");
pub const FLOOR_EXTRAPOLATED: Name = Name::new("floor_extrapolated");
pub const FLOOR_EXTRAPOLATED_EXPONENT: Name = Name::new("floor_extrapolated_exponent");
pub const FLOOR_OVER_CLOSED_FORM: Name = Name::new("floor_over_closed_form");
pub const FLOOR_SLOPE_CLOSED_FORM: Name = Name::new("floor_slope_closed_form");
pub const GRADIENTS: Name = Name::new("gradients");
pub const GRADIENT_SQUARED: Name = Name::new("gradient_squared");
pub const GRADIENT_SQUARED_LEFT: Name = Name::new("gradient_squared_left");
pub const OWN_STEPS_TO_DECIDE: Name = Name::new("own_steps_to_decide");
pub const SHARED_GRADIENT_SQUARED: Name = Name::new("shared_gradient_squared");
pub const SQUARES: Name = Name::new("squares");
pub const STEP_LEFT: Name = Name::new("step_left");
