//! The joint chain `H_t = (D_t, S_t, V_t)` as one kernel.

use crate::data::DataProcess;
use crate::gradient::BlockSensitivity;
use crate::markov::{BatchSlot, Blocks, FarPair, Kernel, subtract_copies};
use crate::network::{Cell, PairSteps, TwoTapes};
use crate::random::Noise;
use std::ops::Range;

/// The joint chain of a data process and a cell at frozen parameters.
///
/// ```text
/// D' = Γ(D, ξ),   S' = F(S, x(D); θ),   V' = A V + E
/// ```
///
/// Its innovation is the data's: the network adds state and no randomness. A state is the flat
/// `(D | S | V)`, with `V` as [`Cell::influence_layout`] stores it.
///
/// ```
/// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
/// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
/// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
/// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
/// # let identity = rtrl_lab::network::activation::named("identity").unwrap();
/// use rtrl_lab::{chain::JointChain, markov::Walk, network::Elman};
/// let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, identity).unwrap();
/// let chain = JointChain::new(&data, &cell);
/// let mut walk = Walk::from(&chain, chain.state(&[4.0], &[6.0]));
/// walk.step(&[1.0]);
/// // D' = D/2 + ξ, S' = S/2 + 2 D + 1, V' = (S, D, 1).
/// assert_eq!(walk.state(), [3.0, 12.0, 6.0, 4.0, 1.0]);
/// ```
pub struct JointChain<'a> {
    pub(super) data: &'a dyn DataProcess,
    pub(super) cell: &'a dyn Cell,
    pub(super) carries_derivatives: bool,
}

impl<'a> JointChain<'a> {
    /// The chain with its derivatives.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{chain::JointChain, markov::Kernel, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.1; 4], &[0.5; 2], &[0.0; 2], 0.0, activation::TANH).unwrap();
    /// let chain = JointChain::new(&data, &cell);
    /// // q + N + N P with P = 8, and the data's noise alone.
    /// assert_eq!((chain.state_len(), chain.innovation_len()), (1 + 2 + 16, 1));
    /// ```
    pub fn new(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        JointChain { data, cell, carries_derivatives: true }
    }

    /// The chain of `(D, S)` alone, whose derivative block is empty.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{chain::JointChain, markov::Walk, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.5], &[0.5], &[0.0], 0.0, activation::TANH).unwrap();
    /// let chain = JointChain::without_derivatives(&data, &cell);
    /// let mut walk = Walk::from(&chain, chain.state(&[-3.0], &[3.0]));
    /// walk.step(&[0.25]);
    /// assert_eq!(walk.state(), [-1.25, 0.0]);
    /// ```
    pub fn without_derivatives(data: &'a dyn DataProcess, cell: &'a dyn Cell) -> Self {
        JointChain { data, cell, carries_derivatives: false }
    }

    /// Lengths of the blocks.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// use rtrl_lab::{chain::JointChain, markov::Blocks, network::{Diagonal, activation}};
    /// // Units that do not see each other store 3 derivatives each.
    /// let cell = Diagonal::new(&[0.1; 2], &[0.5; 2], &[0.0; 2], activation::TANH).unwrap();
    /// let blocks = JointChain::new(&data, &cell).blocks();
    /// assert_eq!(blocks, Blocks { data: 1, hidden: 2, derivative: 6 });
    /// ```
    pub fn blocks(&self) -> Blocks {
        let derivative = if self.carries_derivatives { self.cell.influence_layout().len() } else { 0 };
        Blocks { data: self.data.state_len(), hidden: self.cell.state_len(), derivative }
    }

    /// A state from its data and hidden parts, with zero derivatives.
    ///
    /// ```
    /// # use rtrl_lab::data::{Autoregression, LinearTarget, Var};
    /// # let (target, inputs) = (LinearTarget::new(vec![vec![1.0]], 0.0), vec![0]);
    /// # let (transition, noise_factor) = (ndarray::arr2(&[[0.5]]), ndarray::arr2(&[[1.0]]));
    /// # let data = Var(Autoregression { transition, noise_factor, inputs, target });
    /// # use rtrl_lab::{chain::JointChain, network::{Elman, activation}};
    /// let cell = Elman::new(&[0.5], &[0.5], &[0.0], 0.0, activation::TANH).unwrap();
    /// let state = JointChain::new(&data, &cell).state(&[4.0], &[6.0]);
    /// assert_eq!(state, [4.0, 6.0, 0.0, 0.0, 0.0]);
    /// ```
    pub fn state(&self, data: &[f64], hidden: &[f64]) -> Vec<f64> {
        let blocks = self.blocks();
        assert_eq!((data.len(), hidden.len()), (blocks.data, blocks.hidden), "the parts fit the chain");
        let mut state = vec![0.0; blocks.len()];
        state[..blocks.data].copy_from_slice(data);
        state[blocks.data..blocks.data + blocks.hidden].copy_from_slice(hidden);
        state
    }
}

/// Hidden size from which on many hidden states are stepped by one product that threads share.
const WORTH_A_PRODUCT: usize = 64;

impl Kernel for JointChain<'_> {
    fn state_len(&self) -> usize {
        self.blocks().len()
    }

    fn innovation_len(&self) -> usize {
        self.data.innovation_len()
    }

    /// Input, tape, the difference of each, and what the cell's influence matrix needs.
    fn work_len(&self) -> usize {
        2 * (self.data.inputs() + self.cell.tape_len()) + if self.carries_derivatives { self.cell.work_len() } else { 0 }
    }

    fn step(&self, now: &[f64], innovation: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (q, n) = (self.data.state_len(), self.cell.state_len());
        let (input, work) = work.split_at_mut(self.data.inputs());
        let (tape, work) = work.split_at_mut(self.cell.tape_len());
        let work = &mut work[self.data.inputs() + self.cell.tape_len()..];
        let (data, rest) = now.split_at(q);
        let (hidden, influence) = rest.split_at(n);
        let (next_data, rest) = next.split_at_mut(q);
        let (next_hidden, next_influence) = rest.split_at_mut(n);
        self.data.input(data, input);
        self.cell.step(hidden, input, next_hidden, tape);
        if self.carries_derivatives {
            self.cell.advance_influence(tape, influence, next_influence, work);
        }
        self.data.step(data, innovation, next_data, &mut []);
    }

    fn step_together(&self, lanes: &mut [BatchSlot<'_>]) {
        let (tangents, pairs) = (self.cell.tangents(), self.pairs());
        match (tangents, pairs) {
            (_, Some(pairs)) if self.carries_derivatives => self.step_pairs(pairs, lanes),
            // Without derivatives all lanes need the same matrix once; threads share a large one.
            (Some(tangents), _) if !self.carries_derivatives && self.cell.state_len() >= WORTH_A_PRODUCT => {
                self.step_hidden_together(tangents, lanes);
            }
            (_, Some(pairs)) => self.step_pairs(pairs, lanes),
            _ => lanes.iter_mut().for_each(|lane| lane.step(self)),
        }
    }

    fn advance_unseen(&self, state: &mut [f64], steps: usize, noise: &mut Noise) -> bool {
        let worthwhile = self.carries_derivatives && steps >= WORTH_A_BLOCK;
        match self.pairs() {
            Some(cell) if worthwhile => self.advance_far(cell, state, steps, noise),
            _ if worthwhile && BlockSensitivity::<f64>::suits(self.cell) => self.advance_in_blocks(state, steps, noise),
            _ => return false,
        }
        true
    }

    fn advance_pairs_unseen(&self, pairs: &mut [FarPair<'_>], steps: usize) -> bool {
        let Some(cell) = self.pairs().filter(|_| self.carries_derivatives && steps >= WORTH_A_BLOCK) else { return false };
        self.advance_pairs(cell, pairs, steps);
        true
    }

    fn in_place(&self) -> usize {
        if self.pairs().is_some() { self.blocks().derivative } else { 0 }
    }

    fn keeps_differences(&self) -> bool {
        self.data.keeps_differences() && self.cell.differences().is_some()
    }

    fn step_difference(&self, now: &[f64], difference: &[f64], innovation: &[f64], next: &[f64], next_difference: &mut [f64], work: &mut [f64]) {
        let Some(cell) = self.cell.differences() else {
            return subtract_copies(self, now, difference, innovation, next, next_difference, work);
        };
        let (q, n, inputs, tape_len) = (self.data.state_len(), self.cell.state_len(), self.data.inputs(), self.cell.tape_len());
        let (tape, work) = work[inputs..].split_at_mut(tape_len);
        let (input_difference, work) = work.split_at_mut(inputs);
        let (tape_difference, work) = work.split_at_mut(tape_len);
        let (data_difference, rest) = difference.split_at(q);
        let (hidden_difference, influence_difference) = rest.split_at(n);
        let (next_data, rest) = next_difference.split_at_mut(q);
        let (next_hidden, next_influence) = rest.split_at_mut(n);
        self.data.input_difference(&now[..q], data_difference, input_difference);
        cell.step_difference(tape, hidden_difference, input_difference, next_hidden, tape_difference);
        if self.carries_derivatives {
            let step = TwoTapes { tape, difference: tape_difference };
            cell.influence_difference(step, &now[q + n..], influence_difference, next_influence, work);
        }
        self.data.step_difference(&now[..q], data_difference, innovation, &next[..q], next_data, &mut []);
    }

    fn drawn(&self) -> Range<usize> {
        0..self.data.state_len()
    }

    fn redraw(&self, (now, difference): (&[f64], &[f64]), innovation: &[f64], next: &mut [f64], next_difference: &mut [f64], _work: &mut [f64]) {
        redraw_data(self.data, (now, difference), innovation, next, next_difference);
    }
}

/// Steps from which on derivatives are formed once for all of them.
const WORTH_A_BLOCK: usize = 3;

impl JointChain<'_> {
    fn pairs(&self) -> Option<&dyn PairSteps> {
        self.cell.differences()?.pairs()
    }
}

/// The data of a lane, and of its difference.
pub(super) fn step_data(data: &dyn DataProcess, lane: &mut BatchSlot<'_>) {
    let q = data.state_len();
    let BatchSlot { first, difference, innovation, .. } = lane;
    data.step(&first.now[..q], innovation, &mut first.next[..q], &mut []);
    if let Some(difference) = difference {
        data.step_difference(&first.now[..q], &difference.now[..q], innovation, &first.next[..q], &mut difference.next[..q], &mut []);
    }
}

/// The data of a joint state and of its difference, which stand first in it, from another
/// innovation.
pub(super) fn redraw_data(
    data: &dyn DataProcess,
    (now, difference): (&[f64], &[f64]),
    innovation: &[f64],
    next: &mut [f64],
    next_difference: &mut [f64],
) {
    let q = data.state_len();
    data.step(&now[..q], innovation, &mut next[..q], &mut []);
    data.step_difference(&now[..q], &difference[..q], innovation, &next[..q], &mut next_difference[..q], &mut []);
}
