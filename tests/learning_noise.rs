//! What theory says of the noise of online learning, against runs of it: staleness of the carried
//! states.

use crate::common::{data_of, linear_model, network_of, relative, scalar_model};
use ndarray::{Array2, arr1};
use rtrl_lab::claims::Outcome;
use rtrl_lab::network::Network;
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::stats::Sample;
use rtrl_lab::study::{BudgetScale, Prepared};
use rtrl_lab::theory::{LinearGaussian, LinearModel};
use rtrl_lab::training::{Method, Observer, Online, Progress, RunStart, Schedule};

/// Nominal level of the random tests: a false alarm in 1e-5 runs, each test escalating once before
/// it fails.
const LEVEL: f64 = 1.0 - 1e-5;

struct Last {
    at: usize,
    seen: Option<(Network, Vec<f64>, Vec<f64>)>,
}

impl Observer for Last {
    fn before_update(&mut self, progress: Progress<'_>) {
        if progress.t == self.at {
            let influence = progress.influence().expect("RTRL carries derivatives");
            self.seen = Some((progress.network.clone(), progress.hidden.to_vec(), influence));
        }
    }
}

/// `(S, V)` online less frozen, over the step.
fn difference(model: &LinearModel, key: RngKey, step: f64, length: usize) -> Vec<f64> {
    let data = data_of(model);
    let follow = |network: &Network, initial: f64| {
        let schedule = Schedule { initial, offset: 1.0, exponent: 0.0 };
        let departure = RunStart {
            network,
            data: vec![0.0; model.order()],
            hidden: vec![0.0; model.hidden()],
            innovations: Noise::at(key.stream(stream::INNOVATION)),
            observations: Noise::at(key.stream(stream::OBSERVATION)),
            choices: Noise::at(key.stream(stream::METHOD)),
        };
        let mut last = Last { at: length - 1, seen: None };
        Online { data: &data, method: Method::RTRL, schedule, projection: None }.run(departure, length, &mut last);
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
        // The gradient falls by a share α T λ over the run and rounding takes a share 1e-15/α: both
        // are small here.
        let run = difference(&model, RngKey::root(1), 1e-10, 400);
        let exact = exact(&model);
        assert!(exact.iter().any(|x| x.abs() > 0.01), "the staleness is not trivially zero");
        assert!(relative(&run, &exact) < 1e-5, "{}", relative(&run, &exact));
        // A step twice as long is twice as stale; one that is not small is not.
        assert!(relative(&difference(&model, RngKey::root(1), 1e-2, 400), &exact) > 1e-2);
    }
}

/// The mean difference over runs is exact in every entry, and not for a model whose recurrence is
/// half as strong again.
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
                (0..runs).map(|replicate| difference(model, RngKey::root(5).within(name).replicate(replicate), 1e-8, 50)).collect();
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

fn moved(model: &LinearModel, network: &Network) -> LinearModel {
    let (parameters, layout) = (network.parameters(), network.layout());
    let one = |name: &str| Array2::from_elem((1, 1), layout.block(name).unwrap().values(&parameters)[0]);
    let flat = |name: &str| arr1(&layout.block(name).unwrap().values(&parameters));
    LinearModel { b_matrix: one("B"), w_matrix: one("W"), bias: flat("b"), c_matrix: one("C"), readout_bias: flat("c"), ..model.clone() }
}

/// Near a minimum `E|∇J|² = ½ α tr(H Σ)` at a small constant step, and half of it at half the step.
/// The remainder is O(α): a share 0.3 holds it and an error of 1e-5.
#[test]
fn the_floor_of_a_constant_step_is_the_closed_form() {
    let mut model = LinearModel { target_noise: 0.5, bias: arr1(&[0.1]), ..scalar_model(0.7, 0.3) };
    for _ in 0..4000 {
        let gradient = LinearGaussian::new(model.clone()).unwrap().gradient().unwrap();
        let mut network = network_of(&model, "identity");
        network.descend(0.03, &gradient.flat().to_vec());
        model = moved(&model, &network);
    }
    let oracle = LinearGaussian::new(model.clone()).unwrap();
    let slope = 0.5 * oracle.hessian().unwrap().dot(&oracle.asymptotic_variance().unwrap()).diag().sum();
    assert!(oracle.gradient().unwrap().norm() < 1e-3 && slope > 0.1, "{} {slope}", oracle.gradient().unwrap().norm());
    let (data, start) = (data_of(&model), network_of(&model, "identity"));
    let floor = |step: f64, updates: usize, runs: usize| {
        let squares = (0..runs).map(|run| {
            let at = RngKey::root(9).within("floor").replicate(run);
            let departure = RunStart {
                network: &start,
                data: vec![0.0],
                hidden: vec![0.0],
                innovations: Noise::at(at.stream(stream::INNOVATION)),
                observations: Noise::at(at.stream(stream::OBSERVATION)),
                choices: Noise::at(at.stream(stream::METHOD)),
            };
            let schedule = Schedule { initial: step, offset: 1.0, exponent: 0.0 };
            let last = Online { data: &data, method: Method::RTRL, schedule, projection: None }.run(departure, updates, &mut ());
            let norm = LinearGaussian::new(moved(&model, &last)).unwrap().gradient().unwrap().norm();
            norm * norm
        });
        squares.sum::<f64>() / runs as f64
    };
    let close = |ratio: f64| (ratio - 1.0).abs() < 0.3;
    let holds = |runs: usize| {
        let (whole, half) = (floor(2e-3, 1500, runs), floor(1e-3, 3000, runs));
        assert!(!close(whole / (1e-3 * slope)), "the test cannot tell one step from half of it");
        close(whole / (2e-3 * slope)) && close(half / (1e-3 * slope))
    };
    assert!(holds(1000) || holds(4000));
}

#[test]
fn each_failure_is_named_by_its_cause_and_the_sound_case_is_silent() {
    let text = std::fs::read_to_string("experiments/failures.toml").unwrap();
    let prepared = Prepared::new(&text, "failures", std::path::Path::new("."), BudgetScale::Quick, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let directory = prepared.directory(folder.path());
    prepared.run(&directory, (1, 1), &()).unwrap();
    let outcome = prepared.judge(&directory).unwrap();
    let causes = [
        ("sound", "none of the four"),
        ("step-too-large", "the step size is too large"),
        ("above-the-edge", "the recurrent matrix is above the edge"),
        ("periodic-data", "the data do not forget"),
        ("saturated", "units are saturated"),
    ];
    assert_eq!(outcome.cases.len(), causes.len());
    for (name, cause) in causes {
        let case = outcome.cases.iter().find(|case| case.case.name == name).unwrap();
        let [verdict] = &case.verdicts[..] else { panic!("{name} is asked for one claim") };
        assert!(verdict.reason.contains(cause), "{name}: {}", verdict.reason);
        let sound = name == "sound";
        assert_eq!(verdict.verdict == Outcome::Contradicted, !sound, "{name}: {}", verdict.reason);
    }
}

/// A claim that costs much is asked for by a section of its own or by name, and not by a study that
/// does not mention it.
#[test]
fn costly_claims_wait_to_be_asked_for() {
    let plain = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[network]\nhidden = 2\n";
    let asked = |text: &str, only: &[String]| {
        let prepared = Prepared::new(text, "s", std::path::Path::new("."), BudgetScale::Full, only).unwrap();
        prepared.study.cases[0].asked.contains(&"staleness")
    };
    assert!(!asked(plain, &[]));
    assert!(asked(plain, &["staleness".to_string()]));
    assert!(asked(&format!("{plain}[claims.staleness]\n"), &[]));
    assert!(!asked(&format!("{plain}[claims.staleness]\nenabled = false\n"), &[]));
}
