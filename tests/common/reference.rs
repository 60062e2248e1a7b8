//! Matrix facts from LAPACK, which the library itself never calls: what its own code is held
//! against.

use ndarray::Array2;
use ndarray_linalg::{EigVals, Eigh, UPLO};

/// The largest modulus of an eigenvalue.
pub fn spectral_radius(matrix: &Array2<f64>) -> f64 {
    matrix.eigvals().unwrap().iter().fold(0.0, |top, value| value.norm().max(top))
}

/// The symmetric root of a positive semi-definite matrix.
pub fn root(matrix: &Array2<f64>) -> Array2<f64> {
    let (values, vectors) = matrix.eigh(UPLO::Lower).unwrap();
    (&vectors * &values.mapv(|x| x.max(0.0).sqrt())).dot(&vectors.t())
}
