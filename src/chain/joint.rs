//! The joint chain `H_t = (D_t, S_t, V_t)` as one kernel.

use crate::data::DataProcess;
use crate::markov::{Blocks, Kernel};
use crate::network::Cell;

/// The joint chain of a data process and a cell at frozen parameters.
///
/// ```text
/// D' = Γ(D, ξ),   S' = F(S, x(D); θ),   V' = A V + E
/// ```
///
/// Its innovation is the data's: the network adds state and no randomness. A state is the flat `(D | S | V by rows)`.
pub struct JointChain<'a> {
    data: &'a dyn DataProcess,
    cell: &'a dyn Cell,
    carries_derivatives: bool,
}

impl<'a> JointChain<'a> {
    /// The chain with its derivatives.
    pub fn new(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        JointChain { data, cell, carries_derivatives: true }
    }

    /// The chain of `(D, S)` alone, whose derivative block is empty.
    pub fn without_derivatives(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        JointChain { data, cell, carries_derivatives: false }
    }

    /// Lengths of the blocks.
    pub fn blocks(&self) -> Blocks {
        let derivative = if self.carries_derivatives { self.cell.hidden() * self.cell.parameters().len() } else { 0 };
        Blocks { data: self.data.state_len(), hidden: self.cell.hidden(), derivative }
    }

    /// A state from its data and hidden parts, with zero derivatives.
    pub fn state(&self, data: &[f64], hidden: &[f64]) -> Vec<f64> {
        let blocks = self.blocks();
        assert_eq!((data.len(), hidden.len()), (blocks.data, blocks.hidden), "the parts fit the chain");
        let mut state = vec![0.0; blocks.len()];
        state[..blocks.data].copy_from_slice(data);
        state[blocks.data..blocks.data + blocks.hidden].copy_from_slice(hidden);
        state
    }
}

impl Kernel for JointChain<'_> {
    fn state_len(&self) -> usize {
        self.blocks().len()
    }

    fn innovation_len(&self) -> usize {
        self.data.innovation_len()
    }

    /// Input, tape and the cell's Jacobian.
    fn work_len(&self) -> usize {
        self.data.inputs() + self.cell.tape_len() + self.cell.hidden() * self.cell.hidden()
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (q, n) = (self.data.state_len(), self.cell.hidden());
        let (input, work) = work.split_at_mut(self.data.inputs());
        let (tape, work) = work.split_at_mut(self.cell.tape_len());
        let (data, rest) = now.split_at(q);
        let (hidden, influence) = rest.split_at(n);
        let (next_data, rest) = next.split_at_mut(q);
        let (next_hidden, next_influence) = rest.split_at_mut(n);
        self.data.input(data, input);
        self.cell.step(hidden, input, next_hidden, tape);
        if self.carries_derivatives {
            self.cell.influence(tape, influence, next_influence, work);
        }
        self.data.step(data, innovation, next_data, &mut []);
    }
}
