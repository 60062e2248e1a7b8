//! Models that several tests share; each brings what it can be checked against.
#![allow(dead_code)]

pub mod arrays;
pub mod book;
pub mod chains;
pub mod command;
pub mod data;
pub mod machine;
pub mod reference;
pub mod runs;

use ndarray::{arr1, arr2};
use rtrl_lab::claims::linear_process;
use rtrl_lab::data::{Segment, Var};
use rtrl_lab::network::{Network, activation};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::theory::LinearModel;

/// How many seeds a control is tried with that takes long: one, or what `RTRL_LAB_SEEDS` says.
pub fn seeds() -> u64 {
    std::env::var("RTRL_LAB_SEEDS").map_or(1, |value| value.parse().expect("RTRL_LAB_SEEDS is a number of seeds"))
}

/// A generic linear model: two data coordinates, one of them seen, three hidden units, non-zero
/// biases.
pub fn linear_model() -> LinearModel {
    LinearModel {
        transition: arr2(&[[0.7, 0.1], [0.0, 0.5]]),
        noise_factor: arr2(&[[1.0, 0.0], [0.2, 0.96f64.sqrt()]]),
        inputs: vec![0],
        target: arr2(&[[0.3, -1.0]]),
        target_noise: 0.1,
        beta: 0.0,
        b_matrix: arr2(&[[0.5, -0.2, 0.1], [0.3, 0.4, 0.0], [-0.1, 0.2, 0.6]]),
        w_matrix: arr2(&[[1.0], [-0.5], [0.25]]),
        bias: arr1(&[0.1, -0.2, 0.3]),
        c_matrix: arr2(&[[0.7, -0.4, 0.2]]),
        readout_bias: arr1(&[0.05]),
    }
}

/// The scalar model by hand: `D' = φ D + ξ`, `S' = a S + w D`.
pub fn scalar_model(phi: f64, a: f64) -> LinearModel {
    LinearModel {
        transition: arr2(&[[phi]]),
        noise_factor: arr2(&[[1.0]]),
        inputs: vec![0],
        target: arr2(&[[1.0]]),
        target_noise: 0.0,
        beta: 0.0,
        b_matrix: arr2(&[[a]]),
        w_matrix: arr2(&[[0.8]]),
        bias: arr1(&[0.0]),
        c_matrix: arr2(&[[0.5]]),
        readout_bias: arr1(&[0.0]),
    }
}

/// The data process of a linear model.
pub fn data_of(model: &LinearModel) -> Var {
    Var(linear_process(model))
}

/// The network of a linear model, under any activation.
pub fn network_of(model: &LinearModel, name: &str) -> Network {
    model.network(activation::named(name).unwrap())
}

/// A stretch of a model's data from a fixed start.
pub fn stretch_of(model: &LinearModel, steps: usize, key: RngKey) -> Segment {
    let (mut innovations, mut observations) = (Noise::at(key.stream(stream::INNOVATION)), Noise::at(key.stream(stream::OBSERVATION)));
    Segment::follow(&data_of(model), vec![0.3; model.order()], steps, &mut innovations, &mut observations).0
}

/// `‖a − b‖ / ‖b‖`.
pub fn relative(a: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|x| x * x).sum::<f64>().sqrt();
    norm(&mut a.iter().zip(b).map(|(x, y)| x - y)) / norm(&mut b.iter().copied())
}
