//! Autoregressions of order one: the linear one (VAR) and one with a saturating drift.

use super::kind::{DataKind, Made};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, LinearTarget, SeriesClass};
use crate::linalg::{NormedRate, psd_factor, spectral_radius};
use crate::markov::Kernel;
use crate::random::Noise;
use ndarray::Array2;

/// What an autoregression is made of; all matrices have been checked by the caller.
///
/// ```
/// use ndarray::{Array2, array};
/// use rtrl_lab::data::{Autoregression, DataProcess, LinearTarget, Var};
/// let target = LinearTarget::new(vec![vec![1.0, -1.0]], 0.0);
/// let (transition, noise_factor) = (array![[0.5, 0.1], [0.0, 0.8]], Array2::eye(2));
/// let process = Var(Autoregression { transition, noise_factor, inputs: vec![1], target });
/// let (mut x, mut y) = ([0.0], [0.0]);
/// process.input(&[3.0, 7.0], &mut x);
/// process.target(&[3.0, 7.0], &[0.0], &mut y);
/// assert_eq!((x, y), ([7.0], [-4.0]));
/// ```
#[derive(Clone, Debug)]
pub struct Autoregression {
    /// The matrix `Φ` (q × q).
    pub transition: Array2<f64>,
    /// A factor `G` (q × q) of the noise covariance `G Gᵀ`.
    pub noise_factor: Array2<f64>,
    /// Which coordinates of `D` the network sees.
    pub inputs: Vec<usize>,
    /// The target.
    pub target: LinearTarget,
}

impl Autoregression {
    fn order(&self) -> usize {
        self.transition.nrows()
    }

    /// `next = Φ drift(now) + G ξ`.
    fn advance(&self, now: &[f64], innovation: &[f64], next: &mut [f64], drift: impl Fn(f64) -> f64) {
        for (i, next) in next.iter_mut().enumerate() {
            let noise = self.noise_factor.row(i).iter().zip(innovation).fold(0.0, |sum, (g, xi)| sum + g * xi);
            *next = self.transition.row(i).iter().zip(now).fold(noise, |sum, (phi, d)| sum + phi * drift(*d));
        }
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        for (x, index) in input.iter_mut().zip(&self.inputs) {
            *x = state[*index];
        }
    }
}

/// The Gaussian vector autoregression `D' = Φ D + G ξ`.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{data::{Autoregression, LinearTarget, Var}, markov::Walk};
/// let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// let (transition, noise_factor) = (array![[0.5]], array![[2.0]]);
/// let process = Var(Autoregression { transition, noise_factor, inputs: vec![0], target });
/// let mut walk = Walk::from(&process, vec![3.0]);
/// walk.step(&[1.0]);
/// assert_eq!(walk.state(), [0.5 * 3.0 + 2.0 * 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Var(pub Autoregression);

/// The saturating autoregression `D' = Φ tanh(g D)/g + G ξ`, nearly linear near 0 and bounded in
/// its drift.
///
/// Its drift is 1-Lipschitz a coordinate, so a norm of `Φ` that is monotone in the coordinates'
/// absolute values bounds its contraction.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{data::{Autoregression, LinearTarget, NonlinearAr}, markov::Walk};
/// let target = LinearTarget::new(vec![vec![1.0]], 0.0);
/// let (transition, noise_factor) = (array![[0.5]], array![[1.0]]);
/// let linear = Autoregression { transition, noise_factor, inputs: vec![0], target };
/// let process = NonlinearAr { linear, gain: 2.0 };
/// let mut walk = Walk::from(&process, vec![1e9]);
/// walk.step(&[0.0]);
/// assert_eq!(walk.state(), [0.5 * 1.0 / 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct NonlinearAr {
    /// Matrices, inputs and target.
    pub linear: Autoregression,
    /// The gain `g > 0`.
    pub gain: f64,
}

impl Kernel for Var {
    fn state_len(&self) -> usize {
        self.0.order()
    }

    fn innovation_len(&self) -> usize {
        self.0.order()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        self.0.advance(now, innovation, next, |d| d);
    }

    fn keeps_differences(&self) -> bool {
        true
    }

    fn step_difference(&self, _now: &[f64], difference: &[f64], _innovation: &[f64], _next: &[f64], next_difference: &mut [f64], _work: &mut [f64]) {
        self.0.advance(difference, &[], next_difference, |d| d);
    }
}

impl Kernel for NonlinearAr {
    fn state_len(&self) -> usize {
        self.linear.order()
    }

    fn innovation_len(&self) -> usize {
        self.linear.order()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        self.linear.advance(now, innovation, next, |d| libm::tanh(self.gain * d) / self.gain);
    }

    fn keeps_differences(&self) -> bool {
        true
    }

    fn step_difference(&self, now: &[f64], difference: &[f64], _innovation: &[f64], _next: &[f64], next_difference: &mut [f64], _work: &mut [f64]) {
        let tanh = crate::network::activation::TANH;
        let drift: Vec<f64> = now.iter().zip(difference).map(|(d, delta)| tanh.difference(self.gain * d, self.gain * delta).0 / self.gain).collect();
        self.linear.advance(&drift, &[], next_difference, |d| d);
    }
}

macro_rules! observed_through {
    ($process:ty, $field:tt, $linear:literal) => {
        impl DataProcess for $process {
            fn inputs(&self) -> usize {
                self.$field.inputs.len()
            }

            fn outputs(&self) -> usize {
                self.$field.target.outputs()
            }

            fn observation_len(&self) -> usize {
                self.$field.target.outputs()
            }

            fn input(&self, state: &[f64], input: &mut [f64]) {
                self.$field.input(state, input);
            }

            fn input_difference(&self, _state: &[f64], difference: &[f64], input: &mut [f64]) {
                self.$field.input(difference, input);
            }

            fn target(&self, state: &[f64], observation_noise: &[f64], target: &mut [f64]) {
                self.$field.target.write(state, observation_noise, target);
            }

            fn start(&self, spread: f64, _replicate: usize, _replicates: usize, noise: &mut Noise, state: &mut [f64]) {
                noise.normals(state);
                state.iter_mut().for_each(|d| *d *= spread);
            }

            fn certified(&self) -> Option<NormedRate> {
                Some(NormedRate::smallest(self.$field.transition.view(), 1.0))
            }

            fn linear(&self) -> Option<&Autoregression> {
                $linear.then_some(&self.$field)
            }
        }
    };
}

observed_through!(Var, 0, true);
observed_through!(NonlinearAr, linear, false);

/// Keys of an autoregression of order one.
const KEYS: [Entry; 6] = [
    Entry::needed("transition", "[[0.7, 0.1], [0.0, 0.5]]", "the matrix Φ by rows"),
    Entry::absent("noise_covariance", "[[1.0, 0.2], [0.2, 1.0]]", "covariance of the noise by rows (the identity)"),
    Entry::absent("inputs", "[0]", "coordinates of the data that the network sees (all)"),
    Entry::needed("target", "[0.3, -1.0]", "Y = target · D + noise, one number a coordinate of the data; a list of such lists for several targets"),
    Entry::filled("target_noise", "0.0", "standard deviation of the noise of the target"),
    Entry::filled("gain", "1.0", "g of the saturation; larger saturates earlier"),
];

/// `kind = "var"`.
pub(super) struct Linear;

/// `kind = "nonlinear-ar"`.
pub(super) struct Saturating;

impl DataKind for Linear {
    fn name(&self) -> &'static str {
        "var"
    }

    fn formula(&self) -> &'static str {
        "vector autoregression D' = Φ D + noise"
    }

    fn keys(&self) -> &'static [Entry] {
        &KEYS[..5]
    }

    fn example(&self) -> &'static str {
        "transition = [[0.7, 0.1], [0.0, 0.5]]\nnoise_covariance = [[1.0, 0.2], [0.2, 1.0]]\ninputs = [0]\ntarget = [0.3, -1.0]\ntarget_noise = 0.1"
    }

    fn known(&self) -> &'static str {
        "stationary and Gaussian; two copies on the same noise approach at the spectral radius of the matrix"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let linear = stated(keys)?;
        let radius = radius(&linear, keys)?;
        if radius >= 1.0 {
            let problem = format!("the autoregression is unstable: its spectral radius is {radius:.6}");
            return Err(keys.error("transition", problem, "scale the matrix so that the spectral radius is below 1"));
        }
        Ok(Made::drawn(Var(linear)))
    }
}

impl DataKind for Saturating {
    fn name(&self) -> &'static str {
        "nonlinear-ar"
    }

    fn formula(&self) -> &'static str {
        "saturating autoregression D' = Φ tanh(g D)/g + noise"
    }

    fn keys(&self) -> &'static [Entry] {
        &KEYS
    }

    fn example(&self) -> &'static str {
        "transition = [[0.7, 0.1], [0.0, 0.5]]\ngain = 0.8\ntarget = [0.3, -1.0]\ntarget_noise = 0.1"
    }

    fn known(&self) -> &'static str {
        "stationary where a norm of the matrix is below 1; drift bounded by it; Gaussian tails"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let linear = stated(keys)?;
        radius(&linear, keys)?;
        Ok(Made::drawn(NonlinearAr { linear, gain: keys.number("gain", 1.0, (0.0, 1e6), true)? }))
    }
}

fn radius(linear: &Autoregression, keys: Keys<'_>) -> Result<f64, InputError> {
    spectral_radius(linear.transition.view()).map_err(|error| keys.error("transition", error.to_string(), "give a finite square matrix"))
}

/// Matrices, inputs and target as the keys state them.
fn stated(keys: Keys<'_>) -> Result<Autoregression, InputError> {
    let rows: Vec<Vec<f64>> = keys.required("transition", "give the matrix of the autoregression by rows")?;
    let q = rows.len();
    let transition = keys.at.matrix("transition", &rows, (Some(q), Some(q)))?;
    let noise_factor = match keys.matrix("noise_covariance", (Some(q), Some(q)))? {
        None => Array2::eye(q),
        Some(covariance) => psd_factor(&covariance)
            .map_err(|error| keys.error("noise_covariance", error.to_string(), "give a symmetric positive semi-definite matrix"))?,
    };
    let inputs = keys.get("inputs")?.unwrap_or_else(|| (0..q).collect::<Vec<usize>>());
    if inputs.is_empty() || inputs.iter().any(|index| *index >= q) {
        let problem = format!("the inputs {inputs:?} are not coordinates of a data state of length {q}");
        return Err(keys.error("inputs", problem, format!("give numbers from 0 to {}", q - 1)));
    }
    Ok(Autoregression { transition, noise_factor, inputs, target: LinearTarget::stated(keys, q)? })
}
