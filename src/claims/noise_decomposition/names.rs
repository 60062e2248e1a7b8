//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const EXCESS_EXPONENT: Name = Name::new("excess_exponent");
pub(crate) const MARTINGALE_SQUARE_OVER_PREDICTED: Name = Name::new("martingale_square_over_predicted");
pub(crate) const TERMS: Name = Name::new("terms");
