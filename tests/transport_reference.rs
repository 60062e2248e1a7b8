//! Distances against SciPy and POT: numbers written by tests/reference/transport.py, on samples
//! that both make bit for bit.

use ndarray::Array2;
use rtrl_lab::transport::{Order, assignment_of_order, sinkhorn_divergence, sliced_along, wasserstein_1d};
use std::collections::BTreeMap;

const ORDERS: [(u8, Order); 2] = [(1, Order::One), (2, Order::Two)];

/// Knuth's congruential generator, as in the script.
struct Generator(u64);

impl Generator {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn flat(&mut self, n: usize, d: usize) -> Array2<f64> {
        Array2::from_shape_simple_fn((n, d), || 2.0 * self.uniform() - 1.0)
    }

    fn peaked(&mut self, n: usize, d: usize) -> Array2<f64> {
        Array2::from_shape_simple_fn((n, d), || (self.uniform() + self.uniform() - 1.0) * 1.25 + 0.5)
    }

    fn directions(&mut self, count: usize, d: usize) -> Array2<f64> {
        let mut directions = self.flat(count, d);
        for mut row in directions.rows_mut() {
            let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            row.iter_mut().for_each(|v| *v /= length);
        }
        directions
    }
}

fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("reference/transport.json")).expect("the file is JSON")
}

/// What this library says of every number of the file, by its name.
fn ours() -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    for (n, d) in [10, 200, 1000, 4000].into_iter().flat_map(|n| [(n, 2), (n, 16)]) {
        let mut generator = Generator((1000 * n + d) as u64);
        let (x, y, directions) = (generator.flat(n, d), generator.peaked(n, d), generator.directions(20, d));
        for (p, order) in ORDERS {
            let at = format!("n={n} d={d} p={p}");
            let solved = assignment_of_order(x.view(), y.view(), order).unwrap();
            assert!(solved.proven <= solved.distance && solved.proven >= (1.0 - 1e-10) * solved.distance, "{at}: {}", solved.proven);
            numbers.insert(format!("exact {at}"), solved.distance);
            let along = sliced_along(x.view(), y.view(), order, directions.view()).unwrap();
            let mean = along.iter().map(|w| w.powi(i32::from(p))).sum::<f64>() / along.len() as f64;
            numbers.insert(format!("sliced {at}"), order.root(mean));
            if n <= 200 || (n == 1000 && p == 2) {
                let solved = sinkhorn_divergence(x.view(), y.view(), order, 0.1, 1e-10).unwrap();
                numbers.insert(format!("sinkhorn {at}"), solved.divergence);
                numbers.insert(format!("sharp {at}"), solved.sharp);
            }
        }
    }
    for (n, m) in [(10, 10), (1000, 1777), (100_000, 100_000), (30_000, 50_001)] {
        let mut generator = Generator((7 * n + m) as u64);
        let (x, y) = (generator.flat(n, 1).into_raw_vec_and_offset().0, generator.peaked(m, 1).into_raw_vec_and_offset().0);
        for p in 1..=3 {
            numbers.insert(format!("line n={n} m={m} p={p}"), wasserstein_1d(&x, &y, f64::from(p)).unwrap());
        }
    }
    numbers
}

/// The relative difference that is rounding: entropic solves end at a tolerance, all others are
/// exact.
fn tolerance(name: &str) -> f64 {
    if name.starts_with("sinkhorn") || name.starts_with("sharp") { 1e-7 } else { 1e-9 }
}

/// The names of all numbers on which the two disagree.
fn differing(ours: &BTreeMap<String, f64>, theirs: &BTreeMap<String, f64>) -> Vec<String> {
    let far = |name: &String, a: f64, b: f64| (a / b - 1.0).abs() > tolerance(name) || !a.is_finite();
    ours.iter()
        .filter(|(name, value)| far(name, **value, theirs[*name]))
        .map(|(name, value)| format!("{name}: {value:e} {:e}", theirs[name]))
        .collect()
}

#[test]
fn distances_are_those_of_scipy_and_pot() {
    let file = reference();
    let checksum = Generator(1).flat(1000, 1).sum();
    let stated = file["checksum"].as_f64().unwrap();
    // Summed in another order.
    assert!((checksum - stated).abs() < 1e-10, "the samples are not those of the script: {checksum} {stated}");
    let theirs: BTreeMap<String, f64> = serde_json::from_value(file["numbers"].clone()).unwrap();
    let ours = ours();
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    let differing_now = differing(&ours, &theirs);
    assert!(differing_now.is_empty(), "{differing_now:#?}");
    // The comparison can fail: every number of the file, moved by three tolerances, is found out.
    let moved = theirs.iter().map(|(name, value)| (name.clone(), value * (1.0 + 3.0 * tolerance(name)))).collect();
    assert_eq!(differing(&ours, &moved).len(), ours.len());
}
