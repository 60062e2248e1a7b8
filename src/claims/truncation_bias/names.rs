//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const BIAS_SQUARED: Name = Name::new("bias_squared");
pub(crate) const DIFFERENCE: Name = Name::new("difference");
pub(crate) const EXACT_BIAS: Name = Name::new("exact_bias");
pub(crate) const EXPONENT: Name = Name::new("exponent");
pub(crate) const GRADIENT: Name = Name::new("gradient");
pub(crate) const HIDDEN_NORMS: Name = Name::new("hidden_norms");
pub(crate) const HIDDEN_STEPS: Name = Name::new("hidden_steps");
pub(crate) const HIDDEN_VECTORS: Name = Name::new("hidden_vectors");
pub(crate) const LEAST_LENGTH: Name = Name::new("least_length");
pub(crate) const LEAST_LENGTH_BY_RULE: Name = Name::new("least_length_by_rule");
pub(crate) const LEAST_LENGTH_EXACT: Name = Name::new("least_length_exact");
pub(crate) const LEAST_LENGTH_OF_A_STEP: Name = Name::new("least_length_of_a_step");
pub(crate) const LEAST_LENGTH_OF_A_STEP_EXACT: Name = Name::new("least_length_of_a_step_exact");
pub(crate) const LENGTHS_VISIBLE: Name = Name::new("lengths_visible");
pub(crate) const LENGTH_TIMES_BIAS: Name = Name::new("length_times_bias");
pub(crate) const RATE: Name = Name::new("rate");
pub(crate) const RATE_AT_MOST: Name = Name::new("rate_at_most");
pub(crate) const RECURRENT_GRADIENT_SQUARED: Name = Name::new("recurrent_gradient_squared");
pub(crate) const ROLLING: Name = Name::new("rolling");
pub(crate) const ROLLING_RATE: Name = Name::new("rolling_rate");
pub(crate) const STEP_ERROR: Name = Name::new("step_error");
pub(crate) const STEP_ERROR_EXACT: Name = Name::new("step_error_exact");
pub(crate) const STEP_LEFT_OUT: Name = Name::new("step_left_out");
pub(crate) const STEP_WHOLE: Name = Name::new("step_whole");
