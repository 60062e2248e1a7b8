//! Recurrent networks: activations, cells with their exact derivatives, readout, named parameters.

pub mod activation;
mod cell;
mod dense;
mod diagonal;
pub mod elementary;
mod elman;
mod elman_tangents;
mod influence;
mod layout;
mod panels;
mod readout;
mod recurrent;
mod tangents;
pub(crate) mod register;

pub use activation::Activation;
pub use cell::{Cell, Differences, TwoTapes};
pub use diagonal::Diagonal;
pub use elman::{Elman, ElmanError};
pub use influence::InfluenceLayout;
pub use layout::{Layout, NamedBlock};
pub use readout::Readout;
pub use recurrent::Network;
pub use tangents::{RankOne, TangentDifference, TangentStep, Tangents};
