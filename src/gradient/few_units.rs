//! The influence matrix of few units, in blocks of few steps.

use super::Carried;
use crate::network::{Cell, Immediate};
use crate::simd::few::{self, MOST, PANEL, Pieces, Steps, Through};
use crate::simd::register::{Lined, lined};
use crate::simd::{dense, outers};

/// [`BlockSensitivity`](super::BlockSensitivity) for few units of a cell whose immediate Jacobian
/// is an outer product by groups: the matrix stays in the first cache, a column of it in registers,
/// and where it is formed its gradient is taken in the same pass.
#[derive(Clone, Debug)]
pub(crate) struct FewUnits {
    units: usize,
    group: usize,
    /// Steps of a block, and those that wait to be formed.
    steps: usize,
    count: usize,
    pieces: Pieces,
    /// `V_0` in panels of [`PANEL`] columns.
    influence: Lined<f64>,
    /// The steps' `A`, slopes, and `z` between zeros.
    jacobians: Lined<f64>,
    slopes: Vec<f64>,
    inputs: Vec<f64>,
    /// `Ψ_s`, and that of the step before.
    propagator: [Lined<f64>; 2],
    /// `M_s` of every step but the last.
    injected: Lined<f64>,
    weights: Vec<f64>,
    sums: Lined<f64>,
}

/// Steps of a block: fewer units have their matrix formed at every step.
fn block_steps(units: usize) -> usize {
    if units <= 8 { 1 } else { 6 }
}

impl FewUnits {
    /// Whether it is the better way for a cell.
    pub(crate) fn suits(cell: &dyn Cell) -> bool {
        cell.state_len() <= MOST && cell.influence_layout().is_whole() && Self::group(cell).is_some()
    }

    fn group(cell: &dyn Cell) -> Option<usize> {
        cell.immediate_by_groups(&vec![0.0; cell.tape_len()]).map(|step| step.input.len())
    }

    /// Numbers that it holds for a cell.
    pub(crate) fn numbers(cell: &dyn Cell) -> usize {
        let (n, group) = (cell.state_len(), cell.parameters().len() / cell.state_len());
        let (steps, columns) = (block_steps(n), (n * group).next_multiple_of(PANEL));
        (n + 1) * columns + (2 * steps + 2) * n * n + steps * (2 * n + group + 2 * PANEL)
    }

    /// `V = 0`, for a cell that it suits.
    pub(crate) fn zero(cell: &dyn Cell) -> Self {
        let (n, group) = (cell.state_len(), Self::group(cell).expect("a cell of groups"));
        let (steps, pieces) = (block_steps(n), Pieces::of(n, group));
        FewUnits {
            units: n,
            group,
            steps,
            count: 0,
            influence: lined(0.0, n * pieces.panels() * PANEL),
            jacobians: lined(0.0, steps * n * n),
            slopes: vec![0.0; steps * n],
            inputs: vec![0.0; steps * pieces.room()],
            propagator: [lined(0.0, n * n), lined(0.0, n * n)],
            injected: lined(0.0, (steps - 1) * n * n),
            weights: vec![0.0; steps * n],
            sums: lined(0.0, pieces.panels() * PANEL),
            pieces,
        }
    }

    /// Forms `V`, begins a block there and adds `Vᵀ λ` to `gradient`.
    fn form(&mut self, adjoint: &[f64; MOST], gradient: &mut [f64]) {
        let FewUnits { units, count, pieces, influence, jacobians, slopes, inputs, propagator, injected, sums, .. } = self;
        let (n, last) = (*units, *count - 1);
        let [now, before] = propagator;
        let (mut now, mut before) = (now, before);
        let (earlier, latest) = jacobians[..(last + 1) * n * n].split_at(last * n * n);
        if last > 0 {
            now.copy_from_slice(latest);
        }
        for s in (0..last).rev() {
            few::scale_columns(now, &slopes[s * n..][..n], &mut injected[s * n * n..][..n * n]);
            dense::multiply(now, &earlier[s * n * n..][..n * n], before, n);
            std::mem::swap(&mut now, &mut before);
        }
        let through = Through { propagator: if last > 0 { now } else { latest }, injected: &injected[..last * n * n] };
        let steps = Steps { units: n, pieces, inputs, slopes: &slopes[..*count * n] };
        few::form(steps, through, influence, adjoint, sums, gradient);
        self.count = 0;
    }
}

impl Carried for FewUnits {
    fn advance(&mut self, cell: &dyn Cell, tape: &[f64]) {
        if self.count == self.steps {
            self.form(&[0.0; MOST], &mut []);
        }
        let (n, at) = (self.units, self.count);
        let Immediate { input, slopes } = cell.immediate_by_groups(tape).expect("a cell of groups");
        self.slopes[at * n..][..n].copy_from_slice(slopes);
        self.inputs[at * self.pieces.room() + PANEL..][..self.group].copy_from_slice(input);
        cell.jacobian(tape, &mut self.jacobians[at * n * n..][..n * n]);
        self.count += 1;
    }

    fn add_gradient(&mut self, _cell: &dyn Cell, adjoint: &[f64], gradient: &mut [f64]) {
        let (n, count, room) = (self.units, self.count, self.pieces.room());
        let mut padded = [0.0; MOST];
        padded[..n].copy_from_slice(adjoint);
        if count == self.steps {
            return self.form(&padded, gradient);
        }
        let steps = Steps { units: n, pieces: &self.pieces, inputs: &self.inputs, slopes: &self.slopes[..count * n] };
        few::pull_back(steps, &self.jacobians, &mut padded, &mut self.weights);
        few::read(&self.influence, &padded[..n], &mut self.sums, gradient);
        outers::add_outers(&self.weights[..count * n], &self.inputs[PANEL..count * room], room, gradient, self.group);
    }

    fn forget(&mut self) {
        self.influence.fill(0.0);
        self.count = 0;
    }

    fn formed(&self, _cell: &dyn Cell) -> Vec<f64> {
        let mut copy = self.clone();
        if copy.count > 0 {
            copy.form(&[0.0; MOST], &mut []);
        }
        let (n, influence) = (self.units, &copy.influence);
        let place = |row: usize, column: usize| (column / PANEL * n + row) * PANEL + column % PANEL;
        (0..n).flat_map(|row| (0..n * self.group).map(move |column| influence[place(row, column)])).collect()
    }
}
