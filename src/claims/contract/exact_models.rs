//! The models behind a case for which exact answers are known, read off its network and its data.

use crate::data::{Autoregression, LinearTarget};
use crate::network::Network;
use crate::theory::{LinearGaussian, LinearModel, OracleError, ScalarModel};
use ndarray::{Array1, Array2};

/// Largest hidden size at which the exact linear answers are asked for.
const LARGEST_LINEAR: usize = 256;

/// The linear Gaussian model of a network on a linear process: one layer under the identity and the
/// squared loss, small enough, and contracting; `None` of any other.
///
/// ```
/// use ndarray::arr2;
/// use rtrl_lab::claims::linear_model;
/// use rtrl_lab::data::{Autoregression, LinearTarget};
/// use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let target = LinearTarget::new(vec![vec![1.0]], 0.1);
/// let data = Autoregression {
///     transition: arr2(&[[0.9]]),
///     noise_factor: arr2(&[[1.0]]),
///     inputs: vec![0],
///     target,
/// };
/// let network = |name: &str| {
///     let cell =
///         Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::named(name).unwrap()).unwrap();
///     Network { cell: Box::new(cell), readout: Readout::new(&[2.0], &[0.0], 1) }
/// };
/// assert_eq!(linear_model(&network("identity"), &data).unwrap().c_matrix[[0, 0]], 2.0);
/// assert!(linear_model(&network("tanh"), &data).is_none());
/// ```
pub fn linear_model(network: &Network, data: &Autoregression) -> Option<LinearModel> {
    if network.cell.state_len() > LARGEST_LINEAR {
        return None;
    }
    let target = data.target.rows();
    let of_the_data = LinearModel {
        transition: data.transition.clone(),
        noise_factor: data.noise_factor.clone(),
        inputs: data.inputs.clone(),
        target: Array2::from_shape_fn((target.len(), data.transition.nrows()), |(i, j)| target[i][j]),
        target_noise: data.target.noise(),
        beta: 0.0,
        b_matrix: Array2::zeros((0, 0)),
        w_matrix: Array2::zeros((0, 0)),
        bias: Array1::zeros(0),
        c_matrix: Array2::zeros((0, 0)),
        readout_bias: Array1::zeros(0),
    };
    let model = of_the_data.at(network).ok()?;
    // What is beyond the range of numbers stays a linear case: the oracle says why it has no
    // answer.
    let foreign = |error: &OracleError| matches!(error, OracleError::NotContractive { .. } | OracleError::TooLarge(_));
    LinearGaussian::new(model.clone()).err().is_none_or(|error| !foreign(&error)).then_some(model)
}

/// One unit, of whatever activation, on one channel of a linear process of order one.
///
/// ```
/// use ndarray::arr2;
/// use rtrl_lab::claims::scalar_model;
/// use rtrl_lab::data::{Autoregression, LinearTarget};
/// use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let target = LinearTarget::new(vec![vec![0.3]], 0.1);
/// let (transition, noise_factor) = (arr2(&[[0.9]]), arr2(&[[-2.0]]));
/// let data = Autoregression { transition, noise_factor, inputs: vec![0], target };
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// let model = scalar_model(&network, &data).unwrap();
/// assert_eq!((model.recurrent, model.phi, model.innovation), (0.5, 0.9, 2.0));
/// ```
pub fn scalar_model(network: &Network, data: &Autoregression) -> Option<ScalarModel> {
    let (target, readout) = (data.target.rows(), &network.readout);
    let alone = network.cell.state_len() == 1 && readout.outputs() == 1 && readout.loss().is_squared();
    let one_channel = data.transition.dim() == (1, 1) && data.inputs == [0] && target.len() == 1;
    let layer = network.cell.one_layer().filter(|_| alone && one_channel)?;
    Some(ScalarModel {
        recurrent: *layer.recurrent.first()?,
        bias: *layer.bias.first()?,
        readout: *readout.weights().first()?,
        readout_bias: *readout.bias().first()?,
        phi: *data.transition.first()?,
        innovation: data.noise_factor.first()?.abs(),
        target: *target.first()?.first()?,
        target_noise: data.target.noise(),
        ..ScalarModel::plain(layer.activation, 0.0, *layer.input.first()?, 0.0)
    })
}

/// The data process of a linear model.
///
/// [`linear_model`] leads back, with the model's network ([`LinearModel::network`]).
pub fn linear_process(model: &LinearModel) -> Autoregression {
    let target = LinearTarget::new(model.target.rows().into_iter().map(|row| row.to_vec()).collect(), model.target_noise);
    Autoregression { transition: model.transition.clone(), noise_factor: model.noise_factor.clone(), inputs: model.inputs.clone(), target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Elman, Readout, activation};

    /// The model follows the network's parameters, each block in its place, and leads back to them.
    #[test]
    fn a_model_and_its_network_lead_to_each_other() {
        let cell = Elman::new(&[0.4], &[0.7], &[0.0], 0.0, activation::IDENTITY).unwrap();
        let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
        let one = |value: f64| Array2::from_elem((1, 1), value);
        let target = LinearTarget::new(vec![vec![1.0]], 0.1);
        let data = Autoregression { transition: one(0.6), noise_factor: one(1.0), inputs: vec![0], target };
        let model = linear_model(&network, &data).unwrap();
        assert_eq!(model.at(&network).unwrap(), model);
        assert_eq!(model.network(activation::IDENTITY).parameters(), network.parameters());
        assert_eq!(linear_model(&network, &linear_process(&model)).unwrap(), model);
        assert!(model.at(&model.network(activation::TANH)).is_err());
        let mut moved = network.clone();
        moved.descend(1.0, &[0.1, 0.2, 0.3, 0.4, 0.5]);
        let read = model.at(&moved).unwrap();
        let by_hand = [0.4 - 0.1, 0.7 - 0.2, -0.3, 1.0 - 0.4, -0.5];
        assert_eq!([read.b_matrix[[0, 0]], read.w_matrix[[0, 0]], read.bias[0], read.c_matrix[[0, 0]], read.readout_bias[0]], by_hand);
    }
}
