//! The claim `geometric_ergodicity`: its words and judgement, its two kinds of runs, and the
//! Wasserstein brackets.

pub(crate) mod names;
mod bounds;
mod brackets;
mod claim;
mod driven;
mod guided;
mod moments;
mod plain;
mod shown;
mod starts;

pub(super) use claim::GeometricErgodicity;
pub(crate) use starts::gaussian_start;
