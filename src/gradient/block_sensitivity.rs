//! The influence matrix of moving parameters in block form: formed once a block of steps, exactly.

use super::Carried;
use super::panels::{Kept, Panels};
use crate::network::Cell;
use crate::simd::dense;
use rayon::prelude::*;

/// The influence matrix at the start of a block and what the block's steps have done since.
///
/// With `A_s` and `E_s` as they were at step `s`, at the parameters of then,
///
/// ```text
/// V_t = A_t V_{t−1} + E_t
/// V_tᵀ λ_t = V_0ᵀ λ_0 + Σ_{1≤s≤t} E_sᵀ λ_s,   λ_{s−1} = A_sᵀ λ_s
/// V_τ = Ψ_0 V_0 + Σ_{1≤s≤τ} Ψ_s E_s,   Ψ_τ = I,  Ψ_{s−1} = Ψ_s A_s
/// ```
///
/// so a gradient needs no derivative but those of the block's start. Parameters may move at every
/// step. Cost of a step, averaged over a block of τ: `2N²P/τ + 4NP + 2N³ + τ(N² + P)` flops and
/// one reading of `V_0`, beside `2N²P` flops step by step. Memory: `NP + τ(N² + tape)` numbers.
/// Source: Schmidhuber (1992), doi 10.1162/neco.1992.4.2.243.
#[derive(Clone, Debug)]
pub(crate) struct BlockSensitivity<T> {
    steps: usize,
    /// `V_0`.
    start: Panels<T>,
    /// `A_s` of the steps since, N × N by rows each.
    jacobians: Vec<f64>,
    tapes: Vec<f64>,
    /// Steps since.
    count: usize,
    /// `λ_0`, then `λ_1` up to `λ_t`.
    adjoints: Vec<f64>,
    /// `Ψ_s` and `Ψ_s A_s`.
    propagator: [Vec<f64>; 2],
}

/// Steps of a block for a hidden size: the fastest of those tried, from a quarter of it to the
/// whole, and so few for large ones that they take less memory than `V`.
pub(crate) fn block_steps(units: usize) -> usize {
    if units <= 64 { (units / 2).max(8) } else { (3 * units / 8).min(128) }
}

/// Units from which on threads share a product of matrices.
const SHARED: usize = 256;

impl<T: Kept> BlockSensitivity<T> {
    /// Numbers of double precision that it holds for a cell.
    pub(crate) fn numbers(cell: &dyn Cell) -> usize {
        let (n, tape, steps) = (cell.state_len(), cell.tape_len(), block_steps(cell.state_len()));
        let kept = Panels::<T>::numbers(n, cell.parameters().len());
        (kept * size_of::<T>()).div_ceil(8) + steps * (n * n + tape + n) + 2 * n * n
    }

    /// `V = 0`.
    pub(crate) fn zero(cell: &dyn Cell) -> Self {
        let (n, tape, steps) = (cell.state_len(), cell.tape_len(), block_steps(cell.state_len()));
        BlockSensitivity {
            steps,
            start: Panels::zeros(n, cell.parameters().len()),
            jacobians: vec![0.0; steps * n * n],
            tapes: vec![0.0; steps * tape],
            count: 0,
            adjoints: vec![0.0; (steps + 1) * n],
            propagator: [vec![0.0; n * n], vec![0.0; n * n]],
        }
    }

    /// Whether a cell stores `V` whole, as it is kept here.
    pub(crate) fn suits(cell: &dyn Cell) -> bool {
        cell.influence_layout().is_whole()
    }

    /// The derivatives `influence`, by rows.
    pub(crate) fn at(cell: &dyn Cell, influence: &[f64]) -> Self {
        let mut derivatives = Self::zero(cell);
        derivatives.start.fill(influence);
        derivatives
    }

    /// Writes `V` into `influence`, by rows.
    pub(crate) fn form_into(&mut self, cell: &dyn Cell, influence: &mut [f64]) {
        self.close(cell);
        self.start.copy_to(influence);
    }

    /// Forms `V` and begins a block there.
    fn close(&mut self, cell: &dyn Cell) {
        let n = cell.state_len();
        let [mut now, mut before] = std::mem::take(&mut self.propagator);
        now.fill(0.0);
        now.iter_mut().step_by(n + 1).for_each(|one| *one = 1.0);
        for jacobian in self.jacobians[..self.count * n * n].chunks_exact_mut(n * n).rev() {
            multiply(&now, jacobian, &mut before, n);
            // Ψ_s stands where A_s stood, which nothing needs any more.
            jacobian.copy_from_slice(&now);
            std::mem::swap(&mut now, &mut before);
        }
        self.start.multiply(&now);
        let (propagators, tapes) = (&self.jacobians[..self.count * n * n], &self.tapes[..self.count * cell.tape_len()]);
        self.start.add_rows(|row, sums, adjoints| {
            adjoints.clear();
            propagators.chunks_exact(n * n).for_each(|propagator| adjoints.extend_from_slice(&propagator[row * n..][..n]));
            cell.immediates(tapes, adjoints, sums);
        });
        self.propagator = [now, before];
        self.count = 0;
    }
}

impl<T: Kept> Carried for BlockSensitivity<T> {
    fn advance(&mut self, cell: &dyn Cell, tape: &[f64]) {
        if self.count == self.steps {
            self.close(cell);
        }
        let square = cell.state_len() * cell.state_len();
        cell.jacobian(tape, &mut self.jacobians[self.count * square..][..square]);
        self.tapes[self.count * tape.len()..][..tape.len()].copy_from_slice(tape);
        self.count += 1;
    }

    fn add_gradient(&mut self, cell: &dyn Cell, adjoint: &[f64], gradient: &mut [f64]) {
        let n = adjoint.len();
        self.adjoints[self.count * n..][..n].copy_from_slice(adjoint);
        for s in (0..self.count).rev() {
            let (before, after) = self.adjoints.split_at_mut((s + 1) * n);
            before[s * n..].fill(0.0);
            dense::add_transposed(&self.jacobians[s * n * n..][..n * n], &after[..n], &mut before[s * n..]);
        }
        cell.immediates(&self.tapes[..self.count * cell.tape_len()], &mut self.adjoints[n..(self.count + 1) * n], gradient);
        self.start.add_transposed(&self.adjoints[..n], gradient);
    }

    fn forget(&mut self) {
        self.start.clear();
        self.count = 0;
    }

    fn formed(&self, cell: &dyn Cell) -> Vec<f64> {
        let mut copy = self.clone();
        copy.close(cell);
        copy.start.by_rows()
    }
}

/// `next = a · v`, all n × n; threads take rows of a large one.
fn multiply(a: &[f64], v: &[f64], next: &mut [f64], n: usize) {
    const ROWS: usize = 48;
    if n < SHARED {
        dense::multiply(a, v, next, n);
    } else {
        a.par_chunks(ROWS * n).zip(next.par_chunks_mut(ROWS * n)).for_each(|(a, next)| dense::multiply(a, v, next, n));
    }
}
