//! Laws, gradients and truncation of one nonlinear unit: against the linear Gaussian case, brute
//! force, and themselves on a finer grid.

use ndarray::{Array1, arr1, array};
use rtrl_lab::network::activation;
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::theory::{GaussianStart, LinearGaussian, LinearModel, ScalarModel, ScalarNetwork};

fn model(name: &str, recurrent: f64, input: f64, bias: f64, phi: f64) -> ScalarModel {
    let plain = ScalarModel::plain(activation::named(name).unwrap(), recurrent, input, bias);
    ScalarModel { phi, readout: 0.8, readout_bias: -0.1, target: 0.6, target_bias: 0.05, target_noise: 0.2, innovation: 0.9, ..plain }
}

fn start(mean: [f64; 2], deviation: [f64; 2]) -> GaussianStart {
    GaussianStart { mean: arr1(&mean), deviation: arr1(&deviation) }
}

/// The identity unit as a linear model; its target has no bias of its own, so the readout's takes
/// it.
fn linear(model: &ScalarModel) -> LinearGaussian {
    LinearGaussian::new(LinearModel {
        transition: array![[model.phi]],
        noise_factor: array![[model.innovation]],
        inputs: vec![0],
        target: array![[model.target]],
        target_noise: model.target_noise,
        beta: 0.0,
        b_matrix: array![[model.recurrent]],
        w_matrix: array![[model.input]],
        bias: arr1(&[model.bias]),
        c_matrix: array![[model.readout]],
        readout_bias: arr1(&[model.readout_bias - model.target_bias]),
    })
    .unwrap()
}

fn close(found: f64, truth: f64, relative: f64, what: &str) {
    assert!((found - truth).abs() <= relative * truth.abs(), "{what}: {found:e}, {truth:e}");
}

const TIMES: [usize; 7] = [0, 1, 2, 3, 10, 40, 90];

#[test]
fn distances_of_the_identity_are_those_of_the_linear_gaussian_case() {
    for (b, phi) in [(0.7, 0.0), (-0.6, 0.0), (0.7, 0.5), (-0.5, 0.6)] {
        let unit = model("identity", b, 0.8, 0.3, phi);
        let (exact, linear) = (ScalarNetwork::new(unit).unwrap(), linear(&unit));
        for start in [start([-2.0, 0.95], [0.0, 0.0]), start([0.0, 0.0], [2.0, 2.0]), start([1.0, 9.0], [0.0, 0.5])] {
            let found = exact.wasserstein(&start, &TIMES).unwrap();
            let truth = linear.distances(&start, &TIMES).unwrap();
            let mut compared = 0;
            for ((time, found), truth) in TIMES.iter().zip(&found).zip(&truth) {
                // The linear oracle says nothing below 1e-12 of the spread.
                if truth[1].is_finite() && truth[1] > 1e-11 {
                    close(found.w2, truth[1], 1e-8, &format!("b = {b}, φ = {phi}, t = {time}"));
                    compared += 1;
                }
                assert!(found.mean.abs() <= found.w1 * (1.0 + 1e-9) && found.w1 <= found.w2 * (1.0 + 1e-9), "{found:?}");
            }
            assert!(compared >= 5, "{compared}");
        }
    }
}

/// Two Gaussian laws of one spread differ by a shift: W_1 = W_2 = the difference of the means,
/// `b^t` of the first, to any depth.
#[test]
fn distances_keep_their_digits_far_below_rounding() {
    let unit = model("identity", 0.5, 0.8, 0.0, 0.0);
    let exact = ScalarNetwork::new(unit).unwrap();
    let stationary = 0.8 * 0.9 / f64::sqrt(0.75);
    // The start has the stationary spread and a mean of 1; its X_0 is stationary.
    let found = exact.wasserstein(&start([0.0, 1.0], [0.9, stationary]), &[1, 5, 30, 60, 120]).unwrap();
    for (time, found) in [1, 5, 30, 60, 120].iter().zip(&found) {
        let truth = libm::pow(0.5, f64::from(*time));
        close(found.w1, truth, 1e-8, &format!("W1 at {time}"));
        close(found.w2, truth, 1e-8, &format!("W2 at {time}"));
        close(found.mean, truth, 1e-8, &format!("mean at {time}"));
    }
}

/// Values by uniform points of the drive and plain sums over quantiles, outside this library.
#[test]
fn distances_of_three_units_are_those_of_another_quadrature() {
    let table = [
        (
            1.5,
            1.0,
            0.0,
            [(2, 0.739_820_798_843, 0.922_250_75), (10, 0.092_343_502_222_7, 0.125_023_07), (40, 3.840_319_217_192_8e-5, 5.212_963_57e-5)],
        ),
        (
            2.2,
            2.0,
            0.0,
            [(2, 0.684_855_592_265_6, 0.956_989_06), (10, 0.036_413_467_621_5, 0.060_826_84), (40, 6.068_639_286_543e-7, 1.014_602_80e-6)],
        ),
        (2.0, 2.0, 2.0, [(2, 0.897_622_094_487_3, 1.161_075_70), (10, 6.171_686_333_159e-4, 1.851_545_75e-3), (40, 7.273_414_547_804e-16, f64::NAN)]),
    ];
    for (b, w, c, rows) in table {
        let unit = ScalarNetwork::new(ScalarModel::plain(activation::named("tanh").unwrap(), b, w, c)).unwrap();
        let found = unit.wasserstein(&start([-2.0, -0.95], [0.0, 0.0]), &rows.map(|row| row.0)).unwrap();
        for ((time, w1, w2), found) in rows.iter().zip(&found) {
            close(found.w1, *w1, 1e-7, &format!("W1 of ({b}, {w}, {c}) at {time}"));
            close(found.mean, -w1, 1e-7, &format!("mean of ({b}, {w}, {c}) at {time}"));
            // A W2 of 1e-15 is beyond a program that subtracts quantiles.
            if !w2.is_nan() {
                close(found.w2, *w2, 2e-5, &format!("W2 of ({b}, {w}, {c}) at {time}"));
            }
        }
    }
}

/// Table A1 of the faults found.
#[test]
fn distances_that_rare_pairs_carry() {
    let unit = |b, w, c| ScalarNetwork::new(ScalarModel::plain(activation::named("tanh").unwrap(), b, w, c)).unwrap();
    let at = |unit: ScalarNetwork, hidden: f64, time: usize| unit.wasserstein(&start([-2.0, hidden], [0.0, 0.0]), &[time]).unwrap()[0];
    for (found, w2, mean) in [
        (at(unit(2.2, 2.0, 0.0), 0.95, 40), 9.8e-7, 5.9e-7),
        (at(unit(1.5, 1.0, 0.0), 0.95, 40), 3.2e-5, 2.35e-5),
        (at(unit(2.0, 2.0, 2.0), -0.95, 10), 1.85e-3, 6.2e-4),
        (at(unit(2.0, 2.0, 2.0), -0.95, 20), 2.0e-7, 6.5e-8),
    ] {
        assert!((found.w2 / w2 - 1.0).abs() < 0.03 && (found.mean.abs() / mean - 1.0).abs() < 0.03, "{found:?}");
    }
}

#[test]
fn two_grids_agree_on_laws_and_gradients() {
    let units = [
        model("tanh", 1.5, 1.0, 0.2, 0.0),
        model("tanh", -1.3, 0.5, 0.1, 0.0),
        model("sigmoid", 4.8, 3.0, -2.4, 0.0),
        model("softplus", 0.8, 0.7, -0.5, 0.0),
        model("tanh", 1.2, 0.6, 0.2, 0.5),
        model("tanh", -1.2, 0.6, 0.2, -0.6),
        model("softplus", -0.9, 1.0, 0.5, 0.7),
    ];
    for unit in units {
        let [plain, fine] = [1.0, 1.35].map(|fineness| ScalarNetwork::with_fineness(unit, fineness).unwrap());
        for start in [start([-2.0, 0.5], [0.0, 0.0]), start([0.0, 0.0], [2.0, 2.0])] {
            let laws = [&plain, &fine].map(|unit| unit.wasserstein(&start, &TIMES).unwrap());
            for ((time, plain), fine) in TIMES.iter().zip(&laws[0]).zip(&laws[1]) {
                let what = format!("{unit:?} at {time}");
                // A start without a part in the slowest mode ends in that mode's rounding.
                if fine.w2 < 1e-15 * laws[1][0].w2 {
                    continue;
                }
                close(plain.w1, fine.w1, 1e-8, &what);
                close(plain.w2, fine.w2, 1e-8, &what);
                assert!((plain.mean - fine.mean).abs() <= 1e-8 * fine.w1, "{what}");
            }
        }
        let numbers = |unit: &ScalarNetwork| -> Vec<f64> {
            let biases = unit.tbptt_biases(&[0, 1, 5, 20]).unwrap();
            let blocks = unit.block_tbptt_biases(&[1, 7]).unwrap();
            let gradient = unit.gradient().unwrap();
            let all = [unit.loss().unwrap(), unit.mean_state().unwrap()].into_iter().chain(unit.mean_derivative().unwrap()).chain(gradient.flat());
            all.chain(biases.iter().chain(&blocks).map(|bias| bias.recurrent_norm())).collect()
        };
        for (plain, fine) in numbers(&plain).iter().zip(numbers(&fine)) {
            assert!((plain - fine).abs() < 1e-9 * (fine.abs() + 1e-3), "{unit:?}: {plain} {fine}");
        }
    }
}

#[test]
fn gradients_and_biases_of_the_identity_are_those_of_the_linear_gaussian_case() {
    for (b, phi) in [(0.7, 0.0), (-0.6, 0.0), (0.7, 0.5), (-0.5, -0.6)] {
        let unit = model("identity", b, 0.8, 0.3, phi);
        let (exact, linear) = (ScalarNetwork::new(unit).unwrap(), linear(&unit));
        close(exact.loss().unwrap(), linear.loss(), 1e-10, "loss");
        let near = |found: Array1<f64>, truth: Array1<f64>, scale: f64, what: &str| {
            found.iter().zip(&truth).for_each(|(found, truth)| assert!((found - truth).abs() < 1e-8 * scale, "{what}, b = {b}: {found} {truth}"));
        };
        let gradient = linear.gradient().unwrap();
        near(exact.gradient().unwrap().flat(), gradient.flat(), gradient.norm(), "gradient");
        let lengths = [0, 1, 2, 8, 30];
        for (length, found) in lengths.iter().zip(exact.tbptt_biases(&lengths).unwrap()) {
            let truth = linear.tbptt_bias(*length).unwrap();
            near(found.flat(), truth.flat(), truth.norm(), &format!("bias of {length}"));
        }
        for (length, found) in lengths[1..].iter().zip(exact.block_tbptt_biases(&lengths[1..]).unwrap()) {
            let truth = linear.block_tbptt_bias(*length).unwrap();
            near(found.flat(), truth.flat(), truth.norm(), &format!("block bias of {length}"));
        }
        assert!(exact.block_tbptt_biases(&[0]).is_err());
    }
}

/// `∇J` by central differences of `J`, and `E_μ V = ∂_θ E_μ S`.
#[test]
fn derivatives_are_those_of_the_stationary_means() {
    const STEP: f64 = 1e-4;
    for unit in [
        model("tanh", 1.4, 0.9, 0.2, 0.0),
        model("tanh", -1.2, 0.6, 0.2, 0.5),
        model("softplus", 0.7, 0.5, -0.2, 0.3),
        model("sigmoid", 5.0, 2.0, -2.0, 0.0),
    ] {
        let exact = ScalarNetwork::new(unit).unwrap();
        let moved = |which: usize, step: f64| {
            let mut unit = unit;
            let slots = [&mut unit.recurrent, &mut unit.input, &mut unit.bias, &mut unit.readout, &mut unit.readout_bias];
            *slots.into_iter().nth(which).unwrap() += step;
            ScalarNetwork::new(unit).unwrap()
        };
        let slope = |which: usize, f: &dyn Fn(&ScalarNetwork) -> f64| {
            let at = |step: f64| f(&moved(which, step));
            // Fourth order: the error is about STEP⁴.
            (8.0 * (at(STEP) - at(-STEP)) - (at(2.0 * STEP) - at(-2.0 * STEP))) / (12.0 * STEP)
        };
        let gradient = exact.gradient().unwrap().flat();
        for (which, found) in gradient.iter().enumerate() {
            let truth = slope(which, &|unit| unit.loss().unwrap());
            assert!((found - truth).abs() < 1e-9, "{unit:?}, parameter {which}: {found} {truth}");
        }
        for (which, found) in exact.mean_derivative().unwrap().iter().enumerate() {
            let truth = slope(which, &|unit| unit.mean_state().unwrap());
            assert!((found - truth).abs() < 1e-9 && truth.abs() > 1e-3, "{unit:?}, E V in parameter {which}: {found} {truth}");
        }
        // Truncation at nothing leaves no gradient; a long one all of it.
        let biases = exact.tbptt_biases(&[0, 200]).unwrap();
        assert!((biases[0].bias[0] + gradient[2]).abs() < 1e-12 && biases[1].recurrent_norm() < 1e-3 * biases[0].recurrent_norm());
    }
}

/// A chain drawn directly: `E S_t`, the mean distance, the loss and the rolling truncation, within
/// intervals.
#[test]
fn brute_force_agrees_within_its_intervals() {
    // Ten numbers a unit and two units: 4.42 standard errors each (1e-5).
    const CHAINS: usize = 40_000;
    const TAU: usize = 2;
    for unit in [model("tanh", 1.3, 0.8, 0.2, 0.0), model("softplus", 0.6, 0.5, 0.1, 0.5)] {
        let exact = ScalarNetwork::new(unit).unwrap();
        let far = start([1.5, -0.8], [0.0, 0.0]);
        let laws = exact.wasserstein(&far, &[1, 3, 6]).unwrap();
        let stationary = exact.mean_state().unwrap();
        let mut noise = Noise::at(RngKey::root(21).within("unit"));
        let mut seen: Vec<Vec<f64>> = vec![Vec::new(); 5];
        for _ in 0..CHAINS {
            let (mut x, mut s) = (1.5, -0.8);
            // Derivative in the bias through the last TAU steps.
            let mut slopes = Vec::new();
            for t in 1..=60usize {
                let u = unit.recurrent * s + unit.input * x + unit.bias;
                let (value, slope) = unit.activation.value_and_slope(u);
                s = value;
                slopes.push(slope);
                if let Some(which) = [1, 3, 6].iter().position(|time| *time == t) {
                    seen[which].push(s - stationary - laws[which].mean);
                }
                if t == 60 {
                    let error = unit.readout * s + unit.readout_bias - unit.target * x - unit.target_bias;
                    seen[3].push(0.5 * error * error + 0.5 * unit.target_noise * unit.target_noise);
                    let (mut sum, mut product) = (0.0, 1.0);
                    for k in 0..TAU {
                        product *= slopes[t - 1 - k];
                        sum += product;
                        product *= unit.recurrent;
                    }
                    seen[4].push(error * unit.readout * sum);
                }
                x = unit.phi * x + unit.innovation * noise.normal_vector(1)[0];
            }
        }
        let truths = [0.0, 0.0, 0.0, exact.loss().unwrap(), exact.gradient().unwrap().bias[0] + exact.tbptt_biases(&[TAU]).unwrap()[0].bias[0]];
        for (which, (values, truth)) in seen.iter().zip(truths).enumerate() {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let error = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n / (n - 1.0)).sqrt();
            // At time 1 the state is a point: nothing but rounding is left.
            assert!((mean - truth).abs() < 4.42 * error + 1e-12 && error < 5e-3, "{unit:?}, {which}: {mean} ± {error}, {truth}");
        }
    }
}

#[test]
fn starts_that_are_no_starts_are_refused_and_far_ones_are_followed() {
    let exact = ScalarNetwork::new(model("softplus", 0.8, 0.5, 0.0, 0.5)).unwrap();
    let short = GaussianStart { mean: arr1(&[0.0]), deviation: arr1(&[0.0]) };
    assert!(exact.wasserstein(&short, &[1]).unwrap_err().reason.contains("two means"));
    assert!(exact.wasserstein(&start([0.0, f64::NAN], [0.0, 0.0]), &[1]).is_err());
    assert!(exact.wasserstein(&start([0.0, 1e9], [0.0, 0.0]), &[1]).is_err());
    assert!(exact.wasserstein(&start([0.0, 0.0], [0.0, 1e9]), &[1]).unwrap_err().reason.contains("too wide"));
    // Far above, a softplus is linear and S falls by 0.8 a step, while the stationary mean stays.
    let far = exact.wasserstein(&start([0.0, 30.0], [0.0, 0.0]), &[3, 4]).unwrap();
    assert!((far[0].w1 - far[1].w1 - 30.0 * (0.512 - 0.4096)).abs() < 1e-3 && far[0].w1 > 10.0, "{far:?}");
}
