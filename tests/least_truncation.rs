//! The least truncation length for a relative bias, and the biases of every truncated method,
//! against exact answers.

use rtrl_lab::calibration::systems::{Spectra, case_of, system};
use rtrl_lab::claims::{Case, Name, Number, measure, named};
use rtrl_lab::random::RngKey;
use rtrl_lab::theory::{LinearGaussian, Truncation};
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
