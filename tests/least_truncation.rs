//! The least truncation length for a relative bias, and the biases of every truncated method,
//! against exact answers.

use rtrl_lab::calibration::systems::{Spectra, case_of, system};
use rtrl_lab::claims::{Case, Name, Number, measure, named};
use rtrl_lab::random::RngKey;
use rtrl_lab::theory::{LinearGaussian, LinearModel, Truncation};
use rtrl_lab::training::{Method, method};

const SHARES: [f64; 3] = [0.1, 0.01, 0.001];
const NAMES: [&str; 3] = ["10%", "1%", "0.1%"];

fn oracle(spectra: Spectra, data: f64, network: f64) -> LinearGaussian {
    LinearGaussian::new(system(spectra, data, network)).unwrap()
}

#[test]
fn the_least_lengths_are_those_that_every_length_says() {
    for (spectra, data, network) in [
        (Spectra::SlowData, 0.8, 0.5),
        (Spectra::SlowNetwork, 0.5, 0.8),
        (Spectra::Near, 0.8, 0.795),
        (Spectra::Defective, 0.8, 0.8),
        (Spectra::Rotating, 0.5, 0.9),
    ] {
        let exact = oracle(spectra, data, network);
        let full = exact.gradient().unwrap().recurrent_norm();
        for kind in [Truncation::Rolling, Truncation::Block] {
            let found = exact.least_truncation(kind, &SHARES).unwrap();
            // Blocks fall like 1/τ: the longest length here must lie beyond the last share.
            let relative: Vec<f64> = (1..=9000)
                .map(|tau| match kind {
                    Truncation::Rolling => exact.tbptt_bias(tau).unwrap().recurrent_norm() / full,
                    Truncation::Block => exact.block_tbptt_bias(tau).unwrap().recurrent_norm() / full,
                })
                .collect();
            for (share, found) in SHARES.iter().zip(found) {
                let last = relative.iter().rposition(|bias| bias > share).map_or(0, |at| at + 1);
                assert!(last < 9000, "{spectra:?}, {kind:?}: the comparison is too short");
                assert_eq!(found, Some(last + 1), "{spectra:?}, {kind:?}, {share}");
            }
        }
    }
}

/// At a level at which nothing fails by chance: each number's interval misses once in a million.
fn asked(spectra: Spectra, method: Method, taus: &[usize]) -> Case {
    let claim = named("truncation_bias").unwrap();
    let mut budget = claim.budget();
    (budget.chains, budget.steps, budget.burn_in, budget.taus) = (128, 1000, 150, taus.to_vec());
    let (data, network) = match spectra {
        Spectra::SlowData => (0.6, 0.4),
        Spectra::SlowNetwork | Spectra::Rotating => (0.4, 0.6),
        Spectra::Near => (0.6, 0.594),
        Spectra::Defective => (0.6, 0.6),
    };
    let model = system(spectra, data, network);
    let mut case = case_of(&model, spectra.name(), RngKey::root(7), 2.0, [("truncation_bias".to_string(), budget)].into());
    case.learning.method = method;
    case.level = 1.0 - 1e-6;
    case
}

#[test]
fn biases_of_every_truncated_method_are_the_oracles() {
    let claim = named("truncation_bias").unwrap();
    for spectra in Spectra::ALL {
        for method in [Method::rolling(1), Method::of(method::named("rolling-stale-tbptt").expect("it is in the table"), 1), Method::block(1)] {
            let taus = [1, 2, 3, 4, 6, 8];
            let case = asked(spectra, method, &taus);
            let finding = claim.finding(&case, &measure(claim, &case));
            for tau in taus {
                let (Number::Exact(exact), Number::Interval(measured)) =
                    (&finding.numbers[&format!("exact_bias[{tau}]")], &finding.numbers[&format!("bias_squared[{tau}]")])
                else {
                    panic!("{spectra:?}, {method}, {tau}: a number is missing")
                };
                let square = exact * exact;
                assert!(square > 0.0 && measured.lower <= square && square <= measured.upper, "{spectra:?}, {method}, {tau}: {square} {measured:?}");
            }
            // The interval is no wider than it needs: the bias of one step is told from none.
            let Number::Interval(first) = &finding.numbers["bias_squared[1]"] else { panic!("a number is missing") };
            assert!(first.lower > 0.0 && first.upper < 4.0 * first.lower, "{spectra:?}, {method}: {first:?}");
        }
    }
}

#[test]
fn measured_least_lengths_hold_the_exact_ones() {
    let claim = named("truncation_bias").unwrap();
    let taus: Vec<usize> = (1..=24).collect();
    let mut pinned = 0;
    for spectra in Spectra::ALL {
        let case = asked(spectra, Method::rolling(1), &taus);
        let finding = claim.finding(&case, &measure(claim, &case));
        for name in NAMES {
            let exact = finding.exact(&Name::new("least_length_exact").at(name)).unwrap();
            match &finding.numbers[&format!("least_length[{name}]")] {
                Number::Interval(found) => {
                    assert!(found.lower <= exact && exact <= found.upper, "{spectra:?}, {name}: {exact} {found:?}");
                    assert!(found.upper - found.lower <= 6.0, "{spectra:?}, {name}: {found:?}");
                    pinned += usize::from(found.lower == found.upper);
                }
                other => panic!("{spectra:?}, {name}: {other:?}"),
            }
            // The rule bounds what it measures: its lengths are not below half of the exact ones.
            let rule = finding.exact(&Name::new("least_length_by_rule").at(name)).unwrap();
            println!("{spectra:?} {name}: exact {exact}, by rule {rule}");
        }
    }
    println!("{pinned} of 15 are pinned to one length");
}

/// The scalar case with nothing but numbers: means are zero, and a fourth moment is three products
/// of covariances.
#[test]
fn the_error_of_a_single_step_by_hand() {
    let (a, phi, w, c, gamma, sigma, most) = (0.7, 0.6, 0.9, 0.8, 0.5, 0.3, 40);
    let one = |x: f64| ndarray::arr2(&[[x]]);
    let model = LinearModel {
        transition: one(phi),
        noise_factor: one(1.0),
        inputs: vec![0],
        target: one(gamma),
        target_noise: sigma,
        beta: 0.0,
        b_matrix: one(a),
        w_matrix: one(w),
        bias: ndarray::arr1(&[0.0]),
        c_matrix: one(c),
        readout_bias: ndarray::arr1(&[0.0]),
    };
    let found = LinearGaussian::new(model).unwrap().step_errors(most).unwrap();
    // D' = φ D + ξ, S' = a S + w D: variances and how far S lags behind.
    let dd = 1.0 / (1.0 - phi * phi);
    let ds = phi * w * dd / (1.0 - a * phi);
    let ss = (w * w * dd + 2.0 * a * w * ds) / (1.0 - a * a);
    // Cov(D_t, D_{t−k}), and so on; e = c (a S + w D) − γ D + η.
    let lagged = |k: usize| {
        let (mut rows, mut step) = ([[dd, ds], [ds, ss]], 0);
        while step < k {
            let [d, s] = rows;
            rows = [[phi * d[0], phi * d[1]], [a * s[0] + w * d[0], a * s[1] + w * d[1]]];
            step += 1;
        }
        rows
    };
    let (on_d, on_s) = (c * w - gamma, c * a);
    let with_error = |k: usize| lagged(k)[0].iter().zip(lagged(k)[1]).map(|(d, s)| on_d * d + on_s * s).collect::<Vec<f64>>();
    let error = on_d * with_error(0)[0] + on_s * with_error(0)[1] + sigma * sigma;
    let pair = |j: usize, k: usize| {
        let apart = lagged(j.abs_diff(k));
        let crossed: f64 = with_error(j).iter().zip(with_error(k)).map(|(x, y)| x * y).sum();
        c * c * a.powi((j + k) as i32) * (error * (1.0 + apart[0][0] + apart[1][1]) + 2.0 * crossed)
    };
    let left_out = |tau: usize| (tau..most).flat_map(|j| (tau..most).map(move |k| (j, k))).map(|(j, k)| pair(j, k)).sum::<f64>();
    let whole = left_out(0);
    for tau in 1..most {
        let expected = (left_out(tau) / whole).sqrt();
        assert!((found[tau - 1] / expected - 1.0).abs() < 1e-9, "{tau}: {} {expected}", found[tau - 1]);
    }
    // No step is the largest: the error at a length shrinks like a^τ.
    assert!((found[20] / found[19] - a).abs() < 0.01 && found[most - 1] == 0.0);
}

#[test]
fn the_measured_errors_of_single_steps_hold_the_exact_ones() {
    let claim = named("truncation_bias").unwrap();
    let taus = [1, 2, 3, 4, 6, 8, 12];
    for spectra in Spectra::ALL {
        let case = asked(spectra, Method::rolling(1), &taus);
        let finding = claim.finding(&case, &measure(claim, &case));
        for tau in taus {
            let exact = finding.exact(&Name::new("step_error_exact").at(tau)).unwrap();
            let Number::Interval(found) = &finding.numbers[&format!("step_error[{tau}]")] else { panic!("{spectra:?}, {tau}: a number is missing") };
            assert!(found.lower <= exact && exact <= found.upper, "{spectra:?}, {tau}: {exact} {found:?}");
            assert!(found.upper - found.lower < found.value, "{spectra:?}, {tau}: {found:?}");
        }
        for name in NAMES {
            let exact = finding.exact(&Name::new("least_length_of_a_step_exact").at(name)).unwrap();
            let Number::Interval(found) = &finding.numbers[&format!("least_length_of_a_step[{name}]")] else {
                panic!("{spectra:?}, {name}: {:?}", finding.numbers[&format!("least_length_of_a_step[{name}]")])
            };
            println!("{spectra:?} {name}: exact {exact}, measured {} [{}, {}]", found.value, found.lower, found.upper);
            assert!(found.lower <= exact && exact <= found.upper, "{spectra:?}, {name}: {exact} {found:?}");
        }
    }
}
