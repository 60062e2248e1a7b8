//! Central differences of the summed loss on one and the same stretch: common random numbers by
//! construction.

use crate::data::Segment;
use crate::network::Network;

/// The loss summed over the steps `t ≥ warm`, from the hidden state `start`.
pub(crate) fn summed_loss(network: &Network, segment: &Segment, start: &[f64], warm: usize) -> f64 {
    let cell = &*network.cell;
    let (mut state, mut next, mut tape) = (start.to_vec(), vec![0.0; cell.state_len()], vec![0.0; cell.tape_len()]);
    let mut error = vec![0.0; network.readout.outputs()];
    let mut loss = 0.0;
    for t in 0..segment.len() {
        cell.step(&state, segment.input(t), &mut next, &mut tape);
        std::mem::swap(&mut state, &mut next);
        if t >= warm {
            loss += network.readout.error(&state, segment.target(t), &mut error);
        }
    }
    loss
}

/// Central differences of the summed loss in every parameter, `(ℓ(θ + h e) − ℓ(θ − h e)) / 2h` with
/// `h = width · max(1, |θ_k|)`.
///
/// The truncation error is `O(h²)`, the rounding error `O(ε ℓ / h)`; `width = 1e-5` balances them
/// for losses of order one a step.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::central_differences};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation::SIGMOID};
/// let cell = Elman::new(&[0.0], &[0.0], &[3f64.ln()], 0.0, SIGMOID).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[4.0], &[0.0], 1) };
/// let one_step = Segment::given(vec![2.0], 1, vec![2.0], 1);
/// let gradient = central_differences(&network, &one_step, &[-1.0], 0, 1e-5);
/// // The error is 4 · 0.75 − 2 = 1 and σ' = 0.1875.
/// let exact = [-0.75, 1.5, 0.75, 0.75, 1.0];
/// assert!(gradient.iter().zip(exact).all(|(g, exact)| (g - exact).abs() < 1e-8), "{gradient:?}");
/// ```
pub fn central_differences(network: &Network, segment: &Segment, start: &[f64], warm: usize, width: f64) -> Vec<f64> {
    let centre = network.parameters();
    let mut moved = centre.clone();
    (0..centre.len())
        .map(|k| {
            let h = width * centre[k].abs().max(1.0);
            let mut loss_at = |theta: f64| {
                moved[k] = theta;
                summed_loss(&network.at(&moved), segment, start, warm)
            };
            let (above, below) = (centre[k] + h, centre[k] - h);
            let difference = (loss_at(above) - loss_at(below)) / (above - below);
            moved[k] = centre[k];
            difference
        })
        .collect()
}
