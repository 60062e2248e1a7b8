//! Trials on spectra that hide from a spread of trajectories, and on the diagonal cell, whose
//! derivatives are stored by unit.

use super::super::systems::{Spectra, case_of, system};
use super::super::tally::{Kind, Replicate, Scenario, Truth};
use super::{budgets, judged, number};
use crate::claims::Case;
use crate::claims::hidden_contraction;
use crate::claims::judging::names as rates;
use crate::claims::{Name, ergodic_averages};
use crate::network::{Diagonal, activation};
use crate::random::RngKey;
use crate::theory::{LinearGaussian, LinearModel};
use ndarray::{Array1, Array2, arr2};

pub(super) fn trials() -> Vec<Scenario> {
    let mut all: Vec<Scenario> = products().into_iter().map(|(name, matrix, radius)| pathwise(name, matrix, radius)).collect();
    all.extend([diagonal_averages(), diagonal_rates()]);
    all
}

/// Recurrent matrices with their spectral radii: complex leading pairs from normal to strongly
/// sheared, and leading eigenvalues that are defective or nearly so.
fn products() -> [(&'static str, Array2<f64>, f64); 6] {
    [
        ("complex pair", arr2(&[[0.2, -0.4], [0.4, 0.2]]), 0.2f64.sqrt()),
        ("complex pair, sheared", arr2(&[[0.5, -3.0], [0.1, 0.5]]), 0.55f64.sqrt()),
        ("complex pair, strongly sheared", arr2(&[[0.7, -5.0], [0.02, 0.7]]), 0.59f64.sqrt()),
        ("defective", arr2(&[[0.7, 1.0], [0.0, 0.7]]), 0.7),
        ("defective of order three", arr2(&[[0.7, 1.0, 0.0], [0.0, 0.7, 1.0], [0.0, 0.0, 0.7]]), 0.7),
        ("nearly defective", arr2(&[[0.7, 1.0], [0.0, 0.698]]), 0.7),
    ]
}

/// The pathwise rate of a linear network is its spectral radius. The interval allows for the
/// transient that all trajectories share: a bound.
fn pathwise(name: &'static str, matrix: Array2<f64>, radius: f64) -> Scenario {
    let n = matrix.nrows();
    let model = LinearModel {
        b_matrix: matrix,
        w_matrix: Array2::from_elem((n, 1), 0.3),
        bias: Array1::zeros(n),
        c_matrix: Array2::from_elem((1, n), 0.5),
        ..system(Spectra::SlowNetwork, 0.5, 0.5)
    };
    let run = move |key: RngKey| {
        let case = case_of(&model, name, key, 2.0, budgets("hidden_contraction", |budget| budget.chains = 64));
        let (_, finding) = judged("hidden_contraction", &case);
        vec![number("pathwise rate of a linear network", Kind::Bound, Truth::Exact(radius), &finding, hidden_contraction::names::PATHWISE_RATE)]
    };
    Scenario { case: format!("{name}, pathwise"), heavy: true, run: Box::new(run) }
}

/// Recurrent weights of the diagonal cell.
const WEIGHTS: [f64; 2] = [0.6, -0.4];

/// The linear network of the diagonal cell, as a dense one.
fn dense() -> LinearModel {
    LinearModel { b_matrix: arr2(&[[WEIGHTS[0], 0.0], [0.0, WEIGHTS[1]]]), ..system(Spectra::SlowData, 0.8, 0.5) }
}

/// The case of the diagonal cell. The oracle knows dense networks alone, so the case brings none.
fn diagonal(key: RngKey, budgets: std::collections::BTreeMap<String, crate::claims::Budget>) -> Case {
    let model = dense();
    let identity = activation::named("identity").expect("the identity is on offer");
    let inputs: Vec<f64> = model.w_matrix.iter().copied().collect();
    let cell = Diagonal::new(&WEIGHTS, &inputs, &model.bias.to_vec(), identity).expect("the blocks fit");
    let mut case = case_of(&model, "diagonal", key, 2.0, budgets);
    case.network.cell = Box::new(cell);
    Case { linear: None, ..case }
}

/// Asymptotic variances of the gradient's averages along blocks that the dense network of the same
/// weights has too. The claim's intervals hold for all its directions and ways together: bounds.
fn diagonal_averages() -> Scenario {
    let model = dense();
    let variance = LinearGaussian::new(model.clone()).and_then(|oracle| oracle.asymptotic_variance()).expect("the system contracts");
    let run = move |key: RngKey| {
        let case = diagonal(key, budgets("ergodic_averages", |budget| (budget.chains, budget.steps, budget.burn_in) = (32, 4096, 120)));
        // The dense parameters, unit by unit: (B row of N | W row of d | b), then the readout.
        let group = model.b_matrix.ncols() + model.w_matrix.ncols() + 1;
        let along = |place: usize| -> f64 {
            let at: Vec<usize> = (0..WEIGHTS.len()).map(|unit| unit * group + place).collect();
            at.iter().flat_map(|i| at.iter().map(|j| variance[[*i, *j]])).sum::<f64>() / at.len() as f64
        };
        let (_, finding) = judged("ergodic_averages", &case);
        let shot = |estimator, name: Name, place| number(estimator, Kind::Bound, Truth::Exact(along(place)), &finding, name);
        vec![
            shot("variance of averages on a diagonal cell, input weights", ergodic_averages::names::VARIANCE.of("batch_means").at("W"), group - 2),
            shot("variance of averages on a diagonal cell, biases", ergodic_averages::names::VARIANCE.of("batch_means").at("b"), group - 1),
        ]
    };
    Scenario { case: "diagonal cell, averages along chains".into(), heavy: true, run: Box::new(run) }
}

/// Rates of every block of a linear diagonal cell; late differences carry no noise: bounds.
fn diagonal_rates() -> Scenario {
    let run = move |key: RngKey| {
        let case = diagonal(key, budgets("geometric_ergodicity", |budget| budget.chains = 256));
        let (_, finding) = judged("geometric_ergodicity", &case);
        let rate = |estimator, name: Name, truth: f64| -> Replicate { number(estimator, Kind::Bound, Truth::Exact(truth), &finding, name) };
        vec![
            rate("rate on a diagonal cell, hidden block", rates::RATE.of("hidden"), 0.8),
            rate("rate on a diagonal cell, derivative block", rates::RATE.of("derivative"), 0.8),
            rate("rate on a diagonal cell, joint chain", rates::RATE, 0.8),
        ]
    };
    Scenario { case: "diagonal cell, rates".into(), heavy: true, run: Box::new(run) }
}
