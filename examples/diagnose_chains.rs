//! Diagnostics of saved chains, here those of a hidden unit.
//! `cargo run --release --example diagnose_chains`

use ndarray::{Array2, arr2};
use rtrl_lab::chain::JointChain;
use rtrl_lab::data::{Autoregression, LinearTarget, Var};
use rtrl_lab::markov::{Independent, Walk};
use rtrl_lab::network::{Elman, activation};
use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::stats::{Chains, diagnose};

fn main() {
    const CHAINS: usize = 4;
    const DRAWS: usize = 5000;
    let target = LinearTarget::new(vec![vec![1.0]], 0.1);
    let data = Var(Autoregression { transition: arr2(&[[0.9]]), noise_factor: arr2(&[[1.0]]), inputs: vec![0], target });
    let cell = Elman::new(&[0.7], &[0.5], &[0.0], 0.0, activation::TANH).expect("the shapes fit");
    let chain = JointChain::without_derivatives(&data, &cell);
    // A row a chain, each on noise of its own.
    let mut saved = Array2::zeros((CHAINS, DRAWS));
    for (replicate, mut row) in saved.rows_mut().into_iter().enumerate() {
        let mut noise = Noise::at(RngKey::root(3).replicate(replicate).stream(stream::INNOVATION));
        let mut walk = Walk::from(&chain, chain.state(&[0.0], &[0.0]));
        walk.advance(500, &mut noise);
        row.iter_mut().for_each(|draw| {
            walk.step_on(&mut noise);
            *draw = walk.state()[1];
        });
    }
    let found = diagnose(&Independent::declare(Chains::new(saved.view()).expect("finite draws")));
    let say = |name: &str, number: &Result<f64, rtrl_lab::stats::Undefined>| match number {
        Ok(value) => println!("{name:<28}{value:.4}"),
        Err(why) => println!("{name:<28}undefined: {}", why.reason),
    };
    say("split R̂", &found.rhat);
    say("effective sample size, bulk", &found.bulk);
    say("effective sample size, tail", &found.tail);
    say("error of the mean", &found.error);
    assert!(found.rhat.is_ok_and(|rhat| rhat < 1.01));
}
