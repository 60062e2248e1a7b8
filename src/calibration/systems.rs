//! Linear Gaussian systems whose every answer is known: fixed ones by name, and random ones over
//! the range of spectra.

use crate::claims::{Budget, Case, Learning, Start, linear_process};
use crate::data::Var;
use crate::linalg::Times;
use crate::network::activation;
use crate::random::{Noise, RngKey, stream};
use crate::theory::{Certificate, LinearModel};
use crate::training::{Method, Schedule};
use ndarray::{Array1, Array2, arr2};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the spectra of data and network lie to each other.
///
/// ```
/// use rtrl_lab::{calibration::systems::{Spectra, system}, theory::LinearGaussian};
/// let radii = |spectra| {
///     let oracle = LinearGaussian::new(system(spectra, 0.6, 0.6)).unwrap();
///     [oracle.rho_data(), oracle.rho_recurrent()]
/// };
/// let [data, network] = radii(Spectra::Defective);
/// assert!((data - 0.6).abs() < 1e-12 && (network - 0.6).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spectra {
    /// The data are slower.
    SlowData,
    /// The network is slower.
    SlowNetwork,
    /// Two rates within one hundredth of each other.
    Near,
    /// One rate, shared by data and network: a defective joint spectrum.
    Defective,
    /// The network's slowest modes are a complex pair.
    Rotating,
}

impl Spectra {
    /// Every kind.
    pub const ALL: [Spectra; 5] = [Spectra::SlowData, Spectra::SlowNetwork, Spectra::Near, Spectra::Defective, Spectra::Rotating];

    /// The name on the page.
    ///
    /// ```
    /// use rtrl_lab::calibration::systems::Spectra;
    /// assert_eq!(Spectra::ALL.map(Spectra::name)[2], "near-repeated");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Spectra::SlowData => "slow data",
            Spectra::SlowNetwork => "slow network",
            Spectra::Near => "near-repeated",
            Spectra::Defective => "defective",
            Spectra::Rotating => "rotating",
        }
    }
}

/// A system with two data coordinates and two hidden units, of the given spectral radii.
///
/// ```
/// use rtrl_lab::calibration::systems::{Spectra, system};
/// let b = system(Spectra::Rotating, 0.3, 0.5).b_matrix;
/// // A turn by 0.7 radians, shrunk by a half.
/// assert!((b[[0, 0]] * b[[1, 1]] - b[[0, 1]] * b[[1, 0]] - 0.25).abs() < 1e-12);
/// assert!((b[[0, 0]] - 0.5 * libm::cos(0.7)).abs() < 1e-12);
/// ```
pub fn system(spectra: Spectra, rho_data: f64, rho_network: f64) -> LinearModel {
    let (data, network) = (rho_data, rho_network);
    let b_matrix = match spectra {
        Spectra::Rotating => {
            let (sine, cosine) = libm::sincos(0.7);
            arr2(&[[network * cosine, -network * sine], [network * sine, network * cosine]])
        }
        _ => arr2(&[[network, 0.3], [0.0, 0.4 * network]]),
    };
    LinearModel {
        transition: arr2(&[[data, 0.1], [0.0, 0.4 * data]]),
        noise_factor: arr2(&[[1.0, 0.0], [0.2, 0.9]]),
        inputs: vec![0],
        target: arr2(&[[0.6, -0.5]]),
        target_noise: 0.2,
        beta: 0.0,
        b_matrix,
        w_matrix: arr2(&[[0.7], [-0.4]]),
        bias: Array1::from_vec(vec![0.1, -0.2]),
        c_matrix: arr2(&[[0.5, -0.3]]),
        readout_bias: Array1::from_vec(vec![0.05]),
    }
}

/// A random system of the kind that `index` falls on, with both spectral radii in 0.3 … 0.99 and a
/// random basis of the data and of the hidden state.
pub(crate) fn random_system(key: RngKey, index: usize) -> (Spectra, LinearModel) {
    let spectra = Spectra::ALL[index % Spectra::ALL.len()];
    let mut noise = Noise::at(key.replicate(index).stream(stream::PARAMETERS));
    let mut between = |low: f64, high: f64| low + (high - low) * noise.uniform();
    let slow = between(0.3, 0.99);
    let fast = slow * between(0.4, 0.95);
    let (data, network) = match spectra {
        Spectra::SlowData => (slow, fast),
        Spectra::SlowNetwork | Spectra::Rotating => (fast, slow),
        Spectra::Near => (slow, (slow - between(0.002, 0.01)).max(0.29)),
        Spectra::Defective => (slow, slow),
    };
    let mut model = system(spectra, data, network);
    let mut turn = |matrix: &Array2<f64>| {
        let (sine, cosine) = libm::sincos(std::f64::consts::TAU * noise.uniform());
        let rotation = arr2(&[[cosine, -sine], [sine, cosine]]);
        let segment = arr2(&[[1.0, 0.0], [0.0, 0.6 + 0.8 * noise.uniform()]]);
        let back = arr2(&[[1.0, 0.0], [0.0, 1.0 / segment[[1, 1]]]]);
        rotation.times(&segment).times(matrix).times(&back).times(&rotation.t())
    };
    model.transition = turn(&model.transition);
    model.b_matrix = turn(&model.b_matrix);
    (spectra, model)
}

/// The case of a system, with chains from independent normal starts of the given spread.
///
/// ```
/// use rtrl_lab::calibration::systems::{Spectra, case_of, system};
/// let model = system(Spectra::SlowData, 0.8, 0.5);
/// let key = rtrl_lab::random::RngKey::root(1);
/// let case = case_of(&model, "slow", key, 2.0, Default::default());
/// assert!((case.certificate.joint().unwrap() - 0.8).abs() < 1e-12);
/// assert_eq!((case.network.cell.state_len(), case.start.spread), (2, 2.0));
/// ```
pub fn case_of(model: &LinearModel, name: &str, key: RngKey, spread: f64, budgets: BTreeMap<String, Budget>) -> Case {
    let network = model.network(activation::IDENTITY);
    let certificate = Certificate::of(&*network.cell, Some(&model.transition)).adapted(Some(&model.recurrence()), Some(&model.transition));
    Case {
        key,
        certificate,
        linear: Some(model.clone()),
        unit: None,
        start: Start { data: None, hidden: None, spread },
        learning: Learning {
            method: Method::RTRL,
            schedule: Schedule { initial: 0.02, offset: 1000.0, exponent: 0.7 },
            steps: 20_000,
            projection: Some(0.995),
        },
        budgets,
        ..Case::new(name, Arc::new(Var(linear_process(model))), network)
    }
}
