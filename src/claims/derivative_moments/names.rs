//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const CHAINS_OVERFLOWED: Name = Name::new("chains_overflowed");
pub(crate) const GROWTH: Name = Name::new("growth");
pub(crate) const LENGTH: Name = Name::new("length");
pub(crate) const MOMENT: Name = Name::new("moment");
pub(crate) const PRODUCT_EXPONENT: Name = Name::new("product_exponent");
pub(crate) const PRODUCT_RATE: Name = Name::new("product_rate");
pub(crate) const TAIL_INDEX: Name = Name::new("tail_index");
pub(crate) const TAIL_INDEX_ABOVE: Name = Name::new("tail_index_above");
