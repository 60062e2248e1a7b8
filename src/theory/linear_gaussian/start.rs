//! Gaussian starts of the joint chain.

use super::{LinearGaussian, OracleError};
use crate::transport::FactoredGaussian;
use ndarray::{Array1, Array2, Axis, concatenate, s};

/// A Gaussian start with independent coordinates.
///
/// ```text
/// (D_0, S_0) ~ N(mean, diag(deviation)²), V_0 = 0;
///     or, where q + N + N P numbers are given, the same of (D_0, S_0, vec V_0)
/// ```
///
/// ```
/// # use ndarray::{arr1, arr2};
/// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
/// # let model = rtrl_lab::theory::LinearModel {
/// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
/// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
/// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
/// # };
/// use rtrl_lab::theory::{GaussianStart, LinearGaussian};
/// let exact = LinearGaussian::new(model).unwrap();
/// let start = GaussianStart { mean: arr1(&[7.0, -1.0]), deviation: arr1(&[3.0, 0.0]) };
/// let covariance = exact.law(&start, 0).unwrap().covariance();
/// assert_eq!((covariance[[0, 0]], covariance[[1, 1]]), (9.0, 0.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianStart {
    /// Mean of `(D_0, S_0)`, length q + N, or of `(D_0, S_0, vec V_0)`, length q + N + N P.
    pub mean: Array1<f64>,
    /// Standard deviation of each of these coordinates; zero for a point.
    pub deviation: Array1<f64>,
}

impl GaussianStart {
    /// The same start of `(D, S)` with derivatives that start in `N(0, diag(deviation)²)`;
    /// `deviation` (N P) runs by rows of `V`.
    ///
    /// ```
    /// use ndarray::arr1;
    /// use rtrl_lab::theory::GaussianStart;
    /// let start = GaussianStart { mean: arr1(&[2.0, 0.0]), deviation: arr1(&[0.0, 1.0]) };
    /// assert_eq!(start.with_derivatives(&arr1(&[0.5])).deviation, arr1(&[0.0, 1.0, 0.5]));
    /// ```
    pub fn with_derivatives(&self, deviation: &Array1<f64>) -> Self {
        GaussianStart {
            mean: concatenate![Axis(0), self.mean, Array1::zeros(deviation.len())],
            deviation: concatenate![Axis(0), self.deviation, *deviation],
        }
    }
}

impl LinearGaussian {
    /// The law of the joint state at time 0.
    pub(super) fn initial(&self, start: &GaussianStart) -> Result<FactoredGaussian, OracleError> {
        let (given, states, joint) = (start.mean.len(), self.states(), self.blocks().len());
        if given != start.deviation.len() || (given != states && given != joint) {
            return Err(OracleError::Start { means: given, deviations: start.deviation.len(), states, joint });
        }
        let (mut mean, mut factor) = (Array1::zeros(joint), Array2::zeros((joint, given)));
        mean.slice_mut(s![..given]).assign(&start.mean);
        factor.slice_mut(s![..given, ..]).diag_mut().assign(&start.deviation);
        Ok(FactoredGaussian { mean, factor })
    }
}
