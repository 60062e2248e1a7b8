//! Measures whether the convergence theory of Real-time Recurrent Learning holds for a given recurrent network, data and step sizes.
//!
//! The rooms, each using only those above it (`tests/architecture.rs` holds the table):
#![warn(missing_docs)]

pub mod random;
