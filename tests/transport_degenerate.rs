//! Distances where samples are degenerate: ties, repeated and permuted points, one point, extreme
//! scales, nothing at all; and any number of threads.

use ndarray::{Array2, ArrayView2, Axis, arr2};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::stats::Undefined;
use rtrl_lab::transport::{Order, assignment_of_order, max_sliced, max_sliced_witness, sinkhorn_divergence, sliced, sliced_along, wasserstein_1d};

const ORDERS: [Order; 2] = [Order::One, Order::Two];

type Method = fn(ArrayView2<f64>, ArrayView2<f64>, Order) -> Result<f64, Undefined>;

/// Every distance of two samples in any dimension, with its name.
const METHODS: [(&str, Method); 4] = [
    ("exact", |x, y, order| assignment_of_order(x, y, order).map(|solved| solved.distance)),
    ("sliced", |x, y, order| sliced(x, y, order, 30, RngKey::root(3), 0.95).map(|estimate| estimate.value)),
    ("max-sliced", |x, y, order| max_sliced(x, y, order, 30, RngKey::root(3)).map(|best| best.distance)),
    ("sinkhorn", |x, y, order| sinkhorn_divergence(x, y, order, 0.1, 1e-10).map(|solved| solved.root)),
];

fn draw(noise: &mut Noise, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, d), noise.normal_vector(n * d)).unwrap()
}

#[test]
fn equal_samples_are_at_distance_zero_in_any_order() {
    let mut noise = Noise::at(RngKey::root(41));
    for (n, d) in [(1, 3), (2, 1), (50, 2), (700, 3)] {
        let x = draw(&mut noise, n, d);
        let permuted = x.select(Axis(0), &(0..n).rev().collect::<Vec<_>>());
        let other = draw(&mut noise, n, d);
        for (name, distance) in METHODS {
            for order in ORDERS {
                assert_eq!(distance(x.view(), x.view(), order), Ok(0.0), "{name}, n = {n}, {order:?}");
                assert_eq!(distance(x.view(), permuted.view(), order), Ok(0.0), "{name}, n = {n}, {order:?}, permuted");
                assert!(distance(x.view(), other.view(), order).unwrap() > 0.0, "{name} sees a difference");
            }
        }
        let (line, permuted) = (x.column(0).to_vec(), permuted.column(0).to_vec());
        assert_eq!(wasserstein_1d(&line, &permuted, 3.0), Ok(0.0));
    }
}

#[test]
fn one_point_and_no_variance_give_the_length_between() {
    let shift = arr2(&[[3.0, 4.0]]);
    for n in [1, 2, 40, 500] {
        let x = Array2::from_elem((n, 2), 0.7);
        let y = &x + &shift;
        for order in ORDERS {
            assert!((assignment_of_order(x.view(), y.view(), order).unwrap().distance - 5.0).abs() < 1e-14);
            assert!((sinkhorn_divergence(x.view(), y.view(), order, 0.1, 1e-9).unwrap().root - 5.0).abs() < 1e-12);
            assert!((max_sliced(x.view(), y.view(), order, 5, RngKey::root(1)).unwrap().distance - 5.0).abs() < 1e-12);
            let along = sliced_along(x.view(), y.view(), order, arr2(&[[0.6, 0.8], [0.8, -0.6]]).view()).unwrap();
            assert!((along[0] - 5.0).abs() < 1e-14 && along[1].abs() < 1e-14, "{along:?}");
        }
    }
}

#[test]
fn heavy_ties_on_a_grid_cost_no_exactness() {
    let mut noise = Noise::at(RngKey::root(42));
    for (n, values) in [(300, 2), (1000, 3), (1000, 9)] {
        let mut grid = |shift: f64| Array2::from_shape_simple_fn((n, 2), || noise.index(values) as f64 + shift);
        let (x, y) = (grid(0.0), grid(1.0));
        for order in ORDERS {
            // The certificate is asked for inside; the bounds it leaves are compared here.
            let solved = assignment_of_order(x.view(), y.view(), order).unwrap();
            assert!(solved.distance - solved.proven < 1e-10, "{order:?}, {values} values: {} {}", solved.distance, solved.proven);
            let best = max_sliced(x.view(), y.view(), order, 20, RngKey::root(1)).unwrap();
            assert!(best.distance <= solved.distance * (1.0 + 1e-12) && best.distance > 0.5, "{} {}", best.distance, solved.distance);
        }
        // On the line, whole numbers: the area between the counts, exactly.
        let (x, y) = (x.column(0).to_vec(), y.column(0).to_vec());
        let below = |sample: &[f64], at: usize| sample.iter().filter(|v| **v <= at as f64).count() as i64;
        let area: i64 = (0..=values).map(|at| (below(&x, at) - below(&y, at)).abs()).sum();
        assert!((wasserstein_1d(&x, &y, 1.0).unwrap() - area as f64 / n as f64).abs() < 1e-13);
    }
}

#[test]
fn extreme_scales_are_right_up_to_rounding_or_undefined() {
    let mut noise = Noise::at(RngKey::root(43));
    let (x, y) = (draw(&mut noise, 250, 3), draw(&mut noise, 250, 3) * 1.5 + 0.3);
    let line = |m: &Array2<f64>| m.column(0).to_vec();
    // Powers of two change no digit of a sample; ten to the ±150 rounds every coordinate.
    for (scale, error) in [(2f64.powi(490), 1e-13), (2f64.powi(-490), 1e-13), (1e150, 1e-13), (1e-150, 1e-13)] {
        let (far_x, far_y) = (&x * scale, &y * scale);
        for order in ORDERS {
            for (name, distance) in METHODS {
                let (plain, scaled) = (distance(x.view(), y.view(), order).unwrap(), distance(far_x.view(), far_y.view(), order).unwrap());
                // Entropic solves may end a sweep earlier or later, and so may the search for a
                // direction.
                let error = if name == "sinkhorn" || name == "max-sliced" { 1e-8 } else { error };
                assert!((scaled / scale / plain - 1.0).abs() < error, "{name} {order:?} {scale:e}: {scaled:e} {plain}");
            }
        }
        for p in [1.0, 2.0, 3.5] {
            let (plain, scaled) = (wasserstein_1d(&line(&x), &line(&y), p).unwrap(), wasserstein_1d(&line(&far_x), &line(&far_y), p).unwrap());
            assert!((scaled / scale / plain - 1.0).abs() < 1e-13, "order {p}, {scale:e}");
        }
    }
    // A squared distance below the range of numbers is never taken for none.
    for scale in [1e-200, 1e-165, 1e165, 1e200, 1e308] {
        let (near_x, near_y) = (&x * (scale / 8.0), &y * (scale / 8.0));
        let plain = assignment_of_order((&x / 8.0).view(), (&y / 8.0).view(), Order::Two).unwrap().distance;
        match assignment_of_order(near_x.view(), near_y.view(), Order::Two) {
            Ok(solved) => assert!((solved.distance / scale / plain - 1.0).abs() < 1e-12 && solved.squared_distance.is_normal(), "{scale:e}"),
            Err(undefined) => assert!(undefined.reason.contains("rescale"), "{undefined}"),
        }
        let plain = wasserstein_1d(&line(&(&x / 8.0)), &line(&(&y / 8.0)), 2.0).unwrap();
        assert!((wasserstein_1d(&line(&near_x), &line(&near_y), 2.0).unwrap() / scale / plain - 1.0).abs() < 1e-12);
    }
    // Points that differ by so little beside their size that the square of the difference is none.
    let (x, y) = (arr2(&[[1.0, 0.0], [2.0, 0.0]]), arr2(&[[1.0, 1e-170], [2.0, 0.0]]));
    for order in ORDERS {
        let refused = assignment_of_order(x.view(), y.view(), order);
        assert!(refused.as_ref().is_err_and(|undefined| undefined.reason.contains("rescale")), "{refused:?}");
    }
    assert_eq!(wasserstein_1d(&[0.0, 1.0], &[1e-170, 1.0], 2.0), Ok(1e-170 * 0.5f64.sqrt()));
    assert!(wasserstein_1d(&[f64::MAX], &[-f64::MAX], 1.0).is_err());
}

#[test]
fn what_has_no_distance_is_undefined_with_a_reason() {
    let good = Array2::<f64>::zeros((3, 2));
    let bad = [
        ("no points", Array2::zeros((0, 2))),
        ("no coordinates", Array2::zeros((3, 0))),
        ("another dimension", Array2::zeros((3, 1))),
        ("not a number", Array2::from_elem((3, 2), f64::NAN)),
        ("infinite", Array2::from_elem((3, 2), f64::NEG_INFINITY)),
    ];
    for (what, sample) in &bad {
        for (name, distance) in METHODS {
            for pair in [distance(good.view(), sample.view(), Order::Two), distance(sample.view(), good.view(), Order::Two)] {
                assert!(pair.as_ref().is_err_and(|undefined| undefined.reason.len() > 10), "{name}, {what}: {pair:?}");
            }
        }
    }
    assert!(sliced(good.view(), good.view(), Order::One, 1, RngKey::root(1), 0.95).is_err());
    assert!(max_sliced_witness(good.view(), good.view(), Order::One, 9, RngKey::root(1), 0.95).is_err());
    assert!(sinkhorn_divergence(good.view(), good.view(), Order::One, 0.0, 1e-9).is_err());
    // A tolerance below rounding, which no sweep meets.
    let mut noise = Noise::at(RngKey::root(48));
    let (x, y) = (draw(&mut noise, 12, 2), draw(&mut noise, 12, 2));
    let impatient = sinkhorn_divergence(x.view(), y.view(), Order::Two, 0.05, 1e-30);
    assert!(impatient.as_ref().is_err_and(|undefined| undefined.reason.contains("marginal error")), "{impatient:?}");
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let mut noise = Noise::at(RngKey::root(44));
    let (x, y) = (draw(&mut noise, 900, 3), draw(&mut noise, 900, 3) * 1.2);
    let (long, other) = (noise.normal_vector(100_000), noise.normal_vector(70_000));
    let all = || {
        let mut bits: Vec<u64> =
            METHODS.iter().flat_map(|(_, distance)| ORDERS.map(|order| distance(x.view(), y.view(), order).unwrap().to_bits())).collect();
        bits.push(wasserstein_1d(&long, &other, 1.5).unwrap().to_bits());
        bits.push(wasserstein_1d(&long[..70_000], &other, 2.0).unwrap().to_bits());
        bits.push(max_sliced_witness(x.view(), y.view(), Order::One, 30, RngKey::root(1), 0.95).unwrap().lower.to_bits());
        bits
    };
    let with = |threads: usize| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all);
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
}

#[test]
fn bounds_stand_in_their_order() {
    let mut noise = Noise::at(RngKey::root(45));
    for d in [1, 2, 6] {
        let (x, y) = (draw(&mut noise, 400, d), draw(&mut noise, 400, d) * 1.4 + 0.6);
        for order in ORDERS {
            let exact = assignment_of_order(x.view(), y.view(), order).unwrap();
            let average = sliced(x.view(), y.view(), order, 200, RngKey::root(5), 0.99).unwrap();
            let best = max_sliced(x.view(), y.view(), order, 50, RngKey::root(5)).unwrap();
            let length: f64 = best.direction.iter().map(|v| v * v).sum();
            assert!((length - 1.0).abs() < 1e-14);
            assert!(average.value <= best.distance * (1.0 + 1e-12) && best.distance <= exact.distance * (1.0 + 1e-12), "{average:?} {best:?}");
            // In one dimension all three are one number, and directions have no say.
            assert_eq!(d == 1, average.standard_error < 1e-12 && (average.value / exact.distance - 1.0).abs() < 1e-12, "{average:?}");
            let along = sliced_along(x.view(), y.view(), order, Array2::from_shape_vec((1, d), best.direction.clone()).unwrap().view()).unwrap();
            assert!((along[0] / best.distance - 1.0).abs() < 1e-12);
        }
    }
}

/// The share of `repeats` in which `holds` is true.
fn share(repeats: usize, holds: impl Fn(usize) -> bool) -> f64 {
    (0..repeats).filter(|repeat| holds(*repeat)).count() as f64 / repeats as f64
}

#[test]
fn the_interval_over_directions_covers_as_often_as_it_says() {
    // A shift s has W_2 = |⟨θ, s⟩| along θ, so SW_2 = |s| / √d.
    let x = draw(&mut Noise::at(RngKey::root(46)), 5, 3);
    let y = &x + &arr2(&[[1.0, 2.0, 2.0]]);
    let truth = 3f64.sqrt();
    let covers = |level: f64| {
        let (x, y) = (&x, &y);
        move |seed: usize| sliced(x.view(), y.view(), Order::Two, 100, RngKey::root(seed as u64), level).unwrap().contains(truth)
    };
    // Four and a half standard deviations of a share: false alarm below 1e-5, and less after four
    // times the draws.
    let near = |repeats: usize, level: f64, nominal: f64| {
        (share(repeats, covers(level)) - nominal).abs() < 4.5 * (nominal * (1.0 - nominal) / repeats as f64).sqrt() + 0.01
    };
    assert!(near(400, 0.9, 0.9) || near(1600, 0.9, 0.9));
    assert!(!near(1600, 0.7, 0.9), "an interval that is too short is found out");
}

#[test]
fn the_split_bound_is_honest_where_the_plug_in_is_all_bias() {
    // A two-sided level of 1 − 1e-5 on normal errors.
    let level = 1.0 - 1e-5;
    let mut noise = Noise::at(RngKey::root(47));
    for order in ORDERS {
        let (x, y) = (draw(&mut noise, 400, 8), draw(&mut noise, 300, 8));
        let null = max_sliced_witness(x.view(), y.view(), order, 100, RngKey::root(1), level).unwrap();
        assert!(null.contains(0.0), "equal laws: {null:?}");
        let plug_in = max_sliced(x.view(), y.view(), order, 100, RngKey::root(1)).unwrap().distance;
        assert!(plug_in > 0.1, "the plug-in is far from 0 for equal laws: {plug_in}");
        let shift = 0.9;
        let far = max_sliced_witness(x.view(), (&y + shift).view(), order, 100, RngKey::root(1), level).unwrap();
        let truth = shift * 8f64.sqrt();
        assert!(far.lower < truth && far.lower > 0.7 * truth, "{far:?} {truth}");
    }
}
