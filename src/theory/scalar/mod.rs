//! The exact nonlinear case: one unit of any smooth activation on independent or AR(1) Gaussian
//! data, by quadrature.

mod distance;
mod gradient;
mod kernel;
mod mixture;
mod model;
mod network;
mod pairs;
mod rates;
mod reach;
mod start;

pub use distance::ScalarDistance;
pub(super) use mixture::{legendre, panel};
pub use model::ScalarModel;
pub use network::ScalarNetwork;
pub use pairs::shared_growth;
pub(super) use reach::suits_grids;
