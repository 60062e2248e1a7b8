//! The border of the certified set: where learning really starts, the projected gradient there, and
//! the certified rate at any parameters.

use crate::claims::Case;
use crate::network::Network;
use crate::theory::Certificate;

/// How far a stretch's gradient is moved from the mean to see what the projection makes of it.
const NUDGE: f64 = 1e-3;

/// The network that learning sets out from, and whether the projection moved it: a start outside
/// what the projection allows is left with the first update, whatever the gradient.
pub(in crate::claims) fn start(case: &Case) -> (Network, bool) {
    let mut network = case.network.clone();
    let moved = case.learning.projection.is_some_and(|bound| network.cell.project(bound));
    (network, moved)
}

/// Projected gradients of several stretches, and whether the projection matters at these
/// parameters.
///
/// ```text
/// p(g) = ( θ − Π(θ − s g) ) / s,   ‖p(g) − p(h)‖ ≤ ‖g − h‖,   p(∇J) = 0  ⇔  −∇J(θ) ∈ N_K(θ)
/// ```
///
/// `Π` is the Euclidean projection onto the convex set `K` of certified cells (singular values, or
/// the weights of a diagonal cell, are cut off), `N_K` its normal cone and `s` a step. Inside,
/// `p(g) = g`. On the border what pushes out of `K` is taken off. `p` is not linear: it is taken at
/// the mean of the stretches, and each stretch adds its deviation through the derivative of `p`
/// there, so that products of distinct stretches stay free of the noise's square to first order.
///
/// Source: the gradient mapping, Nesterov (2004), doi 10.1007/978-1-4419-8853-9.
pub(in crate::claims) fn projected(network: &Network, gradients: Vec<Vec<f64>>, step: f64, bound: Option<f64>) -> (Vec<Vec<f64>>, bool) {
    let (Some(bound), Some(first)) = (bound, gradients.first()) else { return (gradients, false) };
    let here = network.parameters();
    let map = |gradient: &[f64]| -> Option<Vec<f64>> {
        let mut moved = network.clone();
        moved.descend(step, gradient);
        moved.cell.project(bound).then(|| here.iter().zip(moved.parameters()).map(|(a, b)| (a - b) / step).collect())
    };
    let count = gradients.len() as f64;
    let mean: Vec<f64> = (0..first.len()).map(|entry| gradients.iter().map(|g| g[entry]).sum::<f64>() / count).collect();
    let Some(centre) = map(&mean) else { return (gradients, false) };
    let nudged = |gradient: &[f64], by: f64| -> Vec<f64> {
        let at: Vec<f64> = mean.iter().zip(gradient).map(|(m, g)| m + by * (g - m)).collect();
        map(&at).unwrap_or(at)
    };
    let mapped = gradients.iter().map(|gradient| {
        let (forth, back) = (nudged(gradient, NUDGE), nudged(gradient, -NUDGE));
        centre.iter().zip(forth.iter().zip(&back)).map(|(c, (a, b))| c + (a - b) / (2.0 * NUDGE)).collect()
    });
    (mapped.collect(), true)
}

/// The certified rate of the cell at these parameters, NaN where they are not finite.
pub(in crate::claims) fn certified_rate(case: &Case, network: &Network) -> f64 {
    if !network.cell.parameters().iter().all(|x| x.is_finite()) {
        return f64::NAN;
    }
    let recurrence = case.linear.as_ref().and_then(|_| network.cell.one_layer()).map(|layer| layer.scaled_recurrence());
    Certificate::of(&*network.cell, None).adapted(recurrence.as_ref(), None).cell.rate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Elman, Readout, activation};

    fn network(b_matrix: &[f64]) -> Network {
        let identity = activation::named("identity").unwrap();
        let cell = Elman::new(b_matrix, &[1.0, 1.0], &[0.0, 0.0], 0.0, identity).unwrap();
        Network { cell: Box::new(cell), readout: Readout::new(&[0.5, 0.5], &[0.0], 2) }
    }

    /// Stretches about one mean: parameters are rows (B, W, b) of each unit, then the readout.
    fn segments() -> Vec<Vec<f64>> {
        let mean = [-1.0, 0.3, 0.2, 0.1, 0.4, -0.2, 0.1, 0.3, 0.5, -0.6, 0.7];
        [-0.1, 0.0, 0.1].map(|by: f64| mean.iter().map(|g| g * (1.0 + by)).collect()).to_vec()
    }

    #[test]
    fn inside_the_projected_gradient_is_the_gradient() {
        assert_eq!(projected(&network(&[0.3, 0.0, 0.0, 0.2]), segments(), 1e-3, Some(0.5)), (segments(), false));
        assert_eq!(projected(&network(&[0.5, 0.0, 0.0, 0.2]), segments(), 1e-3, None), (segments(), false));
    }

    #[test]
    fn on_the_border_what_pushes_out_is_taken_off_and_the_rest_stays() {
        let (step, plain) = (1e-6, segments());
        let (found, moved) = projected(&network(&[0.5, 0.0, 0.0, 0.2]), plain.clone(), step, Some(0.5));
        assert!(moved);
        for (found, plain) in found.iter().zip(&plain) {
            // Down the first gradient B_11 would grow beyond the ball; to first order nothing else
            // is touched.
            assert!(found[0].abs() < 1e-4, "{}", found[0]);
            assert!(found[1..].iter().zip(&plain[1..]).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
        }
    }
}
