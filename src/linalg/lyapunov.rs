//! Discrete Lyapunov and Stein equations by doubling.

use super::{LinalgError, Times, spectral_radius};
use ndarray::Array2;

/// `X = F X Fᵀ + Q`, the stationary covariance of `z' = F z + noise` of covariance `Q`.
///
/// ```
/// let x =
///     rtrl_lab::linalg::solve_discrete_lyapunov(&ndarray::array![[0.5]], &ndarray::array![[3.0]])
///         .unwrap();
/// assert!((x[[0, 0]] - 4.0).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`LinalgError::NotContractive`] where the spectral radius of `F` is 1 or more;
/// [`LinalgError::Overflow`] where an entry is too large for a number.
pub fn solve_discrete_lyapunov(f: &Array2<f64>, q: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    let radius = spectral_radius(f.view())?;
    if radius >= 1.0 {
        return Err(LinalgError::NotContractive(radius));
    }
    doubled(f.clone(), q.clone(), f.t().to_owned())
}

/// `X = A X B + C`, defined where the spectral radii of `A` and `B` multiply to less than 1.
///
/// ```
/// use ndarray::array;
/// let x = rtrl_lab::linalg::solve_stein(&array![[2.0]], &array![[0.25]], &array![[3.0]]).unwrap();
/// assert!((x[[0, 0]] - 3.0 / (1.0 - 2.0 * 0.25)).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`LinalgError::NotContractive`] otherwise; [`LinalgError::Overflow`] where an entry is too large
/// for a number.
pub fn solve_stein(a: &Array2<f64>, b: &Array2<f64>, c: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    let radius = spectral_radius(a.view())? * spectral_radius(b.view())?;
    if radius >= 1.0 {
        return Err(LinalgError::NotContractive(radius));
    }
    doubled(a.clone(), c.clone(), b.clone())
}

/// [`solve_stein`] where the caller knows that the spectral radii multiply to less than 1: the same
/// bits without the two eigenvalue problems.
///
/// # Errors
/// [`LinalgError::Overflow`] where an entry is too large for a number.
pub(crate) fn solve_contractive_stein(a: &Array2<f64>, b: &Array2<f64>, c: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    doubled(a.clone(), c.clone(), b.clone())
}

/// `Σ_k A^k X B^k`: each round squares both factors and doubles the number of terms summed.
///
/// It ends where two rounds one after the other change no bit of any entry. No entry is held
/// against another one, so units do not matter: with diagonal `S` and `T` of powers of two the
/// solution for `S A S^{-1}`, `S C T`, `T^{-1} B T` is `S X T` to the last bit, short of overflow.
fn doubled(mut a: Array2<f64>, mut sum: Array2<f64>, mut b: Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    const MOST_ROUNDS: usize = 70;
    let mut unchanged = 0;
    for _ in 0..MOST_ROUNDS {
        let next = &sum + &a.times(&sum).times(&b);
        unchanged = if next == sum { unchanged + 1 } else { 0 };
        sum = next;
        if unchanged == 2 {
            break;
        }
        a = a.times(&a);
        b = b.times(&b);
    }
    if sum.iter().all(|x| x.is_finite()) { Ok(sum) } else { Err(LinalgError::Overflow) }
}
