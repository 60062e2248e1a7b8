//! The few matrix facts that the theory needs, all by our own code with a fixed order of
//! operations: the same bits on every processor.

mod cholesky;
mod hessenberg;
mod jacobi;
mod krylov;
mod lanczos;
mod leading;
mod least_squares;
mod lyapunov;
mod normed_rate;
mod norms;
mod orthogonal;
mod product;
mod projection;
mod radius;
mod symmetric;

pub(crate) use cholesky::is_positive_definite;
pub use cholesky::{psd_factor, solve_positive};
pub use jacobi::{Svd, jacobi_svd};
pub(crate) use krylov::leading_modulus_within;
pub use krylov::{leading_modulus, solve_affine};
pub use lanczos::{NormBound, spectral_norm_bound};
pub use least_squares::least_squares;
pub(crate) use lyapunov::solve_contractive_stein;
pub use lyapunov::{solve_discrete_lyapunov, solve_stein};
pub use normed_rate::NormedRate;
pub use norms::{Norm, length, operator_norm};
pub(crate) use orthogonal::compress_factor;
pub use orthogonal::compress_in_units;
pub use product::Times;
pub(crate) use projection::{has_room_in_spectral_ball, project_spectral_ball};
pub use radius::spectral_radius;
pub use symmetric::symmetric_eigenvalues;

/// Why a matrix fact could not be had.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::linalg::{LinalgError, solve_discrete_lyapunov};
/// let unstable = solve_discrete_lyapunov(&array![[1.5]], &array![[1.0]]);
/// assert_eq!(unstable, Err(LinalgError::NotContractive(1.5)));
/// ```
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
    /// A covariance has two different entries for one pair of coordinates.
    #[error("the matrix is not symmetric: {above:e} stands above the diagonal for {below:e} below it (coordinates {row} and {column}, from 0)")]
    NotSymmetric {
        /// Row of the entry below the diagonal.
        row: usize,
        /// Its column.
        column: usize,
        /// The entry below.
        below: f64,
        /// The entry above.
        above: f64,
    },
    /// A result is larger than the largest number.
    #[error("a number grows beyond 1.8e308, the largest there is; write the study in other units")]
    Overflow,
    /// The eigenvalue iteration is stuck.
    #[error("the eigenvalues of the matrix could not be found: the iteration does not settle")]
    NotSettled,
}
