//! What is known of the generated series: laws of shocks, correlations, seasons, and what a target
//! asks for.

use rtrl_lab::data::section::{KeyIndex, Keys, Located};
use rtrl_lab::data::{DataProcess, Segment, kind};
use rtrl_lab::markov::Walk;
use rtrl_lab::random::{Noise, RngKey};
use std::path::Path;
use std::sync::Arc;

/// Standard errors at which a comparison alarms falsely once in 100,000 times, two-sided.
const ALARM: f64 = 4.42;

fn made(name: &str, text: &str) -> Arc<dyn DataProcess> {
    let (index, values) = (KeyIndex::default(), toml::from_str(text).unwrap());
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
    kind::make(name, keys).unwrap_or_else(|error| panic!("{error}")).process
}

fn refused(name: &str, text: &str) -> String {
    let (index, values) = (KeyIndex::default(), toml::from_str(text).unwrap());
    let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new(".") };
    kind::make(name, keys).err().map(|error| error.to_string()).unwrap_or_else(|| panic!("{name} takes {text}"))
}

fn path(process: &dyn DataProcess, steps: usize, replicate: usize) -> Segment {
    let at = RngKey::root(8).replicate(replicate);
    let mut start = vec![0.0; process.state_len()];
    process.start(1.0, 0, 1, &mut Noise::at(at.stream(0)), &mut start);
    assert!(process.admits(&start), "a start is a state");
    Segment::follow(process, start, steps, &mut Noise::at(at.stream(1)), &mut Noise::at(at.stream(2))).0
}

fn inputs(process: &dyn DataProcess, steps: usize, replicate: usize) -> Vec<f64> {
    let path = path(process, steps, replicate);
    (0..steps).map(|t| path.input(t)[0]).collect()
}

/// Fails where the mean of some values lies too far from what it should be.
fn has_mean(what: &str, values: &[f64], expected: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let error = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n * (n - 1.0))).sqrt();
    assert!((mean - expected).abs() < ALARM * error + 1e-12, "{what}: {mean} ± {error}, not {expected}");
}

#[test]
fn a_series_asks_for_its_next_value() {
    for (name, text) in [("periodic", ""), ("heavy-tailed-ar", ""), ("arfima", "memory = 9"), ("random-walk", ""), ("trending", "")] {
        let path = path(&*made(name, text), 300, 0);
        assert!((0..299).all(|t| path.target(t)[0] == path.input(t + 1)[0]), "{name}");
    }
}

#[test]
fn shocks_have_their_laws() {
    // X' = φ X + ε, so that ε = X' − φ X.
    let shocks = |text: &str| {
        let path = path(&*made("heavy-tailed-ar", &format!("phi = 0.5\n{text}")), 60_000, 0);
        (0..path.len()).map(|t| path.target(t)[0] - 0.5 * path.input(t)[0]).collect::<Vec<_>>()
    };
    // Tail chances of Student's law with three degrees of freedom, from its closed form.
    let student = |x: f64| 0.5 - ((x / 3f64.sqrt()) / (1.0 + x * x / 3.0) + (x / 3f64.sqrt()).atan()) / std::f64::consts::PI;
    let values = shocks("dof = 3.0");
    for x in [-1.0, 0.5, 3.0, 8.0] {
        let beyond: Vec<f64> = values.iter().map(|e| f64::from(u8::from(*e > x))).collect();
        has_mean(&format!("P(ε > {x})"), &beyond, student(x));
    }
    // The characteristic function of a symmetric stable law.
    for alpha in [0.8, 1.0, 1.5, 2.0] {
        let values = shocks(&format!("alpha = {alpha:.1}"));
        for u in [0.3, 1.0, 2.0] {
            let waves: Vec<f64> = values.iter().map(|e| (u * e).cos()).collect();
            has_mean(&format!("α = {alpha}, u = {u}"), &waves, (-f64::powf(u, alpha)).exp());
        }
    }
    assert!(refused("heavy-tailed-ar", "dof = 3.0\nalpha = 1.5").contains("one law"));
    assert!(refused("heavy-tailed-ar", "alpha = 2.5").contains("alpha"));
}

#[test]
fn fractional_noise_has_the_correlations_of_its_weights() {
    let (d, memory) = (0.3, 40);
    let mut weights = vec![1.0];
    (1..memory).for_each(|j| weights.push(weights[j - 1] * (j as f64 - 1.0 + d) / j as f64));
    let covariance = |lag: usize| weights[lag..].iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>();
    let process = made("arfima", "d = 0.3\nmemory = 40");
    // Chains of their own, from after the last shock of the start.
    let chains: Vec<Vec<f64>> = (0..400).map(|replicate| inputs(&*process, 140, replicate).split_off(60)).collect();
    for lag in [0, 1, 5, 39, 45] {
        let expected = if lag < memory { covariance(lag) } else { 0.0 };
        let products: Vec<f64> = chains.iter().map(|x| (0..80 - lag).map(|t| x[t] * x[t + lag]).sum::<f64>() / (80 - lag) as f64).collect();
        has_mean(&format!("covariance at lag {lag}"), &products, expected);
    }
    // The whole memory has ρ(1) = d/(1 − d).
    let long: Vec<f64> = (0..200_000).scan(1.0, |w, j| Some(std::mem::replace(w, *w * (f64::from(j) + d) / (f64::from(j) + 1.0)))).collect();
    let rho = long[1..].iter().zip(&long).map(|(a, b)| a * b).sum::<f64>() / long.iter().map(|w| w * w).sum::<f64>();
    assert!((rho - d / (1.0 - d)).abs() < 2e-3, "{rho}");
}

#[test]
fn a_season_keeps_its_phase_a_trend_its_slope_and_a_walk_spreads() {
    let process = made("periodic", "period = 12\namplitude = 2.0\nphi = 0.6\nnoise = 0.5");
    let values = inputs(&*process, 24_000, 3);
    // The profile is a sine wave whose phase the start has drawn; its two coefficients say so.
    let wave = |of: fn(f64) -> f64| (0..24_000).map(|t| values[t] * of(std::f64::consts::TAU * t as f64 / 12.0)).sum::<f64>() / 12_000.0;
    let amplitude = wave(f64::sin).hypot(wave(f64::cos));
    assert!((amplitude - 2.0).abs() < 0.06, "{amplitude}");
    let trend = made("trending", "slope = 0.01\nphi = 0.5\nnoise = 0.3");
    let slopes: Vec<f64> = (0..200).map(|replicate| (inputs(&*trend, 501, replicate)[500] - inputs(&*trend, 501, replicate)[100]) / 400.0).collect();
    has_mean("slope", &slopes, 0.01);
    let walk = made("random-walk", "scale = 0.5");
    let squares: Vec<f64> = (0..2000).map(|replicate| inputs(&*walk, 51, replicate)).map(|x| (x[50] - x[0]) * (x[50] - x[0])).collect();
    has_mean("variance of 50 steps", &squares, 50.0 * 0.25);
}

#[test]
fn a_pattern_is_answered_after_its_wait_and_nothing_else_is() {
    let process = made("trace-patterning", "bits = 3\nwait = 6\ngap = 4.0\ndistractors = 2");
    let path = path(&*process, 20_000, 0);
    let shown = |t: usize| path.input(t)[..3].iter().sum::<f64>();
    let (mut asked, mut pauses) = (0, Vec::new());
    let mut last = None;
    for t in 6..20_000 {
        let odd = shown(t - 6) % 2.0 == 1.0;
        assert_eq!(path.target(t)[0] == 1.0, odd, "at {t}");
        if odd {
            asked += 1;
        }
        if shown(t) > 0.0
            && let Some(before) = last.replace(t)
        {
            pauses.push((t - before) as f64);
        }
    }
    // Of eight patterns one shows nothing, so that seven of eight trials are seen; four are odd.
    assert!((asked as f64 / 20_000.0 - 0.5 / 11.0).abs() < 0.006, "{asked}");
    has_mean("steps between patterns that show a bit", &pauses, 11.0 * 8.0 / 7.0);
}

#[test]
fn a_teacher_is_forgotten_as_its_norm_says_and_leaves_its_noise() {
    let process = made("teacher", "inputs = 2\nhidden = 5\nrecurrent_norm = 0.7\ntarget_noise = 0.3\nphi = 0.4");
    let far = |sign: f64| vec![0.1, -0.2, sign, sign, -sign, sign, sign];
    let mut walks = [far(0.9), far(-0.9)].map(|start| Walk::from(&*process, start));
    let mut noise = Noise::at(RngKey::root(2));
    let gap =
        |walks: &[Walk<'_, dyn DataProcess>; 2]| walks[0].state().iter().zip(walks[1].state()).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
    let mut before = gap(&walks);
    for _ in 0..30 {
        let innovation = noise.normal_vector(process.innovation_len());
        walks.iter_mut().for_each(|walk| walk.step(&innovation));
        assert!(gap(&walks) <= 0.7 * before * (1.0 + 1e-12) + 1e-15);
        before = gap(&walks);
    }
    let state = walks[0].state().to_vec();
    let (mut target, mut mean) = ([0.0], [0.0]);
    process.mean_target(&state, &mut mean);
    let residues: Vec<f64> = noise
        .normal_vector(20_000)
        .iter()
        .map(|eta| {
            process.target(&state, &[*eta], &mut target);
            (target[0] - mean[0]) * (target[0] - mean[0])
        })
        .collect();
    has_mean("noise of the target", &residues, 0.09);
}

/// States that are no counts, labels or rows are told from those that are.
#[test]
fn a_process_knows_its_states() {
    let book = made("order-book", "depth = 20");
    let mut start = vec![0.0; book.state_len()];
    book.start(2.0, 0, 1, &mut Noise::at(RngKey::root(1)), &mut start);
    assert!(book.admits(&start));
    for (place, value) in [(0, 0.0), (0, 2.5), (5, -1.0), (7, 1e9), (3, f64::NAN)] {
        let broken: Vec<f64> = start.iter().enumerate().map(|(i, x)| if i == place { value } else { *x }).collect();
        assert!(!book.admits(&broken), "{place} {value}");
    }
    let coins = made("add-task", "");
    assert!(coins.admits(&[1.0; 9]) && !coins.admits(&[-1.0; 9]) && !coins.admits(&[0.5; 9]));
    let copy = made("delayed-copy", "symbols = 2\nmemory = 3");
    assert!(copy.admits(&[5.0, -1.0, 0.0, 2.0, 1.0]) && !copy.admits(&[6.0, -1.0, 0.0, 2.0, 1.0]) && !copy.admits(&[0.0, -2.0, 0.0, 0.0, 0.0]));
    let logistic = made("logistic-map", "r = 4");
    assert!(logistic.admits(&[0.3, 0.2]) && !logistic.admits(&[-0.3, 0.2]));
    assert!(made("var", "transition = [[0.5]]\ntarget = [1.0]").admits(&[-3.0]));
}
