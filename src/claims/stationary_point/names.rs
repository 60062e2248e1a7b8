//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const BIAS: Name = Name::new("bias");
pub(crate) const BIAS_SQUARED: Name = Name::new("bias_squared");
pub(crate) const CERTIFIED_RATE_ALONG_PATH: Name = Name::new("certified_rate_along_path");
pub(crate) const CHECKPOINT: Name = Name::new("checkpoint");
pub(crate) const CONTRACTION: Name = Name::new("contraction");
pub(crate) const FARTHEST_COORDINATE: Name = Name::new("farthest_coordinate");
pub(crate) const FARTHEST_GRADIENT: Name = Name::new("farthest_gradient");
pub(crate) const FIRST_STEP: Name = Name::new("first_step");
pub(crate) const GRADIENT_FOLLOWED: Name = Name::new("gradient_followed");
pub(crate) const GRADIENT_SQUARED: Name = Name::new("gradient_squared");
pub(crate) const KEPT_GRADIENT_SQUARED: Name = Name::new("kept_gradient_squared");
pub(crate) const LARGEST_STABLE_STEP: Name = Name::new("largest_stable_step");
pub(crate) const LAST_STEP: Name = Name::new("last_step");
pub(crate) const LATE_GRADIENTS: Name = Name::new("late_gradients");
pub(crate) const LATE_MOVE: Name = Name::new("late_move");
pub(crate) const LOSS: Name = Name::new("loss");
pub(crate) const MOMENT_RATE: Name = Name::new("moment_rate");
pub(crate) const PARAMETERS: Name = Name::new("parameters");
pub(crate) const PROPOSED_STEP: Name = Name::new("proposed_step");
pub(crate) const PROJECTED: Name = Name::new("projected");
pub(crate) const RUNS: Name = Name::new("runs");
pub(crate) const RUNS_ABOVE_MARGIN: Name = Name::new("runs_above_margin");
pub(crate) const RUNS_DIVERGED: Name = Name::new("runs_diverged");
pub(crate) const RUNS_ON_BORDER: Name = Name::new("runs_on_border");
pub(crate) const START_PROJECTED: Name = Name::new("start_projected");
pub(crate) const SMALLEST_UNSTABLE_STEP: Name = Name::new("smallest_unstable_step");
pub(crate) const STEP_ENDS: Name = Name::new("step_ends");
pub(crate) const STEPS_TO_DECIDE: Name = Name::new("steps_to_decide");
pub(crate) const SUM_OF_STEPS: Name = Name::new("sum_of_steps");
pub(crate) const TREND: Name = Name::new("trend");
pub(crate) const TREND_OF_STEP: Name = Name::new("trend_of_step");
pub(crate) const UNPROJECTED_GRADIENT_SQUARED: Name = Name::new("unprojected_gradient_squared");
pub(crate) const UPDATES_PROJECTED: Name = Name::new("updates_projected");
pub(crate) const PATHWISE_RATE: Name = Name::new("pathwise_rate");
