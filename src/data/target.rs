//! A linear target of a data state with Gaussian observation noise.

use super::InputError;
use super::section::Keys;
use serde::Deserialize;

/// `Y = T D + σ η` with `T` of `m` rows of length `q`.
///
/// ```
/// let target = rtrl_lab::data::LinearTarget::new(vec![vec![1.0, 2.0], vec![0.0, -1.0]], 0.5);
/// let mut y = [0.0; 2];
/// target.write(&[3.0, 4.0], &[1.0, 0.0], &mut y);
/// assert_eq!(y, [1.0 * 3.0 + 2.0 * 4.0 + 0.5, -4.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearTarget {
    rows: Vec<Vec<f64>>,
    noise: f64,
}

impl LinearTarget {
    /// A target from its rows and the standard deviation of its noise.
    ///
    /// ```
    /// use rtrl_lab::data::LinearTarget;
    /// let target = LinearTarget::new(vec![vec![1.0, 2.0]], 0.5);
    /// assert_eq!((target.outputs(), target.noise()), (1, 0.5));
    /// ```
    pub fn new(rows: Vec<Vec<f64>>, noise: f64) -> Self {
        LinearTarget { rows, noise }
    }

    /// The target that the keys `target` and `target_noise` state for a data state of length `len`.
    ///
    /// ```
    /// use rtrl_lab::data::{LinearTarget, section::{KeyIndex, Keys, Located}};
    /// let values = toml::from_str("target = [0.3, -1.0]\ntarget_noise = 0.1").unwrap();
    /// let (index, base) = (KeyIndex::default(), std::path::Path::new("."));
    /// let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base };
    /// let target = LinearTarget::stated(keys, 2).unwrap();
    /// assert_eq!((target.rows()[0][1], target.noise()), (-1.0, 0.1));
    /// assert!(LinearTarget::stated(keys, 3).is_err());
    /// ```
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
    ///
    /// ```
    /// let target = rtrl_lab::data::LinearTarget::new(vec![vec![1.0, 2.0], vec![3.0, 4.0]], 0.0);
    /// assert_eq!(target.rows()[1], [3.0, 4.0]);
    /// ```
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// The standard deviation `σ` of the observation noise.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::LinearTarget::new(vec![vec![1.0]], 0.25).noise(), 0.25);
    /// ```
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Number of targets `m`.
    ///
    /// ```
    /// assert_eq!(rtrl_lab::data::LinearTarget::new(vec![vec![1.0, 2.0]; 3], 0.0).outputs(), 3);
    /// ```
    pub fn outputs(&self) -> usize {
        self.rows.len()
    }

    /// Writes `T state + σ η`.
    ///
    /// ```
    /// let mut y = [0.0];
    /// rtrl_lab::data::LinearTarget::new(vec![vec![2.0]], 0.5).write(&[3.0], &[-2.0], &mut y);
    /// assert_eq!(y, [2.0 * 3.0 - 0.5 * 2.0]);
    /// ```
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
