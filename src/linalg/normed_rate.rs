//! A rate and the norm that it holds in.

use super::{Norm, operator_norm};
use ndarray::ArrayView2;

/// A certified one-step rate and the norm it holds in.
///
/// ```
/// use rtrl_lab::linalg::{Norm, NormedRate};
/// let turned = ndarray::array![[0.3, -0.4], [0.4, 0.3]];
/// let best = NormedRate::smallest(turned.view(), 1.0);
/// assert!((best.rate - 0.5).abs() < 1e-15 && best.norm == Norm::Spectral);
/// assert_eq!(NormedRate::UNKNOWN.rate, f64::INFINITY);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormedRate {
    /// The rate; 1 or more certifies nothing.
    pub rate: f64,
    /// The norm.
    pub norm: Norm,
}

/// Norms in which `‖diag(s) B‖ ≤ max|s| ‖B‖`: a bound on the slopes needs no more.
const ABSOLUTE: [Norm; 4] = [Norm::Spectral, Norm::One, Norm::Infinity, Norm::Weighted];

impl NormedRate {
    /// No rate at all.
    pub const UNKNOWN: NormedRate = NormedRate { rate: f64::INFINITY, norm: Norm::Spectral };

    /// The smallest norm of `matrix` among those in which bounded slopes may stand before it, times
    /// `scale`.
    ///
    /// ```
    /// use rtrl_lab::linalg::{Norm, NormedRate};
    /// let matrix = ndarray::arr2(&[[0.0, 2.0], [0.0, 0.0]]);
    /// let best = NormedRate::smallest(matrix.view(), 0.5);
    /// assert!(best.rate < 1.0 && best.norm == Norm::Weighted);
    /// ```
    pub fn smallest(matrix: ArrayView2<f64>, scale: f64) -> NormedRate {
        let rates = ABSOLUTE.into_iter().map(|norm| NormedRate { rate: operator_norm(matrix, norm), norm });
        let best = rates.reduce(|best, next| if next.rate < best.rate { next } else { best });
        best.map_or(NormedRate::UNKNOWN, |best| NormedRate { rate: scale * best.rate, ..best })
    }
}
