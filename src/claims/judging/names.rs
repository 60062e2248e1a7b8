//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;
pub use crate::claims::measuring::names::{DISTANCE, LOG_MOMENTS, SIZE, SMALLER};

pub const FINITE_SIZE_BIAS: Name = Name::new("finite_size_bias");
pub const HALF_LIFE: Name = Name::new("half_life");
pub const TRANSIENT_PEAK: Name = Name::new("transient_peak");
pub const RATE: Name = Name::new("rate");
pub const REPLICAS: Name = Name::new("replicas");
pub const REPLICAS_DIVERGED: Name = Name::new("replicas_diverged");
pub const STRAIGHT_LINE_RATE: Name = Name::new("straight_line_rate");
pub const SYSTEMATIC: Name = Name::new("systematic");
pub const TIME_TO_PERCENT: Name = Name::new("time_to_percent");
pub const WINDOW_FIRST: Name = Name::new("window_first");
pub const WINDOW_LAST: Name = Name::new("window_last");
