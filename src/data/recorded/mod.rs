//! Recorded series: a CSV file, its columns, and the aligned, standardised series made of them.

mod columns;
mod shaping;
mod source;
mod table;
mod text;
mod times;

pub(in crate::data) use columns::FEWEST_ROWS;
pub use columns::{Alignment, RecordedColumns, Series, standardised};
pub use shaping::{Shaped, Shaping};
pub(in crate::data) use source::{bytes_of, checksum_of};
pub use table::{Missing, Reading, Table};
pub(in crate::data) use text::decoded;
pub(in crate::data) use times::UNITS;
pub use times::{Calendar, TimeColumn};
