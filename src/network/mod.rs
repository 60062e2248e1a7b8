//! Recurrent networks: activations, cells with their exact derivatives, readout, named parameters.

pub mod activation;
mod cell;
mod dense;
pub mod elementary;
mod elman;
mod layout;
mod readout;
mod recurrent;
pub(crate) mod register;

pub use activation::Activation;
pub use cell::{Cell, Differences, TwoTapes};
pub use elman::{Elman, ElmanError};
pub use layout::{Layout, NamedBlock};
pub use readout::Readout;
pub use recurrent::Network;
