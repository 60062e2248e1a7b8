//! The influence matrix `V_t = ∂S_t/∂θ`, carried forward.

use super::Carried;
use crate::network::{Cell, InfluenceLayout};

/// The influence matrix of a cell with the buffers that its recursion needs.
#[derive(Clone, Debug)]
pub(crate) struct Sensitivity {
    layout: InfluenceLayout,
    influence: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
}

impl Sensitivity {
    /// `V_0 = 0`.
    pub(crate) fn zero(cell: &dyn Cell) -> Self {
        let layout = cell.influence_layout();
        let zeros = || vec![0.0; layout.len()];
        Sensitivity { layout, influence: zeros(), next: zeros(), work: vec![0.0; cell.work_len()] }
    }

    /// The derivatives `influence`, as [`Cell::influence_layout`] stores them.
    pub(crate) fn at(cell: &dyn Cell, influence: Vec<f64>) -> Self {
        assert_eq!(influence.len(), cell.influence_layout().len(), "the derivatives fit the cell");
        Sensitivity { influence, ..Sensitivity::zero(cell) }
    }

    /// `V`, as [`Cell::influence_layout`] stores it.
    pub(crate) fn influence(&self) -> &[f64] {
        &self.influence
    }
}

impl Carried for Sensitivity {
    /// `V ← A V + E` at the taped step.
    fn advance(&mut self, cell: &dyn Cell, tape: &[f64]) {
        cell.advance_influence(tape, &self.influence, &mut self.next, &mut self.work);
        std::mem::swap(&mut self.influence, &mut self.next);
    }

    fn add_gradient(&mut self, _cell: &dyn Cell, adjoint: &[f64], gradient: &mut [f64]) {
        self.layout.add_transposed(&self.influence, adjoint, gradient);
    }

    fn forget(&mut self) {
        self.influence.fill(0.0);
    }

    fn formed(&self, _cell: &dyn Cell) -> Vec<f64> {
        self.influence.clone()
    }
}
