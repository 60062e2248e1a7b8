//! Quadratic functions of the joint state.

use crate::linalg::Times;
use crate::transport::FactoredGaussian;
use ndarray::{Array1, Array2, Axis};

/// A quadratic function of some coordinates of the joint state `z`.
///
/// ```text
/// f(z) = yᵀ M y + aᵀ y + b,   y = z[coordinates]
/// ```
///
/// ```
/// use ndarray::{arr1, arr2};
/// use rtrl_lab::{theory::Quadratic, transport::FactoredGaussian};
/// let f = Quadratic {
///     coordinates: vec![1],
///     matrix: arr2(&[[2.0]]),
///     vector: arr1(&[-1.0]),
///     constant: 3.0,
/// };
/// assert_eq!(f.at(&[7.0, 2.0]), 9.0);
/// // E f = 2 · (1 + 4) − 1 + 3 for a second coordinate of mean 1 and variance 4.
/// assert_eq!(
///     f.mean(&FactoredGaussian { mean: arr1(&[0.0, 1.0]), factor: arr2(&[[0.0], [2.0]]) }),
///     12.0
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Quadratic {
    /// Positions in the joint state, `(D, S)` first.
    pub coordinates: Vec<usize>,
    /// `M`, symmetric.
    pub matrix: Array2<f64>,
    /// `a`.
    pub vector: Array1<f64>,
    /// `b`.
    pub constant: f64,
}

impl Quadratic {
    /// The function `xᵀ M x + aᵀ x + b` of `x = y − centre`, expanded.
    pub(super) fn about(centre: &Array1<f64>, centred: Quadratic) -> Self {
        let pulled = centred.matrix.times(centre);
        let constant = centred.constant + centre.times(&pulled) - centred.vector.times(centre);
        Quadratic { vector: &centred.vector - &(pulled * 2.0), constant, ..centred }
    }

    /// `f(z)`; `state` is the whole joint state.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// let product = rtrl_lab::theory::Quadratic {
    ///     coordinates: vec![0, 2],
    ///     matrix: arr2(&[[0.0, 0.5], [0.5, 0.0]]),
    ///     vector: arr1(&[0.0, 0.0]),
    ///     constant: 1.0,
    /// };
    /// assert_eq!(product.at(&[3.0, 100.0, 7.0]), 3.0 * 7.0 + 1.0);
    /// ```
    pub fn at(&self, state: &[f64]) -> f64 {
        let y: Array1<f64> = self.coordinates.iter().map(|coordinate| state[*coordinate]).collect();
        y.times(&self.matrix.times(&y)) + self.vector.times(&y) + self.constant
    }

    /// `E f` under a Gaussian law of the joint state, `f(m) + tr M Σ`.
    ///
    /// ```
    /// use ndarray::{arr1, arr2};
    /// use rtrl_lab::{theory::Quadratic, transport::FactoredGaussian};
    /// let matrix = arr2(&[[0.0, 0.5], [0.5, 0.0]]);
    /// let (coordinates, vector) = (vec![0, 1], arr1(&[0.0, 0.0]));
    /// let product = Quadratic { coordinates, matrix, vector, constant: 0.0 };
    /// let law = FactoredGaussian { mean: arr1(&[5.0, 3.0]), factor: arr2(&[[1.0], [2.0]]) };
    /// assert_eq!(product.mean(&law), 5.0 * 3.0 + 1.0 * 2.0);
    /// ```
    pub fn mean(&self, law: &FactoredGaussian) -> f64 {
        let rows = law.factor.select(Axis(0), &self.coordinates);
        let spread: f64 = rows.iter().zip(&self.matrix.times(&rows)).map(|(x, y)| x * y).sum();
        self.at(&law.mean.to_vec()) + spread
    }
}
