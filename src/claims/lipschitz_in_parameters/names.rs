//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const DERIVATIVE: Name = Name::new("derivative");
pub const DERIVATIVE_ALONG_U: Name = Name::new("derivative_along_u");
pub const DERIVATIVE_ALONG_U_EXACT: Name = Name::new("derivative_along_u_exact");
pub const GRADIENT_DIFFERENCE: Name = Name::new("gradient_difference");
pub const GRADIENT_EXPONENT: Name = Name::new("gradient_exponent");
pub const HESSIAN_ALONG_U_EXACT: Name = Name::new("hessian_along_u_exact");
pub const LATER_OVER_EARLIER_HALF: Name = Name::new("later_over_earlier_half");
pub const SLOPE_GRADIENT: Name = Name::new("slope_gradient");
pub const SLOPE_HIDDEN: Name = Name::new("slope_hidden");
pub const SLOPE_JOINT: Name = Name::new("slope_joint");
pub const SLOPE_SOLUTION: Name = Name::new("slope_solution");
pub const SLOPE_SOLUTION_EXACT: Name = Name::new("slope_solution_exact");
pub const SOLUTION_DIFFERENCE: Name = Name::new("solution_difference");
pub const SOLUTION_EXPONENT: Name = Name::new("solution_exponent");
pub const SQUARE: Name = Name::new("square");
