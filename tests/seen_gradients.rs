//! Gradients of more than a thousand parameters, seen along random directions inside every block.

use ndarray::Array2;
use rtrl_lab::claims::{self, Budget, Case, Learning, Number, Outcome, Start};
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::gradient::bptt;
use rtrl_lab::markov::norm;
use rtrl_lab::network::{Elman, Network, Readout, activation};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::theory::Certificate;
use rtrl_lab::training::{GradientNorm, Method};
use std::collections::BTreeMap;
use std::sync::Arc;

const CLAIM: &str = "gradient_identity";
const UNITS: usize = 32;

/// Thirty-two units with a diagonal `B`, more than a thousand parameters, learned by `method`.
fn case(method: Method) -> Case {
    let own = |i: usize, j: usize| if i == j { 0.85 - 0.05 * i as f64 } else { 0.0 };
    let recurrent: Vec<f64> = (0..UNITS * UNITS).map(|at| own(at / UNITS, at % UNITS)).collect();
    let cell = Elman::new(&recurrent, &[0.7; UNITS], &[0.0; UNITS], 0.0, activation::named("tanh").unwrap()).unwrap();
    let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    let one = |value: f64| Array2::from_elem((1, 1), value);
    let data = Var(Autoregression { transition: one(0.7), noise_factor: one(1.0), inputs: vec![0], target });
    let certificate = Certificate::of(&cell, Some(&data.0.transition));
    let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0 / UNITS as f64; UNITS], &[0.0], UNITS) };
    let budget = Budget { chains: 16, steps: 400, burn_in: 60, margin: 0.01, ..Budget::default() };
    Case {
        key: RngKey::root(3).within("seen along directions"),
        certificate,
        start: Start { data: None, hidden: None, spread: 3.0 },
        learning: Learning { method, ..Learning::default() },
        budgets: BTreeMap::from([(CLAIM.to_string(), budget)]),
        ..Case::new("directions", Arc::new(data), network)
    }
}

#[test]
fn a_wrong_rule_of_many_parameters_is_seen_along_directions_and_a_right_one_passes() {
    let claim = claims::named(CLAIM).unwrap();
    let mut ratios = Vec::new();
    for (method, expected) in [(Method::RTRL, Outcome::Supported), (Method::rolling(1), Outcome::Contradicted)] {
        let case = case(method);
        let finding = claim.finding(&case, &claims::measure(claim, &case));
        assert_eq!(finding.outcome(), expected, "{method}: {}", finding.reason);
        let directions = finding.numbers.get("directions").cloned();
        assert!(matches!(directions, Some(Number::Exact(count)) if count == 65.0), "four blocks of 16 and one number: {directions:?}");
        ratios.push(finding.estimate.unwrap());
    }
    // The whole bias of the wrong rule lies in the interval: it is that of every entry.
    let case = case(Method::rolling(1));
    let stretch = GradientNorm { steps: 100, burn_in: 60, spread: 0.0, replicates: 16 };
    let key = case.key_of(CLAIM, "ladder");
    let (mut bias, mut truth) = (vec![0.0; case.network.recurrent_len()], vec![0.0; case.network.recurrent_len()]);
    for index in 0..16 {
        let (segment, hidden) = stretch.segment(&*case.data, UNITS, key, index);
        let full = bptt(&case.network, &segment, &hidden, 60).gradient;
        let rule = case.learning.method.frozen(&case.network, &segment, &hidden, 60, Noise::at(key)).gradient;
        for (place, (bias, truth)) in bias.iter_mut().zip(&mut truth).enumerate() {
            *bias += rule[place] - full[place];
            *truth += full[place];
        }
    }
    let whole = norm(&bias) / norm(&truth);
    assert!(ratios[1].lower < whole && whole < ratios[1].upper, "{whole} outside of {:?}", ratios[1]);
}
