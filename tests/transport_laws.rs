//! Wasserstein distances: metric axioms, several algorithms for one number, degenerate samples.

use ndarray::{Array2, ArrayView2, arr2};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::transport::{assignment, centred, gelbrich_from_pairs, wasserstein_1d, wasserstein_2};

fn draw(noise: &mut Noise, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, d), noise.normal_vector(n * d)).unwrap()
}

/// The smallest mean squared distance over all permutations, by trying them all.
fn by_force(x: ArrayView2<f64>, y: ArrayView2<f64>) -> f64 {
    fn best(x: ArrayView2<f64>, y: ArrayView2<f64>, row: usize, free: &mut Vec<usize>) -> f64 {
        if row == x.nrows() {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for k in 0..free.len() {
            let j = free.remove(k);
            let cost: f64 = x.row(row).iter().zip(y.row(j)).map(|(a, b)| (a - b) * (a - b)).sum();
            least = least.min(cost + best(x, y, row + 1, free));
            free.insert(k, j);
        }
        least
    }
    best(x, y, 0, &mut (0..x.nrows()).collect()) / x.nrows() as f64
}

#[test]
fn assignment_equals_brute_force_and_sorting() {
    let mut noise = Noise::at(RngKey::root(21));
    for n in 1..=7 {
        for d in [1, 2, 5] {
            let (x, y) = (draw(&mut noise, n, d), draw(&mut noise, n, d) * 1.7 + 0.4);
            let solved = assignment(x.view(), y.view()).unwrap().squared_distance;
            assert!((solved - by_force(x.view(), y.view())).abs() <= 1e-13 * (1.0 + solved), "n = {n}, d = {d}");
        }
    }
    let (x, y) = (draw(&mut noise, 200, 1), draw(&mut noise, 200, 1) * 3.0 - 1.0);
    let column = |m: &Array2<f64>| m.column(0).to_vec();
    let sorted = wasserstein_1d(&column(&x), &column(&y), 2.0).unwrap();
    assert!((assignment(x.view(), y.view()).unwrap().squared_distance.sqrt() / sorted - 1.0).abs() < 1e-12);
}

#[test]
fn sorting_agrees_with_the_area_between_distribution_functions_for_unequal_sizes() {
    let mut noise = Noise::at(RngKey::root(22));
    let (x, y) = (noise.normal_vector(13), noise.normal_vector(37));
    let mut edges: Vec<f64> = x.iter().chain(&y).copied().collect();
    edges.sort_by(f64::total_cmp);
    let share = |sample: &[f64], at: f64| sample.iter().filter(|v| **v <= at).count() as f64 / sample.len() as f64;
    let area: f64 = edges.windows(2).map(|pair| (share(&x, pair[0]) - share(&y, pair[0])).abs() * (pair[1] - pair[0])).sum();
    assert!((wasserstein_1d(&x, &y, 1.0).unwrap() - area).abs() < 1e-13);
}

#[test]
fn the_axioms_of_a_metric() {
    let mut noise = Noise::at(RngKey::root(23));
    let [a, b, c] = [0.0, 0.8, -1.5].map(|shift| draw(&mut noise, 40, 3) + shift);
    let distance = |x: &Array2<f64>, y: &Array2<f64>| assignment(x.view(), y.view()).unwrap().squared_distance.max(0.0).sqrt();
    assert_eq!(distance(&a, &a), 0.0);
    assert!(distance(&a, &b) > 0.5);
    assert!((distance(&a, &b) - distance(&b, &a)).abs() < 1e-12);
    assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c) + 1e-12);
    // A shift moves the distance by at most its length, and by exactly that from a sample to
    // itself.
    let shifted = &a + &arr2(&[[3.0, 4.0, 0.0]]);
    assert!((distance(&a, &shifted) - 5.0).abs() < 1e-12);
    // W1 ≤ W2 on the line.
    let column = |m: &Array2<f64>| m.column(0).to_vec();
    assert!(wasserstein_1d(&column(&a), &column(&b), 1.0).unwrap() <= wasserstein_1d(&column(&a), &column(&b), 2.0).unwrap() + 1e-15);
}

#[test]
fn degenerate_samples_are_exact_or_undefined() {
    let repeated = arr2(&[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]);
    assert_eq!(assignment(repeated.view(), repeated.view()).unwrap().squared_distance, 0.0);
    assert_eq!(assignment(arr2(&[[1.0]]).view(), arr2(&[[4.0]]).view()).unwrap().squared_distance, 9.0);
    assert!(assignment(arr2(&[[f64::NAN]]).view(), arr2(&[[0.0]]).view()).is_err());
    assert!(assignment(Array2::zeros((0, 2)).view(), Array2::zeros((0, 2)).view()).is_err());
    assert!(assignment(Array2::zeros((3, 2)).view(), Array2::zeros((4, 2)).view()).is_err());
    assert!(wasserstein_1d(&[], &[1.0], 1.0).is_err());
    assert!(wasserstein_1d(&[1.0], &[f64::INFINITY], 1.0).is_err());
    assert!(wasserstein_1d(&[1.0], &[2.0], 0.5).is_err());
    for scale in [1e-120, 1e120] {
        let x = arr2(&[[0.0, 1.0], [2.0, 5.0], [1.0, -1.0]]) * scale;
        let y = arr2(&[[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]) * scale;
        let plain = assignment((&x / scale).view(), (&y / scale).view()).unwrap().squared_distance;
        assert!((assignment(x.view(), y.view()).unwrap().squared_distance / scale / scale / plain - 1.0).abs() < 1e-12, "scale {scale:e}");
    }
}

#[test]
fn the_centred_pair_vanishes_where_the_raw_distance_does_not_and_brackets_a_shift() {
    let mut noise = Noise::at(RngKey::root(24));
    let (x, y, z) = (draw(&mut noise, 300, 6), draw(&mut noise, 300, 6), draw(&mut noise, 300, 6));
    let null = centred(x.view(), y.view(), z.view(), 1.0 - 1e-5).unwrap();
    assert!(null.raw > 1.0, "the raw plug-in is all bias: {}", null.raw);
    assert!(null.upper.contains(0.0) && null.lower.contains(0.0), "{:?} {:?}", null.upper, null.lower);
    let shifted = &x + &arr2(&[[2.0, 0.0, 0.0, 0.0, 0.0, 0.0]]);
    let pair = centred(shifted.view(), y.view(), z.view(), 1.0 - 1e-5).unwrap();
    assert!(pair.upper.lower > 2.0 && pair.upper.upper > 4.0 && pair.lower.value < 4.0, "{:?} {:?}", pair.upper, pair.lower);
}

#[test]
fn gelbrich_is_a_lower_bound_that_sees_means_and_spreads() {
    let mut noise = Noise::at(RngKey::root(25));
    let x = draw(&mut noise, 400, 2);
    // Two Gaussian laws: the bound is the distance itself. Means differ by 1, one deviation by 1.
    let y = draw(&mut noise, 400, 2) * arr2(&[[2.0, 1.0]]) + arr2(&[[0.0, 1.0]]);
    let exact = wasserstein_2(&ndarray::arr1(&[0.0, -1.0]), &Array2::eye(2), &arr2(&[[2.0, 0.0], [0.0, 1.0]]));
    assert!((exact - 2f64.sqrt()).abs() < 1e-14);
    let bound = gelbrich_from_pairs(x.view(), y.view(), 1.0 - 1e-5).unwrap();
    assert!(bound.lower_limit <= exact && bound.lower_limit > 0.5 * exact, "{bound:?}");
    assert!((bound.squared - 2.0).abs() < 5.0 * bound.standard_error, "{bound:?}");
    let same = gelbrich_from_pairs(x.view(), x.view(), 0.95).unwrap();
    assert!(same.lower_limit < 1e-7 && same.squared.abs() < 1e-12, "{same:?}");
    assert!(gelbrich_from_pairs(x.view(), x.slice(ndarray::s![..50, ..]), 0.95).is_err());
    assert!(gelbrich_from_pairs(x.slice(ndarray::s![..8, ..]), x.slice(ndarray::s![..8, ..]), 0.95).is_err());
}
