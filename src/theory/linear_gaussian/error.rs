//! Why there is no exact answer.

use crate::linalg::LinalgError;

/// Largest joint dimension that the oracle takes on.
pub(super) const LARGEST: usize = 3000;

/// Why there is no exact answer.
///
/// ```
/// # use {ndarray::{arr1, arr2}, rtrl_lab::theory::LinearModel};
/// # let (one, zero) = (arr2(&[[1.0]]), arr1(&[0.0]));
/// # let model = LinearModel {
/// #     transition: arr2(&[[0.0]]), noise_factor: one.clone(), target: one.clone(),
/// #     inputs: vec![0], target_noise: 0.0, beta: 0.0, b_matrix: arr2(&[[0.5]]),
/// #     w_matrix: one.clone(), bias: zero.clone(), c_matrix: one, readout_bias: zero,
/// # };
/// use rtrl_lab::theory::{LinearGaussian, OracleError};
/// let unstable = LinearModel { b_matrix: arr2(&[[-2.0]]), ..model };
/// match LinearGaussian::new(unstable) {
///     Err(OracleError::NotContractive { radius, .. }) => assert_eq!(radius, 2.0),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// A recursion does not contract.
    #[error("{what} has spectral radius {radius:.6}; below 1 is needed for a stationary law")]
    NotContractive {
        /// Which matrix.
        what: &'static str,
        /// Its spectral radius.
        radius: f64,
    },
    /// Too large.
    #[error("the joint chain has {0} coordinates and the exact law is worked out for at most {LARGEST}; take fewer hidden units")]
    TooLarge(usize),
    /// Another network.
    #[error("the network is no linear model: it is not one layer under the identity and the squared loss")]
    NotLinear,
    /// A start of the wrong length.
    #[error("a start of {means} means and {deviations} deviations fits neither (D, S), {states} coordinates, nor (D, S, vec V), {joint}")]
    Start {
        /// Means given.
        means: usize,
        /// Deviations given.
        deviations: usize,
        /// Coordinates of `(D, S)`.
        states: usize,
        /// Coordinates of `(D, S, vec V)`.
        joint: usize,
    },
    /// A block without a step.
    #[error("a block of truncated backpropagation has at least one step")]
    EmptyBlock,
    /// Nothing to be relative to.
    #[error("no step has a recurrent gradient that is a finite number other than zero")]
    NoGradient,
    /// A variance too small to be told from zero.
    #[error(
        "coordinate {coordinate} of (D, S), from 0, has a variance of {variance:e}, too small a number to work with; write the study in other units"
    )]
    Underflow {
        /// Which coordinate.
        coordinate: usize,
        /// Its variance.
        variance: f64,
    },
    /// A matrix fact failed.
    #[error(transparent)]
    Linalg(#[from] LinalgError),
}
