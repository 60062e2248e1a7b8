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
//! | ask a claim of a network of one's own | [`claims::Case::new`] |
//!
//! Matrices are those of [`ndarray`], which is exported again. How fast does one tanh unit forget?
//!
//! ```
//! use rtrl_lab::claims::{self, Case};
//! use rtrl_lab::data::{Autoregression, LinearTarget, Var};
//! use rtrl_lab::ndarray::arr2;
//! use rtrl_lab::network::{Elman, Network, Readout, activation};
//! let target = LinearTarget::new(vec![vec![1.0]], 0.1);
//! let (transition, noise_factor) = (arr2(&[[0.5]]), arr2(&[[1.0]]));
//! let data = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
//! let cell = Elman::new(&[0.9], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
//! let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
//! let claim = claims::named("hidden_contraction").unwrap();
//! let case = Case::new("tanh", std::sync::Arc::new(data), network)
//!     .with_budget(claim, |budget| budget.chains = 64);
//! let finding = case.ask(claim);
//! let rate = finding.estimate.as_ref().unwrap();
//! assert!(rate.lower > 0.4 && rate.upper < 0.8, "{}", finding.reason);
//! ```
#![deny(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

pub use ndarray;

pub mod simd;
pub mod random;
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
pub mod cli;
