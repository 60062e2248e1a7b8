//! Recorded series: a CSV file, its columns, and the aligned, standardised series made of them.

mod columns;
mod table;
mod text;

pub use columns::{Alignment, RecordedColumns, Series, standardised};
pub use table::{Missing, Reading, Table};
