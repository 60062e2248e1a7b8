//! Full backpropagation through time: the adjoint recursion over a whole stretch.

use super::{Summed, Tape};
use crate::data::Segment;
use crate::network::{Cell, Network};

/// Numbers of a cell's tapes that are kept over a stretch; a longer one keeps the hidden states
/// alone and runs every step again on the way back.
const KEPT: usize = 1 << 21;

/// The gradient of the loss summed over the steps `t ≥ warm`, by one backward pass over the whole
/// stretch.
///
/// ```text
/// λ_{t+1} = Cᵀ e_t [t ≥ warm] + A_{t+1}ᵀ λ_{t+2},   ∇ = Σ_t E_tᵀ λ_{t+1}
/// ```
///
/// `start` is `S_0` (length N). Equal to [`rtrl`](super::rtrl()) in exact arithmetic at
/// `O(N² + N d)` a step instead of `O(N² P)`, whatever the size: it keeps the N numbers of the
/// hidden state a step, the `O(N + d)` of the tape only where all of them are few, and recomputes
/// them otherwise, to the same bits.
///
/// ```
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // S_3 = a² w X_0 + b (1 + a + a²) = 0.25 misses its target by 1.
/// let stretch = rtrl_lab::data::Segment::given(vec![1.0, 0.0, 0.0], 1, vec![9.0, 9.0, -0.75], 1);
/// let summed = rtrl_lab::gradient::bptt(&network, &stretch, &[0.0], 2);
/// assert_eq!((summed.loss, &summed.gradient[..]), (0.5, &[1.0, 0.25, 1.75, 0.25, 1.0][..]));
/// ```
pub fn bptt(network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Summed {
    let keeps = tape_numbers(&*network.cell, segment.len()) > 0;
    backward(network, segment, &Tape::recorded(network, segment, start, keeps), warm)
}

/// Numbers of the tapes that [`bptt`] keeps over so many steps.
pub(crate) fn tape_numbers(cell: &dyn Cell, steps: usize) -> usize {
    let all = steps * cell.tape_len();
    if all <= KEPT { all } else { 0 }
}

/// The backward pass over a recorded tape.
fn backward(network: &Network, segment: &Segment, tape: &Tape, warm: usize) -> Summed {
    let cell = &*network.cell;
    let mut summed = Summed { loss: 0.0, gradient: vec![0.0; network.len()] };
    let (recurrent, readout) = summed.gradient.split_at_mut(network.recurrent_len());
    let (mut carried, mut adjoint, mut previous) = (vec![0.0; cell.state_len()], vec![0.0; cell.state_len()], vec![0.0; cell.state_len()]);
    let (mut again, mut next) = (vec![0.0; cell.tape_len()], vec![0.0; cell.state_len()]);
    for t in (0..tape.len()).rev() {
        if t >= warm {
            summed.loss += tape.loss(t);
            network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut adjoint, readout);
        } else {
            adjoint.fill(0.0);
        }
        for (a, c) in adjoint.iter_mut().zip(&carried) {
            *a += c;
        }
        let step = if tape.keeps_steps() {
            tape.step(t)
        } else {
            cell.step(tape.hidden(t), segment.input(t), &mut next, &mut again);
            &again
        };
        cell.pull(step, &adjoint, &mut previous, recurrent);
        std::mem::swap(&mut carried, &mut previous);
    }
    summed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Autoregression, LinearTarget, Var};
    use crate::network::{Elman, Readout, activation};
    use crate::random::{Noise, RngKey};
    use ndarray::Array2;

    #[test]
    fn steps_run_again_have_the_bits_of_steps_kept() {
        let data = Var(Autoregression {
            transition: Array2::from_elem((1, 1), 0.6),
            noise_factor: Array2::from_elem((1, 1), 1.0),
            inputs: vec![0],
            target: LinearTarget::new(vec![vec![1.0]], 0.1),
        });
        let (mut innovations, mut observations) = (Noise::at(RngKey::root(1)), Noise::at(RngKey::root(2)));
        let (segment, _) = Segment::follow(&data, vec![0.2], 50, &mut innovations, &mut observations);
        for activation in activation::ALL {
            let b_matrix: Vec<f64> = innovations.normal_vector(25).into_iter().map(|z| 0.3 * z).collect();
            let cell = Elman::new(&b_matrix, &innovations.normal_vector(5), &innovations.normal_vector(5), 0.5, activation).unwrap();
            let network = Network { cell: Box::new(cell), readout: Readout::new(&innovations.normal_vector(5), &[0.1], 5) };
            let [kept, again] = [true, false].map(|keeps| backward(&network, &segment, &Tape::recorded(&network, &segment, &[0.1; 5], keeps), 7));
            assert!(kept.gradient.iter().any(|g| g.abs() > 1e-3) && kept == again, "{}", activation.name());
        }
    }
}
