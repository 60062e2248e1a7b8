//! The library's own matrix facts: against LAPACK, against exact values, and in any units.

use crate::common::reference;
use ndarray::{Array2, array};
use rtrl_lab::linalg::{LinalgError, Times, jacobi_svd, psd_factor, solve_discrete_lyapunov, solve_stein, spectral_radius};
use rtrl_lab::random::{Noise, RngKey};

fn radius(matrix: &Array2<f64>) -> f64 {
    spectral_radius(matrix.view()).unwrap()
}

fn normal(noise: &mut Noise, n: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, n), noise.normal_vector(n * n)).unwrap()
}

fn orthogonal(noise: &mut Noise, n: usize) -> Array2<f64> {
    jacobi_svd(&normal(noise, n)).left
}

/// `T M T^{-1}` for a diagonal of powers of two.
fn in_units(matrix: &Array2<f64>, exponents: &[i32]) -> Array2<f64> {
    Array2::from_shape_fn(matrix.dim(), |(i, j)| libm::scalbn(matrix[[i, j]], exponents[i] - exponents[j]))
}

#[test]
fn the_spectral_radius_agrees_with_lapack() {
    let mut noise = Noise::at(RngKey::root(31));
    for n in [2, 3, 4, 5, 8, 13, 32, 60] {
        for _ in 0..30 {
            let full = normal(&mut noise, n);
            // Most entries missing; a strong upper part; an orthogonal matrix, whose eigenvalues
            // all have modulus 1.
            let sparse = Array2::from_shape_fn((n, n), |(i, j)| if noise.normal_vector(1)[0] > 0.8 { full[[i, j]] } else { 0.0 });
            let slanted = Array2::from_shape_fn((n, n), |(i, j)| if j > i { 8.0 * full[[i, j]] } else { full[[i, j]] });
            for (kind, matrix) in [("full", full.clone()), ("sparse", sparse), ("slanted", slanted)] {
                let (own, lapack) = (radius(&matrix), reference::spectral_radius(&matrix));
                // A sparse one may be nilpotent or defective, where no method has more than a root
                // of the rounding.
                let tolerance = if kind == "sparse" { 1e-7 } else { 1e-11 };
                assert!((own - lapack).abs() <= tolerance * lapack.max(1.0), "{kind}, n = {n}: {own} {lapack}");
            }
            assert!((radius(&orthogonal(&mut noise, n)) - 1.0).abs() < 1e-13, "orthogonal, n = {n}");
        }
    }
}

#[test]
fn the_spectral_radius_of_known_matrices() {
    // Complex pairs of strongly non-normal matrices.
    assert_eq!(radius(&array![[0.7, -5.0], [0.02, 0.7]]), 0.768_114_574_786_860_8);
    assert_eq!(radius(&array![[0.5, -3.0], [0.1, 0.5]]), 0.741_619_848_709_566_3);
    // A symmetric one, a rotation with growth, and a cycle, whose eigenvalues are the roots of
    // unity.
    assert_eq!(radius(&array![[0.0, 0.25], [1.0, 0.0]]), 0.5);
    let cycle = Array2::from_shape_fn((7, 7), |(i, j)| f64::from(u8::from((i + 1) % 7 == j)));
    assert!((radius(&(cycle * 0.9)) - 0.9).abs() < 1e-14);
    // Triangular up to the order of its coordinates: the diagonal, exactly, however large the rest
    // and whatever is defective.
    let hidden = array![[0.9, 0.0, 1e16], [1e12, 0.9, -3e8], [0.0, 0.0, 0.3]];
    assert_eq!(radius(&hidden), 0.9);
    assert_eq!(radius(&Array2::zeros((4, 4))), 0.0);
    assert_eq!(radius(&Array2::zeros((0, 0))), 0.0);
    assert_eq!(radius(&array![[0.0, 1.0], [0.0, 0.0]]), 0.0);
    assert_eq!(radius(&array![[-3.0]]), 3.0);
    assert!(matches!(spectral_radius(Array2::zeros((2, 3)).view()), Err(LinalgError::Shape(_))));
    assert_eq!(spectral_radius(array![[f64::NAN]].view()), Err(LinalgError::NotFinite));
}

#[test]
fn a_defective_eigenvalue_is_had_to_the_root_of_the_rounding() {
    let mut noise = Noise::at(RngKey::root(32));
    for k in [2usize, 3, 4] {
        for _ in 0..20 {
            let frame = orthogonal(&mut noise, k);
            let block = Array2::from_shape_fn((k, k), |(i, j)| if i == j { 0.9 } else { f64::from(u8::from(j == i + 1)) });
            let turned = frame.times(&block).times(&frame.t());
            let attainable = libm::pow(4e-15, 1.0 / k as f64);
            assert!((radius(&turned) - 0.9).abs() < attainable, "order {k}: {}", radius(&turned));
        }
    }
}

#[test]
fn units_change_no_bit_of_a_spectral_radius() {
    let mut noise = Noise::at(RngKey::root(33));
    for n in [2, 3, 6, 11] {
        let matrix = normal(&mut noise, n);
        for spread in [1, 20, 150] {
            let exponents: Vec<i32> = (0..n as i32).map(|i| (i * i * 7 + i * 3) % (2 * spread + 1) - spread).collect();
            let other = radius(&in_units(&matrix, &exponents));
            assert!((other / radius(&matrix) - 1.0).abs() < 1e-13, "n = {n}, units within 2^{spread}: {other} {}", radius(&matrix));
        }
    }
    assert_eq!(radius(&array![[0.0, 1e200], [1e-200, 0.0]]), 1.0);
    assert!((radius(&array![[1e300, 2e300], [3e300, 1e300]]) / (1e300 * (1.0 + 6f64.sqrt())) - 1.0).abs() < 1e-15);
}

#[test]
fn small_variances_beside_large_ones_keep_their_root() {
    assert_eq!(psd_factor(&array![[1e12, 0.0], [0.0, 1.0]]).unwrap(), array![[1e6, 0.0], [0.0, 1.0]]);
    assert_eq!(psd_factor(&array![[1e-200, 0.0], [0.0, 1e200]]).unwrap(), array![[1e-100, 0.0], [0.0, 1e100]]);
    // A correlation of 0.6 in units 2^80 apart, and a coordinate without noise between the two.
    let unit = libm::scalbn(1.0, -80);
    let mixed = array![[1.0, 0.0, 0.6 * unit], [0.0, 0.0, 0.0], [0.6 * unit, 0.0, unit * unit]];
    let expected = array![[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.6 * unit, 0.0, 0.8 * unit]];
    let factor = psd_factor(&mixed).unwrap();
    assert!((&factor - &expected).iter().zip([1.0, 1.0, unit].iter().flat_map(|u| [u; 3])).all(|(gap, unit)| gap.abs() <= 1e-15 * unit), "{factor}");
    // Singular to the last bit: the second coordinate is three times the first.
    assert_eq!(psd_factor(&array![[1e12, 3e0], [3e0, 9e-12]]).unwrap()[[1, 1]], 0.0);
}

#[test]
fn a_covariance_that_is_none_is_refused_beside_any_large_entry() {
    for large in [1.0, 1e10, 1e12, 1e200] {
        let indefinite = [
            array![[large, 0.0], [0.0, -0.5]],
            array![[large, 0.0], [0.0, -1e-13]],
            array![[large, 0.0, 0.0], [0.0, 1.0, 5.0], [0.0, 5.0, 1.0]],
            array![[large, 1.0], [1.0, 0.0]],
            array![[large, 0.0, 0.0], [0.0, 0.0, 1e-300], [0.0, 1e-300, 1.0]],
        ];
        for matrix in indefinite {
            assert_eq!(psd_factor(&matrix), Err(LinalgError::NotPositive), "{matrix}");
        }
        for small in [1.0, 1e-10] {
            let skew = array![[large, 0.0, 0.0], [0.0, 1.0, 0.9 * small], [0.0, -0.9 * small, 1.0]];
            assert!(matches!(psd_factor(&skew), Err(LinalgError::NotSymmetric { row: 2, column: 1, .. })), "{skew}");
        }
    }
    // Ten written digits of a number are that number.
    assert!(psd_factor(&array![[1.0, 0.333_333_333_3], [0.333_333_333_33, 1.0]]).is_ok());
}

#[test]
fn units_change_no_bit_of_a_stationary_covariance() {
    let f = array![[0.5, 0.0, 0.0], [0.3, 0.99, 0.0], [0.2, -0.4, 0.7]];
    let q = array![[1.0, 0.2, 0.0], [0.2, 0.5, 0.0], [0.0, 0.0, 0.0]];
    let plain = solve_discrete_lyapunov(&f, &q).unwrap();
    for exponents in [[0, 25, 0], [0, 31, -40], [-100, 60, 200], [10, -150, 20]] {
        let scaled = Array2::from_shape_fn((3, 3), |(i, j)| libm::scalbn(q[[i, j]], exponents[i] + exponents[j]));
        let other = solve_discrete_lyapunov(&in_units(&f, &exponents), &scaled).unwrap();
        let back = Array2::from_shape_fn((3, 3), |(i, j)| libm::scalbn(other[[i, j]], -exponents[i] - exponents[j]));
        assert_eq!(back, plain, "{exponents:?}");
    }
    // The equation itself, entry by entry.
    let image = f.times(&plain).times(&f.t()) + &q;
    assert!(plain.iter().zip(&image).all(|(x, y)| (x - y).abs() <= 1e-12 * x.abs()), "{plain} {image}");
}

#[test]
fn a_stein_equation_ends_for_every_radius_below_one_and_says_where_numbers_end() {
    // X = a b X + 1.
    for a in [0.0, 0.5, -0.999, 1.0 - 1e-6] {
        let x = solve_stein(&array![[a]], &array![[1.0]], &array![[1.0]]).unwrap()[[0, 0]];
        // A power rounded by ε counts as another a, which the solution feels 1/(1 − |a|) times.
        assert!((x * (1.0 - a) - 1.0).abs() <= 4.0 * f64::EPSILON / (1.0 - f64::abs(a)), "{a}: {x}");
    }
    // Noise that arrives late and grows on its way.
    let late = array![[0.1, 0.0, 0.0], [1e-20, 0.1, 0.0], [0.0, 1e40, 0.1]];
    let x = solve_stein(&late, &array![[1.0]], &array![[1.0], [0.0], [0.0]]).unwrap();
    assert!((x[[2, 0]] / (1e20 / 0.9f64.powi(3)) - 1.0).abs() < 1e-14, "{x}");
    let loud = array![[0.5, 0.0], [1e160, 0.5]];
    assert_eq!(solve_discrete_lyapunov(&loud, &array![[1.0, 0.0], [0.0, 0.0]]), Err(LinalgError::Overflow));
    assert!(matches!(solve_stein(&array![[2.0]], &array![[0.5]], &array![[1.0]]), Err(LinalgError::NotContractive(_))));
}
