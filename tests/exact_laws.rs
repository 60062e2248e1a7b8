//! Exact laws, Hessian, Poisson solution and asymptotic variance of the linear Gaussian case,
//! against the chain's own steps and brute force.

use crate::common::machine::{Machine, flat, models};
use crate::common::{linear_model, network_of, relative, scalar_model};
use ndarray::{Array1, Array2, Axis, arr1, concatenate, s};
use rtrl_lab::chain::JointChain;
use rtrl_lab::coupling::Synchronous;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{block_truncated, bptt};
use rtrl_lab::markov::Block;
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::stats::Sample;
use rtrl_lab::theory::{GaussianStart, LinearGaussian, LinearModel, OracleError};
use rtrl_lab::transport::{FactoredGaussian, wasserstein_2};

/// Nominal level of the random tests: a false alarm in 1e-5 runs an interval, each test escalating
/// once before it fails.
const LEVEL: f64 = 1.0 - 1e-5;

/// A start with every coordinate random, the derivatives too.
fn spread_start(exact: &LinearGaussian, seed: u64) -> GaussianStart {
    let mut noise = Noise::at(RngKey::root(seed));
    let blocks = exact.blocks();
    let states = blocks.data + blocks.hidden;
    let mut draw = |len: usize| Array1::from_vec(noise.normal_vector(len));
    GaussianStart { mean: draw(states) * 2.0, deviation: draw(states).mapv(f64::abs) }.with_derivatives(&draw(blocks.derivative).mapv(f64::abs))
}

/// Each truth against its sample of independent draws; the same with four times the draws where one
/// interval misses.
fn within_intervals(repeats: usize, estimate: impl Fn(usize) -> Vec<(String, Vec<f64>, f64)>) {
    let missed = |repeats| {
        estimate(repeats).into_iter().find_map(|(what, sample, truth)| {
            let estimate = Sample::new(&sample).unwrap().mean(LEVEL).unwrap();
            (!estimate.contains(truth)).then(|| format!("{what}: {truth} is outside [{}, {}]", estimate.lower, estimate.upper))
        })
    };
    if let Some(first) = missed(repeats) {
        assert!(missed(4 * repeats).is_none(), "{first}; with four times the draws: {:?}", missed(4 * repeats));
    }
}

#[test]
fn the_law_at_a_time_is_that_of_the_chains_own_steps() {
    for (name, model) in models() {
        let exact = LinearGaussian::new(model.clone()).unwrap();
        let (start, joint) = (spread_start(&exact, 1), exact.blocks().len());
        let (f, c, noise) = Machine::of(&model).recursion(joint);
        let (mut mean, mut covariance) = (start.mean.clone(), Array2::from_diag(&start.deviation.mapv(|d| d * d)));
        for t in 0..40 {
            if [0, 1, 2, 7, 39].contains(&t) {
                let law = exact.law(&start, t).unwrap();
                assert!(relative(&law.mean.to_vec(), &mean.to_vec()) < 1e-12, "{name}, t = {t}");
                assert!(relative(&flat(&law.covariance()), &flat(&covariance)) < 1e-12, "{name}, t = {t}");
                // The control: derivatives that start at zero have another law.
                let states = joint - exact.blocks().derivative;
                let short =
                    GaussianStart { mean: start.mean.slice(s![..states]).to_owned(), deviation: start.deviation.slice(s![..states]).to_owned() };
                assert!(t > 1 || relative(&flat(&exact.law(&short, t).unwrap().covariance()), &flat(&covariance)) > 1e-3);
            }
            mean = f.dot(&mean) + &c;
            covariance = f.dot(&covariance).dot(&f.t()) + noise.dot(&noise.t());
        }
        let (late, stationary) = (exact.law(&start, 1000).unwrap(), exact.stationary().unwrap());
        assert!(relative(&flat(&late.covariance()), &flat(&stationary.covariance())) < 1e-12, "{name}");
        let law = exact.law(&start, 9).unwrap();
        let w2 = exact.distances(&start, &[9]).unwrap()[0];
        for (block, w2) in Block::ALL.into_iter().zip(w2) {
            let [a, b] = [&law, &stationary].map(|law| law.marginal(exact.blocks().range(block)));
            assert!((wasserstein_2(&(a.mean - b.mean), &a.factor, &b.factor) / w2 - 1.0).abs() < 1e-9, "{name}, {block:?}");
        }
    }
}

#[test]
fn a_start_or_a_block_that_makes_no_sense_is_refused() {
    let exact = LinearGaussian::new(linear_model()).unwrap();
    let start = GaussianStart { mean: Array1::zeros(4), deviation: Array1::zeros(4) };
    assert_eq!(exact.law(&start, 3).unwrap_err(), OracleError::Start { means: 4, deviations: 4, states: 5, joint: 50 });
    assert!(exact.distances(&start, &[0]).is_err() && exact.mean_square_distance(&start, &start, 0).is_err());
    assert_eq!(exact.block_tbptt_bias(0).unwrap_err(), OracleError::EmptyBlock);
    // The documented limit: 13 units on one input fit, 14 do not.
    let of_size = |n: usize| LinearModel {
        b_matrix: Array2::eye(n) * 0.5,
        w_matrix: Array2::ones((n, 1)),
        bias: Array1::zeros(n),
        c_matrix: Array2::ones((1, n)),
        ..linear_model()
    };
    assert_eq!(LinearGaussian::new(of_size(14)).unwrap_err(), OracleError::TooLarge(3152));
    assert_eq!(LinearGaussian::new(of_size(13)).unwrap().hessian().unwrap().nrows(), 13 * 15 + 14);
}

#[test]
fn the_mean_square_distance_follows_powers_of_the_chains_matrix() {
    for (name, model) in models() {
        let exact = LinearGaussian::new(model.clone()).unwrap();
        let (a, b) = (spread_start(&exact, 2), spread_start(&exact, 3));
        let joint = exact.blocks().len();
        let (f, ..) = Machine::of(&model).recursion(joint);
        let stationary = exact.stationary().unwrap();
        let diagonal = |start: &GaussianStart| Array2::from_diag(&start.deviation.mapv(|d| d * d));
        let mut power = Array2::eye(joint);
        for t in 0..=30 {
            let against = |mean: Array1<f64>, covariance: Array2<f64>, found: [f64; 4]| {
                let (moved, spread) = (power.dot(&mean), power.dot(&covariance).dot(&power.t()));
                for (block, found) in Block::ALL.into_iter().zip(found) {
                    let truth: f64 = exact.blocks().range(block).map(|i| moved[i] * moved[i] + spread[[i, i]]).sum();
                    assert!((found / truth - 1.0).abs() < 1e-10, "{name}, t = {t}, {block:?}: {found} {truth}");
                }
            };
            if t % 10 == 0 {
                against(&a.mean - &b.mean, diagonal(&a) + diagonal(&b), exact.mean_square_distance(&a, &b, t).unwrap());
                let found = exact.mean_square_distance_to_stationary(&a, t).unwrap();
                against(&a.mean - &stationary.mean, diagonal(&a) + stationary.covariance(), found);
                // A coupling bounds the Wasserstein distance, strictly for independent starts.
                let w2 = exact.distances(&a, &[t]).unwrap()[0];
                assert!(w2.iter().zip(found).all(|(w2, found)| w2 * w2 < found), "{name}, t = {t}");
            }
            power = f.dot(&power);
        }
    }
    // Far below rounding of the states: the data block shrinks by φ² a step to the last digits.
    let exact = LinearGaussian::new(scalar_model(0.6, 0.3)).unwrap();
    let start = spread_start(&exact, 4);
    let [near, far] = [400, 401].map(|t| exact.mean_square_distance_to_stationary(&start, t).unwrap()[0]);
    assert!(near < 1e-160 && (far / near / 0.36 - 1.0).abs() < 1e-13);
}

#[test]
fn derivative_moments_are_those_of_draws() {
    // Biases so large that the derivatives' means count beside their spread.
    let exact = LinearGaussian::new(LinearModel { bias: arr1(&[2.0, -1.0, 1.5]), ..linear_model() }).unwrap();
    let law = exact.stationary().unwrap();
    let derivative = law.marginal(exact.blocks().range(Block::Derivative));
    let (second, fourth) = exact.derivative_moments(&law);
    let squares = |key: u64, repeats: usize| -> Vec<f64> {
        let mut noise = Noise::at(RngKey::root(key));
        let mut draw = || &derivative.mean + &derivative.factor.dot(&Array1::from_vec(noise.normal_vector(derivative.factor.ncols())));
        (0..repeats).map(|_| draw().iter().map(|v| v * v).sum()).collect()
    };
    within_intervals(40_000, |repeats| {
        let squares = squares(5, repeats);
        let fourths = squares.iter().map(|x| x * x).collect();
        vec![("second moment".into(), squares, second), ("fourth moment".into(), fourths, fourth)]
    });
    // The control: the same draws tell the cross term of mean and covariance apart.
    let pulled = derivative.factor.t().dot(&derivative.mean);
    let fourths: Vec<f64> = squares(5, 40_000).iter().map(|x| x * x).collect();
    assert!(!Sample::new(&fourths).unwrap().mean(LEVEL).unwrap().contains(fourth - 4.0 * pulled.dot(&pulled)));
}

#[test]
fn the_hessian_is_the_derivative_of_the_gradient() {
    for (name, model) in models() {
        let hessian = LinearGaussian::new(model.clone()).unwrap().hessian().unwrap();
        assert_eq!(hessian, hessian.t(), "{name}");
        // Parameters move, and the gradient is read, through the network's own names and places.
        let network = network_of(&model, "identity");
        let layout = network.layout();
        let gradient = |parameters: &[f64]| -> Vec<f64> {
            let moved = model.at(&network.at(parameters)).unwrap();
            let exact = LinearGaussian::new(moved).unwrap().gradient().unwrap();
            let mut flat = vec![0.0; parameters.len()];
            for (name, values) in exact.blocks() {
                layout.block(name).unwrap().fill(&mut flat, &values);
            }
            assert_eq!(flat, exact.flat().to_vec());
            flat
        };
        let centre = network.parameters();
        let mut differences = Array2::zeros(hessian.dim());
        for (p, mut row) in differences.rows_mut().into_iter().enumerate() {
            let at = |h: f64| {
                let mut moved = centre.clone();
                moved[p] += h;
                Array1::from_vec(gradient(&moved))
            };
            // Richardson's combination of two widths: the error is of order h⁴.
            let slope = |h: f64| (at(h) - at(-h)) / (2.0 * h);
            row.assign(&((slope(1e-3) * 4.0 - slope(2e-3)) / 3.0));
        }
        let error = relative(&flat(&hessian), &flat(&differences));
        assert!(error < 1e-7, "{name}: {error:e}");
        // The control: at a readout bias moved by a hundredth the Hessian is another one. The mixed
        // block is no block of zeros.
        let moved = LinearGaussian::new(LinearModel { readout_bias: &model.readout_bias + 0.01, ..model.clone() }).unwrap().hessian().unwrap();
        assert!(relative(&flat(&moved), &flat(&differences)) > 1e-5, "{name}");
        let recurrent = network.recurrent_len();
        assert!(hessian.slice(s![..recurrent, recurrent..]).iter().any(|x| x.abs() > 0.1), "{name}");
    }
}

#[test]
fn block_truncation_has_its_exact_bias() {
    let model = LinearModel { beta: 0.25, ..linear_model() };
    let exact = LinearGaussian::new(model.clone()).unwrap();
    let machine = Machine::of(&model);
    let (burn, steps, taus) = (150, 840, [1, 3, 7]);
    let biases = |repeats: usize| -> Vec<[Vec<f64>; 3]> {
        let of = |repeat| {
            let at = RngKey::root(11).within("block bias").replicate(repeat);
            let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
            let (segment, _) = Segment::follow(&machine.data, vec![0.0; 2], burn + steps, &mut innovations, &mut observations);
            let full = bptt(&machine.network, &segment, &[0.0; 3], burn).gradient;
            taus.map(|tau| {
                let block = block_truncated(&machine.network, &segment, &[0.0; 3], burn, tau).gradient;
                block.iter().zip(&full).map(|(a, b)| (a - b) / steps as f64).collect()
            })
        };
        (0..repeats).map(of).collect()
    };
    within_intervals(100, |repeats| {
        let drawn = biases(repeats);
        let truths = taus.map(|tau| exact.block_tbptt_bias(tau).unwrap().flat());
        let one = |look: usize, p: usize| {
            (format!("τ = {}, parameter {p}", taus[look]), drawn.iter().map(|d| d[look][p]).collect::<Vec<f64>>(), truths[look][p])
        };
        (0..taus.len()).flat_map(|look| (0..truths[look].len()).map(move |p| (look, p))).map(|(look, p)| one(look, p)).collect()
    });
    // The control: the rolling bias at the same τ is another number, and the draws see it.
    let drawn = biases(100);
    let rolling = exact.tbptt_bias(3).unwrap().flat();
    let seen = (0..rolling.len()).any(|p| {
        let sample: Vec<f64> = drawn.iter().map(|d| d[1][p]).collect();
        !Sample::new(&sample).unwrap().mean(LEVEL).unwrap().contains(rolling[p])
    });
    assert!(seen);
}

#[test]
fn the_poisson_solution_solves_its_equation() {
    for (name, model) in models() {
        let exact = LinearGaussian::new(model.clone()).unwrap();
        let (solution, machine, stationary) = (exact.poisson().unwrap(), Machine::of(&model), exact.stationary().unwrap());
        let (joint, q, silent) = (exact.blocks().len(), model.order(), vec![0.0; model.readout_bias.len()]);
        let (.., noise) = machine.recursion(joint);
        let mut draws = Noise::at(RngKey::root(21));
        for _ in 0..5 {
            let h = Array1::from_vec(draws.normal_vector(joint)) * 2.0;
            let h = h.as_slice().unwrap();
            let (here, gradient) = (solution.at(h), machine.gradient(h, &silent));
            assert!(relative(&solution.gradient_at(h), &gradient) < 1e-12, "{name}");
            let next = FactoredGaussian { mean: Array1::from_vec(machine.step(h, &vec![0.0; q])), factor: noise.clone() };
            for (p, v) in solution.solution.iter().enumerate() {
                let without_mean = here[p] - v.mean(&next) - gradient[p];
                assert!((without_mean + solution.mean[p]).abs() < 1e-10 * (1.0 + here[p].abs()), "{name}, parameter {p}");
            }
        }
        assert!(solution.mean.iter().all(|g| g.abs() > 1e-3), "{name}: every ∇J is far from zero, so that leaving it out would show");
        assert!(solution.at(&stationary.mean.to_vec()).iter().any(|v| v.abs() > 1e-2), "{name}: the constant that centres v counts");
        for (p, (v, g)) in solution.solution.iter().zip(&solution.gradient).enumerate() {
            assert!(v.mean(&stationary).abs() < 1e-10 && (g.mean(&stationary) - solution.mean[p]).abs() < 1e-11, "{name}, parameter {p}");
        }
    }
}

#[test]
fn the_poisson_solution_is_a_sum_over_coupled_copies() {
    let model = linear_model();
    let (exact, machine) = (LinearGaussian::new(model.clone()).unwrap(), Machine::of(&model));
    let chain = JointChain::new(&machine.data, &*machine.network.cell);
    let (first, second) = (chain.state(&[12.0, -8.0], &[4.0, 0.0, -4.0]), chain.state(&[0.0, 2.0], &[0.0, 8.0, 0.0]));
    let solution = exact.poisson().unwrap();
    // Parameter (B, 0, 1).
    let (parameter, steps) = (1, 120);
    let truth = solution.at(&first)[parameter] - solution.at(&second)[parameter];
    let sums = |repeats: usize| -> Vec<f64> {
        let of = |repeat| {
            let mut noise = Noise::at(RngKey::root(31).replicate(repeat).stream(stream::INNOVATION));
            let mut pair = Synchronous::new(&chain, first.clone(), second.clone());
            let mut sum = 0.0;
            for _ in 0..steps {
                let other: Vec<f64> = pair.first().iter().zip(pair.difference()).map(|(a, d)| a + d).collect();
                sum += machine.gradient(pair.first(), &[0.0])[parameter] - machine.gradient(&other, &[0.0])[parameter];
                pair.step(&mut noise);
            }
            sum
        };
        (0..repeats).map(of).collect()
    };
    within_intervals(300, |repeats| vec![("v(h) − v(y)".into(), sums(repeats), truth)]);
    let only_first = machine.gradient(&first, &[0.0])[parameter] - machine.gradient(&second, &[0.0])[parameter];
    assert!(!Sample::new(&sums(300)).unwrap().mean(LEVEL).unwrap().contains(only_first), "the first term alone is not the sum");
}

/// `Σ_k Cov(G_0, G_k)` by Isserlis' formula and powers of the chain's matrix; with it `Cov(G_0)`.
fn summed_autocovariances(exact: &LinearGaussian, model: &LinearModel) -> [Array2<f64>; 2] {
    let (machine, joint, outputs) = (Machine::of(model), exact.blocks().len(), model.readout_bias.len());
    let law = exact.stationary().unwrap();
    let (f, ..) = machine.recursion(joint);
    let quadratics: Vec<(Array2<f64>, Array1<f64>)> = exact
        .poisson()
        .unwrap()
        .gradient
        .iter()
        .map(|g| {
            let (mut matrix, mut vector) = (Array2::zeros((joint, joint)), Array1::zeros(joint));
            for (i, a) in g.coordinates.iter().enumerate() {
                vector[*a] = g.vector[i];
                g.coordinates.iter().enumerate().for_each(|(j, b)| matrix[[*a, *b]] = g.matrix[[i, j]]);
            }
            (&vector + &matrix.dot(&law.mean) * 2.0).clone_into(&mut vector);
            (matrix, vector)
        })
        .collect();
    let size = quadratics.len();
    let mut lagged = law.covariance();
    let [mut sum, mut now] = [Array2::<f64>::zeros((size, size)), Array2::zeros((size, size))];
    for k in 0..150 {
        let left: Vec<Array2<f64>> = quadratics.iter().map(|(m, _)| lagged.t().dot(m).dot(&lagged)).collect();
        let cov = Array2::from_shape_fn((size, size), |(p, r)| {
            2.0 * left[p].iter().zip(&quadratics[r].0).map(|(x, y)| x * y).sum::<f64>() + quadratics[p].1.dot(&lagged.dot(&quadratics[r].1))
        });
        sum = if k == 0 { cov.clone() } else { sum + &cov + cov.t() };
        if k == 0 {
            now = cov;
        }
        lagged = lagged.dot(&f.t());
    }
    // What one unit of observation noise adds to G, an affine function of the state, a column an
    // output.
    for output in 0..outputs {
        let mut eta = vec![0.0; outputs];
        eta[output] = 1.0;
        let (linear, constant) = Machine::linear(joint, |z| {
            let silent = machine.gradient(z, &vec![0.0; outputs]);
            machine.gradient(z, &eta).iter().zip(silent).map(|(a, b)| a - b).collect()
        });
        let factor = concatenate![Axis(1), linear.dot(&law.factor), (linear.dot(&law.mean) + constant).insert_axis(Axis(1))];
        for matrix in [&mut sum, &mut now] {
            *matrix += &factor.dot(&factor.t());
        }
    }
    [sum, now]
}

#[test]
fn the_asymptotic_variance_is_the_sum_of_all_autocovariances() {
    for (name, model) in models() {
        let exact = LinearGaussian::new(model.clone()).unwrap();
        let variance = exact.asymptotic_variance().unwrap();
        let [sum, now] = summed_autocovariances(&exact, &model);
        let error = relative(&flat(&variance), &flat(&sum));
        assert!(error < 1e-10, "{name}: {error:e}");
        assert!(relative(&flat(&now), &flat(&sum)) > 0.1, "{name}: the terms of positive lag count");
        let silent = LinearGaussian::new(LinearModel { target_noise: 0.0, ..model }).unwrap().asymptotic_variance().unwrap();
        assert!(relative(&flat(&silent), &flat(&sum)) > 1e-5, "{name}: observation noise counts");
    }
    // In c, by hand: G = e = c S' − D − σ η, whose variance at frequency zero is ((c w/(1 − a) −
    // 1)/(1 − φ))² + σ².
    let (phi, a, w, c, sigma) = (0.6, 0.3, 0.8, 0.5, 0.3);
    let model = LinearModel { target_noise: sigma, ..scalar_model(phi, a) };
    let root: f64 = (c * w / (1.0 - a) - 1.0) / (1.0 - phi);
    let variance = LinearGaussian::new(model).unwrap().asymptotic_variance().unwrap();
    assert!((variance[[4, 4]] / (root * root + sigma * sigma) - 1.0).abs() < 1e-12);
}

#[test]
fn stretch_means_scatter_by_the_asymptotic_variance() {
    let model = LinearModel { target_noise: 0.5, ..linear_model() };
    let (exact, machine) = (LinearGaussian::new(model.clone()).unwrap(), Machine::of(&model));
    let (variance, mean) = (exact.asymptotic_variance().unwrap(), exact.gradient().unwrap().flat());
    // The remainder of a stretch of T steps is of relative order (correlation time)/T, far inside
    // the intervals.
    let (burn, steps) = (150, 2000);
    let scatters = |repeats: usize| -> Vec<Array1<f64>> {
        let of = |repeat| {
            let at = RngKey::root(41).within("scatter").replicate(repeat);
            let (mut innovations, mut observations) = (Noise::at(at.stream(stream::INNOVATION)), Noise::at(at.stream(stream::OBSERVATION)));
            let (segment, _) = Segment::follow(&machine.data, vec![0.0; 2], burn + steps, &mut innovations, &mut observations);
            let sum = Array1::from_vec(bptt(&machine.network, &segment, &[0.0; 3], burn).gradient);
            (sum - &mean * steps as f64) / (steps as f64).sqrt()
        };
        (0..repeats).map(of).collect()
    };
    let products = |drawn: &[Array1<f64>], p: usize, r: usize| -> Vec<f64> { drawn.iter().map(|x| x[p] * x[r]).collect() };
    within_intervals(400, |repeats| {
        let drawn = scatters(repeats);
        let pairs = (0..mean.len()).flat_map(|p| [(p, p), (p, (p + 4) % mean.len())]);
        pairs.map(|(p, r)| (format!("entry ({p}, {r})"), products(&drawn, p, r), variance[[p, r]])).collect()
    });
    // The control: the variance of one gradient, as if steps were independent, is outside.
    let [_, now] = summed_autocovariances(&exact, &model);
    let drawn = scatters(400);
    assert!((0..mean.len()).any(|p| !Sample::new(&products(&drawn, p, p)).unwrap().mean(LEVEL).unwrap().contains(now[[p, p]])));
}
