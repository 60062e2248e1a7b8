//! Recurrent networks: activations, cells with their exact derivatives, readout, losses, named
//! parameters.

pub mod activation;
mod cell;
mod columns;
mod complex_diagonal;
mod diagonal;
mod elman;
mod elman_columns;
mod elman_differences;
mod elman_error;
mod elman_pairs;
mod elman_tangents;
mod gated;
mod gated_bounds;
mod gated_columns;
mod gated_immediates;
mod gru;
mod influence;
pub mod kind;
mod layout;
pub mod loss;
mod lstm;
mod masked;
mod minimal_gated;
mod pair_steps;
mod readout;
mod recurrent;
mod tangents;
mod unit_rule;

pub use activation::Activation;
pub use cell::{Cell, CellBounds, Differences, Immediate, OneLayer, TwoTapes};
pub use columns::Columns;
pub use diagonal::Diagonal;
pub use elman::Elman;
pub use elman_error::ElmanError;
pub use influence::InfluenceLayout;
pub use kind::CellKind;
pub use layout::{Layout, NamedBlock};
pub use loss::Loss;
pub use pair_steps::PairSteps;
pub use readout::Readout;
pub use recurrent::Network;
pub use tangents::{RankOne, TangentDifference, TangentStep, Tangents};
