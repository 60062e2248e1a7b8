//! How often intervals cover and verdicts err, measured against the exact linear Gaussian case.

pub mod systems;
