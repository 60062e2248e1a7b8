//! Exogenous processes and recorded series, and what a network sees of them.

mod add_task;
pub mod arrays;
pub mod audit;
mod autoregression;
mod chaotic;
mod delayed_copy;
mod error;
mod hidden_markov;
pub mod kind;
mod known;
mod order_book;
mod recorded_book;
mod recorded_series;
mod process;
pub mod recorded;
pub mod section;
mod series;
mod shown;
mod segment;
mod target;
mod teacher;
mod trace_patterning;

pub use autoregression::{Autoregression, NonlinearAr, Var};
pub use error::{InputError, did_you_mean, nearest};
pub use known::SeriesClass;
pub use order_book::{BookInput, BookTarget, OrderBook, OrderEffect, OrderEvent, OrderRates, Side};
pub use process::DataProcess;
pub use recorded_series::{HeldOut, RecordedSeries};
pub use segment::Segment;
pub(crate) use shown::{listed, shortened_to, shown_lines, wrapped};
pub use shown::{shortened, shown};
pub use target::LinearTarget;

/// Whether a number counts something: 0, 1, … up to `most`.
fn is_count_up_to(number: f64, most: usize) -> bool {
    (0.0..=most as f64).contains(&number) && number.fract() == 0.0
}
