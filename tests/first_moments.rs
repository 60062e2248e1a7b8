//! First moments of coupled derivatives in cells of seven and eight units, against pairs that are
//! followed here one by one. From eight units on, a population that carries the second moment tells
//! the first one too; seven units have a population for each.

use ndarray::{Array1, Array2};
use rtrl_lab::claims::{self, Number};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::study::{BudgetScale, Prepared};
use std::path::Path;

/// `S' = σ(B S + W X + b)` with the identity or tanh for σ, under `X' = a X + ξ` with two standard
/// normal inputs.
struct Cell {
    tanh: bool,
    a: f64,
    b_matrix: Array2<f64>,
    w_matrix: Array2<f64>,
    bias: Array1<f64>,
}

/// Data, hidden state, and derivatives by B, W and b, a column a parameter.
#[derive(Clone)]
struct State(Array1<f64>, Array1<f64>, Array2<f64>);

impl Cell {
    /// Each unit hears itself and its neighbour: `‖B‖ ≤ 0.85`, and B is not normal.
    fn of(units: usize, tanh: bool) -> Self {
        let b_matrix = Array2::from_shape_fn((units, units), |(i, j)| match (j + units - i) % units {
            0 => 0.55,
            1 => 0.3 - 0.04 * i as f64,
            _ => 0.0,
        });
        let w_matrix = Array2::from_shape_fn((units, 2), |(i, j)| 0.4 * libm::cos((2 * i + 3 * j) as f64));
        let bias = Array1::from_shape_fn(units, |i| 0.1 * (i as f64 - 2.0));
        Self { tanh, a: 0.5, b_matrix, w_matrix, bias }
    }

    fn units(&self) -> usize {
        self.bias.len()
    }

    fn step(&self, State(x, s, v): &State, noise: &[f64]) -> State {
        let n = self.units();
        let mut derivatives = self.b_matrix.dot(v);
        for k in 0..n {
            for j in 0..n {
                derivatives[[k, k * n + j]] += s[j];
            }
            for j in 0..2 {
                derivatives[[k, n * n + k * 2 + j]] += x[j];
            }
            derivatives[[k, n * n + 2 * n + k]] += 1.0;
        }
        let mut hidden = self.b_matrix.dot(s) + self.w_matrix.dot(x) + &self.bias;
        if self.tanh {
            for (mut row, unit) in derivatives.rows_mut().into_iter().zip(hidden.iter_mut()) {
                *unit = libm::tanh(*unit);
                row *= 1.0 - *unit * *unit;
            }
        }
        State(self.a * x + &Array1::from(noise.to_vec()), hidden, derivatives)
    }

    fn zero(&self) -> State {
        let n = self.units();
        State(Array1::zeros(2), Array1::zeros(n), Array2::zeros((n, n * n + 3 * n)))
    }

    /// `(E‖ΔV_t‖, E(|ΔX_t| + |ΔS_t| + ‖ΔV_t‖))` of a chain from zero and a stationary one under the
    /// same inputs, with standard errors from sixteen batches.
    fn moments(&self, times: &[usize]) -> Vec<[(f64, f64); 2]> {
        const BATCHES: usize = 16;
        const PAIRS: usize = 100;
        const SPACING: usize = 5;
        let mut noise = Noise::at(RngKey::root(7));
        let mut state = self.zero();
        for _ in 0..500 {
            state = self.step(&state, &noise.normal_vector(2));
        }
        let mut batches = vec![[[0.0; 2]; BATCHES]; times.len()];
        for batch in 0..BATCHES {
            for _ in 0..PAIRS {
                for _ in 0..SPACING {
                    state = self.step(&state, &noise.normal_vector(2));
                }
                let (mut first, mut second, mut t) = (self.zero(), state.clone(), 0);
                for (found, time) in batches.iter_mut().zip(times) {
                    while t < *time {
                        let inputs = noise.normal_vector(2);
                        (first, second) = (self.step(&first, &inputs), self.step(&second, &inputs));
                        t += 1;
                    }
                    let [data, hidden] = [&first.0 - &second.0, &first.1 - &second.1].map(|apart| apart.mapv(|d| d * d).sum().sqrt());
                    let derivative = (&first.2 - &second.2).mapv(|d| d * d).sum().sqrt();
                    found[batch][0] += derivative / PAIRS as f64;
                    found[batch][1] += (data + hidden + derivative) / PAIRS as f64;
                }
            }
        }
        let summed = |means: Vec<f64>| {
            let mean = means.iter().sum::<f64>() / BATCHES as f64;
            let square = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>();
            (mean, (square / (BATCHES * (BATCHES - 1)) as f64).sqrt())
        };
        batches.iter().map(|found| [0, 1].map(|which| summed(found.iter().map(|batch| batch[which]).collect()))).collect()
    }

    fn study(&self, seed: u64) -> String {
        let rows = |matrix: &Array2<f64>| {
            let rows: Vec<String> = matrix.rows().into_iter().map(|row| format!("{:?}", row.to_vec())).collect();
            format!("[{}]", rows.join(", "))
        };
        let (n, a) = (self.units(), self.a);
        format!(
            "study = {{ name = \"s\", seed = {seed} }}\n\
             data = {{ kind = \"var\", transition = [[{a:?}, 0.0], [0.0, {a:?}]], target = [1.0, 0.0], target_noise = 0.1 }}\n\
             start = {{ data = [0.0, 0.0], hidden = {:?} }}\n\
             [network]\nhidden = {n}\nactivation = \"{}\"\n\
             parameters = {{ B = {}, W = {}, b = {:?}, C = [{:?}], c = [0.0] }}\n",
            vec![0.0; n],
            if self.tanh { "tanh" } else { "identity" },
            rows(&self.b_matrix),
            rows(&self.w_matrix),
            self.bias.to_vec(),
            vec![0.1; n],
        )
    }
}

/// Limits hold with probability 0.9995 each and the reference has errors of its own: six standard
/// errors of it are left free. A limit a quarter above the moment would say too little.
#[test]
fn first_moments_are_told_by_populations_of_either_guide() {
    const TIMES: [usize; 4] = [0, 5, 10, 20];
    for (units, tanh) in [(7, false), (8, false), (7, true), (8, true)] {
        let cell = Cell::of(units, tanh);
        let prepared = Prepared::new(&cell.study(29), "s.toml", Path::new("."), BudgetScale::Full, &["geometric_ergodicity".to_string()]).unwrap();
        let mut case = prepared.study.cases[0].case.clone();
        let budget = case.budgets.get_mut("geometric_ergodicity").unwrap();
        (budget.chains, budget.times, budget.steps) = (64, TIMES.to_vec(), 40);
        let claim = claims::named("geometric_ergodicity").unwrap();
        let records = claims::measure(claim, &case);
        let finding = claim.finding(&case, &records);
        for (time, moments) in TIMES.into_iter().zip(cell.moments(&TIMES)) {
            for (block, (mean, error)) in ["derivative", "joint"].into_iter().zip(moments) {
                let upper = match &finding.numbers[&format!("w1_upper_{block}[{time}]")] {
                    Number::Exact(value) => *value,
                    Number::Interval(estimate) => estimate.value,
                    Number::Undefined { undefined } => panic!("{block} at {time}: {undefined}"),
                };
                assert!(upper > mean - 6.0 * error, "{units} units, {block} at {time}: E d is {mean:.4e} and its limit {upper:.4e}");
                assert!(upper < 1.25 * (mean + 6.0 * error), "{units} units, {block} at {time}: E d is {mean:.4e} and its limit {upper:.4e}");
            }
        }
    }
}
