//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const DERIVATIVE: Name = Name::new("derivative");
pub(crate) const DERIVATIVE_ALONG_U: Name = Name::new("derivative_along_u");
pub(crate) const DERIVATIVE_ALONG_U_EXACT: Name = Name::new("derivative_along_u_exact");
pub(crate) const GRADIENT_DIFFERENCE: Name = Name::new("gradient_difference");
pub(crate) const GRADIENT_EXPONENT: Name = Name::new("gradient_exponent");
pub(crate) const HESSIAN_ALONG_U_EXACT: Name = Name::new("hessian_along_u_exact");
pub(crate) const LATER_OVER_EARLIER_HALF: Name = Name::new("later_over_earlier_half");
pub(crate) const SLOPE_GRADIENT: Name = Name::new("slope_gradient");
pub(crate) const SLOPE_HIDDEN: Name = Name::new("slope_hidden");
pub(crate) const SLOPE_JOINT: Name = Name::new("slope_joint");
pub(crate) const SLOPE_SOLUTION: Name = Name::new("slope_solution");
pub(crate) const SLOPE_SOLUTION_EXACT: Name = Name::new("slope_solution_exact");
pub(crate) const SOLUTION_DIFFERENCE: Name = Name::new("solution_difference");
pub(crate) const SOLUTION_EXPONENT: Name = Name::new("solution_exponent");
pub(crate) const SQUARE: Name = Name::new("square");
