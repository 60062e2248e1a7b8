//! How much a calibration repeats, as a file says it.

use crate::data::InputError;
use serde::{Deserialize, Serialize};

/// Repeats and seed of a calibration, the keys of its file.
///
/// ```
/// use rtrl_lab::calibration::Plan;
/// let plan = Plan { power: 0, ..Plan::default() };
/// let written = serde_json::to_value(&plan).unwrap();
/// assert_eq!((&written["repeats"], &written["power"]), (&2000.into(), &0.into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Independent repeats of a light trial.
    pub repeats: usize,
    /// Independent repeats of a heavy trial, one of which takes a good part of a second.
    pub heavy_repeats: usize,
    /// Seeds of every designed violation and of every healthy case.
    pub verdicts: usize,
    /// Seeds at every point of a power curve; 0 for none.
    pub power: usize,
    /// Random linear systems on which the rate is estimated; 0 for none.
    pub systems: usize,
    /// Random systems of every family of a draw; 0 for none.
    pub draws: usize,
    /// Seed of all noise.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { repeats: 2000, heavy_repeats: 100, verdicts: 100, power: 40, systems: 200, draws: 200, seed: 20_261_124 }
    }
}

impl Plan {
    /// The plan that a TOML file states; what it leaves out is as in [`Plan::default`].
    ///
    /// ```
    /// let plan = rtrl_lab::calibration::Plan::parse("repeats = 500", "calibration.toml").unwrap();
    /// assert_eq!((plan.repeats, plan.heavy_repeats), (500, 100));
    /// assert!(rtrl_lab::calibration::Plan::parse("repeat = 500", "calibration.toml").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] where it is no TOML or states an unknown key.
    pub fn parse(text: &str, place: &str) -> Result<Self, InputError> {
        toml::from_str(text).map_err(|error| {
            let what = error.message().to_string();
            InputError::new(place, what, "the keys are repeats, heavy_repeats, verdicts, power, systems, draws and seed, all whole numbers")
        })
    }

    /// The plan, where it repeats enough to measure anything.
    ///
    /// ```
    /// use rtrl_lab::calibration::Plan;
    /// let of = |repeats| Plan { repeats, ..Plan::default() }.checked();
    /// assert_eq!(of(20).unwrap().repeats, 20);
    /// assert_eq!(of(19).unwrap_err().remedy, "give at least 20");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key with fewer than 20 repeats or no verdict, or with more of anything
    /// than a machine ever does.
    pub fn checked(self) -> Result<Self, InputError> {
        const MOST: usize = 10_000_000;
        let counts = [
            ("repeats", self.repeats, 20),
            ("heavy_repeats", self.heavy_repeats, 20),
            ("verdicts", self.verdicts, 1),
            ("power", self.power, 0),
            ("systems", self.systems, 0),
            ("draws", self.draws, 0),
        ];
        for (key, value, least) in counts {
            if value < least {
                return Err(InputError::new(key, format!("{value} is so few that nothing is measured"), format!("give at least {least}")));
            }
            if value > MOST {
                return Err(InputError::new(key, format!("{value} is more than a run can do"), format!("give at most {MOST}")));
            }
        }
        Ok(self)
    }
}
