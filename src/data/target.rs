//! A linear target of a data state with Gaussian observation noise.

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
