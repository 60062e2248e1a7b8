//! The exact case of two units: against itself on two grids, against one unit where the two do not
//! see each other, and against plain simulation.

use rtrl_lab::network::activation;
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::stats::Sample;
use rtrl_lab::theory::{PlaneModel, PlaneNetwork, ScalarModel, ScalarNetwork};

fn model(activation: &str, recurrent: [[f64; 2]; 2], input: [f64; 2], bias: [f64; 2]) -> PlaneModel {
    PlaneModel { activation: activation::named(activation).unwrap(), recurrent, input, bias, innovation: 1.0 }
}

fn networks() -> [PlaneModel; 3] {
    [
        model("tanh", [[0.6, -0.4], [0.3, 0.7]], [0.8, -0.5], [0.1, -0.2]),
        model("sigmoid", [[2.0, -1.5], [1.0, 1.8]], [1.0, 0.6], [0.0, -0.4]),
        model("tanh", [[1.1, 0.4], [-0.3, 0.9]], [1.2, 0.9], [0.2, 0.1]),
    ]
}

#[test]
fn two_grids_agree_to_eight_digits() {
    for model in networks() {
        let [coarse, fine] = [1.0, 1.2].map(|fineness| PlaneNetwork::with_fineness(model, fineness).unwrap());
        let near = |a: f64, b: f64, what: &str| assert!((a - b).abs() <= 1e-8 * a.abs().max(1e-3), "{what}: {a} {b}, {model:?}");
        near(coarse.second_eigenvalue().unwrap(), fine.second_eigenvalue().unwrap(), "second eigenvalue");
        near(coarse.moment_rate(2).unwrap(), fine.moment_rate(2).unwrap(), "r_2");
        near(coarse.moment_rate(4).unwrap(), fine.moment_rate(4).unwrap(), "r_4");
        for t in [1, 3, 40] {
            let [a, b] = [&coarse, &fine].map(|network| network.mean([0.3, 0.4], t).unwrap());
            (0..2).for_each(|j| near(a[j], b[j], "mean"));
        }
    }
}

#[test]
fn units_that_do_not_see_each_other_are_two_single_ones() {
    let pair = model("tanh", [[0.9, 0.0], [0.0, -0.7]], [1.0, 0.6], [0.3, -0.1]);
    let network = PlaneNetwork::new(pair).unwrap();
    let single = [0, 1].map(|i| ScalarNetwork::new(ScalarModel::plain(pair.activation, pair.recurrent[i][i], pair.input[i], pair.bias[i])).unwrap());
    let largest = |of: &dyn Fn(&ScalarNetwork) -> f64| single.iter().map(of).fold(0.0, f64::max);
    for order in [2, 4] {
        // A mixed moment of both units is no larger than the larger of the two.
        let exact = largest(&|unit| unit.moment_rate(f64::from(order)).unwrap());
        assert!((network.moment_rate(order).unwrap() - exact).abs() < 1e-9, "r_{order}");
    }
    assert!((network.second_eigenvalue().unwrap() - largest(&|unit| unit.second_eigenvalue().unwrap())).abs() < 1e-9);
}

#[test]
fn means_and_products_are_those_of_plain_simulation() {
    const CHAINS: usize = 40_000;
    for (index, model) in networks().into_iter().enumerate() {
        let network = PlaneNetwork::new(model).unwrap();
        let mut noise = Noise::at(RngKey::root(16).within("plane").replicate(index).stream(stream::INNOVATION));
        let (start, steps) = ([0.3, 0.4], 4);
        let mut ends = [Vec::new(), Vec::new()];
        for _ in 0..CHAINS {
            let state = noise.normal_vector(steps).into_iter().fold(start, |s, x| {
                [0, 1].map(|i| {
                    let drive = model.recurrent[i][0] * s[0] + model.recurrent[i][1] * s[1] + model.input[i] * x + model.bias[i];
                    model.activation.value_and_slope(drive).0
                })
            });
            ends.iter_mut().zip(state).for_each(|(list, value)| list.push(value));
        }
        let exact = network.mean(start, steps).unwrap();
        for (values, exact) in ends.iter().zip(exact) {
            let mean = Sample::new(values).unwrap().mean(0.99).unwrap();
            // 4.9 standard errors: one sound run in 1e6 a number.
            assert!((mean.value - exact).abs() < 4.9 * mean.standard_error, "{mean:?}, exact {exact}");
        }
        let logs: Vec<f64> = (0..24).map(|_| growth(&model, &mut noise)).collect();
        let rate = Sample::new(&logs).unwrap().mean(0.95).unwrap();
        let exact = libm::log(network.moment_rate(2).unwrap());
        // Student's law with 23 degrees of freedom: 5.6 standard errors at 1e-5; a population of
        // 2000 adds at most 3e-4 of its own.
        assert!((rate.value - exact).abs() < 5.6 * rate.standard_error + 3e-4, "{rate:?}, exact {exact}");
    }
}

/// `log r_2` by a population of tangents that are drawn anew after every step.
fn growth(model: &PlaneModel, noise: &mut Noise) -> f64 {
    const SIZE: usize = 2000;
    const STEPS: usize = 300;
    const BURN_IN: usize = 60;
    let mut particles = vec![([0.3, 0.4], [0.8, 0.6]); SIZE];
    let mut sum = 0.0;
    for t in 0..STEPS {
        let mut weights = Vec::with_capacity(SIZE);
        for ((state, tangent), x) in particles.iter_mut().zip(noise.normal_vector(SIZE)) {
            let moved = [0, 1].map(|i| {
                model
                    .activation
                    .value_and_slope(model.recurrent[i][0] * state[0] + model.recurrent[i][1] * state[1] + model.input[i] * x + model.bias[i])
            });
            let image = [0, 1].map(|i| moved[i].1 * (model.recurrent[i][0] * tangent[0] + model.recurrent[i][1] * tangent[1]));
            let length = libm::hypot(image[0], image[1]);
            weights.push(length * length);
            *state = moved.map(|(value, _)| value);
            *tangent = image.map(|x| x / length);
        }
        let mean = weights.iter().sum::<f64>() / SIZE as f64;
        if t >= BURN_IN {
            sum += libm::log(mean);
        }
        let (mut cumulated, mut next, place) = (0.0, Vec::with_capacity(SIZE), noise.uniform());
        for (particle, weight) in particles.iter().zip(&weights) {
            cumulated += weight / mean;
            while next.len() < SIZE && place + next.len() as f64 <= cumulated {
                next.push(*particle);
            }
        }
        while next.len() < SIZE {
            next.push(particles[SIZE - 1]);
        }
        particles = next;
    }
    0.5 * sum / (STEPS - BURN_IN) as f64
}
