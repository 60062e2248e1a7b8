//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub(crate) const CENTRED_SQUARED_L: Name = Name::new("centred_squared_L");
pub(crate) const CENTRED_SQUARED_U: Name = Name::new("centred_squared_U");
pub(crate) const COUPLED: Name = Name::new("coupled");
pub(crate) const COUPLED_RATE: Name = Name::new("coupled_rate");
pub(crate) const DRAW_ERROR_BOUND: Name = Name::new("draw_error_bound");
pub(crate) const DRAW_INCREMENT: Name = Name::new("draw_increment");
pub(crate) const ENERGY_COEFFICIENT_AFTER_A_STEP: Name = Name::new("energy_coefficient_after_a_step");
pub(crate) const EXACT_RATE: Name = Name::new("exact_rate");
pub(crate) const IMAGE: Name = Name::new("image");
pub(crate) const INCREMENT: Name = Name::new("increment");
pub(crate) const MEANS_RATE: Name = Name::new("means_rate");
pub(crate) const MEAN_DIFFERENCE: Name = Name::new("mean_difference");
pub(crate) const NOISE_FLOOR_SQUARED: Name = Name::new("noise_floor_squared");
pub(crate) const RELABELLING_P: Name = Name::new("relabelling_p");
pub(crate) const W2_EXACT: Name = Name::new("w2_exact");
