//! Real-time recurrent learning's gradient: derivatives carried forward.

use super::{Carried, Sensitivity, Summed};
use crate::data::Segment;
use crate::network::Network;

/// Sums `G_t` over the steps `t ≥ warm` of a stretch at frozen parameters, carrying `V_t` forward
/// from `V_0 = 0`.
///
/// ```text
/// G_t = ( V_{t+1}ᵀ Cᵀ e_t ,  e_t ⊗ (S_{t+1}, 1) ),   e_t = ∂ℓ/∂ŷ at ŷ = C S_{t+1} + c
/// ```
///
/// `start` is `S_0` (length N). Steps before `warm` move `S` and `V` and add nothing. Cost:
/// `2 N² P` flops a step. Source: Williams and Zipser (1989), doi 10.1162/neco.1989.1.2.270.
///
/// ```
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // S_1 = 1 and S_2 = 1.5, so the errors are 0 and 1.
/// let stretch = rtrl_lab::data::Segment::given(vec![1.0, 1.0], 1, vec![1.0, 0.5], 1);
/// let summed = rtrl_lab::gradient::rtrl(&network, &stretch, &[0.0], 0);
/// assert_eq!((summed.loss, &summed.gradient[..]), (0.5, &[1.0, 1.5, 1.5, 1.5, 1.0][..]));
/// ```
pub fn rtrl(network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Summed {
    let cell = &*network.cell;
    let mut sensitivity = Sensitivity::zero(cell);
    let (mut state, mut next, mut tape) = (start.to_vec(), vec![0.0; cell.state_len()], vec![0.0; cell.tape_len()]);
    let (mut error, mut adjoint) = (vec![0.0; network.readout.outputs()], vec![0.0; cell.state_len()]);
    let mut summed = Summed { loss: 0.0, gradient: vec![0.0; network.len()] };
    let (recurrent, readout) = summed.gradient.split_at_mut(network.recurrent_len());
    for t in 0..segment.len() {
        cell.step(&state, segment.input(t), &mut next, &mut tape);
        sensitivity.advance(cell, &tape);
        std::mem::swap(&mut state, &mut next);
        if t >= warm {
            summed.loss += network.readout.backward(&state, segment.target(t), &mut error, &mut adjoint, readout);
            sensitivity.add_gradient(cell, &adjoint, recurrent);
        }
    }
    summed
}
