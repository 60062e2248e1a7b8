//! Exogenous processes and recorded series, and what a network sees of them.

mod autoregression;
mod playback;
mod process;
mod stretch;
mod target;

pub use autoregression::{Autoregression, NonlinearAr, Var};
pub use playback::Playback;
pub use process::DataProcess;
pub use stretch::Stretch;
pub use target::LinearTarget;
