//! Measures whether the convergence theory of Real-time Recurrent Learning holds for a given
//! recurrent network, data and step sizes.
//!
//! Every process here is a random recursion `H' = F(H, ξ)`: the joint chain of data, hidden state
//! and forward derivatives is the data's recursion with more state and no new randomness.
//! [`theory`] never sees a sample and [`ergodicity`] never sees a weight; they meet in [`claims`]
//! alone. The rooms below stand in the order in which they may use each other: a room uses only
//! rooms above it.
//!
//! | to | start at |
//! |---|---|
//! | run a study from a program | [`study::Prepared`] |
//! | simulate the joint chain | [`chain::JointChain`] |
//! | have the exact linear Gaussian answers | [`theory::LinearGaussian`] |
//! | fit a decay rate | [`ergodicity::GeometricFit`] |
//! | compare gradients | [`gradient`] |
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod random;
pub mod simd;
pub mod linalg;
pub mod markov;
pub mod network;
pub mod stats;
pub mod transport;
pub mod data;
pub mod gradient;
pub mod coupling;
pub mod chain;
pub mod theory;
pub mod ergodicity;
pub mod training;
pub mod figures;
pub mod claims;
pub mod calibration;
pub mod study;
pub mod report;
