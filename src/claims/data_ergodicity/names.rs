//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const ADF: Name = Name::new("adf");
pub const ADF_P: Name = Name::new("adf_p");
pub const CERTIFIED_RATE: Name = Name::new("certified_rate");
pub const KPSS: Name = Name::new("kpss");
pub const KPSS_P: Name = Name::new("kpss_p");
pub const ROLLING: Name = Name::new("rolling");
pub const SPLIT_HALF: Name = Name::new("split_half");
