//! The linear readout `Ŷ = C S + c`, the loss on it and the loss's gradients.

use super::loss::{self, Loss};
use super::{Layout, NamedBlock};
use ndarray::Array2;

/// A readout of `m` outputs with a loss; row i of the flat parameters is `(C_i | c_i)`.
#[derive(Clone)]
pub struct Readout {
    hidden: usize,
    rows: Vec<f64>,
    loss: &'static dyn Loss,
}

impl Readout {
    /// A readout from `C` (m × N by rows) and `c` (m), with the squared loss.
    pub fn new(c_matrix: &[f64], bias: &[f64], hidden: usize) -> Self {
        assert_eq!(c_matrix.len(), bias.len() * hidden, "C is m × N where c has m entries");
        let mut readout = Readout { hidden, rows: vec![0.0; bias.len() * (hidden + 1)], loss: loss::SQUARED };
        for (block, values) in readout.layout().blocks().iter().zip([c_matrix, bias]) {
            block.fill(&mut readout.rows, values);
        }
        readout
    }

    /// The same readout under another loss.
    pub fn under(self, loss: &'static dyn Loss) -> Self {
        Readout { loss, ..self }
    }

    /// The loss.
    pub fn loss(&self) -> &'static dyn Loss {
        self.loss
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

    /// The weights `C` (m × N).
    pub fn weights(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.outputs(), self.hidden), |(i, j)| self.rows[i * (self.hidden + 1) + j])
    }

    /// The bias `c` (m).
    pub fn bias(&self) -> Vec<f64> {
        self.rows.chunks_exact(self.hidden + 1).map(|row| row[self.hidden]).collect()
    }

    /// The parameters, flat.
    pub fn parameters(&self) -> &[f64] {
        &self.rows
    }

    /// The parameters, to be changed in place.
    pub fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.rows
    }

    /// Writes the loss's slope `∂ℓ/∂ŷ` at `ŷ = C s + c` (m) and returns the loss.
    pub fn error(&self, hidden: &[f64], target: &[f64], error: &mut [f64]) -> f64 {
        for (row, error) in self.rows.chunks_exact(self.hidden + 1).zip(&mut *error) {
            let (weights, bias) = row.split_at(self.hidden);
            *error = weights.iter().zip(hidden).fold(bias[0], |sum, (c, s)| sum + c * s);
        }
        self.loss.value_and_slope(error, target)
    }

    /// The loss with all its gradients: the slope in the prediction goes to `error` (m), that in
    /// the hidden state to `adjoint` (N), and that in `C` and `c` is added to `gradient`.
    pub fn backward(&self, hidden: &[f64], target: &[f64], error: &mut [f64], adjoint: &mut [f64], gradient: &mut [f64]) -> f64 {
        let loss = self.error(hidden, target, error);
        self.pull_back(hidden, error, adjoint, gradient);
        loss
    }

    /// [`Readout::backward`] from a slope that is known.
    pub(crate) fn pull_back(&self, hidden: &[f64], error: &[f64], adjoint: &mut [f64], gradient: &mut [f64]) {
        self.adjoint(error, adjoint);
        self.add_gradient(hidden, error, gradient);
    }

    /// Adds the loss's gradient in `C` and `c`, `error ⊗ (s, 1)`, to `gradient`.
    pub fn add_gradient(&self, hidden: &[f64], error: &[f64], gradient: &mut [f64]) {
        for (row, error) in gradient.chunks_exact_mut(self.hidden + 1).zip(error) {
            for (g, s) in row.iter_mut().zip(hidden[..self.hidden].iter().chain([&1.0])) {
                *g += error * s;
            }
        }
    }

    /// Writes the loss's gradient in the hidden state, `Cᵀ error`.
    pub fn adjoint(&self, error: &[f64], adjoint: &mut [f64]) {
        adjoint.fill(0.0);
        for (row, error) in self.rows.chunks_exact(self.hidden + 1).zip(error) {
            for (a, c) in adjoint.iter_mut().zip(&row[..self.hidden]) {
                *a += error * c;
            }
        }
    }
}
