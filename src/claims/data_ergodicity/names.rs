//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const ADF: Name = Name::new("adf");
pub(crate) const ADF_P: Name = Name::new("adf_p");
pub(crate) const CERTIFIED_RATE: Name = Name::new("certified_rate");
pub(crate) const KPSS: Name = Name::new("kpss");
pub(crate) const KPSS_P: Name = Name::new("kpss_p");
pub(crate) const ROLLING: Name = Name::new("rolling");
pub(crate) const SPLIT_HALF: Name = Name::new("split_half");
