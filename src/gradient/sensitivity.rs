//! The influence matrix `V_t = ∂S_t/∂θ`, carried forward.

use crate::network::Cell;

/// The influence matrix of a cell with the buffers that its recursion needs.
#[derive(Clone, Debug)]
pub struct Sensitivity {
    influence: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
    parameters: usize,
}

impl Sensitivity {
    /// `V_0 = 0`.
    pub fn zero(cell: &dyn Cell) -> Self {
        let (n, parameters) = (cell.hidden(), cell.parameters().len());
        Sensitivity { influence: vec![0.0; n * parameters], next: vec![0.0; n * parameters], work: vec![0.0; n * n], parameters }
    }

    /// The derivatives `influence`, N × P by rows.
    pub fn at(cell: &dyn Cell, influence: Vec<f64>) -> Self {
        assert_eq!(influence.len(), cell.hidden() * cell.parameters().len(), "the derivatives fit the cell");
        Sensitivity { influence, ..Sensitivity::zero(cell) }
    }

    /// Sets `V` to zero: what comes after knows nothing of the steps before.
    pub fn reset(&mut self) {
        self.influence.fill(0.0);
    }

    /// `V ← A V + E` at the taped step.
    pub fn advance(&mut self, cell: &dyn Cell, tape: &[f64]) {
        cell.influence(tape, &self.influence, &mut self.next, &mut self.work);
        std::mem::swap(&mut self.influence, &mut self.next);
    }

    /// Adds `Vᵀ λ` to `gradient`.
    pub fn add_gradient(&self, adjoint: &[f64], gradient: &mut [f64]) {
        for (row, a) in self.influence.chunks_exact(self.parameters).zip(adjoint) {
            for (g, v) in gradient.iter_mut().zip(row) {
                *g += a * v;
            }
        }
    }

    /// `V`, N × P by rows.
    pub fn influence(&self) -> &[f64] {
        &self.influence
    }
}
