//! A cell with its readout, and one parameter vector over both.

use super::{Cell, Layout, Readout};

/// A recurrent network: the cell's `P` parameters first, then the readout's `m (N + 1)`.
#[derive(Clone)]
pub struct Network {
    /// The recurrent cell.
    pub cell: Box<dyn Cell>,
    /// The readout.
    pub readout: Readout,
}

impl Network {
    /// Number of recurrent parameters `P`.
    pub fn recurrent_len(&self) -> usize {
        self.cell.parameters().len()
    }

    /// Number of all parameters `P + m (N + 1)`.
    pub fn len(&self) -> usize {
        self.recurrent_len() + self.readout.parameters().len()
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and places of all parameters.
    pub fn layout(&self) -> Layout {
        let shift = self.recurrent_len();
        let (cell, readout) = (self.cell.layout(), self.readout.layout());
        Layout::of(cell.blocks().iter().cloned().chain(readout.blocks().iter().map(|block| block.shifted(shift))).collect())
    }

    /// All parameters, flat.
    pub fn parameters(&self) -> Vec<f64> {
        [self.cell.parameters(), self.readout.parameters()].concat()
    }

    /// The same network at other parameters.
    pub fn at(&self, parameters: &[f64]) -> Network {
        let mut network = self.clone();
        let (recurrent, readout) = parameters.split_at(self.recurrent_len());
        network.cell.parameters_mut().copy_from_slice(recurrent);
        network.readout.parameters_mut().copy_from_slice(readout);
        network
    }

    /// Moves every parameter by `−step · gradient`.
    pub fn descend(&mut self, step: f64, gradient: &[f64]) {
        let (recurrent, readout) = gradient.split_at(self.recurrent_len());
        for (theta, g) in self.cell.parameters_mut().iter_mut().zip(recurrent) {
            *theta -= step * g;
        }
        for (theta, g) in self.readout.parameters_mut().iter_mut().zip(readout) {
            *theta -= step * g;
        }
    }
}
