//! The parts of the main job that `bench` times: what a user waits for.

use super::work::cell;
use super::{Options, Timed};
use crate::chain::JointChain;
use crate::coupling::{Population, Synchronous};
use crate::data::{Autoregression, LinearTarget, Var};
use crate::gradient::block_steps;
use crate::markov::{Block, Walk, norm as norm_of};
use crate::network::{Network, Readout};
use crate::random::{Noise, RngKey, stream};
use crate::training::{GradientNorm, Method, Online, RunStart, Schedule, method};
use ndarray::arr2;
use std::hint::black_box;

type Make = fn(usize, &Options) -> Timed;

/// Works of one hidden size.
pub(super) const WORKS: [(&str, Make); 4] = [("learn", learn), ("norm", norm), ("pairs", pairs), ("moments", moments)];

/// Units from which on derivatives are kept in single precision: 4 GB at a thousand.
pub(super) const SINGLE: usize = 600;

/// The data and the network of the peers' script.
fn job(hidden: usize) -> (Var, Network) {
    let target = LinearTarget::new(vec![vec![0.3, -1.0]], 0.1);
    let data = Var(Autoregression {
        transition: arr2(&[[0.7, 0.1], [0.0, 0.5]]),
        noise_factor: arr2(&[[1.0, 0.0], [0.0, 1.0]]),
        inputs: vec![0, 1],
        target,
    });
    let readout = Readout::new(&vec![1.0 / (hidden as f64).sqrt(); hidden], &[0.0], hidden);
    (data, Network { cell: Box::new(cell(hidden, 2)), readout })
}

/// One run of exact real-time recurrent learning; its derivatives are formed as they are for a
/// claim.
pub(super) fn learn(hidden: usize, options: &Options) -> Timed {
    let (data, network) = job(hidden);
    // Whole blocks, so that forming the derivatives counts as often as it happens.
    let block = block_steps(hidden);
    let usual = (if options.quick { 2e8 } else { 2e9 } / (9.0 * (hidden as f64).powi(3) + 5e3)) as usize;
    let steps = options.steps.unwrap_or(usual.clamp(2 * block, 100_000)).next_multiple_of(block);
    let kind = if hidden >= SINGLE { method::named("rtrl-single") } else { None };
    let method = kind.map_or(Method::RTRL, |kind| Method::of(kind, 0));
    let go = move || {
        let key = RngKey::root(7).within("bench");
        let [innovations, observations, choices] = [stream::INNOVATION, stream::OBSERVATION, stream::METHOD].map(|k| Noise::at(key.stream(k)));
        let start = RunStart { network: &network, data: vec![0.0; 2], hidden: vec![0.0; hidden], innovations, observations, choices };
        let schedule = Schedule { initial: 0.001, offset: 1000.0, exponent: 0.7 };
        drop(black_box(Online { data: &data, method, schedule, projection: None }.run(start, steps, &mut ())));
    };
    let nominal = 2.0 * (hidden * hidden * hidden * (hidden + 3)) as f64 * steps as f64;
    let (hidden, inputs, chains, steps) = (Some(hidden), Some(2), Some(1), Some(steps));
    Timed { work: "learn", hidden, inputs, chains, steps, flops: Some(nominal), executed: None, go: Box::new(go) }
}

/// The stationary gradient at frozen parameters, from 32 stretches.
fn norm(hidden: usize, options: &Options) -> Timed {
    let (data, network) = job(hidden);
    let (burn_in, steps) = (405, if options.quick { 300 } else { 1500 });
    let norm = GradientNorm { steps, burn_in, spread: 1.0, replicates: 32 };
    let go = move || drop(black_box(norm.replicates(&data, &network, RngKey::root(8).within("bench"), 0..32)));
    let (hidden, inputs, chains, steps) = (Some(hidden), Some(2), Some(32), Some(burn_in + steps));
    Timed { work: "norm", hidden, inputs, chains, steps, flops: None, executed: None, go: Box::new(go) }
}

/// Pairs of a population of a claim: numbers of the derivatives of all, with their differences, at
/// most.
const HELD: usize = 1 << 20;

/// Guided pairs of the joint chain on common noise, with the distances of every block after every
/// step.
fn pairs(hidden: usize, options: &Options) -> Timed {
    let (data, network) = job(hidden);
    let size = hidden * hidden * (hidden + 3);
    let count = options.chains.unwrap_or((HELD / (2 * size)).clamp(2, 128));
    let usual = (if options.quick { 2e8 } else { 4e9 } / ((4 * hidden * size + 20_000) * count) as f64) as usize;
    let steps = options.steps.unwrap_or(usual.clamp(2, 200));
    let go = move || {
        let chain = JointChain::new(&data, &*network.cell);
        let at = |pair: usize, stream| Noise::at(RngKey::root(9).within("bench").replicate(pair).stream(stream));
        let start = |pair: usize, stream| chain.state(&at(pair, stream).normal_vector(2), &at(pair, stream + 10).normal_vector(hidden));
        let pairs = (0..count).map(|pair| Synchronous::new(&chain, start(pair, 1), start(pair, 2))).collect();
        let noises = (0..count).map(|pair| at(pair, stream::INNOVATION)).collect();
        let ranges = Block::ALL.map(|block| chain.blocks().range(block));
        let mut population = Population::new(&chain, pairs, noises, at(0, stream::CHOICE), &ranges[..3]);
        for _ in 0..steps {
            population.step();
            black_box(population.moments(&ranges));
        }
    };
    let nominal = (6 * hidden * size * count * steps) as f64;
    let executed = Some(nominal * 4.0 / 6.0);
    let (hidden, inputs, chains, steps) = (Some(hidden), Some(2), Some(count), Some(steps));
    Timed { work: "pairs", hidden, inputs, chains, steps, flops: Some(nominal), executed, go: Box::new(go) }
}

/// Steps from one look at a chain's derivatives to the next, as `derivative_moments` has them.
const LOOK: usize = 10;

/// Chains whose derivatives' size is seen every tenth step.
fn moments(hidden: usize, options: &Options) -> Timed {
    let (data, network) = job(hidden);
    let count = options.chains.unwrap_or(8);
    let usual = (if options.quick { 2e8 } else { 2e9 } / ((hidden * hidden * hidden * hidden + 20_000) * count) as f64) as usize;
    let steps = options.steps.unwrap_or(usual.clamp(2 * LOOK, 8000)).next_multiple_of(LOOK);
    let go = move || {
        let chain = JointChain::new(&data, &*network.cell);
        let derivatives = chain.blocks().range(Block::Derivative);
        for replicate in 0..count {
            let mut noise = Noise::at(RngKey::root(10).within("bench").replicate(replicate));
            let mut walk = Walk::from(&chain, chain.state(&[0.0; 2], &vec![0.0; hidden]));
            for _ in 0..steps / LOOK {
                walk.advance(LOOK, &mut noise);
                black_box(norm_of(&walk.state()[derivatives.clone()]));
            }
        }
    };
    let nominal = 2.0 * (hidden * hidden * hidden * (hidden + 3)) as f64 * (count * steps) as f64;
    let (hidden, inputs, chains, steps) = (Some(hidden), Some(2), Some(count), Some(steps));
    Timed { work: "moments", hidden, inputs, chains, steps, flops: Some(nominal), executed: None, go: Box::new(go) }
}
