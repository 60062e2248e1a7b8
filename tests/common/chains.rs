//! Arrays of chains by name, and the seven numbers that are asked of them.

use ndarray::{Array2, Axis};
use rtrl_lab::markov::Independent;
use rtrl_lab::random::{Address, Noise};
use rtrl_lab::stats::{Aspect, Chains, Undefined, effective_sample_size, mcse_mean, mcse_quantile, rhat};

/// The noise of a replicate by name.
pub fn noise(name: &str, replicate: usize) -> Noise {
    Noise::at(Address::root(20_250_114).within(name).replicate(replicate))
}

/// A first-order autoregression a chain, from its stationary law, driven by `next`.
pub fn autoregression(name: &str, phi: f64, chains: usize, draws: usize, next: impl Fn(&mut Noise) -> f64) -> Array2<f64> {
    let mut array = Array2::zeros((chains, draws));
    for (chain, mut row) in array.axis_iter_mut(Axis(0)).enumerate() {
        let mut noise = noise(name, chain);
        let mut state = next(&mut noise) / (1.0 - phi * phi).sqrt();
        for draw in &mut row {
            *draw = state;
            state = phi * state + next(&mut noise);
        }
    }
    array
}

/// A standard normal.
pub fn normal(noise: &mut Noise) -> f64 {
    noise.normal_vector(1)[0]
}

/// Student's law with two degrees of freedom: a normal over the root of a unit exponential.
pub fn student_two(noise: &mut Noise) -> f64 {
    normal(noise) / (-libm::log(noise.uniform())).sqrt()
}

/// The arrays by name.
pub fn array_of(name: &str) -> Array2<f64> {
    match name {
        "negative" => autoregression(name, -0.5, 4, 1000, normal),
        "independent" => autoregression(name, 0.0, 4, 1000, normal),
        "persistent" => autoregression(name, 0.9, 4, 5000, normal),
        "sticky" => autoregression(name, 0.99, 4, 5000, normal),
        "heavy" => autoregression(name, 0.5, 4, 1000, student_two),
        "apart" => {
            let mut array = autoregression(name, 0.5, 4, 1000, normal);
            array.axis_iter_mut(Axis(0)).enumerate().for_each(|(chain, mut row)| row += 0.2 * chain as f64);
            array
        }
        "odd" => autoregression(name, 0.7, 3, 1001, normal),
        "alone" => autoregression(name, 0.7, 1, 1000, normal),
        "tied" => autoregression(name, 0.7, 4, 1001, normal).mapv(|x| (2.0 * x).floor()),
        "tiny" => autoregression(name, 0.3, 2, 5, normal),
        _ => panic!("no array {name}"),
    }
}

/// Independent chains of an array.
pub fn chains_of(array: &Array2<f64>) -> Result<Independent<Chains>, Undefined> {
    Chains::new(array.view()).map(Independent::declare)
}

/// The seven numbers of the reference: R̂, ESS bulk, tail, mean and of the 30 % quantile, MCSE of the mean and of that quantile.
pub fn numbers(chains: &Independent<Chains>) -> [Result<f64, Undefined>; 7] {
    let size = |aspect| effective_sample_size(chains, aspect);
    let sizes = [Aspect::Bulk, Aspect::Tail, Aspect::Mean, Aspect::Quantile(0.3)].map(size);
    let [bulk, tail, mean, low] = sizes;
    [rhat(chains), bulk, tail, mean, low, mcse_mean(chains), mcse_quantile(chains, 0.3)]
}
