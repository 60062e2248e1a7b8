//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const ADF: Name = Name::new("adf");
pub(crate) const ADF_P: Name = Name::new("adf_p");
pub(crate) const AUDIT: Name = Name::new("audit");
pub(crate) const CERTIFIED_RATE: Name = Name::new("certified_rate");
pub(crate) const CHANGE_AT: Name = Name::new("change_at_row");
/// Place of the class in [`SeriesClass::ALL`](crate::data::SeriesClass::ALL).
pub(crate) const CLASS: Name = Name::new("class");
pub(crate) const DRIFT: Name = Name::new("drift_of_an_eighth");
pub(crate) const DRIFT_BEYOND_CHANCE: Name = Name::new("drift_beyond_chance");
pub(crate) const DRIFT_P: Name = Name::new("drift_p");
pub(crate) const KPSS: Name = Name::new("kpss");
pub(crate) const KPSS_P: Name = Name::new("kpss_p");
pub(crate) const LAW_AHEAD: Name = Name::new("law_lasts_rows");
pub(crate) const LAW_BACK: Name = Name::new("law_held_for_rows");
pub(crate) const MEMORY: Name = Name::new("autocorrelation_rows");
pub(crate) const ROLLING: Name = Name::new("rolling");
pub(crate) const SEASON: Name = Name::new("season_rows");
pub(crate) const SEASON_SHARE: Name = Name::new("season_share");
pub(crate) const SPLIT_HALF: Name = Name::new("split_half");
pub(crate) const TAIL_INDEX: Name = Name::new("tail_index");
pub(crate) const TREND: Name = Name::new("trend_in_deviations");
