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
pub struct TangentChain<'a> {
    data: &'a dyn DataProcess,
    cell: &'a dyn Cell,
}

impl<'a> TangentChain<'a> {
    /// The chain of a data process and a cell.
    pub fn new(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        TangentChain { data, cell }
    }

    /// A state from its parts.
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
