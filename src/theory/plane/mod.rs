//! The exact nonlinear case of two units that see each other, on independent Gaussian data, by
//! quadrature on a tensor grid.

mod model;
mod network;

pub use model::PlaneModel;
pub use network::PlaneNetwork;
