//! What theory says of the noise of online learning, against runs of it: staleness of the carried states.

mod common;

use common::{data_of, linear_model, network_of, relative, scalar_model};
use ndarray::{Array2, arr1};
use rtrl_lab::network::Network;
use rtrl_lab::random::{Address, Noise, stream};
use rtrl_lab::stats::Sample;
use rtrl_lab::theory::{LinearGaussian, LinearModel};
use rtrl_lab::training::{Departure, Method, Observer, Online, Progress, Schedule};

/// Nominal level of the random tests: a false alarm in 1e-5 runs, each test escalating once before it fails.
const LEVEL: f64 = 1.0 - 1e-5;

struct Last {
    at: usize,
    seen: Option<(Network, Vec<f64>, Vec<f64>)>,
}

impl Observer for Last {
    fn before_update(&mut self, progress: Progress<'_>) {
        if progress.t == self.at {
            let influence = progress.influence.expect("RTRL carries derivatives").to_vec();
            self.seen = Some((progress.network.clone(), progress.hidden.to_vec(), influence));
        }
    }
}

/// `(S, V)` online less frozen, over the step.
fn difference(model: &LinearModel, address: Address, step: f64, length: usize) -> Vec<f64> {
    let data = data_of(model);
    let follow = |network: &Network, initial: f64| {
        let schedule = Schedule { initial, offset: 1.0, exponent: 0.0 };
        let departure = Departure {
            network,
            data: vec![0.0; model.order()],
            hidden: vec![0.0; model.hidden()],
            innovations: Noise::at(address.stream(stream::INNOVATION)),
            observations: Noise::at(address.stream(stream::OBSERVATION)),
        };
        let mut last = Last { at: length - 1, seen: None };
        Online { data: &data, method: Method::Rtrl, schedule, projection: None }.run(departure, length, &mut last);
        last.seen.unwrap()
    };
    let (network, hidden, influence) = follow(&network_of(model, "identity"), step);
    let (_, still, frozen) = follow(&network, 0.0);
    hidden.iter().chain(&influence).zip(still.iter().chain(&frozen)).map(|(a, b)| (a - b) / step).collect()
}

fn exact(model: &LinearModel) -> Vec<f64> {
    let staleness = LinearGaussian::new(model.clone()).unwrap().staleness().unwrap();
    assert!((&staleness.readout_bias - &model.c_matrix.dot(&staleness.hidden)).iter().all(|x| *x == 0.0));
    staleness.hidden.iter().chain(&staleness.derivative).copied().collect()
}

#[test]
fn without_noise_the_staleness_is_that_of_one_run() {
    for beta in [0.0, 0.5] {
        let model = LinearModel { noise_factor: Array2::zeros((2, 2)), target_noise: 0.0, beta, ..linear_model() };
        // The gradient falls by a share α T λ over the run and rounding takes a share 1e-15/α: both are small here.
        let run = difference(&model, Address::root(1), 1e-10, 400);
        let exact = exact(&model);
        assert!(exact.iter().any(|x| x.abs() > 0.01), "the staleness is not trivially zero");
        assert!(relative(&run, &exact) < 1e-5, "{}", relative(&run, &exact));
        // A step twice as long is twice as stale; one that is not small is not.
        assert!(relative(&difference(&model, Address::root(1), 1e-2, 400), &exact) > 1e-2);
    }
}

/// The mean difference over runs is exact in every entry, and not for a model whose recurrence is half as strong again.
#[test]
fn with_noise_the_mean_staleness_is_the_closed_form() {
    let two_units = LinearModel {
        b_matrix: ndarray::arr2(&[[0.4, -0.2], [0.3, 0.2]]),
        w_matrix: ndarray::arr2(&[[0.8], [-0.5]]),
        bias: arr1(&[0.2, -0.1]),
        c_matrix: ndarray::arr2(&[[0.7, -0.4]]),
        readout_bias: arr1(&[0.3]),
        ..linear_model()
    };
    for (name, model) in [("scalar", LinearModel { bias: arr1(&[0.3]), target_noise: 0.1, ..scalar_model(0.5, 0.4) }), ("two units", two_units)] {
        let holds = |model: &LinearModel, truth: &[f64], runs: usize| {
            let all: Vec<Vec<f64>> =
                (0..runs).map(|replicate| difference(model, Address::root(5).within(name).replicate(replicate), 1e-8, 50)).collect();
            (0..truth.len()).all(|entry| {
                let column: Vec<f64> = all.iter().map(|row| row[entry]).collect();
                Sample::new(&column).unwrap().mean(1.0 - (1.0 - LEVEL) / truth.len() as f64).unwrap().contains(truth[entry])
            })
        };
        let truth = exact(&model);
        assert!(holds(&model, &truth, 4000) || holds(&model, &truth, 16000), "{name}");
        let stronger = LinearModel { b_matrix: &model.b_matrix * 1.5, ..model.clone() };
        assert!(!holds(&model, &exact(&stronger), 16000), "{name}: the test cannot tell a recurrence half as strong again");
    }
}
