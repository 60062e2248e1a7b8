//! Names of arrays and numbers, for who writes and who reads them.

use crate::claims::Name;

pub const CENTRED_SQUARED_L: Name = Name::new("centred_squared_L");
pub const CENTRED_SQUARED_U: Name = Name::new("centred_squared_U");
pub const COUPLED: Name = Name::new("coupled");
pub const COUPLED_RATE: Name = Name::new("coupled_rate");
pub const DRAW_ERROR_BOUND: Name = Name::new("draw_error_bound");
pub const DRAW_INCREMENT: Name = Name::new("draw_increment");
pub const ENERGY_COEFFICIENT_AFTER_A_STEP: Name = Name::new("energy_coefficient_after_a_step");
pub const EXACT_RATE: Name = Name::new("exact_rate");
pub const IMAGE: Name = Name::new("image");
pub const INCREMENT: Name = Name::new("increment");
pub const MEANS_RATE: Name = Name::new("means_rate");
pub const MEAN_DIFFERENCE: Name = Name::new("mean_difference");
pub const NOISE_FLOOR_SQUARED: Name = Name::new("noise_floor_squared");
pub const RELABELLING_P: Name = Name::new("relabelling_p");
pub const W2_EXACT: Name = Name::new("w2_exact");
