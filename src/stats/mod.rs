//! A number and its uncertainty; knows no network.

mod asymptotic_variance;
mod block_bootstrap;
mod bootstrap;
mod chains;
mod effective;
mod energy;
mod equivalence;
mod estimate;
mod multiplicity;
mod quantiles;
mod regression;
mod rhat;
mod sample;
mod sequence;
mod squared_norm;
mod stationarity_tests;
mod tail;
mod undefined;

pub use asymptotic_variance::{VarianceMethod, asymptotic_variance, multivariate_effective_sample_size};
pub use block_bootstrap::{BlockBootstrap, block_length, resample_blocks};
pub use bootstrap::{Bootstrap, IntervalKind};
pub use chains::Chains;
pub use effective::{Aspect, effective_sample_size, mcse_mean, mcse_quantile};
pub use energy::EnergyTable;
pub use equivalence::{Equivalence, equivalence};
pub use estimate::Estimate;
pub use multiplicity::holm;
pub use quantiles::{beta_quantile, chi_square_quantile, normal_quantile, normal_tail, student_quantile};
pub use regression::{WeightedLine, line, weighted_line};
pub use rhat::rhat;
pub use sample::Sample;
pub use sequence::ConfidenceSequence;
pub use squared_norm::squared_norm_of_mean;
pub use stationarity_tests::{UnitRootTest, augmented_dickey_fuller, kpss};
pub use tail::tail_index;
pub use undefined::Undefined;
