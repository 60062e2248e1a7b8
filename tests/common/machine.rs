//! The joint chain and its gradient as the library steps them, and linear models of several kinds:
//! what the oracle is held against.

use super::{data_of, linear_model, network_of, scalar_model};
use ndarray::{Array1, Array2, arr1, arr2};
use rtrl_lab::chain::JointChain;
use rtrl_lab::data::{DataProcess, Var};
use rtrl_lab::markov::Kernel;
use rtrl_lab::network::Network;
use rtrl_lab::theory::LinearModel;

/// A generic model, a mean-field one with two inputs and two outputs, one whose data and cell share
/// a defective eigenvalue, and a scalar one.
pub fn models() -> [(&'static str, LinearModel); 4] {
    let wide = LinearModel {
        inputs: vec![1, 0],
        target: arr2(&[[0.3, -1.0], [0.5, 0.2]]),
        target_noise: 0.4,
        beta: 0.5,
        b_matrix: arr2(&[[0.8, -0.5], [0.6, 0.4]]),
        w_matrix: arr2(&[[1.0, 0.3], [-0.5, 0.2]]),
        bias: arr1(&[0.1, -0.2]),
        c_matrix: arr2(&[[0.7, -0.4], [0.2, 0.5]]),
        readout_bias: arr1(&[0.05, -0.3]),
        ..linear_model()
    };
    let defective = LinearModel {
        transition: arr2(&[[0.6, 0.5], [0.0, 0.6]]),
        b_matrix: arr2(&[[0.6, 0.4, 0.0], [0.0, 0.6, 0.3], [0.0, 0.0, 0.6]]),
        ..linear_model()
    };
    let scalar = LinearModel { target_noise: 0.3, bias: arr1(&[0.4]), ..scalar_model(0.6, 0.3) };
    [("generic", linear_model()), ("wide", wide), ("defective", defective), ("scalar", scalar)]
}

/// The chain and its gradient as the rest of the library computes them, without the oracle.
pub struct Machine {
    /// The data process.
    pub data: Var,
    /// The network under the identity.
    pub network: Network,
}

impl Machine {
    /// The chain and network of a model.
    pub fn of(model: &LinearModel) -> Self {
        Machine { data: data_of(model), network: network_of(model, "identity") }
    }

    /// `F(z, ξ)`.
    pub fn step(&self, state: &[f64], innovation: &[f64]) -> Vec<f64> {
        let chain = JointChain::new(&self.data, &*self.network.cell);
        let (mut next, mut work) = (vec![0.0; state.len()], vec![0.0; chain.work_len()]);
        chain.step(state, innovation, &mut next, &mut work);
        next
    }

    /// `G(z, η)`.
    pub fn gradient(&self, state: &[f64], eta: &[f64]) -> Vec<f64> {
        let (q, n, width) = (self.data.state_len(), self.network.cell.state_len(), self.network.recurrent_len());
        let next = self.step(state, &vec![0.0; q]);
        let (hidden, influence) = next[q..].split_at(n);
        let (mut target, mut error, mut adjoint) = (vec![0.0; eta.len()], vec![0.0; eta.len()], vec![0.0; n]);
        self.data.target(&state[..q], eta, &mut target);
        self.network.readout.error(hidden, &target, &mut error);
        self.network.readout.adjoint(&error, &mut adjoint);
        let mut gradient: Vec<f64> = (0..width).map(|p| (0..n).map(|row| adjoint[row] * influence[row * width + p]).sum()).collect();
        gradient.resize(self.network.len(), 0.0);
        self.network.readout.add_gradient(hidden, &error, &mut gradient[width..]);
        gradient
    }

    /// Columns of a linear map by its values on 0 and on the unit vectors, and its value on 0.
    pub fn linear(inputs: usize, f: impl Fn(&[f64]) -> Vec<f64>) -> (Array2<f64>, Array1<f64>) {
        let origin = Array1::from_vec(f(&vec![0.0; inputs]));
        let mut matrix = Array2::zeros((origin.len(), inputs));
        for j in 0..inputs {
            let mut unit = vec![0.0; inputs];
            unit[j] = 1.0;
            matrix.column_mut(j).assign(&(Array1::from_vec(f(&unit)) - &origin));
        }
        (matrix, origin)
    }

    /// `F`, `c` and `N` of `z' = F z + c + N ξ`.
    pub fn recursion(&self, joint: usize) -> (Array2<f64>, Array1<f64>, Array2<f64>) {
        let q = self.data.state_len();
        let (f, c) = Self::linear(joint, |z| self.step(z, &vec![0.0; q]));
        let (noise, _) = Self::linear(q, |xi| self.step(&vec![0.0; joint], xi));
        (f, c, noise)
    }
}

/// The entries by rows.
pub fn flat(matrix: &Array2<f64>) -> Vec<f64> {
    matrix.iter().copied().collect()
}
