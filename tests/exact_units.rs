//! The exact linear case in any units, at any time and at the edges of what a number can hold,
//! against values from mpmath with 60 to 150 digits.

use crate::common::command::{rtrl_lab, told};
use crate::common::{linear_model, scalar_model};
use ndarray::{Array1, Array2, arr1, arr2};
use rtrl_lab::theory::{GaussianStart, LinearGaussian, LinearModel, OracleError};
use std::process::Command;

fn point(len: usize) -> GaussianStart {
    GaussianStart { mean: Array1::zeros(len), deviation: Array1::zeros(len) }
}

/// The scalar model with `W = w`, loss target `D`.
fn with_input(a: f64, w: f64, c: f64) -> LinearModel {
    LinearModel { w_matrix: arr2(&[[w]]), c_matrix: arr2(&[[c]]), ..scalar_model(0.5, a) }
}

/// Asserts `value ≈ truth` to a relative tolerance.
fn close(value: f64, truth: f64, tolerance: f64, what: &str) {
    assert!((value / truth - 1.0).abs() < tolerance, "{what}: {value:e} for {truth:e}");
}

#[test]
fn the_loss_does_not_know_the_units_of_a_hidden_state() {
    let model = |k: i32| LinearModel { target_noise: 0.1, ..with_input(0.99, libm::scalbn(0.3, -k), libm::scalbn(0.2, k)) };
    let plain = LinearGaussian::new(model(0)).unwrap().loss();
    close(plain, 0.870_283_513_275_95, 1e-13, "loss");
    for k in [1, 20, 25, 30, 31, 100, 400, -400] {
        assert_eq!(LinearGaussian::new(model(k)).unwrap().loss(), plain, "k = {k}");
    }
    // Beyond that a variance is no number any more, and that is said.
    assert!(matches!(LinearGaussian::new(model(540)), Err(OracleError::Underflow { coordinate: 1, .. })));
}

#[test]
fn growing_input_weights_keep_distances_and_moments() {
    // E|V|² = 8.691_358_024_691_358 w² + 6.962_962_962_962_963 and W_2 of the joint law at t = 20,
    // from mpmath.
    let truths = [(1e3, 0.000_136_733_459_673_118_9), (1e6, 0.136_720_149_455_770_2), (1e8, 13.672_014_944_245_92), (1e16, 1_367_201_494.424_588_4)];
    for (w, w2) in truths {
        let exact = LinearGaussian::new(LinearModel { c_matrix: arr2(&[[1.0]]), ..with_input(0.5, w, 1.0) }).unwrap();
        let (second, _) = exact.derivative_moments(&exact.stationary().unwrap());
        close(second, 8.691_358_024_691_358 * w * w + 6.962_962_962_962_963, 3e-14, "E|V|²");
        close(exact.distances(&point(2), &[20]).unwrap()[0][3], w2, 1e-10, "W_2 at t = 20");
    }
}

#[test]
fn long_times_keep_their_relative_accuracy_in_any_units() {
    let deviation = (4.0f64 / 3.0).sqrt();
    for unit in [1.0, 3e-5, 1e-120, 1e100] {
        let model = LinearModel { noise_factor: arr2(&[[unit]]), ..with_input(0.5, 0.8 / unit, 0.5) };
        let exact = LinearGaussian::new(model).unwrap();
        let times = [0, 1, 20, 40, 60, 100, 300];
        for (t, w2) in times.iter().zip(exact.distances(&point(2), &times).unwrap()) {
            // σ (1 − √(1 − φ^{2t})), from a point at the mean.
            let shrunk = libm::pow(0.25, *t as f64);
            close(w2[0], unit * deviation * shrunk / (1.0 + (1.0 - shrunk).sqrt()), 1e-12, &format!("t = {t}, unit {unit:e}"));
        }
    }
}

/// Two units behind two inputs, from independent coordinates of deviation 2.
fn spread_model() -> LinearModel {
    LinearModel {
        transition: arr2(&[[0.5, 0.25], [-0.125, 0.375]]),
        noise_factor: arr2(&[[1.0, 0.0], [0.5, 0.5]]),
        inputs: vec![0, 1],
        target: arr2(&[[1.0, 0.5]]),
        target_noise: 0.25,
        beta: 0.0,
        b_matrix: arr2(&[[0.875, 0.125], [0.0, 0.625]]),
        w_matrix: arr2(&[[0.5, 0.25], [-0.25, 0.375]]),
        bias: arr1(&[0.0, 0.0]),
        c_matrix: arr2(&[[0.375, -0.625]]),
        readout_bias: arr1(&[0.0]),
    }
}

#[test]
fn a_distance_of_covariances_alone_is_exact_at_every_size() {
    let exact = LinearGaussian::new(spread_model()).unwrap();
    let start = GaussianStart { mean: Array1::zeros(4), deviation: Array1::from_elem(4, 2.0) };
    let truths = [
        (3, 0.033_384_886_195_600_72, 0.599_912_451_878_034_5),
        (20, 1.812_094_864_875_666e-13, 0.004_757_378_480_014_02),
        (60, 1.094_055_501_716_478e-39, 1.092_984_402_218_990_2e-7),
        (150, f64::NAN, 3.981_654_015_975_816_4e-18),
    ];
    for (t, data, hidden) in truths {
        let w2 = exact.distances(&start, &[t]).unwrap()[0];
        assert!(data.is_nan() || (w2[0] / data - 1.0).abs() < 1e-11, "data, t = {t}: {:e}", w2[0]);
        close(w2[1], hidden, 1e-11, &format!("hidden, t = {t}"));
    }
    let (second, fourth) = exact.derivative_moments(&exact.stationary().unwrap());
    close(second, 339.103_632_608_966_7, 1e-13, "E|V|²");
    close(fourth, 225_813.538_216_975_26, 1e-13, "E|V|⁴");
}

#[test]
fn the_shipped_linear_case_at_two_hundred_steps() {
    let model = LinearModel {
        transition: arr2(&[[0.8, 0.1], [0.0, 0.5]]),
        b_matrix: arr2(&[[0.55, -0.25, 0.10], [0.30, 0.45, 0.05], [-0.10, 0.20, 0.50]]),
        w_matrix: arr2(&[[0.8], [-0.5], [0.3]]),
        ..linear_model()
    };
    let start = GaussianStart { mean: arr1(&[6.0, -4.0, 0.0, 0.0, 0.0]), deviation: arr1(&[0.0, 0.0, 2.0, 2.0, 2.0]) };
    let exact = LinearGaussian::new(model).unwrap();
    let w2 = exact.distances(&start, &[100, 200]).unwrap();
    let truths = [
        [9.506_167_889_560_988e-10, 2.702_177_977_99e-9, 1.671_048_856_905_17e-8, 1.695_422_856_754_565e-8],
        [1.936_440_598_811_151_5e-19, 5.504_433_755_622_229e-19, 3.403_986_639_728_559e-18, 3.453_637_354_308_946_4e-18],
    ];
    for (own, truth) in w2.iter().flatten().zip(truths.iter().flatten()) {
        close(*own, *truth, 1e-12, "W_2");
    }
}

#[test]
fn a_time_costs_its_logarithm() {
    let exact = LinearGaussian::new(LinearModel { b_matrix: Array2::eye(3) * 0.999, ..linear_model() }).unwrap();
    let start = GaussianStart { mean: Array1::ones(5), deviation: Array1::zeros(5) };
    let began = std::time::Instant::now();
    let times = [999, 1001, 10_000, 1_000_000_000, usize::MAX];
    let w2 = exact.distances(&start, &times).unwrap();
    // Steps one by one would take hours; the bound is loose for a busy machine.
    assert!(began.elapsed().as_secs() < 60);
    close(w2[1][1] / w2[0][1], 0.999 * 0.999, 1e-3, "two steps of the slow cell");
    assert_eq!(w2[4], [0.0; 4]);
    let block = exact.block_tbptt_bias(usize::MAX).unwrap().recurrent_norm();
    assert!(block > 0.0 && exact.tbptt_bias(usize::MAX).unwrap().recurrent_norm() == 0.0);
}

const STUDY: &str = "[study]\nname = \"edge\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ninputs = [0]\ntarget = [1.0]\n\
    [network]\nactivation = \"identity\"\n[network.parameters]\nB = [[0.5]]\nW = [[WEIGHT]]\nb = [BIAS]\nC = [[1.0]]\nc = [0.0]\n";

#[test]
fn the_oracle_gives_a_reason_for_every_null() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("edge.toml");
    let ask = |weight: &str, bias: &str| {
        std::fs::write(&study, STUDY.replace("WEIGHT", weight).replace("BIAS", bias)).unwrap();
        told(&rtrl_lab(&["oracle", study.to_str().unwrap(), "--taus", "1"]))
    };
    let (code, answer, _) = ask("1.0", "0.0");
    assert!(code == 0 && !answer.contains("null") && !answer.contains("undefined"), "{answer}");
    let (code, _, why) = ask("1e160", "0.0");
    assert!(code == 2 && why.contains("1.8e308"), "{code}: {why}");
    let (code, answer, _) = ask("1.0", "1e200");
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert!(code == 0 && answer["loss"].is_null() && answer["undefined"]["loss"].as_str().unwrap().contains("1.8e308"), "{answer}");
    assert_eq!(answer["rate"], 0.5);
}

#[test]
fn exact_values_and_verdicts_do_not_depend_on_the_kernel_of_a_linear_algebra_library() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("eight.toml");
    let row = |i: usize| (0..8).map(|j| format!("{:.3}", libm::sin((17 * i + 5 * j) as f64) * 0.2)).collect::<Vec<_>>().join(", ");
    let rows = (0..8).map(|i| format!("[{}]", row(i))).collect::<Vec<_>>().join(", ");
    let head = format!(
        "[study]\nname = \"eight\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [{rows}]\ninputs = [0]\ntarget = [1.0, 0, 0, 0, 0, 0, 0, 0]\n"
    );
    std::fs::write(&study, head + "[network]\nactivation = \"identity\"\nhidden = 3\nrecurrent_norm = 0.8\n").unwrap();
    let run = |kernel: &str| {
        let out = folder.path().join(kernel);
        let command = |arguments: &[&str]| {
            let output = Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).env("OPENBLAS_CORETYPE", kernel).args(arguments).output().unwrap();
            assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let study = study.to_str().unwrap();
        command(&["verify", study, "--quick", "--only", "data_ergodicity,hidden_contraction", "--out", out.to_str().unwrap()]);
        let read = |name: &str| std::fs::read(out.join(name)).unwrap();
        (command(&["oracle", study]), read("verdicts.json"), read("measurements.csv"))
    };
    let first = run("SkylakeX");
    assert!(first.0.len() > 500 && String::from_utf8_lossy(&first.1).contains("certified_rate"));
    for kernel in ["Haswell", "Nehalem", "Prescott"] {
        assert!(run(kernel) == first, "{kernel} gives other bytes than SkylakeX");
    }
}
