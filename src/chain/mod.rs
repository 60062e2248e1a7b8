//! The joint chain (data, hidden state, forward derivatives) at frozen parameters.

mod directions;
mod ensemble;
mod joint;
mod sketch;
mod sketched;
mod tangent;
mod tangent_columns;
mod tangent_population;
mod together;

pub use directions::Directions;
pub use ensemble::{Ensemble, Means, Targets, processor};
pub(crate) use ensemble::{LearningLanes, moving, width};
pub use joint::JointChain;
pub use sketch::{Sketch, sketch_variance};
pub use sketched::SketchedChain;
pub use tangent::TangentChain;
pub use tangent_population::TangentPopulation;
