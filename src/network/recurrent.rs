//! A cell with its readout, and one parameter vector over both.

use super::{Cell, Layout, Readout};
use crate::simd::dense;

/// A recurrent network: the cell's `P` parameters first, then the readout's `m (N + 1)`.
///
/// ```
/// use rtrl_lab::network::{Elman, Network, Readout, activation};
/// let cell = Elman::new(&[0.0; 4], &[0.0; 2], &[3f64.ln(); 2], 0.0, activation::SIGMOID).unwrap();
/// let network = Network { cell: Box::new(cell), readout: Readout::new(&[4.0, -8.0], &[5.0], 2) };
/// let (mut next, mut tape) = ([0.0; 2], vec![0.0; network.cell.tape_len()]);
/// network.cell.step(&[0.0; 2], &[1.0], &mut next, &mut tape);
/// let loss = network.readout.error(&next, &[0.0], &mut [0.0]);
/// assert!((loss - 0.5 * (3.0 - 6.0 + 5.0f64).powi(2)).abs() < 1e-12);
/// ```
#[derive(Clone)]
pub struct Network {
    /// The recurrent cell.
    pub cell: Box<dyn Cell>,
    /// The readout.
    pub readout: Readout,
}

impl Network {
    /// Number of recurrent parameters `P`.
    ///
    /// ```
    /// # use rtrl_lab::network::{Diagonal, Network, Readout, activation::TANH};
    /// let cell = Box::new(Diagonal::new(&[0.5; 3], &[1.0; 6], &[0.0; 3], TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0; 3], &[0.0], 3) };
    /// assert_eq!(network.recurrent_len(), 3 + 6 + 3);
    /// ```
    pub fn recurrent_len(&self) -> usize {
        self.cell.parameters().len()
    }

    /// Number of all parameters `P + m (N + 1)`.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation::TANH};
    /// let cell = Box::new(Elman::new(&[0.0; 4], &[0.0; 2], &[0.0; 2], 0.0, TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[1.0; 6], &[0.0; 3], 2) };
    /// assert_eq!(network.len(), 2 * (2 + 1 + 1) + 3 * (2 + 1));
    /// ```
    pub fn len(&self) -> usize {
        self.recurrent_len() + self.readout.parameters().len()
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and places of all parameters.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation::TANH};
    /// let cell = Box::new(Elman::new(&[0.5], &[2.0], &[1.0], 0.0, TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[3.0], &[4.0], 1) };
    /// let layout = network.layout();
    /// let places = layout.blocks().iter().map(|block| (block.name, block.offset));
    /// assert_eq!(places.collect::<Vec<_>>(), [("B", 0), ("W", 1), ("b", 2), ("C", 3), ("c", 4)]);
    /// ```
    pub fn layout(&self) -> Layout {
        let shift = self.recurrent_len();
        let (cell, readout) = (self.cell.layout(), self.readout.layout());
        Layout::of(cell.blocks().iter().cloned().chain(readout.blocks().iter().map(|block| block.shifted(shift))).collect())
    }

    /// All parameters, flat.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation::TANH};
    /// let cell = Box::new(Elman::new(&[0.5], &[2.0], &[1.0], 0.0, TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[3.0], &[4.0], 1) };
    /// assert_eq!(network.parameters(), [0.5, 2.0, 1.0, 3.0, 4.0]);
    /// ```
    pub fn parameters(&self) -> Vec<f64> {
        [self.cell.parameters(), self.readout.parameters()].concat()
    }

    /// The same network at other parameters.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation::TANH};
    /// # let cell = Box::new(Elman::new(&[0.5], &[2.0], &[1.0], 0.0, TANH).unwrap());
    /// let network = Network { cell, readout: Readout::new(&[3.0], &[4.0], 1) };
    /// let moved = network.at(&[9.0, 8.0, 7.0, 6.0, 5.0]);
    /// assert_eq!(moved.cell.parameters(), [9.0, 8.0, 7.0]);
    /// assert_eq!((moved.readout.bias(), network.readout.bias()), (vec![5.0], vec![4.0]));
    /// ```
    pub fn at(&self, parameters: &[f64]) -> Network {
        let mut network = self.clone();
        let (recurrent, readout) = parameters.split_at(self.recurrent_len());
        network.cell.parameters_mut().copy_from_slice(recurrent);
        network.readout.parameters_mut().copy_from_slice(readout);
        network
    }

    /// Moves every parameter by `−step · gradient`.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, Network, Readout, activation::TANH};
    /// # let cell = Box::new(Elman::new(&[0.5], &[2.0], &[1.0], 0.0, TANH).unwrap());
    /// let mut network = Network { cell, readout: Readout::new(&[3.0], &[4.0], 1) };
    /// network.descend(0.5, &[1.0, 0.0, 0.0, -2.0, 4.0]);
    /// assert_eq!(network.parameters(), [0.0, 2.0, 1.0, 4.0, 2.0]);
    /// ```
    pub fn descend(&mut self, step: f64, gradient: &[f64]) {
        let (recurrent, readout) = gradient.split_at(self.recurrent_len());
        dense::add_scaled(-step, recurrent, self.cell.parameters_mut());
        dense::add_scaled(-step, readout, self.readout.parameters_mut());
    }

    /// The same, and `G ← 0`.
    pub(crate) fn descend_and_clear(&mut self, step: f64, gradient: &mut [f64]) {
        let (recurrent, readout) = gradient.split_at_mut(self.recurrent_len());
        dense::take_scaled(-step, recurrent, self.cell.parameters_mut());
        dense::take_scaled(-step, readout, self.readout.parameters_mut());
    }
}
