//! Exogenous processes and recorded series, and what a network sees of them.

pub mod arrays;
mod autoregression;
mod error;
mod playback;
mod process;
pub mod recorded;
mod shown;
mod stretch;
mod target;

pub use autoregression::{Autoregression, NonlinearAr, Var};
pub use error::{InputError, nearest};
pub use playback::Playback;
pub use process::DataProcess;
pub use shown::{shortened, shortened_to, shown, shown_lines};
pub use stretch::Stretch;
pub use target::LinearTarget;
