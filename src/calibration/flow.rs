//! How far the exact gradient flow of a linear model goes until a share of the gradient is left.

use crate::claims::{exact_gradient, flow};
use crate::network::Network;
use crate::theory::LinearModel;

/// Length of a step of the flow.
const STEP: f64 = 0.02;
/// Longest path that is followed.
const LONGEST: f64 = 200.0;

/// The flow `dθ/ds = −∇J(θ)` from a network's parameters: small steps of learning follow it, with
/// `s` the sum of the steps.
pub(super) struct Flow {
    /// `‖∇J‖` at path lengths `0, STEP, 2 STEP, …`.
    norms: Vec<f64>,
}

impl Flow {
    /// Follows the flow until the norm of the gradient has fallen to `share` of its start, or as
    /// far as the model contracts.
    pub(super) fn until(share: f64, model: &LinearModel, network: &Network) -> Self {
        let mut at = network.clone();
        let mut norms: Vec<f64> = Vec::new();
        while let Some(gradient) = exact_gradient(model, &at) {
            norms.push(gradient.iter().map(|g| g * g).sum::<f64>().sqrt());
            if norms[norms.len() - 1] <= share * norms[0] || norms.len() as f64 * STEP > LONGEST {
                break;
            }
            match flow(model, &at, STEP) {
                Some(there) => at = there,
                None => break,
            }
        }
        Flow { norms }
    }

    /// The path length at which the norm first stands at `share` of its start, linear between steps
    /// in the norm's logarithm.
    pub(super) fn path(&self, share: f64) -> Option<f64> {
        let goal = share * self.norms.first()?;
        let after = self.norms.iter().position(|norm| *norm <= goal)?;
        let (from, to) = (self.norms[after.checked_sub(1)?], self.norms[after]);
        Some(STEP * (after as f64 - libm::log(goal / to) / libm::log(from / to)))
    }
}

#[cfg(test)]
mod tests {
    use super::Flow;
    use crate::calibration::systems::{Spectra, case_of, system};
    use crate::linalg::Times;
    use crate::random::RngKey;
    use crate::theory::LinearGaussian;
    use std::collections::BTreeMap;

    #[test]
    fn the_norm_falls_at_first_as_the_hessian_says() {
        // d/ds log ‖g‖ = −g'H g / g'g along θ' = −g.
        let model = system(Spectra::SlowData, 0.5, 0.4);
        let network = case_of(&model, "flow", RngKey::root(1), 1.0, BTreeMap::new()).network;
        let oracle = LinearGaussian::new(model.clone()).unwrap();
        let (gradient, hessian) = (oracle.gradient().unwrap().flat(), oracle.hessian().unwrap());
        let rate = gradient.times(&hessian.times(&gradient)) / gradient.times(&gradient);
        let flow = Flow::until(0.5, &model, &network);
        let path = flow.path(0.999).unwrap();
        assert!((path * rate / 0.001 - 1.0).abs() < 0.05, "{path} {rate}");
        assert!(flow.path(0.5).unwrap() > path && flow.path(0.4).is_none(), "followed to the share that was asked for");
    }
}
