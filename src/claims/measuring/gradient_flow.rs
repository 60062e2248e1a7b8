//! The exact gradient flow of the long-run loss of a linear model: what small steps follow.

use crate::network::Network;
use crate::theory::{LinearGaussian, LinearModel};

/// `∇J` at the parameters of a network; `None` where the model does not contract.
pub(crate) fn exact_gradient(model: &LinearModel, network: &Network) -> Option<Vec<f64>> {
    Some(model.at(network).and_then(LinearGaussian::new).ok()?.gradient().ok()?.flat().to_vec())
}

/// Where `dθ/ds = −∇J(θ)` leads over a path of length `length`, by one step of Runge and Kutta's
/// fourth-order rule; `None` where the model does not contract on the way.
pub(crate) fn flow(model: &LinearModel, network: &Network, length: f64) -> Option<Network> {
    let at = network.parameters();
    let slope = |by: f64, along: &[f64]| {
        let moved: Vec<f64> = at.iter().zip(along).map(|(x, g)| (-by).mul_add(*g, *x)).collect();
        exact_gradient(model, &network.at(&moved))
    };
    let k1 = slope(0.0, &at)?;
    let k2 = slope(0.5 * length, &k1)?;
    let k3 = slope(0.5 * length, &k2)?;
    let k4 = slope(length, &k3)?;
    Some(network.at(&at.iter().enumerate().map(|(i, x)| x - length * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]) / 6.0).collect::<Vec<_>>()))
}
