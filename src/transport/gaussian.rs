//! Gaussian laws carried as mean and covariance factor, and the 2-Wasserstein distance between
//! them.

use crate::linalg::{Times, compress_factor, jacobi_svd};
use ndarray::{Array1, Array2};
use std::ops::Range;

/// A Gaussian law `N(mean, L Lᵀ)`.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::FactoredGaussian;
/// let law = FactoredGaussian { mean: array![1.0, 2.0], factor: array![[3.0], [4.0]] };
/// let second = law.marginal(1..2);
/// assert_eq!((second.mean[0], second.covariance()[[0, 0]]), (2.0, 16.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FactoredGaussian {
    /// The mean.
    pub mean: Array1<f64>,
    /// The factor `L`.
    pub factor: Array2<f64>,
}

impl FactoredGaussian {
    /// The law of the coordinates in `range`.
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::transport::FactoredGaussian;
    /// let law = FactoredGaussian { mean: array![1.0, 2.0, 3.0], factor: ndarray::Array2::eye(3) };
    /// let last = law.marginal(1..3);
    /// assert_eq!(last.mean, array![2.0, 3.0]);
    /// assert_eq!(last.factor, array![[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
    /// ```
    pub fn marginal(&self, range: Range<usize>) -> FactoredGaussian {
        FactoredGaussian {
            mean: self.mean.slice(ndarray::s![range.clone()]).to_owned(),
            factor: self.factor.slice(ndarray::s![range, ..]).to_owned(),
        }
    }

    /// The covariance `L Lᵀ`.
    ///
    /// ```
    /// use ndarray::array;
    /// use rtrl_lab::transport::FactoredGaussian;
    /// let (mean, factor) = (array![0.0, 0.0], array![[3.0, 0.0], [4.0, 1.0]]);
    /// let law = FactoredGaussian { mean, factor };
    /// assert_eq!(law.covariance(), array![[9.0, 12.0], [12.0, 17.0]]);
    /// ```
    pub fn covariance(&self) -> Array2<f64> {
        self.factor.times(&self.factor.t())
    }
}

/// The 2-Wasserstein distance of two Gaussian laws whose means differ by `mean_difference`.
///
/// ```text
/// W_2² = |m − m'|² + min over orthogonal Q of ‖L − L' Q‖_F²
/// ```
///
/// The second term is the squared Bures distance of the covariances, in the form that does not
/// subtract traces: a perturbation δ of a factor moves `W_2` by at most ‖δ‖_F, so the absolute
/// error is of the order of rounding in the factors even where `W_2` itself is that small. The
/// minimiser is the polar factor of `L'ᵀ L`; both factors are first given orthogonal columns, so
/// that the product is graded and the one-sided Jacobi decomposition resolves its small singular
/// values, which a standard decomposition loses below 1e-16 of the largest (1e-8 in `W_2`). Source:
/// Bhatia, Jain and Lim (2019), doi 10.1016/j.exmath.2018.01.002.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::transport::wasserstein_2;
/// let distance = wasserstein_2(&array![3.0], &array![[1.0]], &array![[5.0]]);
/// assert!((distance - 5.0).abs() < 1e-14);
/// ```
pub fn wasserstein_2(mean_difference: &Array1<f64>, factor: &Array2<f64>, other: &Array2<f64>) -> f64 {
    let top = mean_difference.iter().chain(factor).chain(other).fold(0.0f64, |top, x| top.max(x.abs()));
    let exponent = libm::frexp(top).1;
    // Fourth powers of the numbers are formed: those far from 1 are brought to it, which is exact.
    if exponent.abs() > FAR && top.is_finite() {
        let near = |x: f64| libm::scalbn(x, -exponent);
        return libm::scalbn(wasserstein_2(&mean_difference.mapv(near), &factor.mapv(near), &other.mapv(near)), exponent);
    }
    let means: f64 = mean_difference.iter().map(|x| x * x).sum();
    (means + bures_squared(factor, other)).sqrt()
}

/// Exponent of two from which numbers are brought near 1.
const FAR: i32 = 200;

fn bures_squared(factor: &Array2<f64>, other: &Array2<f64>) -> f64 {
    let (first, second) = (compress_factor(factor), compress_factor(other));
    let total = |factor: &Array2<f64>| factor.iter().map(|x| x * x).sum::<f64>();
    if first.ncols() == 0 || second.ncols() == 0 {
        return total(&first) + total(&second);
    }
    // M = L'ᵀ L = U S Vᵀ, Q = U Vᵀ completed; L − L' Q is measured in the frame of V, completed by
    // what lies outside.
    let svd = jacobi_svd(&second.t().times(&first));
    let (aligned_first, aligned_second) = (first.times(&svd.right), second.times(&svd.left));
    let aligned: f64 = (&aligned_first - &aligned_second).iter().map(|x| x * x).sum();
    // Directions that only one factor has: what its frame does not reach.
    let outside = |factor: &Array2<f64>, frame: &Array2<f64>| {
        let rest = factor - &factor.times(frame).times(&frame.t());
        total(&rest)
    };
    aligned + outside(&first, &svd.right) + outside(&second, &svd.left)
}
