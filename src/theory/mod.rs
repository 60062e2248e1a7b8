//! What theory predicts from parameters alone; it never sees a sample.

mod balanced_queues;
mod certificate;
mod linear_gaussian;
mod linear_model;
mod nodes;
mod online_loop;
mod plane;
mod scalar;

pub use crate::linalg::NormedRate;
pub use balanced_queues::balanced_race;
pub use certificate::{Certificate, DataRate};
pub use linear_gaussian::{BlockGradient, GaussianStart, LinearGaussian, OracleError, PoissonSolution, Quadratic, Staleness, Truncation};
pub use linear_model::LinearModel;
pub use online_loop::OnlineLoop;
pub use plane::{PlaneModel, PlaneNetwork};
pub use scalar::{ScalarDistance, ScalarModel, ScalarNetwork, shared_growth};

use crate::linalg::LinalgError;
use crate::stats::Undefined;

/// Why a spectral radius has no value.
fn unsettled(error: LinalgError) -> Undefined {
    Undefined::because(format!("the leading eigenvalue is not settled: {error}"))
}
