//! Parameters that learn: methods, schedules, projection, the online loop, and the gradient's norm
//! at frozen parameters.

mod gradient_norm;
mod lanes;
pub mod method;
mod online;
mod online_ensemble;
mod scaling;
mod schedule;
mod stable_step;
mod streams;

pub use gradient_norm::GradientNorm;
pub use lanes::{Training, TrainingStep};
pub use method::{Method, Rule};
pub use online::{Observer, Online, Progress, RunStart};
pub use online_ensemble::{Learned, OnlineEnsemble, UnlikeCells};
pub use scaling::Scaling;
pub use schedule::Schedule;
pub use stable_step::stable_step;
pub(crate) use stable_step::{DOUBLINGS, HALVINGS};
