//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;
use crate::markov::Block;

pub(crate) const BRACKET: Name = Name::new("bracket");
pub(crate) const BRACKETS_HOLD_EXACT: Name = Name::new("brackets_hold_exact");
pub(crate) const CERTIFIED_RATE: Name = Name::new("certified_rate");
pub(crate) const EXACT_RATE: Name = Name::new("exact_rate");
pub(crate) const EXACT_RATE_DATA: Name = Name::new("exact_rate_data");
pub(crate) const EXACT_RATE_RECURRENT: Name = Name::new("exact_rate_recurrent");
pub(crate) const IMAGE_FIRST: Name = Name::new("image_first");
pub(crate) const IMAGE_SECOND: Name = Name::new("image_second");
pub(crate) const MEAN_DIFFERENCE: Name = Name::new("mean_difference");
pub(crate) const PRODUCT_RATE: Name = Name::new("product_rate");
pub(crate) const SKETCH_AUTOMATIC: Name = Name::new("sketch_automatic");
pub(crate) const SKETCH_COLUMNS: Name = Name::new("sketch_columns");
pub(crate) const W2_EXACT: Name = Name::new("w2_exact");

/// What is said of a bracket, for [`of_bracket`].
pub(crate) const UPPER: &str = "upper";
pub(crate) const LOWER: &str = "lower";
pub(crate) const COUPLING: &str = "coupling";
pub(crate) const RESIDUAL: &str = "residual";
pub(crate) const LOWER_IS_GELBRICH: &str = "lower_is_gelbrich";
pub(crate) const CENTRED_SQUARED_U: &str = "centred_squared_U";
pub(crate) const CENTRED_SQUARED_L: &str = "centred_squared_L";

/// `(E d^p)^{1/p}` of a block, in the records of the bounds.
pub(crate) fn of_moment(order: u32, block: Block) -> Name {
    Name::new(if order == 1 { "mean" } else { "root_mean_square" }).of(block.name())
}

/// `w1_` or `w2_` and what is said of a bracket: `w2_upper_hidden[40]`.
pub(crate) fn of_bracket(order: u32, what: &'static str, block: Block, time: usize) -> Name {
    Name::new(if order == 1 { "w1" } else { "w2" }).of(what).of(block.name()).at(time)
}
