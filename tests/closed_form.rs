//! The exact linear Gaussian case against independent paths: finite differences, hand formulas,
//! brute-force simulation.

use crate::common::reference::root;
use crate::common::{data_of, linear_model, network_of, relative, scalar_model};
use ndarray::{Array1, Array2};
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{bptt, rolling_truncated};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::stats::Sample;
use rtrl_lab::theory::{GaussianStart, LinearGaussian, LinearModel};
use rtrl_lab::transport::wasserstein_2;

/// Nominal level of the random tests: a false alarm in 1e-5 runs, each test escalating once before
/// it fails.
const LEVEL: f64 = 1.0 - 1e-5;

fn point(data: &[f64], hidden: &[f64]) -> GaussianStart {
    let mean: Array1<f64> = data.iter().chain(hidden).copied().collect();
    GaussianStart { deviation: Array1::zeros(mean.len()), mean }
}

fn perturbed(model: &LinearModel, block: &str, index: usize, h: f64) -> LinearModel {
    let mut model = model.clone();
    let slot = match block {
        "B" => model.b_matrix.iter_mut().nth(index),
        "W" => model.w_matrix.iter_mut().nth(index),
        "b" => model.bias.iter_mut().nth(index),
        "C" => model.c_matrix.iter_mut().nth(index),
        _ => model.readout_bias.iter_mut().nth(index),
    };
    *slot.unwrap() += h;
    model
}

#[test]
fn the_gradient_is_the_derivative_of_the_loss() {
    for beta in [0.0, 0.5, 1.0] {
        let model = LinearModel { beta, ..linear_model() };
        let exact = LinearGaussian::new(model.clone()).unwrap().gradient().unwrap();
        for (block, values) in exact.blocks() {
            let h = 1e-5;
            let loss = |index, h| LinearGaussian::new(perturbed(&model, block, index, h)).unwrap().loss();
            let differences: Vec<f64> = (0..values.len()).map(|index| (loss(index, h) - loss(index, -h)) / (2.0 * h)).collect();
            assert!(relative(&values, &differences) < 1e-8, "β = {beta}, {block}: {values:?} {differences:?}");
        }
    }
}

#[test]
fn the_scalar_case_by_hand() {
    let (phi, a, w, c) = (0.6, 0.3, 0.8, 0.5);
    let exact = LinearGaussian::new(scalar_model(phi, a)).unwrap();
    // u = (D, S): var D = 1/(1−φ²), cov(D, S) = φ w var D/(1 − aφ), var S = (w² var D + 2 a w
    // cov)/(1 − a²).
    let variance = 1.0 / (1.0 - phi * phi);
    let cross = phi * w * variance / (1.0 - a * phi);
    let hidden = (w * w * variance + 2.0 * a * w * cross) / (1.0 - a * a);
    // e = c S' − D with S' = a S + w D.
    let loss = 0.5 * (c * c * hidden - 2.0 * c * (a * cross + w * variance) + variance);
    assert!((exact.loss() / loss - 1.0).abs() < 1e-14);
    // Derivative in c: E[e S'].
    let in_c = c * hidden - (a * cross + w * variance);
    assert!((exact.gradient().unwrap().c_matrix[[0, 0]] / in_c - 1.0).abs() < 1e-13);
    // TBPTT(τ) in b: E e = 0, so there is no bias; in W: lag k contributes a^k c E[e_t D_{t−k}],
    // with E[e_t D_{t−k}] = c E[S_{t+1} D_{t−k}] − φ^k var D, and E[S_{t+1} D_{t-k}] = w Σ_{j≥0}
    // a^j E[D_{t−j} D_{t−k}].
    let covariance = |lag: i32| phi.powi(lag.abs()) * variance;
    let correlation = |k: i32| c * w * (0..400).map(|j| a.powi(j) * covariance(k - j)).sum::<f64>() - covariance(k);
    let gradient: f64 = (0..400).map(|k| a.powi(k) * c * correlation(k)).sum();
    assert!((exact.gradient().unwrap().w_matrix[[0, 0]] / gradient - 1.0).abs() < 1e-12);
    for tau in [0usize, 1, 3, 20] {
        let tail: f64 = (tau as i32..400).map(|k| a.powi(k) * c * correlation(k)).sum();
        let bias = exact.tbptt_bias(tau).unwrap();
        assert!((bias.w_matrix[[0, 0]] / -tail - 1.0).abs() < 1e-10, "τ = {tau}");
        assert_eq!(bias.bias[0], 0.0);
    }
    // W2 of the data block from a point: mean φ^t d, deviation √var (1 − √(1 − φ^{2t})).
    let times = [0, 1, 5, 20, 40];
    let distances = exact.distances(&point(&[2.0], &[0.0]), &times).unwrap();
    for (t, distances) in times.iter().zip(distances) {
        let shrunk = phi.powi(2 * *t as i32);
        // 1 − √(1 − x) without cancellation.
        let gap = variance.sqrt() * shrunk / (1.0 + (1.0 - shrunk).sqrt());
        let by_hand = (4.0 * shrunk + gap * gap).sqrt();
        assert!((distances[0] - by_hand).abs() < 1e-13 + 1e-10 * by_hand, "t = {t}: {} {by_hand}", distances[0]);
    }
}

#[test]
fn w2_survives_cancellation_on_graded_covariances() {
    // Two factors of one covariance whose spectrum falls to 1e-16: the distance is exactly zero,
    // and a plain decomposition answers 1e-8.
    let mut noise = Noise::at(RngKey::root(77));
    let n = 24;
    let frame = rtrl_lab::linalg::jacobi_svd(&Array2::from_shape_vec((n, n), noise.normal_vector(n * n)).unwrap());
    let mut factor = frame.left.clone();
    for (j, mut column) in factor.columns_mut().into_iter().enumerate() {
        column *= 10.0 * libm::pow(10.0, -(j as f64) * 16.0 / n as f64);
    }
    let turned = factor.dot(&frame.right);
    let distance = wasserstein_2(&Array1::zeros(n), &factor, &turned);
    assert!(distance < 1e-13, "{distance:e}");
    // The control: a true distance of 1e-10 in a middle direction is seen as such.
    let mut moved = factor.clone();
    let extra = frame.left.column(3).to_owned() * 1e-10;
    let mut column = moved.column_mut(3);
    column += &extra;
    let distance = wasserstein_2(&Array1::zeros(n), &moved.dot(&frame.right), &turned);
    assert!((distance / 1e-10 - 1.0).abs() < 1e-3, "{distance:e}");
}

#[test]
fn w2_agrees_with_matrix_roots_at_moderate_values() {
    let mut noise = Noise::at(RngKey::root(78));
    for n in [1, 2, 5] {
        let mut draw = || Array2::from_shape_vec((n, n), noise.normal_vector(n * n)).unwrap();
        let (a, b) = (draw(), draw());
        let (first, second) = (a.dot(&a.t()), b.dot(&b.t()));
        let half = root(&first);
        let middle = root(&half.dot(&second).dot(&half));
        let bures = (first.diag().sum() + second.diag().sum() - 2.0 * middle.diag().sum()).sqrt();
        assert!((wasserstein_2(&Array1::zeros(n), &a, &b) - bures).abs() < 1e-9, "n = {n}");
    }
}

#[test]
fn defective_spectra_are_no_special_case() {
    // Data and cell share the eigenvalue 0.9: the hidden block decays like t ρ^t, the derivative
    // block like t² ρ^t.
    let exact = LinearGaussian::new(scalar_model(0.9, 0.9)).unwrap();
    assert_eq!(exact.rate(), 0.9);
    let distances = exact.distances(&point(&[1.0], &[0.0]), &[100, 200]).unwrap();
    let growth = |block: usize| distances[1][block] / distances[0][block] / 0.9f64.powi(100);
    assert!(
        (growth(0) - 1.0).abs() < 1e-9 && (growth(1) - 2.0).abs() < 0.02 && (growth(2) - 4.0).abs() < 0.2,
        "{} {} {}",
        growth(0),
        growth(1),
        growth(2)
    );
}

#[test]
fn a_model_that_does_not_contract_is_refused() {
    assert!(LinearGaussian::new(scalar_model(1.0, 0.5)).unwrap_err().to_string().contains("transition"));
    assert!(LinearGaussian::new(scalar_model(0.5, 1.1)).unwrap_err().to_string().contains("recurrent"));
}

/// Estimates from `repeats` independent stationary stretches; each estimand's interval must hold
/// its exact value.
fn simulated(repeats: usize) -> Result<(), String> {
    let model = linear_model();
    let exact = LinearGaussian::new(model.clone()).unwrap();
    let (data, network) = (data_of(&model), network_of(&model, "identity"));
    let (burn, steps, taus) = (150, 800, [1, 3]);
    let layout = network.layout();
    let mut losses = Vec::new();
    let mut gradients: Vec<Vec<f64>> = Vec::new();
    let mut biases: Vec<Vec<Vec<f64>>> = vec![Vec::new(); taus.len()];
    for repeat in 0..repeats {
        let at = RngKey::root(2026).within("closed form").replicate(repeat);
        let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
        let (segment, _) = Segment::follow(&data, vec![0.0, 0.0], burn + steps, &mut innovations, &mut observations);
        let full = bptt(&network, &segment, &[0.0; 3], burn);
        losses.push(full.loss / steps as f64);
        for (bias, truncated) in biases.iter_mut().zip(rolling_truncated(&network, &segment, &[0.0; 3], burn, &taus)) {
            bias.push(truncated.gradient.iter().zip(&full.gradient).map(|(a, b)| (a - b) / steps as f64).collect());
        }
        gradients.push(full.gradient.iter().map(|g| g / steps as f64).collect());
    }
    let expect = |what: String, sample: Vec<f64>, truth: f64| {
        let estimate = Sample::new(&sample).unwrap().mean(LEVEL).unwrap();
        if estimate.contains(truth) { Ok(()) } else { Err(format!("{what}: {truth} is outside [{}, {}]", estimate.lower, estimate.upper)) }
    };
    expect("loss".into(), losses, exact.loss())?;
    let truth = exact.gradient().unwrap();
    for (name, values) in truth.blocks() {
        for (position, value) in layout.block(name).unwrap().positions().zip(values) {
            expect(format!("gradient in {name}"), gradients.iter().map(|g| g[position]).collect(), value)?;
        }
    }
    for (bias, tau) in biases.iter().zip(taus) {
        let truth = exact.tbptt_bias(tau).unwrap();
        for (name, values) in truth.blocks() {
            for (position, value) in layout.block(name).unwrap().positions().zip(values) {
                expect(format!("bias of TBPTT({tau}) in {name}"), bias.iter().map(|b| b[position]).collect(), value)?;
            }
        }
    }
    Ok(())
}

#[test]
fn brute_force_simulation_agrees_within_its_intervals() {
    // About 50 intervals at 1 − 1e-5 each: a false alarm in 2000 runs before the escalation, 4e-7
    // after it.
    if let Err(first) = simulated(100) {
        simulated(400).unwrap_or_else(|second| panic!("{first}; with four times the draws: {second}"));
    }
}

#[test]
fn the_stationary_law_reproduces_itself() {
    let exact = LinearGaussian::new(linear_model()).unwrap();
    let stationary = exact.stationary().unwrap();
    // Started in its own marginal law of (D, S) the chain keeps it; the derivatives alone must
    // still arrive.
    let states = 5;
    let covariance = stationary.marginal(0..states).covariance();
    let deviation = covariance.diag().mapv(f64::sqrt);
    let start = GaussianStart { mean: stationary.mean.slice(ndarray::s![..states]).to_owned(), deviation };
    let distances = exact.distances(&start, &[0, 400]).unwrap();
    assert!(distances[0][1] > 1e-2, "independent coordinates are not the stationary law: the check below is not vacuous");
    assert!(distances[1].iter().all(|d| *d < 1e-12), "{:?}", distances[1]);
}
