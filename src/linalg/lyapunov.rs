//! Discrete Lyapunov and Stein equations by doubling.

use super::{LinalgError, spectral_radius};
use ndarray::Array2;

/// `X = F X Fᵀ + Q`, the stationary covariance of `z' = F z + noise` of covariance `Q`.
///
/// ```
/// let x = rtrl_lab::linalg::solve_discrete_lyapunov(&ndarray::array![[0.5]], &ndarray::array![[3.0]]).unwrap();
/// assert!((x[[0, 0]] - 4.0).abs() < 1e-14);
/// ```
///
/// # Errors
/// [`LinalgError::NotContractive`] where the spectral radius of `F` is 1 or more.
pub fn solve_discrete_lyapunov(f: &Array2<f64>, q: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    let radius = spectral_radius(f.view())?;
    if radius >= 1.0 {
        return Err(LinalgError::NotContractive(radius));
    }
    Ok(doubled(f.clone(), q.clone(), f.t().to_owned()))
}

/// `X = A X B + C`, defined where the spectral radii of `A` and `B` multiply to less than 1.
///
/// # Errors
/// [`LinalgError::NotContractive`] otherwise.
pub fn solve_stein(a: &Array2<f64>, b: &Array2<f64>, c: &Array2<f64>) -> Result<Array2<f64>, LinalgError> {
    let radius = spectral_radius(a.view())? * spectral_radius(b.view())?;
    if radius >= 1.0 {
        return Err(LinalgError::NotContractive(radius));
    }
    Ok(doubled(a.clone(), c.clone(), b.clone()))
}

/// [`solve_stein`] where the caller knows that the spectral radii multiply to less than 1: the same bits without the two eigenvalue problems.
pub fn solve_contractive_stein(a: &Array2<f64>, b: &Array2<f64>, c: &Array2<f64>) -> Array2<f64> {
    doubled(a.clone(), c.clone(), b.clone())
}

/// `Σ_k A^k X B^k`: each round squares both factors and doubles the number of terms summed.
fn doubled(mut a: Array2<f64>, mut sum: Array2<f64>, mut b: Array2<f64>) -> Array2<f64> {
    for _ in 0..64 {
        let step = a.dot(&sum).dot(&b);
        let moved = step.iter().fold(0.0f64, |top, x| top.max(x.abs()));
        let size = sum.iter().fold(0.0f64, |top, x| top.max(x.abs()));
        sum += &step;
        if moved <= 1e-18 * size {
            break;
        }
        a = a.dot(&a);
        b = b.dot(&b);
    }
    sum
}
