//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const CHAINS_OVERFLOWED: Name = Name::new("chains_overflowed");
pub const GROWTH: Name = Name::new("growth");
pub const LENGTH: Name = Name::new("length");
pub const MOMENT: Name = Name::new("moment");
pub const PRODUCT_EXPONENT: Name = Name::new("product_exponent");
pub const PRODUCT_RATE: Name = Name::new("product_rate");
pub const TAIL_INDEX: Name = Name::new("tail_index");
pub const TAIL_INDEX_ABOVE: Name = Name::new("tail_index_above");
