//! What is known of the maps without noise: laws, exponents, and that a step asks for the next.

use rtrl_lab::data::kind;
use rtrl_lab::data::section::{KeyIndex, Keys, Located};
use rtrl_lab::data::{DataProcess, Segment};
use rtrl_lab::random::{Noise, RngKey};
use std::path::Path;
use std::sync::Arc;

const NAMES: [&str; 4] = ["logistic-map", "henon", "lorenz", "mackey-glass"];

fn made(name: &str, text: &str) -> Result<Arc<dyn DataProcess>, rtrl_lab::data::InputError> {
    let (index, values) = (KeyIndex::default(), toml::from_str(text).unwrap());
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
    kind::make(name, keys).map(|made| made.process)
}

fn path(process: &dyn DataProcess, steps: usize, replicate: usize) -> Segment {
    let at = RngKey::root(5).replicate(replicate);
    let mut start = vec![0.0; process.state_len()];
    process.start(1.0, replicate, 1, &mut Noise::at(at), &mut start);
    let (mut first, mut second) = (Noise::at(at), Noise::at(at));
    Segment::follow(process, start, steps, &mut first, &mut second).0
}

/// The largest exponent a step, from two copies that are brought back to a distance of 1e-9.
fn exponent(process: &dyn DataProcess, steps: usize) -> f64 {
    let n = process.state_len();
    let mut a = vec![0.0; n];
    process.start(1.0, 0, 1, &mut Noise::at(RngKey::root(9)), &mut a);
    let mut b = a.clone();
    b[0] += 1e-9;
    let (mut sum, mut next) = (0.0, vec![0.0; n]);
    for t in 0..steps + 500 {
        for state in [&mut a, &mut b] {
            process.step(state, &[], &mut next, &mut []);
            state.copy_from_slice(&next);
        }
        let distance = a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        if t >= 500 {
            sum += (distance / 1e-9).ln();
        }
        b.iter_mut().zip(&a).for_each(|(b, a)| *b = a + (*b - a) * 1e-9 / distance);
    }
    sum / steps as f64
}

#[test]
fn a_step_asks_for_what_the_next_one_shows() {
    for name in NAMES {
        let process = made(name, "").unwrap();
        let (a, b) = (path(&*process, 400, 0), path(&*process, 400, 1));
        for t in 0..399 {
            assert_eq!(a.target(t)[0], a.input(t + 1)[0], "{name} at {t}");
        }
        assert!((0..400).all(|t| a.input(t)[0] != b.input(t)[0]), "{name}: starts lie at different places");
    }
}

#[test]
fn inputs_have_mean_zero_and_variance_one() {
    for name in NAMES {
        let process = made(name, "").unwrap();
        // Lorenz's x stays on one side for long: the mean of 400,000 steps is known to hundredths.
        let path = path(&*process, 400_000, 2);
        let values: Vec<f64> = (0..path.len()).map(|t| path.input(t)[0]).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.06 && (square - 1.0).abs() < 0.03, "{name}: {mean} {square}");
    }
}

#[test]
fn the_logistic_map_has_its_arcsine_law() {
    let process = made("logistic-map", "r = 4").unwrap();
    let path = path(&*process, 200_000, 0);
    // x lies below q with probability 2/π arcsin √q; x = 1/2 + X/√8.
    for share in [0.1, 0.25, 0.5, 0.9] {
        let quantile = (std::f64::consts::FRAC_PI_2 * share).sin().powi(2);
        let below = (0..path.len()).filter(|t| 0.5 + path.input(*t)[0] / 8f64.sqrt() < quantile).count() as f64 / path.len() as f64;
        assert!((below - share).abs() < 0.01, "{share}: {below}");
    }
}

#[test]
fn exponents_are_the_published_ones() {
    let of = |name: &str, steps| exponent(&*made(name, "").unwrap(), steps);
    let (logistic, henon) = (of("logistic-map", 40_000), of("henon", 40_000));
    assert!((logistic - 2f64.ln()).abs() < 0.01, "{logistic}");
    // Sprott (2003), Chaos and Time-Series Analysis: 0.41922.
    assert!((henon - 0.41922).abs() < 0.01, "{henon}");
    // 0.9056 a unit of time for the flow. Steps of Euler of 0.01 are a map with a larger one; from
    // both step lengths, whose error is of first order, the flow's own follows.
    let coarse = of("lorenz", 40_000) / 0.02;
    let fine = exponent(&*made("lorenz", "step = 0.002\nevery = 10").unwrap(), 40_000) / 0.02;
    let flow = fine - (coarse - fine) / 4.0;
    assert!((flow - 0.9056).abs() < 0.03, "{coarse} {fine} {flow}");
    // Small and positive: some thousandths a unit of time at a delay of 17.
    let mackey_glass = of("mackey-glass", 100_000);
    assert!(mackey_glass > 0.002 && mackey_glass < 0.02, "{mackey_glass}");
}

#[test]
fn parameters_without_an_attractor_are_refused() {
    for (name, text) in [("henon", "a = 2.0"), ("logistic-map", "r = 0.5"), ("lorenz", "step = 0.9")] {
        let refused = made(name, text).err().unwrap_or_else(|| panic!("{name} with {text} has no attractor to be on"));
        assert!(refused.to_string().contains("the map"), "{refused}");
    }
}
