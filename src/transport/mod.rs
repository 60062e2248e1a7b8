//! Wasserstein distances between samples or Gaussian laws; knows no chain.

mod ascending;
mod assignment;
mod auction;
mod centred;
mod certificate;
mod compensated;

mod gaussian;
mod gelbrich;
mod ground;
mod influence;
mod max_sliced;
mod nearby;
mod order;
mod origin;
mod paths;
mod shortlist;
mod sinkhorn;
mod sliced;
mod softmax;
mod solver;
mod sorted;

pub use assignment::{Assignment, assignment, assignment_of_order};
pub use centred::{Centred, centred};
pub use gaussian::{FactoredGaussian, wasserstein_2};
pub use gelbrich::{GelbrichBound, gelbrich_from_pairs};
pub use max_sliced::{MaxSliced, max_sliced, max_sliced_witness};
pub use nearby::CovarianceFrame;
pub use order::Order;
pub use sinkhorn::{SinkhornDivergence, sinkhorn_divergence};
pub use sliced::{sliced, sliced_along};
pub use sorted::wasserstein_1d;
pub(crate) use sorted::wasserstein_1d_ascending;
