//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;
use crate::markov::Block;

pub const BRACKET: Name = Name::new("bracket");
pub const BRACKETS_HOLD_EXACT: Name = Name::new("brackets_hold_exact");
pub const CERTIFIED_RATE: Name = Name::new("certified_rate");
pub const EXACT_RATE: Name = Name::new("exact_rate");
pub const EXACT_RATE_DATA: Name = Name::new("exact_rate_data");
pub const EXACT_RATE_RECURRENT: Name = Name::new("exact_rate_recurrent");
pub const IMAGE_FIRST: Name = Name::new("image_first");
pub const IMAGE_SECOND: Name = Name::new("image_second");
pub const MEAN_DIFFERENCE: Name = Name::new("mean_difference");
pub const PRODUCT_RATE: Name = Name::new("product_rate");
pub const SKETCH_AUTOMATIC: Name = Name::new("sketch_automatic");
pub const SKETCH_COLUMNS: Name = Name::new("sketch_columns");
pub const W2_EXACT: Name = Name::new("w2_exact");

/// What is said of a bracket, for [`of_bracket`].
pub const UPPER: &str = "upper";
pub const LOWER: &str = "lower";
pub const COUPLING: &str = "coupling";
pub const RESIDUAL: &str = "residual";
pub const LOWER_IS_GELBRICH: &str = "lower_is_gelbrich";
pub const CENTRED_SQUARED_U: &str = "centred_squared_U";
pub const CENTRED_SQUARED_L: &str = "centred_squared_L";

/// Root mean distances of a block, in the records of the bounds.
pub fn of_block(block: Block) -> Name {
    Name::new(block.name())
}

/// `w1_` or `w2_` and what is said of a bracket: `w2_upper_hidden[40]`.
pub fn of_bracket(order: u32, what: &'static str, block: Block, time: usize) -> Name {
    Name::new(if order == 1 { "w1" } else { "w2" }).of(what).of(block.name()).at(time)
}
