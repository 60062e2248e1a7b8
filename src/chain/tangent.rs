//! The chain of data and hidden state with one infinitely small difference of the hidden state.

use crate::data::DataProcess;
use crate::markov::{Kernel, subtract_copies};
use crate::network::Cell;

/// Data, hidden state and a tangent of it at frozen parameters.
///
/// ```text
/// D' = Γ(D, ξ),   S' = F(S, x(D); θ),   δ' = A(S, x(D)) δ
/// ```
///
/// After t steps `δ_t = A_t ⋯ A_1 δ_0`, the part of the forward derivatives that their start has
/// left: `V_t u` from two starts on one `(D, S)` differ by it. Its moments of order p stay bounded
/// exactly where those of `V_t` do (Kesten 1973, doi 10.1007/BF02392040, for independent factors).
/// A state is the flat `(D | S | δ)`.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
/// use rtrl_lab::{chain::TangentChain, markov::Walk, network::{Elman, activation}};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
/// let chain = TangentChain::new(&data, &cell);
/// let mut walk = Walk::from(&chain, chain.state(&[1.0], &[0.0], &[4.0]));
/// walk.step(&[0.0]);
/// let s = 1f64.tanh();
/// assert!((walk.state()[2] - (1.0 - s * s) * 0.5 * 4.0).abs() < 1e-14);
/// ```
pub struct TangentChain<'a> {
    pub(super) data: &'a dyn DataProcess,
    pub(super) cell: &'a dyn Cell,
}

impl<'a> TangentChain<'a> {
    /// The chain of a data process and a cell.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{chain::TangentChain, markov::Kernel, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.1; 9], &[0.5; 3], &[0.0; 3], 0.0, activation::TANH).unwrap();
    /// assert_eq!(TangentChain::new(&data, &cell).state_len(), 1 + 3 + 3);
    /// ```
    pub fn new(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        TangentChain { data, cell }
    }

    /// A state from its parts.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::TangentChain, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::TANH).unwrap();
    /// assert_eq!(TangentChain::new(&data, &cell).state(&[7.0], &[0.5], &[1.0]), [7.0, 0.5, 1.0]);
    /// ```
    pub fn state(&self, data: &[f64], hidden: &[f64], tangent: &[f64]) -> Vec<f64> {
        [data, hidden, tangent].concat()
    }

    /// Writes hidden state and tangent of the next step and leaves the data where they stand.
    pub(super) fn step_hidden(&self, now: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (input, tape) = work.split_at_mut(self.data.inputs());
        let (q, n) = (self.data.state_len(), self.cell.state_len());
        next[..q].copy_from_slice(&now[..q]);
        self.data.input(&now[..q], input);
        self.cell.step(&now[q..q + n], input, &mut next[q..q + n], tape);
        self.cell.push(tape, Some(&now[q + n..]), None, &mut next[q + n..]);
    }

    /// Writes the next step's data.
    pub(super) fn step_data(&self, now: &[f64], innovation: &[f64], next: &mut [f64]) {
        let q = self.data.state_len();
        self.data.step(&now[..q], innovation, &mut next[..q], &mut []);
    }

    /// Where the tangent stands.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::TangentChain, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// assert_eq!(TangentChain::new(&data, &cell).tangent(), 3..5);
    /// ```
    pub fn tangent(&self) -> std::ops::Range<usize> {
        self.state_len() - self.cell.state_len()..self.state_len()
    }
}

impl Kernel for TangentChain<'_> {
    fn state_len(&self) -> usize {
        self.data.state_len() + 2 * self.cell.state_len()
    }

    fn innovation_len(&self) -> usize {
        self.data.innovation_len()
    }

    fn work_len(&self) -> usize {
        self.data.inputs() + self.cell.tape_len()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        self.step_hidden(now, next, work);
        self.step_data(now, innovation, next);
    }

    fn keeps_differences(&self) -> bool {
        true
    }

    /// Two tangents at one `(D, S)` differ by a tangent; copies that differ in more are subtracted.
    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        let tangent = self.tangent();
        let (base, own) = difference.split_at(tangent.start);
        if base.iter().any(|d| *d != 0.0) {
            return subtract_copies(self, now, difference, innovation, next, next_difference, work);
        }
        next_difference[..tangent.start].fill(0.0);
        self.cell.push(&work[self.data.inputs()..], Some(own), None, &mut next_difference[tangent]);
    }
}
