//! The few matrix facts that the theory needs; the only room that names ndarray-linalg.

mod blas;
mod cholesky;
mod jacobi;
mod lanczos;
mod least_squares;
mod lyapunov;
mod norms;
mod orthogonal;
mod projection;
mod symmetric;

pub use blas::pin_blas_threads;
pub use cholesky::{is_positive_definite, psd_factor, solve_positive};
pub use jacobi::{Svd, jacobi_svd};
pub use lanczos::{NormBound, spectral_norm_bound};
pub use least_squares::least_squares;
pub use lyapunov::{solve_contractive_stein, solve_discrete_lyapunov, solve_stein};
pub use norms::{Norm, operator_norm, spectral_radius};
pub use orthogonal::compress_factor;
pub use projection::project_spectral_ball;
pub use symmetric::symmetric_eigenvalues;

/// Why a matrix fact could not be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinalgError {
    /// The matrix is not square, or two shapes do not fit.
    #[error("the matrix shapes {0} do not fit")]
    Shape(String),
    /// An entry is not finite.
    #[error("a matrix entry is not finite")]
    NotFinite,
    /// A discrete Lyapunov equation has no solution because the map does not contract.
    #[error("the spectral radius {0:.6} is not below 1, so there is no stationary covariance")]
    NotContractive(f64),
    /// A covariance has a negative eigenvalue.
    #[error("the matrix is not positive semi-definite")]
    NotPositive,
    /// LAPACK gave up.
    #[error("LAPACK failed: {0}")]
    Lapack(String),
}
