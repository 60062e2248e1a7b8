//! Wasserstein distances between samples or Gaussian laws; knows no chain.

mod assignment;
mod centred;
mod gaussian;
mod gelbrich;
mod sorted;

pub use assignment::{Assignment, assignment};
pub use centred::{Centred, centred};
pub use gaussian::{FactoredGaussian, wasserstein_2};
pub use gelbrich::{GelbrichBound, gelbrich_from_pairs};
pub use sorted::wasserstein_1d;
