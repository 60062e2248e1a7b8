//! A linear target of a data state with Gaussian observation noise.

use super::InputError;
use super::section::Keys;
use serde::Deserialize;

/// `Y = T D + σ η` with `T` of `m` rows of length `q`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearTarget {
    rows: Vec<Vec<f64>>,
    noise: f64,
}

impl LinearTarget {
    /// A target from its rows and the standard deviation of its noise.
    pub fn new(rows: Vec<Vec<f64>>, noise: f64) -> Self {
        LinearTarget { rows, noise }
    }

    /// The target that the keys `target` and `target_noise` state for a data state of length `len`.
    ///
    /// # Errors
    /// [`InputError`] at a key that is missing or wrong.
    pub fn stated(keys: Keys<'_>, len: usize) -> Result<Self, InputError> {
        let rows = match keys.required("target", "give one number a coordinate of the data state: Y = target · D + noise")? {
            Rows::One(row) => vec![row],
            Rows::All(rows) => rows,
        };
        keys.at.matrix("target", &rows, (None, Some(len)))?;
        Ok(LinearTarget::new(rows, keys.number("target_noise", 0.0, (0.0, 1e12), false)?))
    }

    /// The rows of `T`.
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// The standard deviation `σ` of the observation noise.
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Number of targets `m`.
    pub fn outputs(&self) -> usize {
        self.rows.len()
    }

    /// Writes `T state + σ η`.
    pub fn write(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
        for ((row, eta), y) in self.rows.iter().zip(observation_noise).zip(target) {
            *y = row.iter().zip(state).fold(self.noise * eta, |sum, (t, d)| sum + t * d);
        }
    }
}

/// One row for one target, or a matrix by rows.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a list of numbers (one target) or a list of rows of numbers")]
enum Rows {
    One(Vec<f64>),
    All(Vec<Vec<f64>>),
}
