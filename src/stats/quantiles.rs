//! Quantiles and tails of the normal and Student laws.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The quantile of the standard normal law at `p` in (0, 1).
///
/// ```
/// assert!((rtrl_lab::stats::normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-12);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * statrs::function::erf::erfc_inv(2.0 * p)
}

/// `P(Z > z)` of a standard normal.
pub fn normal_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / std::f64::consts::SQRT_2)
}

/// The quantile of Student's law with `dof > 0` degrees of freedom at `p` in (0, 1); NaN where `dof` is not positive.
pub fn student_quantile(p: f64, dof: f64) -> f64 {
    StudentsT::new(0.0, 1.0, dof).map_or(f64::NAN, |law| law.inverse_cdf(p))
}
