//! Influence balancing: a network on which truncated gradients point the wrong way until their
//! window is long, exactly and run. And the curse of memory: derivatives that grow as memory does.

use ndarray::{Array2, arr2};
use rtrl_lab::network::{Cell, Layout, NamedBlock, Network, Readout};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::study::{ComparePlan, config::Config};
use rtrl_lab::theory::{LinearGaussian, LinearModel, OnlineLoop};
use rtrl_lab::training::Method;

const N: usize = 23;

/// `A = ½ I + ½ superdiagonal`.
fn a(i: usize, j: usize) -> f64 {
    if j == i || j == i + 1 { 0.5 } else { 0.0 }
}

/// +1 ten times, −1 thirteen times.
fn s(i: usize) -> f64 {
    if i < 10 { 1.0 } else { -1.0 }
}

/// `x' = A x + θ s`, whose one parameter is `θ`. The input is not read.
#[derive(Clone)]
struct Balance([f64; 1]);

impl Cell for Balance {
    fn state_len(&self) -> usize {
        N
    }
    fn inputs(&self) -> usize {
        1
    }
    fn layout(&self) -> Layout {
        Layout::of(vec![NamedBlock { name: "theta", rows: 1, columns: 1, offset: 0, stride: 1 }])
    }
    fn parameters(&self) -> &[f64] {
        &self.0
    }
    fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.0
    }
    fn tape_len(&self) -> usize {
        0
    }
    fn step(&self, state: &[f64], _input: &[f64], next: &mut [f64], _tape: &mut [f64]) {
        for i in 0..N {
            next[i] = 0.5 * (state[i] + if i + 1 < N { state[i + 1] } else { 0.0 }) + self.0[0] * s(i);
        }
    }
    fn push(&self, _tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        for i in 0..N {
            let carried = tangent.map_or(0.0, |v| 0.5 * (v[i] + if i + 1 < N { v[i + 1] } else { 0.0 }));
            image[i] = carried + direction.map_or(0.0, |w| w[0] * s(i));
        }
    }
    fn pull(&self, _tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        for j in 0..N {
            previous[j] = 0.5 * (adjoint[j] + if j > 0 { adjoint[j - 1] } else { 0.0 });
        }
        gradient[0] += (0..N).map(|i| s(i) * adjoint[i]).sum::<f64>();
    }
    fn name(&self) -> &'static str {
        "influence balancing"
    }
    fn nonlinearity(&self) -> &'static str {
        "identity"
    }
    fn is_smooth(&self) -> bool {
        true
    }
    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}

fn rest() -> OnlineLoop {
    let matrix = Array2::from_shape_fn((N, N), |(i, j)| a(i, j));
    let c = Array2::from_shape_fn((1, N), |(_, j)| if j == 0 { 1.0 } else { 0.0 });
    OnlineLoop::new(matrix, Array2::from_shape_fn((N, 1), |(i, _)| s(i)), c).unwrap()
}

#[test]
fn truncated_derivatives_and_thresholds_are_the_published_ones() {
    let rest = rest();
    let g = |length: usize| rest.truncated(length)[[0, 0]];
    assert_eq!((g(1), g(10)), (1.0, 10.0));
    let (top, largest) = (1..60).map(|length| (length, g(length))).fold((0, 0.0), |top, own| if own.1 > top.1 { own } else { top });
    assert!(top == 19 && (largest - 16.476).abs() < 5e-4, "{top} {largest}");
    assert_eq!(g(40), 155_453_912_583.0 / 38f64.exp2());
    assert!((g(41) + 0.2190).abs() < 5e-5, "{}", g(41));
    assert!((g(3000) + 6.0).abs() < 1e-12 && (rest.influence()[[0, 0]] + 6.0).abs() < 1e-12);
    let first = |converges: &dyn Fn(usize) -> bool| (1..200).find(|length| converges(*length)).unwrap();
    assert_eq!(first(&|length| rest.rolling_converges(length).unwrap()), 41);
    assert_eq!(first(&|length| rest.block_converges(length).unwrap()), 110);
    assert!((1..=40).all(|length| !rest.rolling_converges(length).unwrap()) && (41..200).all(|length| rest.rolling_converges(length).unwrap()));
    // Four digits of the largest stable step, and the factors at two steps.
    let stable = rest.stable_step().unwrap();
    assert!((stable - 2.8884e-4).abs() < 5e-9, "{stable}");
    assert!((rest.gradient_descent_step().unwrap() - 2.0 / 36.0).abs() < 1e-14);
    // Roots of the characteristic polynomial, by mpmath with 60 digits.
    for (step, factor) in [(1e-4, 0.993_369_053_362_289), (1.3e-4, 0.984_383_730_198_26), (2.8884e-4, 0.999_999_855_637_247)] {
        assert!((rest.factor(step).unwrap() - factor).abs() < 1e-12, "{step}: {}", rest.factor(step).unwrap());
    }
}

/// How much further from −1/6 `θ` goes in the last quarter of a run than in the second one, as a
/// factor. The readout shows the first number of the state, and is not trained.
fn grown(method: Method, step: f64, steps: usize) -> f64 {
    let readout = Readout::new(&[vec![1.0], vec![0.0; N - 1]].concat(), &[0.0], N);
    let mut network = Network { cell: Box::new(Balance([0.5])), readout };
    let mut rule = method.start(&network, vec![1.0; N], Noise::at(RngKey::root(1)));
    let mut gradient = vec![0.0; network.len()];
    let mut furthest = [0.0f64; 4];
    for t in 0..steps {
        let taken = rule.learn(&network, &[0.0], &[1.0], &mut gradient);
        if taken.weight > 0.0 {
            network.cell.parameters_mut()[0] -= step * taken.weight * gradient[0];
            gradient.fill(0.0);
        }
        let far = (network.cell.parameters()[0] + 1.0 / 6.0).abs();
        if far > 1e100 {
            return f64::INFINITY;
        }
        let quarter = &mut furthest[4 * t / steps];
        *quarter = quarter.max(far);
    }
    furthest[3] / furthest[1]
}

#[test]
fn runs_lead_where_the_thresholds_say() {
    // Online learning on both sides of its largest stable step.
    assert!(grown(Method::RTRL, 1e-4, 4000) < 1e-4);
    for (step, steps) in [(2.85e-4, 60_000), (2.93e-4, 60_000)] {
        let (seen, factor) = (grown(Method::RTRL, step, steps), rest().factor(step).unwrap());
        assert_eq!(seen > 1.0, factor > 1.0, "{step}: {seen} {factor}");
        // The run grows or shrinks by the loop's own factor a step.
        let a_step = seen.ln() / (steps as f64 / 2.0);
        assert!((a_step / factor.ln() - 1.0).abs() < 0.02, "{step}: {a_step:e} {:e}", factor.ln());
    }
    // Windows of 40 steps lead away, of 41 they lead home; blocks of 109 and 110.
    let windows = [40, 41].map(|length| grown(Method::rolling(length), 1e-4, 40_000));
    assert!(windows[0] > 10.0 && windows[1] < 0.5, "{windows:?}");
    let blocks = [109, 110].map(|length| grown(Method::block(length), 1e-2, 4_000_000));
    assert!(blocks[0] > 1.001 && blocks[1] < 0.999, "{blocks:?}");
}

/// The same network as a study, with the parameter held by a unit of its own, a step further away.
#[test]
fn the_study_of_the_trap_leads_where_its_thresholds_say() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/experiments/compare/trap.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let listed = text.lines().find(|line| line.starts_with("methods = ")).unwrap();
    let methods = r#"methods = ["rtrl", "rolling-tbptt(41)", "rolling-tbptt(42)"]"#;
    let text = text.replace(listed, methods).replace("400_000", "100").replace("40_000", "20_000");
    let (config, index) = Config::parse(&text, file).unwrap();
    let plan = ComparePlan::build(&config, &index, ".".as_ref()).unwrap();
    let records = plan.run(&|| {});
    let curve = |method: &str| {
        let record = records.iter().find(|record| record.case == "small" && record.method == method).unwrap();
        record.curve.iter().map(|(_, loss)| *loss).collect::<Vec<f64>>()
    };
    let grown = |curve: &[f64]| curve[curve.len() - 1] / curve[curve.len() / 4];
    let (exact, short, long) = (curve("RTRL"), curve("rolling TBPTT(41)"), curve("rolling TBPTT(42)"));
    assert!(exact[exact.len() - 1] < 1e-25 && grown(&short) > 100.0 && grown(&long) < 0.05, "{} {}", grown(&short), grown(&long));
}

/// `h' = λ h + x` with white `x`: `E (∂h/∂λ)² = (1 + λ²)/(1 − λ²)³`.
#[test]
fn derivatives_grow_as_memory_does() {
    for (lambda, stated) in [(0.9f64, 263.887), (0.99, 251_262.6)] {
        let model = LinearModel { w_matrix: arr2(&[[1.0]]), ..crate::common::scalar_model(0.0, lambda) };
        let exact = LinearGaussian::new(model).unwrap();
        let (second, _) = exact.derivative_moments(&exact.stationary().unwrap());
        let left = 1.0 - lambda * lambda;
        // The derivatives in W and b are apart: 1/(1 − λ²) and 1/(1 − λ)².
        let own = second - 1.0 / left - 1.0 / ((1.0 - lambda) * (1.0 - lambda));
        let truth = (1.0 + lambda * lambda) / left.powi(3);
        assert!((own / truth - 1.0).abs() < 1e-9, "{own} {truth}");
        assert!((own / stated - 1.0).abs() < 2e-6, "{own} {stated}");
    }
}
