//! Recorded series: a CSV file, its columns, and the aligned, standardised series made of them.

mod columns;
mod shaping;
mod table;
mod text;
mod times;

pub use columns::{Alignment, RecordedColumns, Series, standardised};
pub use shaping::{Shaped, Shaping};
pub use table::{Missing, Reading, Table};
pub(in crate::data) use times::UNITS;
pub use times::{Calendar, TimeColumn};
