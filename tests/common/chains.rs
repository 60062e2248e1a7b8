//! Arrays of chains by name, and the seven numbers that are asked of them.

use ndarray::{Array2, Axis};
use rtrl_lab::markov::Independent;
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::stats::{Aspect, Chains, Undefined, effective_sample_size, mcse_mean, mcse_quantile, rhat};

/// The noise of a replicate by name.
pub fn noise(name: &str, replicate: usize) -> Noise {
    Noise::at(RngKey::root(20_250_114).within(name).replicate(replicate))
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

/// The seven numbers of the reference: R̂, ESS bulk, tail, mean and of the 30 % quantile, MCSE of
/// the mean and of that quantile.
pub fn numbers(chains: &Independent<Chains>) -> [Result<f64, Undefined>; 7] {
    let size = |aspect| effective_sample_size(chains, aspect);
    let sizes = [Aspect::Bulk, Aspect::Tail, Aspect::Mean, Aspect::Quantile(0.3)].map(size);
    let [bulk, tail, mean, low] = sizes;
    [rhat(chains), bulk, tail, mean, low, mcse_mean(chains), mcse_quantile(chains, 0.3)]
}

/// R̂, ESS bulk, tail, mean and of the 30 % quantile, MCSE of the mean and of that quantile, from
/// these arrays saved as .npy: by the script `diagnostics.py` and, for the 30 % quantile, the same
/// library's calls; arviz 0.23.4, numpy 2.4.6. One chain has no R̂ there either.
pub const REFERENCE: [(&str, [f64; 7]); 10] = [
    (
        "negative",
        [
            1.0017521471504458,
            13918.400800327006,
            3492.9296931100857,
            14000.244822469516,
            6030.730232998502,
            0.009765087952747126,
            0.019473113230017325,
        ],
    ),
    (
        "independent",
        [
            1.0004637237838565,
            3948.999973903049,
            4064.7849060759704,
            3948.0598319715996,
            3956.1302905509347,
            0.015764995216576635,
            0.022715716886172133,
        ],
    ),
    (
        "persistent",
        [1.006469932350066, 1020.0191565984429, 2145.5893228922696, 1019.9094683568113, 1457.9848236883931, 0.07274902418951437, 0.08610352354029083],
    ),
    (
        "sticky",
        [1.0108206753611733, 146.25593801700717, 245.12405659185092, 146.1808404818916, 215.22816086820313, 0.5532540567465988, 0.6462265154669704],
    ),
    (
        "heavy",
        [1.0041970395917077, 1326.4097740035622, 2126.046977432726, 1332.5482670436395, 1724.1929130382757, 0.08454895277718631, 0.06747200035411866],
    ),
    (
        "apart",
        [1.0334207498654486, 161.24490504022657, 1626.3090824837157, 162.97607562802492, 984.3286089201548, 0.08947104944124235, 0.04837775716053766],
    ),
    (
        "odd",
        [1.0004040878847307, 386.83294585810773, 971.2172763168938, 388.15867386754934, 552.8853749216318, 0.07152488896794372, 0.08894019617722859],
    ),
    ("alone", [f64::NAN, 174.34314115163647, 358.2457780025977, 173.0814670035498, 275.64145283850047, 0.10869114463969569, 0.12880733095015384]),
    ("tied", [1.0033410682273183, 714.958356419715, 1304.9906986805197, 714.2019230030152, 899.4608391525949, 0.10442054452821761, 0.0]),
    ("tiny", [1.383222499690984, 7.224719895935548, 7.224719895935548, 7.224719895935548, 7.224719895935548, 0.4916045086362077, 0.7523564399948848]),
];
