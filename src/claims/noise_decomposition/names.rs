//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const EXCESS_EXPONENT: Name = Name::new("excess_exponent");
pub const MARTINGALE_SQUARE_OVER_PREDICTED: Name = Name::new("martingale_square_over_predicted");
pub const TERMS: Name = Name::new("terms");
