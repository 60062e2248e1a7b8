//! Real-time recurrent learning in block form against the step form, while parameters move: the
//! same gradient at every step, but for rounding.

use rtrl_lab::data::{Autoregression, DataProcess, LinearTarget, Var};
use rtrl_lab::markov::Walk;
use rtrl_lab::network::kind::{self, CellOptions, Sizes};
use rtrl_lab::network::{Cell, Network, Readout, activation, loss};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::training::method::Forward;
use rtrl_lab::training::{Method, Observer, Online, Progress, Rule, RunStart, Scaling, Schedule};

/// Largest difference of a block of parameters over the block's size.
const WITHIN: f64 = 1e-10;

fn data() -> Var {
    let (transition, noise_factor) = (ndarray::arr2(&[[0.8, 0.1], [0.0, 0.5]]), ndarray::arr2(&[[0.6, 0.0], [0.2, 0.5]]));
    Var(Autoregression { transition, noise_factor, inputs: vec![0, 1], target: LinearTarget::new(vec![vec![0.3, -1.0]], 0.1) })
}

fn network(kind: &str, units: usize, loss: &str) -> Network {
    let kind = kind::named(kind).unwrap();
    let mut noise = Noise::at(RngKey::root(units as u64));
    let sizes = Sizes { units, inputs: 2 };
    let scale = 0.6 / (units as f64).sqrt();
    let blocks: Vec<_> = kind
        .blocks(sizes)
        .iter()
        .map(|block| ndarray::Array2::from_shape_vec((units, block.columns), noise.normal_vector(units * block.columns)).unwrap() * scale)
        .collect();
    let cell: Box<dyn Cell> = kind.build(&blocks, CellOptions { activation: activation::TANH, beta: 0.0, mask: None }).unwrap();
    let weights: Vec<f64> = noise.normal_vector(units).iter().map(|x| x * scale).collect();
    Network { cell, readout: Readout::new(&weights, &[0.1], units).under(loss::named(loss).unwrap()) }
}

/// What the step form says of every step beside what the running method says.
struct Beside<'a> {
    data: &'a Var,
    walk: Walk<'a, Var>,
    noises: [Noise; 2],
    rule: Forward,
    worst: f64,
    steps: usize,
}

impl Observer for Beside<'_> {
    fn before_update(&mut self, progress: Progress<'_>) {
        // The same parameters: on a path of its own the step form would be led elsewhere by
        // rounding.
        let network = progress.network;
        let (mut input, mut target, mut gradient) = ([0.0; 2], [0.0], vec![0.0; network.len()]);
        self.data.input(self.walk.state(), &mut input);
        self.data.target(self.walk.state(), &self.noises[1].normal_vector(1), &mut target);
        self.walk.step_on(&mut self.noises[0]);
        self.rule.learn(network, &input, &target, &mut gradient);
        for block in network.layout().blocks() {
            let [ours, theirs] = [&gradient[..], progress.gradient].map(|all| block.values(all));
            let size = rtrl_lab::markov::norm(&ours);
            let apart: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
            self.worst = self.worst.max(rtrl_lab::markov::norm(&apart) / size.max(1e-300));
        }
        self.steps += 1;
    }
}

fn worst(kind: &str, units: usize, loss: &str, scaling: &Scaling, steps: usize) -> (f64, f64) {
    worst_of(Method::RTRL, kind, units, loss, scaling, steps)
}

/// The worst difference of a run and how far its parameters moved.
fn worst_of(method: Method, kind: &str, units: usize, loss: &str, scaling: &Scaling, steps: usize) -> (f64, f64) {
    let data = data();
    let start = network(kind, units, loss);
    let schedule = Schedule { initial: 0.02, offset: 500.0, exponent: 0.6 };
    let key = RngKey::root(5);
    let noises = || [Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::OBSERVATION))];
    let mut beside = Beside {
        data: &data,
        walk: Walk::from(&data, vec![1.0, -1.0]),
        noises: noises(),
        rule: Forward::at(&start, vec![0.0; units], vec![0.0; start.cell.influence_layout().len()]),
        worst: 0.0,
        steps: 0,
    };
    let [innovations, observations] = noises();
    let choices = Noise::at(RngKey::root(1));
    let online = Online { data: &data, method, schedule, projection: None };
    let run = RunStart { network: &start, data: vec![1.0, -1.0], hidden: vec![0.0; units], innovations, observations, choices };
    let end = online.run_scaled(run, steps, &mut scaling.clone(), &mut beside);
    assert_eq!(beside.steps, steps);
    let moved: Vec<f64> = end.parameters().iter().zip(start.parameters()).map(|(a, b)| a - b).collect();
    (beside.worst, rtrl_lab::markov::norm(&moved))
}

#[test]
fn every_gradient_of_ten_thousand_updates_is_that_of_the_step_form() {
    let scalings = [Scaling::Plain, Scaling::rms_prop(), Scaling::adam()];
    for (kind, units, loss, scaling) in [
        ("elman", 1, "squared", 0),
        ("elman", 5, "squared", 0),
        ("elman", 8, "huber", 0),
        ("elman", 16, "squared", 2),
        ("elman", 17, "squared", 0),
        ("elman", 20, "huber", 1),
        ("gru", 6, "squared", 0),
        ("gru", 4, "huber", 1),
        ("mgu", 9, "squared", 2),
        ("diagonal", 4, "squared", 0),
    ] {
        let (worst, moved) = worst(kind, units, loss, &scalings[scaling], 10_000);
        println!("{kind}, N = {units}, {loss}, {:?}: worst {worst:.1e}, moved by {moved:.2}", ["plain", "RMSProp", "Adam"][scaling]);
        assert!(moved > 0.05, "{kind}, N = {units}: the parameters moved by {moved} only");
        assert!(worst < WITHIN, "{kind}, N = {units}, {loss}: {worst:e}");
        // The step form itself would be the same bits, and nothing would be compared; an Elman cell
        // of up to 16 units takes it, in place.
        let in_steps = kind == "diagonal" || (kind == "elman" && units <= 16);
        assert!(worst > 0.0 || in_steps, "{kind}, N = {units}: no block was formed");
    }
}

/// The control: a block form that forgot one product would be seen.
#[test]
fn derivatives_that_are_dropped_are_seen() {
    let (worst_of_all, _) = worst("elman", 5, "squared", &Scaling::Plain, 200);
    let data = data();
    let start = network("elman", 5, "squared");
    let mut forgets = Forward::at(&start, vec![0.0; 5], vec![0.0; start.cell.influence_layout().len()]);
    forgets.forgets = true;
    let mut keeps = Forward::at(&start, vec![0.0; 5], vec![0.0; start.cell.influence_layout().len()]);
    let mut walk = Walk::from(&data, vec![1.0, -1.0]);
    let mut apart = 0.0f64;
    for _ in 0..200 {
        let (mut input, mut gradients) = ([0.0; 2], [vec![0.0; start.len()], vec![0.0; start.len()]]);
        data.input(walk.state(), &mut input);
        walk.step(&[0.3, -0.2]);
        forgets.learn(&start, &input, &[0.5], &mut gradients[0]);
        keeps.learn(&start, &input, &[0.5], &mut gradients[1]);
        let difference: Vec<f64> = gradients[0].iter().zip(&gradients[1]).map(|(a, b)| a - b).collect();
        apart = apart.max(rtrl_lab::markov::norm(&difference) / rtrl_lab::markov::norm(&gradients[1]));
    }
    assert!(apart > 1e3 * WITHIN && worst_of_all < WITHIN, "{apart}");
}

/// Derivatives kept in single precision: the error of a gradient, told and bounded.
#[test]
fn single_precision_costs_seven_digits_of_a_gradient() {
    let kind = rtrl_lab::training::method::named("rtrl-single").unwrap();
    let (worst, _) = worst_of(Method::of(kind, 0), "elman", 16, "squared", &Scaling::Plain, 2000);
    println!("single precision: worst {worst:.1e}");
    assert!((1e-9..1e-5).contains(&worst), "{worst:e}");
}

/// A size at which the matrix is cut into many panels; `make large` runs it at a thousand units,
/// where the step form takes 16 GB and some two minutes.
#[test]
fn a_large_network_has_the_gradients_of_the_step_form() {
    let stated = std::env::var("RTRL_LAB_LARGE").ok().map(|units| units.parse().expect("RTRL_LAB_LARGE is a number of units"));
    let (units, steps) = stated.map_or((90, 80), |units| (units, 5));
    let single = rtrl_lab::training::method::named("rtrl-single").unwrap();
    for (method, within) in [(Method::RTRL, WITHIN), (Method::of(single, 0), 1e-5)] {
        // Two matrices of the step form are all that a usual machine holds at a thousand units.
        if stated.is_some() && method == Method::RTRL {
            continue;
        }
        let (worst, moved) = worst_of(method, "elman", units, "squared", &Scaling::Plain, steps);
        println!("{method}, N = {units}, {steps} updates: worst {worst:.1e}, moved by {moved:.2e}");
        assert!(worst < within && moved > 0.0, "{method}: {worst:e}");
    }
}

/// A diagonal network of a million parameters learns by exact RTRL in 10⁵ updates, at a cost a step
/// that is a constant times its size; 50 updates are a part of the usual tests.
#[test]
fn a_large_diagonal_network_learns() {
    let large = std::env::var("RTRL_LAB_LARGE").is_ok();
    let (units, steps) = if large { (250_000, 100_000) } else { (250_000, 50) };
    let mut noise = Noise::at(RngKey::root(12));
    let mut spread = |count: usize, size: f64| (0..count).map(|_| size * (2.0 * noise.uniform() - 1.0)).collect::<Vec<f64>>();
    let cell = rtrl_lab::network::Diagonal::new(&spread(units, 0.9), &spread(2 * units, 0.7), &spread(units, 0.1), activation::TANH).unwrap();
    let network = Network { cell: Box::new(cell), readout: Readout::new(&spread(units, 1.0 / (units as f64).sqrt()), &[0.0], units) };
    let data = data();
    assert!(network.recurrent_len() == 1_000_000);
    let key = RngKey::root(13);
    let [innovations, observations, choices] = [1, 2, 3].map(|k| Noise::at(key.stream(k)));
    let start = RunStart { network: &network, data: vec![0.0; 2], hidden: vec![0.0; units], innovations, observations, choices };
    struct Losses(Vec<f64>);
    impl Observer for Losses {
        fn before_update(&mut self, progress: Progress<'_>) {
            self.0.push(progress.loss);
        }
    }
    let mut losses = Losses(Vec::with_capacity(steps));
    // The gradient of a readout of so many units is long: the step is small.
    let schedule = Schedule { initial: 1e-5, offset: 1e5, exponent: 0.7 };
    let began = std::time::Instant::now();
    Online { data: &data, method: Method::RTRL, schedule, projection: None }.run(start, steps, &mut losses);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (early, late) = (mean(&losses.0[..20]), mean(&losses.0[steps - 20..]));
    println!("{steps} updates of a million parameters in {:.1} s; loss {early:.3} at first, {late:.3} at last", began.elapsed().as_secs_f64());
    assert!(losses.0.iter().all(|loss| loss.is_finite()));
    assert!(!large || late < 0.5 * early, "{early} {late}");
}
