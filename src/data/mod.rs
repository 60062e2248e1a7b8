//! Exogenous processes and recorded series, and what a network sees of them.

mod add_task;
pub mod arrays;
mod autoregression;
mod chaotic;
mod delayed_copy;
mod error;
mod hidden_markov;
pub mod kind;
mod recorded_series;
mod process;
pub mod recorded;
pub mod section;
mod shown;
mod segment;
mod target;

pub use autoregression::{Autoregression, NonlinearAr, Var};
pub use error::{InputError, nearest};
pub use process::DataProcess;
pub use recorded_series::RecordedSeries;
pub use segment::Segment;
pub use shown::{shortened, shown};
pub(crate) use shown::{shortened_to, shown_lines};
pub use target::LinearTarget;
