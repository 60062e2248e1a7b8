//! The linear readout `Ŷ = C S + c` and the gradient of the squared loss in it.

use super::{Layout, NamedBlock};

/// A readout of `m` outputs; row i of the flat parameters is `(C_i | c_i)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Readout {
    hidden: usize,
    rows: Vec<f64>,
}

impl Readout {
    /// A readout from `C` (m × N by rows) and `c` (m).
    pub fn new(c_matrix: &[f64], bias: &[f64], hidden: usize) -> Self {
        assert_eq!(c_matrix.len(), bias.len() * hidden, "C is m × N where c has m entries");
        let mut readout = Readout { hidden, rows: vec![0.0; bias.len() * (hidden + 1)] };
        for (block, values) in readout.layout().blocks().iter().zip([c_matrix, bias]) {
            block.fill(&mut readout.rows, values);
        }
        readout
    }

    /// Number of outputs `m`.
    pub fn outputs(&self) -> usize {
        self.rows.len() / (self.hidden + 1)
    }

    /// Names and places of the parameters.
    pub fn layout(&self) -> Layout {
        let (m, n, stride) = (self.outputs(), self.hidden, self.hidden + 1);
        Layout::of(vec![
            NamedBlock { name: "C", rows: m, columns: n, offset: 0, stride },
            NamedBlock { name: "c", rows: m, columns: 1, offset: n, stride },
        ])
    }

    /// The parameters, flat.
    pub fn parameters(&self) -> &[f64] {
        &self.rows
    }

    /// The parameters, to be changed in place.
    pub fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.rows
    }

    /// Writes the error `C s + c − y` and returns the loss `½|error|²`.
    pub fn error(&self, hidden: &[f64], target: &[f64], error: &mut [f64]) -> f64 {
        let mut loss = 0.0;
        for ((row, y), error) in self.rows.chunks_exact(self.hidden + 1).zip(target).zip(error) {
            let (weights, bias) = row.split_at(self.hidden);
            *error = weights.iter().zip(hidden).fold(bias[0], |sum, (c, s)| sum + c * s) - y;
            loss += 0.5 * *error * *error;
        }
        loss
    }

    /// Adds the loss's gradient in `C` and `c`, `error ⊗ (s, 1)`, to `gradient`.
    pub fn add_gradient(&self, hidden: &[f64], error: &[f64], gradient: &mut [f64]) {
        for (row, error) in gradient.chunks_exact_mut(self.hidden + 1).zip(error) {
            for (g, s) in row.iter_mut().zip(hidden.iter().chain([&1.0])) {
                *g += error * s;
            }
        }
    }

    /// Writes the loss's gradient in the hidden state, `Cᵀ error`.
    pub fn adjoint(&self, error: &[f64], adjoint: &mut [f64]) {
        adjoint.fill(0.0);
        for (row, error) in self.rows.chunks_exact(self.hidden + 1).zip(error) {
            for (a, c) in adjoint.iter_mut().zip(row) {
                *a += error * c;
            }
        }
    }
}
