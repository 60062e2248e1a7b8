//! Wasserstein distances between samples or Gaussian laws; knows no chain.

mod assignment;
mod auction;
mod centred;
mod gaussian;
mod gelbrich;
mod ground;
mod order;
mod paths;
mod shortlist;
mod solver;
mod sorted;

pub use assignment::{Assignment, assignment, assignment_of_order};
pub use centred::{Centred, centred};
pub use gaussian::{FactoredGaussian, wasserstein_2};
pub use gelbrich::{GelbrichBound, gelbrich_from_pairs};
pub use order::Order;
pub use sorted::wasserstein_1d;
