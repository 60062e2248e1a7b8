//! The influence matrix `V_t = ∂S_t/∂θ`, carried forward.

use crate::network::Cell;

/// The influence matrix of a cell with the buffers that its recursion needs.
#[derive(Clone, Debug)]
pub struct Sensitivity {
    influence: Vec<f64>,
    next: Vec<f64>,
    work: Vec<f64>,
    /// Entries of the influence matrix that belong to one unit.
    width: usize,
    /// Whether these lie over the same parameters for every unit.
    stacked: bool,
}

impl Sensitivity {
    /// `V_0 = 0`.
    pub fn zero(cell: &dyn Cell) -> Self {
        let (rows, parameters) = (cell.influence_rows(), cell.parameters().len());
        // A single row holds the groups of the units one after the other: its pieces take the place of rows.
        let width = if rows == 1 { parameters / cell.hidden() } else { parameters };
        let len = rows * parameters;
        Sensitivity { influence: vec![0.0; len], next: vec![0.0; len], work: vec![0.0; cell.work_len()], width, stacked: rows > 1 }
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
        for (unit, (row, a)) in self.influence.chunks_exact(self.width).zip(adjoint).enumerate() {
            let first = if self.stacked { 0 } else { unit * self.width };
            for (g, v) in gradient[first..first + self.width].iter_mut().zip(row) {
                *g += a * v;
            }
        }
    }

    /// `V`, N × P by rows, as the cell stores it.
    pub fn influence(&self) -> &[f64] {
        &self.influence
    }
}
