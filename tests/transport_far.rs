//! Distances where some points lie far from the rest, or all of them far from the origin: right, or
//! undefined with the reason, and no bound false.

use ndarray::{Array2, ArrayView2, Axis, arr2, concatenate};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::transport::{
    Order, assignment, assignment_of_order, centred, gelbrich_from_pairs, max_sliced, max_sliced_witness, sinkhorn_divergence, sliced,
};

const ORDERS: [Order; 2] = [Order::One, Order::Two];

fn draw(noise: &mut Noise, n: usize, d: usize) -> Array2<f64> {
    Array2::from_shape_vec((n, d), noise.normal_vector(n * d)).unwrap()
}

/// Three points and one far one, the same height in both samples.
fn four_points(far: f64) -> (Array2<f64>, Array2<f64>) {
    (
        arr2(&[[2.23201301, 2.30992361], [2.79212053, 3.53268734], [0.942383758, 4.08248747], [0.522799989, far]]),
        arr2(&[[5.72533791, 18.1300169], [3.67182222, 21.6658844], [14.9374957, 51.4375875], [2.81675603, far]]),
    )
}

/// A distance is proven, to `error` of itself, and its bounds hold around the truth.
fn proves(x: ArrayView2<f64>, y: ArrayView2<f64>, order: Order, truth: f64, error: f64) {
    let solved = assignment_of_order(x, y, order).unwrap();
    let place = format!("{order:?}, {} points: {solved:?} {truth}", x.nrows()).chars().filter(|c| *c != '\n').take(300).collect::<String>();
    assert!((solved.distance / truth - 1.0).abs() < error, "{place}");
    assert!(solved.proven <= solved.distance && solved.distance <= solved.attained, "{place}");
    // The truth itself is known to a few roundings.
    assert!(solved.proven <= truth * (1.0 + 1e-15) && truth * (1.0 - 1e-15) <= solved.attained, "{place}");
    assert!(solved.attained - solved.proven <= 1.5e-11 * truth, "{place}");
}

#[test]
fn one_far_point_in_both_samples_leaves_the_distance_of_the_others() {
    // All 24 permutations in 60 digits.
    for far in [1e9, 1e12, 1e16, 1e20] {
        let (x, y) = four_points(far);
        proves(x.view(), y.view(), Order::One, 21.427_416_639_390_826, 1e-14);
        proves(x.view(), y.view(), Order::Two, 27.507_981_496_988_75, 1e-14);
    }
    // Two common points match each other, and the rest is the distance without them: n/(n + 1) of
    // its mean cost.
    let mut noise = Noise::at(RngKey::root(61));
    for n in [200, 700] {
        let (x, y) = (draw(&mut noise, n, 2), draw(&mut noise, n, 2) * 1.3 + 0.2);
        for order in ORDERS {
            let share = n as f64 / (n + 1) as f64;
            let near = assignment_of_order(x.view(), y.view(), order).unwrap().distance;
            let truth = if order == Order::One { share * near } else { share.sqrt() * near };
            for far in [1e7, 1e8, 1e9, 1e12, 1e15] {
                let with = |sample: &Array2<f64>| concatenate![Axis(0), *sample, arr2(&[[far, 0.0]])];
                proves(with(&x).view(), with(&y).view(), order, truth, 1e-11);
            }
        }
    }
}

#[test]
fn two_clouds_far_apart_are_matched_each_with_its_own() {
    let mut noise = Noise::at(RngKey::root(62));
    for n in [150, 400] {
        let [mut a, mut b, mut c, mut d] = [0.0, 0.3, 0.0, -0.2].map(|shift| draw(&mut noise, n, 2) + shift);
        for far in [100.0, 3e5, 1e7, 1e8] {
            // Whole steps of 2⁻²⁰ are exact beside the shift, so the clouds are the same wherever
            // they stand.
            let exact = |cloud: &mut Array2<f64>| cloud.mapv_inplace(|v| (v * 1_048_576.0).round() / 1_048_576.0);
            [&mut a, &mut b, &mut c, &mut d].into_iter().for_each(exact);
            let shift = arr2(&[[far, 0.0]]);
            let mixed = |near: &Array2<f64>, other: &Array2<f64>, turn: usize| {
                let both = concatenate![Axis(0), *near, other + &shift];
                // Interleaved, so that a share of the points has not the same number of each cloud.
                let order: Vec<usize> = (0..2 * n).map(|i| (i * (2 * turn + 7) + turn) % (2 * n)).collect();
                both.select(Axis(0), &order)
            };
            let (x, y) = (mixed(&a, &c, 2), mixed(&b, &d, 5));
            for order in ORDERS {
                let own = |x: &Array2<f64>, y: &Array2<f64>| assignment_of_order(x.view(), y.view(), order).unwrap().distance;
                let (first, second) = (own(&a, &b), own(&c, &d));
                let truth = if order == Order::One { 0.5 * (first + second) } else { (0.5 * (first * first + second * second)).sqrt() };
                proves(x.view(), y.view(), order, truth, 1e-11);
            }
        }
    }
}

#[test]
fn entropic_transport_with_far_points_is_right_or_undefined() {
    // By the same iteration in 70 digits, at a share of 0.05: tests/reference names no far points.
    let right: [(f64, f64, f64); 6] = [
        (1e3, 17.117_030_297_985, 24.142_209_680_993),
        (1e4, 15.356_764_164_703, 24.091_006_578_961),
        (1e5, 15.168_154_157_202, 24.090_510_665_607),
        (1e6, 15.149_444_565_986, 24.090_505_721_714),
        (1e9, 15.147_369_882_203, 24.090_505_671_791),
        (1e12, 15.147_367_807_731, 24.090_505_671_789),
    ];
    let mut undefined = 0;
    for (far, first, second) in right {
        let (x, y) = four_points(far);
        for (order, truth) in [(Order::One, first), (Order::Two, second)] {
            match sinkhorn_divergence(x.view(), y.view(), order, 0.05, 1e-9) {
                Ok(solved) => {
                    let power = truth.powi(i32::from(order.exponent()));
                    assert!((solved.divergence - power).abs() <= solved.rounding + 1e-9 * power, "{far:e} {order:?}: {solved:?} {power}");
                    assert!(solved.rounding <= 1e-4 * power && (solved.root / truth - 1.0).abs() < 1e-4);
                }
                Err(why) => {
                    assert!(order == Order::Two && far >= 1e9 && why.reason.contains("rounding"), "{far:e} {order:?}: {why}");
                    undefined += 1;
                }
            }
        }
    }
    assert_eq!(undefined, 2, "of the squares, where ε is beyond 1e16");
    // An ε beyond all costs leaves the squared distance of the means, as long as it is seen beside
    // ε.
    let mut noise = Noise::at(RngKey::root(63));
    let (x, y) = (draw(&mut noise, 60, 2), draw(&mut noise, 60, 2) + 1.0);
    let means = x.mean_axis(Axis(0)).unwrap() - y.mean_axis(Axis(0)).unwrap();
    let limit = means.dot(&means).sqrt();
    for share in [1e6, 1e8, 1e13, 1e14, 1e15] {
        match sinkhorn_divergence(x.view(), y.view(), Order::Two, share, 1e-9) {
            Ok(solved) => assert!(share < 1e12 && (solved.root / limit - 1.0).abs() < 1e-4, "{share:e}: {solved:?} {limit}"),
            Err(why) => assert!(share > 1e8 && why.reason.contains("rounding"), "{share:e}: {why}"),
        }
    }
}

#[test]
fn entropic_transport_of_plain_samples_is_defined_at_the_default_epsilon() {
    // Plain sweeps take 3344 here at the most, and left three such pairs of 54 above the tolerance
    // after 10,000.
    let mut noise = Noise::at(RngKey::root(64));
    let mut most = 0;
    for (n, d) in [30, 100].into_iter().flat_map(|n| [(n, 1), (n, 2), (n, 3), (n, 4), (n, 5), (n, 1), (n, 2)]) {
        let (x, y) = (draw(&mut noise, n, d), draw(&mut noise, n, d) * 1.4 + 0.5);
        let solved = sinkhorn_divergence(x.view(), y.view(), Order::Two, 0.05, 1e-9).unwrap();
        assert!(solved.marginal_error <= 1e-9 && solved.rounding < 1e-9 * solved.divergence, "{n} {d}: {solved:?}");
        most = most.max(solved.sweeps);
    }
    assert!(most < 700, "{most}");
}

#[test]
fn an_offset_of_both_samples_moves_no_distance() {
    let (shift, offsets) = (arr2(&[[3.0, 4.0]]), [1e9, 1e12, 1e15, 2f64.powi(52)]);
    for (seed, offset) in (0..24).flat_map(|seed| offsets.map(|offset| (seed, offset))) {
        let mut noise = Noise::at(RngKey::root(65).replicate(seed));
        // Whole numbers, exact at every one of these offsets: a shift by (3, 4) is at a distance of
        // 5.
        let x = draw(&mut noise, 6, 2).mapv(|z| (8.0 * z).round() + offset);
        let y = &x + &shift;
        for order in ORDERS {
            let best = max_sliced(x.view(), y.view(), order, 50, RngKey::root(seed as u64)).unwrap();
            assert!(best.proven <= 5.0 && best.proven > 5.0 - 1e-9, "{offset:e} {order:?}: {best:?}");
            assert!((best.distance - 5.0).abs() < 1e-8, "{offset:e} {order:?}: {best:?}");
            let near = sliced((&x - offset).view(), (&y - offset).view(), order, 50, RngKey::root(1), 0.95).unwrap();
            let far = sliced(x.view(), y.view(), order, 50, RngKey::root(1), 0.95).unwrap();
            assert!((far.value / near.value - 1.0).abs() < 1e-12, "{far:?} {near:?}");
        }
    }
    // What is learnt from moments and potentials, and on halves, too.
    let mut noise = Noise::at(RngKey::root(66));
    let whole = |noise: &mut Noise| draw(noise, 64, 2).mapv(|z| (8.0 * z).round());
    let [x, y, z] = [1.0, 2.0, 2.0].map(|scale| whole(&mut noise) * scale);
    for offset in offsets {
        let [a, b, c] = [&x, &y, &z].map(|sample| sample + offset);
        let (near, far) = (centred(x.view(), y.view(), z.view(), 0.95).unwrap(), centred(a.view(), b.view(), c.view(), 0.95).unwrap());
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * near.upper.standard_error;
        assert!(close(near.upper.value, far.upper.value) && close(near.upper.lower, far.upper.lower), "{offset:e}: {near:?} {far:?}");
        let gelbrich = |x: &Array2<f64>, y: &Array2<f64>| gelbrich_from_pairs(x.view(), y.view(), 0.95).unwrap();
        let (near, far) = (gelbrich(&x, &y), gelbrich(&a, &b));
        assert!((near.squared - far.squared).abs() <= 1e-9 * near.standard_error, "{offset:e}: {near:?} {far:?}");
        let witness = |x: &Array2<f64>, y: &Array2<f64>| max_sliced_witness(x.view(), y.view(), Order::One, 20, RngKey::root(1), 0.95).unwrap();
        let (near, far) = (witness(&x, &y), witness(&a, &b));
        assert!((near.value - far.value).abs() <= 1e-6 * near.standard_error, "{offset:e}: {near:?} {far:?}");
    }
}

#[test]
fn distances_along_lines_with_a_far_point_are_right_or_undefined() {
    let mut noise = Noise::at(RngKey::root(67));
    let (x, y) = (draw(&mut noise, 100, 2), draw(&mut noise, 100, 2) + 0.5);
    let share = 100.0 / 101.0f64;
    let (mut right, mut undefined) = (0, 0);
    for far in [1e5, 1e8, 1e11, 1e14, 1e17] {
        let with = |sample: &Array2<f64>| concatenate![Axis(0), *sample, arr2(&[[far, 0.0]])];
        let (a, b) = (with(&x), with(&y));
        for order in ORDERS {
            let scaled = |w: f64| if order == Order::One { share * w } else { share.sqrt() * w };
            let truth = scaled(sliced(x.view(), y.view(), order, 50, RngKey::root(1), 0.95).unwrap().value);
            match sliced(a.view(), b.view(), order, 50, RngKey::root(1), 0.95) {
                Ok(found) => {
                    assert!((found.value / truth - 1.0).abs() < 1e-4, "{far:e} {order:?}: {found:?} {truth}");
                    right += 1;
                }
                Err(why) => {
                    assert!(why.reason.contains("rounding"), "{why}");
                    undefined += 1;
                }
            }
            let exact = assignment_of_order(x.view(), y.view(), order).unwrap();
            if let Ok(best) = max_sliced(a.view(), b.view(), order, 50, RngKey::root(1)) {
                assert!(best.proven <= scaled(exact.attained) && best.proven <= best.distance, "{far:e} {order:?}: {best:?}");
            }
        }
    }
    assert!(right >= 5 && undefined >= 3, "{right} {undefined}");
}

#[test]
fn a_common_far_point_leaves_the_potentials_of_the_others_small() {
    let mut noise = Noise::at(RngKey::root(68));
    let (x, y) = (draw(&mut noise, 100, 2), draw(&mut noise, 100, 2));
    let with = |sample: &Array2<f64>| concatenate![Axis(0), *sample, arr2(&[[1e9, 0.0]])];
    let solved = assignment(with(&x).view(), with(&y).view()).unwrap();
    let size = solved.row_potentials.iter().chain(&solved.column_potentials).fold(0.0f64, |top, v| top.max(v.abs()));
    assert!(size < 1e3 && solved.permutation[100] == 100, "{size}");
}
