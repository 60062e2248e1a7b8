//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const BIAS: Name = Name::new("bias");
pub const BIAS_SQUARED: Name = Name::new("bias_squared");
pub const CERTIFIED_RATE_ALONG_PATH: Name = Name::new("certified_rate_along_path");
pub const CHECKPOINT: Name = Name::new("checkpoint");
pub const CONTRACTION: Name = Name::new("contraction");
pub const FARTHEST_COORDINATE: Name = Name::new("farthest_coordinate");
pub const FARTHEST_GRADIENT: Name = Name::new("farthest_gradient");
pub const FIRST_STEP: Name = Name::new("first_step");
pub const GRADIENT_FOLLOWED: Name = Name::new("gradient_followed");
pub const GRADIENT_SQUARED: Name = Name::new("gradient_squared");
pub const KEPT_GRADIENT_SQUARED: Name = Name::new("kept_gradient_squared");
pub const LAST_STEP: Name = Name::new("last_step");
pub const LATE_GRADIENTS: Name = Name::new("late_gradients");
pub const LATE_MOVE: Name = Name::new("late_move");
pub const LOSS: Name = Name::new("loss");
pub const MOMENT_RATE: Name = Name::new("moment_rate");
pub const PARAMETERS: Name = Name::new("parameters");
pub const PROJECTED: Name = Name::new("projected");
pub const RUNS: Name = Name::new("runs");
pub const RUNS_ABOVE_MARGIN: Name = Name::new("runs_above_margin");
pub const RUNS_DIVERGED: Name = Name::new("runs_diverged");
pub const RUNS_ON_BORDER: Name = Name::new("runs_on_border");
pub const START_PROJECTED: Name = Name::new("start_projected");
pub const STEPS_TO_DECIDE: Name = Name::new("steps_to_decide");
pub const SUM_OF_STEPS: Name = Name::new("sum_of_steps");
pub const TREND: Name = Name::new("trend");
pub const TREND_OF_STEP: Name = Name::new("trend_of_step");
pub const UNPROJECTED_GRADIENT_SQUARED: Name = Name::new("unprojected_gradient_squared");
pub const UPDATES_PROJECTED: Name = Name::new("updates_projected");
pub const PATHWISE_RATE: Name = Name::new("pathwise_rate");
