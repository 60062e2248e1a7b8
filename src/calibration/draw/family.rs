//! The families that systems are drawn from.

use super::system::{DrawnSystem, Exact, Unit};
use crate::linalg::{Norm, Times, operator_norm};
use crate::network::{Activation, activation};
use crate::random::{Noise, RngKey, stream};
use crate::theory::{LinearModel, PlaneModel, ScalarModel};
use ndarray::{Array1, Array2, arr2};

/// A family of random systems, each with exact answers.
///
/// ```
/// use rtrl_lab::{calibration::{Exact, Family}, random::RngKey};
/// let Exact::Units(units) = Family::Bistable.draw(RngKey::root(1), 0).exact else { panic!() };
/// assert!(units.len() == 1 && (1.25..2.0).contains(&units[0].0.recurrent));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Two linear units on two data coordinates, spectral radii in 0.3–0.95, every kind of
    /// spectrum.
    Linear,
    /// One tanh, sigmoid or softplus unit of either sign on independent data.
    Scalar,
    /// One tanh unit with two attractors that weak noise seldom leads between.
    Bistable,
    /// One unit that its input moves little.
    WeakInput,
    /// Three linear units whose matrix is far from normal, so that distances grow first.
    NonNormal,
    /// Rates of 0.95 to 0.998, linear or not.
    NearEdge,
    /// One tanh unit whose derivatives have a power tail.
    HeavyTailed,
    /// Linear systems with a double root in the data, the network or both.
    DoubleRoots,
    /// A diagonal cell of two or three tanh or sigmoid units on AR(1) data.
    Diagonal,
    /// One nonlinear unit on AR(1) data, or linear units on AR(2) data.
    Autoregressive,
    /// Two tanh or sigmoid units that see each other, on independent data.
    Coupled,
}

/// `S' = σ(b S + w X + c)` on unit noise.
struct Drawn {
    activation: &'static str,
    recurrent: f64,
    input: f64,
    bias: f64,
    phi: f64,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 11] = [
        Family::Linear,
        Family::Scalar,
        Family::Bistable,
        Family::WeakInput,
        Family::NonNormal,
        Family::NearEdge,
        Family::HeavyTailed,
        Family::DoubleRoots,
        Family::Diagonal,
        Family::Autoregressive,
        Family::Coupled,
    ];

    /// The name on the page.
    ///
    /// ```
    /// use rtrl_lab::calibration::Family;
    /// assert_eq!(Family::ALL.map(Family::name)[4], "non-normal");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Family::Linear => "linear",
            Family::Scalar => "scalar nonlinear",
            Family::Bistable => "bistable",
            Family::WeakInput => "weak input",
            Family::NonNormal => "non-normal",
            Family::NearEdge => "near the edge",
            Family::HeavyTailed => "heavy-tailed",
            Family::DoubleRoots => "double roots",
            Family::Diagonal => "diagonal",
            Family::Autoregressive => "AR(1-2) data",
            Family::Coupled => "two units",
        }
    }

    /// System `index` of the draw at `key`.
    ///
    /// ```
    /// use rtrl_lab::{calibration::Family, random::RngKey};
    /// let at = |index| format!("{:?}", Family::WeakInput.draw(RngKey::root(1), index).exact);
    /// assert_eq!(at(3), at(3));
    /// assert_ne!(at(3), at(6));
    /// ```
    pub fn draw(self, key: RngKey, index: usize) -> DrawnSystem {
        // A replicate is what a chain of the case makes of its key: the index must be in the name.
        let key = key.within(self.name()).within(&format!("system {index}"));
        let mut noise = Noise::at(key.stream(stream::PARAMETERS));
        let exact = match self {
            Family::Linear => linear(&mut noise, index),
            Family::NonNormal => non_normal(&mut noise),
            Family::DoubleRoots => double_roots(&mut noise, index),
            Family::Scalar => one_unit(scalar(&mut noise, index)),
            Family::Bistable => {
                let (recurrent, input, bias) = (between(&mut noise, 1.25, 2.0), between(&mut noise, 0.02, 0.5), between(&mut noise, -0.05, 0.05));
                one_unit(Drawn { activation: "tanh", recurrent, input, bias, phi: 0.0 })
            }
            Family::WeakInput => {
                let drawn = scalar(&mut noise, index);
                one_unit(Drawn { input: between(&mut noise, 0.02, 0.2), ..drawn })
            }
            Family::HeavyTailed => {
                let (recurrent, ratio) = (between(&mut noise, 1.2, 4.0), between(&mut noise, 0.7, 3.0));
                let bias = between(&mut noise, -1.0, 1.0);
                one_unit(Drawn { activation: "tanh", recurrent, input: recurrent * ratio, bias, phi: 0.0 })
            }
            Family::NearEdge => near_edge(&mut noise, index),
            Family::Diagonal => diagonal(&mut noise, index),
            Family::Autoregressive => autoregressive(&mut noise, index),
            Family::Coupled => coupled(&mut noise, index),
        };
        DrawnSystem { family: self, key, exact }
    }
}

fn between(noise: &mut Noise, low: f64, high: f64) -> f64 {
    low + (high - low) * noise.uniform()
}

fn named(name: &str) -> &'static dyn Activation {
    activation::named(name).expect("the families name activations on offer")
}

fn one_unit(drawn: Drawn) -> Exact {
    Exact::Units(vec![unit(&drawn)])
}

fn unit(drawn: &Drawn) -> Unit {
    let plain = ScalarModel::plain(named(drawn.activation), drawn.recurrent, drawn.input, drawn.bias);
    Unit(ScalarModel { phi: drawn.phi, target_noise: 0.1, ..plain })
}

/// Any bounded or unbounded unit that contracts in the mean or nearly so.
fn scalar(noise: &mut Noise, index: usize) -> Drawn {
    let activation = ["tanh", "sigmoid", "softplus"][index % 3];
    // Largest slopes are 1, ¼ and 1.
    let largest = match activation {
        "tanh" => 1.2,
        "sigmoid" => 4.4,
        _ => 0.95,
    };
    let size = between(noise, 0.15, 1.0) * largest;
    let recurrent = if noise.uniform() < 0.3 { -size } else { size };
    Drawn { activation, recurrent, input: between(noise, 0.3, 2.0), bias: between(noise, -1.0, 1.0), phi: 0.0 }
}

fn model(transition: Array2<f64>, b_matrix: Array2<f64>, noise: &mut Noise) -> LinearModel {
    let (q, n) = (transition.nrows(), b_matrix.nrows());
    let noise_factor = Array2::from_diag(&Array1::from_shape_fn(q, |_| between(noise, 0.6, 1.2)));
    let w_matrix = Array2::from_shape_fn((n, 1), |_| noise.sign() * between(noise, 0.3, 1.0));
    LinearModel {
        transition,
        noise_factor,
        inputs: vec![0],
        target: Array2::from_shape_fn((1, q), |_| between(noise, -0.8, 0.8)),
        target_noise: 0.2,
        beta: 0.0,
        b_matrix,
        w_matrix,
        bias: Array1::from_shape_fn(n, |_| between(noise, -0.3, 0.3)),
        c_matrix: Array2::from_shape_fn((1, n), |_| between(noise, -0.7, 0.7)),
        readout_bias: Array1::from_vec(vec![between(noise, -0.1, 0.1)]),
    }
}

/// `R M Rᵀ` for a random rotation of the plane.
fn turned(matrix: &Array2<f64>, noise: &mut Noise) -> Array2<f64> {
    let (sine, cosine) = libm::sincos(std::f64::consts::TAU * noise.uniform());
    let rotation = arr2(&[[cosine, -sine], [sine, cosine]]);
    rotation.times(matrix).times(&rotation.t())
}

/// A 2 × 2 matrix of the given radius: real apart, a complex pair, or one block of Jordan.
fn planar(radius: f64, kind: usize, noise: &mut Noise) -> Array2<f64> {
    let matrix = match kind % 3 {
        0 => arr2(&[[radius, between(noise, -0.5, 0.5)], [0.0, radius * between(noise, -0.9, 0.9)]]),
        1 => {
            let (sine, cosine) = libm::sincos(between(noise, 0.2, 2.9));
            arr2(&[[radius * cosine, -radius * sine], [radius * sine, radius * cosine]])
        }
        _ => arr2(&[[radius, noise.sign() * between(noise, 0.2, 1.0)], [0.0, radius]]),
    };
    turned(&matrix, noise)
}

fn linear_case(transition: Array2<f64>, b_matrix: Array2<f64>, noise: &mut Noise) -> Exact {
    Exact::Linear(Box::new(model(transition, b_matrix, noise)))
}

fn linear(noise: &mut Noise, index: usize) -> Exact {
    let [data, network] = [(); 2].map(|()| between(noise, 0.3, 0.95));
    let transition = planar(data, index, noise);
    // Blocks of Jordan are a family of their own.
    let transition = if index % 3 == 2 { planar(data, 0, noise) } else { transition };
    let b_matrix = planar(network, (index / 3) % 2, noise);
    linear_case(transition, b_matrix, noise)
}

fn non_normal(noise: &mut Noise) -> Exact {
    let radius = between(noise, 0.3, 0.9);
    let mut b_matrix = Array2::zeros((3, 3));
    for i in 0..3 {
        b_matrix[[i, i]] = if i == 0 { radius } else { radius * between(noise, -0.95, 0.95) };
        for j in i + 1..3 {
            b_matrix[[i, j]] = noise.sign() * between(noise, 1.0, 6.0);
        }
    }
    let transition = Array2::from_elem((1, 1), between(noise, 0.0, 0.9));
    linear_case(transition, b_matrix, noise)
}

fn double_roots(noise: &mut Noise, index: usize) -> Exact {
    let [data, network] = [(); 2].map(|()| between(noise, 0.3, 0.95));
    // The transition matrix of an AR(2) with one root twice.
    let doubled = arr2(&[[2.0 * data, -data * data], [1.0, 0.0]]);
    let (transition, b_matrix) = match index % 3 {
        0 => (doubled, planar(network, 0, noise)),
        1 => (planar(data, 0, noise), planar(network, 2, noise)),
        _ => (doubled, planar(data, 2, noise)),
    };
    linear_case(transition, b_matrix, noise)
}

fn near_edge(noise: &mut Noise, index: usize) -> Exact {
    let rate = between(noise, 0.95, 0.998);
    let other = between(noise, 0.2, 0.8);
    match index % 3 {
        0 => linear_case(planar(rate, 0, noise), planar(other, 0, noise), noise),
        1 => linear_case(planar(other, 0, noise), planar(rate, index / 3 % 2, noise), noise),
        _ => {
            let drawn = scalar(noise, 0);
            one_unit(Drawn { phi: rate, recurrent: other, input: drawn.input, bias: drawn.bias, activation: "tanh" })
        }
    }
}

fn diagonal(noise: &mut Noise, index: usize) -> Exact {
    let phi = noise.sign() * between(noise, 0.1, 0.9);
    let units = (0..2 + index % 2).map(|_| unit(&Drawn { phi, ..scalar(noise, index % 2) })).collect();
    Exact::Units(units)
}

fn coupled(noise: &mut Noise, index: usize) -> Exact {
    let (name, largest) = if index.is_multiple_of(2) { ("tanh", 1.0) } else { ("sigmoid", 0.25) };
    let drawn = Array2::from_shape_fn((2, 2), |_| between(noise, -1.0, 1.0));
    let norm = between(noise, 0.3, 1.3) / largest / operator_norm(drawn.view(), Norm::Spectral);
    let mut pair = |low: f64, high: f64| [(); 2].map(|()| between(noise, low, high));
    let (input, bias) = (pair(0.3, 1.5), pair(-0.7, 0.7));
    let signs = pair(-1.0, 1.0).map(f64::signum);
    Exact::Pair(PlaneModel {
        activation: named(name),
        recurrent: [0, 1].map(|i| [0, 1].map(|j| norm * drawn[[i, j]])),
        input: [0, 1].map(|i| signs[i] * input[i]),
        bias,
        innovation: 1.0,
    })
}

fn autoregressive(noise: &mut Noise, index: usize) -> Exact {
    if index.is_multiple_of(2) {
        let phi = noise.sign() * between(noise, 0.1, 0.95);
        return one_unit(Drawn { phi, ..scalar(noise, index / 2) });
    }
    // Roots of an AR(2): two real ones or a pair.
    let (first, second) = (between(noise, 0.3, 0.95), between(noise, -0.9, 0.25));
    let (one, two) =
        if index % 4 == 1 { (first + second, -first * second) } else { (2.0 * first * libm::cos(between(noise, 0.3, 2.5)), -first * first) };
    let network = between(noise, 0.3, 0.95);
    let b_matrix = if index % 8 < 4 { Array2::from_elem((1, 1), network) } else { planar(network, 1, noise) };
    linear_case(arr2(&[[one, two], [1.0, 0.0]]), b_matrix, noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shared noise made 22 of 24 systems of a family miss together.
    #[test]
    fn systems_have_noise_of_their_own() {
        let root = RngKey::root(3);
        for family in Family::ALL {
            let drawn = |index| Noise::at(family.draw(root, index).case().key_of("claim", "part").replicate(5)).normal_vector(3);
            assert_ne!(drawn(0), drawn(1), "{}", family.name());
            assert_eq!(drawn(1), drawn(1));
        }
    }
}
