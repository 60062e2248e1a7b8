//! What truncation leaves out of the gradient of single losses.

use super::Tape;
use crate::data::Segment;
use crate::network::Network;

/// Squared norms of what truncation leaves out of the recurrent gradient of single losses, and of
/// that gradient, summed over losses.
///
/// ```text
/// g_t(τ) = Σ_{k < τ} E_{t−k}ᵀ A_{t−k+1}ᵀ ⋯ A_tᵀ Cᵀ e_t,   left_out[τ − 1] = Σ_t ‖g_t(R) − g_t(τ)‖²
/// ```
///
/// The mean of `g_t` is zero at a stationary point, and no bias is small beside it; its mean square
/// is not. Since `‖E x‖² ≤ E ‖x‖²`, the error of a step bounds the bias.
///
/// ```
/// # use rtrl_lab::{data::Segment, gradient::StepErrors};
/// # use rtrl_lab::network::{Elman, Network, Readout, activation};
/// # let linear = activation::named("identity").unwrap();
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
/// // S = 1, 0.5, 0.25, the error is 2. Lag 0 gives 2 (S_2, X_3, 1), lag 1 half of 2 (S_1, X_2, 1).
/// let stretch = Segment::given(vec![1.0, 0.0, 0.0], 1, vec![9.0, 9.0, -1.75], 1);
/// let seen = StepErrors::of(&network, &stretch, &[0.0], &[2], 2);
/// assert_eq!(seen.left_out, [2.0, 0.0]);
/// assert_eq!(seen.whole, 3.0 * 3.0 + 2.0 * 2.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StepErrors {
    /// `Σ_t ‖g_t(R) − g_t(τ)‖²` for τ = 1 … R.
    pub left_out: Vec<f64>,
    /// `Σ_t ‖g_t(R)‖²`.
    pub whole: f64,
}

impl StepErrors {
    /// Over the losses of the steps `at` of a stretch that starts at the hidden state `start`, each
    /// followed back over `most` applications of the cell. A step with fewer up to it is left out.
    ///
    /// Two sweeps a loss: one adds the whole up, one takes its parts away again, and what is left
    /// is right to some 1e-16 of the whole. One gradient is held, however many lengths there are.
    /// A sweep ends where the adjoint has fallen to 1e-18 of its start; what lies beyond counts as
    /// zero.
    ///
    /// ```
    /// # use rtrl_lab::{data::Segment, gradient::StepErrors};
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation};
    /// # let linear = activation::named("identity").unwrap();
    /// # let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, linear).unwrap();
    /// # let network = Network { cell: Box::new(cell), readout: Readout::new(&[1.0], &[0.0], 1) };
    /// let stretch = Segment::given(vec![1.0, 0.0], 1, vec![0.0, 0.0], 1);
    /// // The first step has one application up to it, and two are asked for.
    /// let seen = StepErrors::of(&network, &stretch, &[0.0], &[0, 1], 2);
    /// assert_eq!(seen, StepErrors::of(&network, &stretch, &[0.0], &[1], 2));
    /// ```
    ///
    /// # Panics
    /// Where a step lies beyond the stretch.
    pub fn of(network: &Network, segment: &Segment, start: &[f64], at: &[usize], most: usize) -> Self {
        let tape = Tape::record(network, segment, start);
        let cell = &*network.cell;
        let mut seen = StepErrors { left_out: vec![0.0; most], whole: 0.0 };
        let mut readout = vec![0.0; network.len() - network.recurrent_len()];
        let mut rest = vec![0.0; network.recurrent_len()];
        let [mut first, mut adjoint, mut previous] = [(); 3].map(|()| vec![0.0; cell.state_len()]);
        for t in at.iter().copied().filter(|t| *t + 1 >= most) {
            network.readout.pull_back(tape.hidden(t + 1), tape.error(t), &mut first, &mut readout);
            rest.fill(0.0);
            adjoint.copy_from_slice(&first);
            let gone = GONE * square(&first);
            let mut seen_lags = 0;
            while seen_lags < most && square(&adjoint) > gone {
                cell.pull(tape.step(t - seen_lags), &adjoint, &mut previous, &mut rest);
                std::mem::swap(&mut adjoint, &mut previous);
                seen_lags += 1;
            }
            seen.whole += square(&rest);
            adjoint.iter_mut().zip(&first).for_each(|(adjoint, first)| *adjoint = -first);
            // What the last lag leaves is rounding, or nothing.
            for (lag, left_out) in seen.left_out.iter_mut().enumerate().take(seen_lags) {
                cell.pull(tape.step(t - lag), &adjoint, &mut previous, &mut rest);
                std::mem::swap(&mut adjoint, &mut previous);
                *left_out += square(&rest);
            }
        }
        seen
    }
}

/// The part of an adjoint's square below which it is gone.
const GONE: f64 = 1e-36;

fn square(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}
