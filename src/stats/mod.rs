//! A number and its uncertainty; knows no network.

mod bootstrap;
mod estimate;
mod multiplicity;
mod quantiles;
mod regression;
mod sample;
mod squared_norm;
mod stationarity_tests;
mod tail;
mod undefined;

pub use bootstrap::{Bootstrap, IntervalKind};
pub use estimate::Estimate;
pub use multiplicity::holm;
pub use quantiles::{normal_quantile, normal_tail, student_quantile};
pub use regression::line;
pub use sample::Sample;
pub use squared_norm::squared_norm_of_mean;
pub use stationarity_tests::{UnitRootTest, augmented_dickey_fuller, kpss};
pub use tail::tail_index;
pub use undefined::Undefined;
