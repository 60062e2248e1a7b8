//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;
pub(crate) use crate::claims::measuring::names::{DISTANCE, LOG_MOMENTS, SIZE, SMALLER};

pub(crate) const FINITE_SIZE_BIAS: Name = Name::new("finite_size_bias");
pub(crate) const HALF_LIFE: Name = Name::new("half_life");
pub(crate) const TRANSIENT_PEAK: Name = Name::new("transient_peak");
pub(crate) const RATE: Name = Name::new("rate");
pub(crate) const REPLICAS: Name = Name::new("replicas");
pub(crate) const REPLICAS_DIVERGED: Name = Name::new("replicas_diverged");
pub(crate) const STRAIGHT_LINE_RATE: Name = Name::new("straight_line_rate");
pub(crate) const SYSTEMATIC: Name = Name::new("systematic");
pub(crate) const TIME_TO_PERCENT: Name = Name::new("time_to_percent");
pub(crate) const WINDOW_FIRST: Name = Name::new("window_first");
pub(crate) const WINDOW_LAST: Name = Name::new("window_last");
