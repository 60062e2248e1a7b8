//! The exact case: identity activation on a Gaussian autoregression, where the joint chain is one
//! linear Gaussian recursion.

mod direction;
mod distance;
mod error;
mod gradient;
mod hessian;
mod joint;
mod law;
mod least_truncation;
mod poisson;
mod power;
mod quadratic;
mod staleness;
mod start;
mod step_errors;
mod truncation;
mod variance;

pub use error::OracleError;
pub use gradient::BlockGradient;
pub use joint::LinearGaussian;
pub use least_truncation::Truncation;
pub use poisson::PoissonSolution;
pub use quadratic::Quadratic;
pub use staleness::Staleness;
pub use start::GaussianStart;
