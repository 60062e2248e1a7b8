//! Measures whether the convergence theory of Real-time Recurrent Learning holds for a given recurrent network, data and step sizes.
#![warn(missing_docs)]

pub mod random;

pub mod linalg;

pub mod markov;

pub mod network;
pub mod stats;

pub mod data;

pub mod gradient;

pub mod coupling;

pub mod chain;
pub mod claims;

pub mod report;
pub mod study;
pub mod theory;

pub mod training;

pub mod ergodicity;
pub mod figures;
pub mod transport;
