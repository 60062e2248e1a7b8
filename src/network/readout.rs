//! The linear readout `Ŷ = C S + c`, the loss on it and the loss's gradients.

use super::loss::{self, Loss};
use super::{Layout, NamedBlock};
use ndarray::Array2;

/// A readout of `m` outputs with a loss; row i of the flat parameters is `(C_i | c_i)`.
///
/// ```
/// use rtrl_lab::network::Readout;
/// let readout = Readout::new(&[2.0, -1.0], &[0.5], 2);
/// let mut error = [0.0];
/// // The prediction is 2 · 1 − 3 + 0.5.
/// assert_eq!(readout.error(&[1.0, 3.0], &[0.0], &mut error), 0.125);
/// assert_eq!(error, [-0.5]);
/// ```
#[derive(Clone)]
pub struct Readout {
    hidden: usize,
    rows: Vec<f64>,
    loss: &'static dyn Loss,
}

impl Readout {
    /// A readout from `C` (m × N by rows) and `c` (m), with the squared loss.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let readout = Readout::new(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], 2);
    /// assert_eq!(readout.parameters(), [1.0, 2.0, 5.0, 3.0, 4.0, 6.0]);
    /// ```
    pub fn new(c_matrix: &[f64], bias: &[f64], hidden: usize) -> Self {
        assert_eq!(c_matrix.len(), bias.len() * hidden, "C is m × N where c has m entries");
        let mut readout = Readout { hidden, rows: vec![0.0; bias.len() * (hidden + 1)], loss: loss::SQUARED };
        for (block, values) in readout.layout().blocks().iter().zip([c_matrix, bias]) {
            block.fill(&mut readout.rows, values);
        }
        readout
    }

    /// The same readout under another loss.
    ///
    /// ```
    /// use rtrl_lab::network::{Readout, loss};
    /// let readout = Readout::new(&[1.0], &[3.0], 1).under(loss::named("huber").unwrap());
    /// let mut error = [0.0];
    /// assert_eq!((readout.error(&[0.0], &[0.0], &mut error), error), (3.0 - 0.5, [1.0]));
    /// ```
    pub fn under(self, loss: &'static dyn Loss) -> Self {
        Readout { loss, ..self }
    }

    /// The loss.
    ///
    /// ```
    /// use rtrl_lab::network::{Readout, loss};
    /// let readout = Readout::new(&[1.0], &[0.0], 1);
    /// assert!(readout.loss().is_squared());
    /// assert_eq!(readout.under(loss::named("huber").unwrap()).loss().name(), "huber");
    /// ```
    pub fn loss(&self) -> &'static dyn Loss {
        self.loss
    }

    /// Number of outputs `m`.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// assert_eq!(Readout::new(&[0.0; 6], &[0.0; 2], 3).outputs(), 2);
    /// ```
    pub fn outputs(&self) -> usize {
        self.rows.len() / (self.hidden + 1)
    }

    /// Names and places of the parameters.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let layout = Readout::new(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], 2).layout();
    /// assert_eq!(layout.block("c").unwrap().positions().collect::<Vec<_>>(), [2, 5]);
    /// ```
    pub fn layout(&self) -> Layout {
        let (m, n, stride) = (self.outputs(), self.hidden, self.hidden + 1);
        Layout::of(vec![
            NamedBlock { name: "C", rows: m, columns: n, offset: 0, stride },
            NamedBlock { name: "c", rows: m, columns: 1, offset: n, stride },
        ])
    }

    /// The weights `C` (m × N).
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let readout = Readout::new(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], 2);
    /// assert_eq!(readout.weights(), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    /// ```
    pub fn weights(&self) -> Array2<f64> {
        Array2::from_shape_fn((self.outputs(), self.hidden), |(i, j)| self.rows[i * (self.hidden + 1) + j])
    }

    /// The bias `c` (m).
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// assert_eq!(Readout::new(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], 2).bias(), [5.0, 6.0]);
    /// ```
    pub fn bias(&self) -> Vec<f64> {
        self.rows.chunks_exact(self.hidden + 1).map(|row| row[self.hidden]).collect()
    }

    /// The parameters, flat.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// assert_eq!(Readout::new(&[2.0, -1.0], &[0.5], 2).parameters(), [2.0, -1.0, 0.5]);
    /// ```
    pub fn parameters(&self) -> &[f64] {
        &self.rows
    }

    /// The parameters, to be changed in place.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let mut readout = Readout::new(&[2.0], &[0.5], 1);
    /// readout.parameters_mut()[1] = 7.0;
    /// assert_eq!(readout.bias(), [7.0]);
    /// ```
    pub fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.rows
    }

    /// The prediction `C s + c` (m).
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// assert_eq!(Readout::new(&[2.0, -1.0], &[0.5], 2).prediction(&[1.0, 3.0]), [-0.5]);
    /// ```
    pub fn prediction(&self, hidden: &[f64]) -> Vec<f64> {
        let mut prediction = vec![0.0; self.outputs()];
        self.predict(hidden, &mut prediction);
        prediction
    }

    /// Writes `C s + c` into `prediction` (m).
    fn predict(&self, hidden: &[f64], prediction: &mut [f64]) {
        for (row, slot) in self.rows.chunks_exact(self.hidden + 1).zip(prediction) {
            let (weights, bias) = row.split_at(self.hidden);
            *slot = weights.iter().zip(hidden).fold(bias[0], |sum, (c, s)| sum + c * s);
        }
    }

    /// Writes the loss's slope `∂ℓ/∂ŷ` at `ŷ = C s + c` (m) and returns the loss.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let mut error = [0.0; 2];
    /// let readout = Readout::new(&[1.0, -2.0], &[0.0, 1.0], 1);
    /// let loss = readout.error(&[3.0], &[1.0, 0.0], &mut error);
    /// assert_eq!((loss, error), (0.5 * (4.0 + 25.0), [3.0 - 1.0, -6.0 + 1.0]));
    /// ```
    pub fn error(&self, hidden: &[f64], target: &[f64], error: &mut [f64]) -> f64 {
        self.predict(hidden, error);
        self.loss.value_and_slope(error, target)
    }

    /// The loss with all its gradients: the slope in the prediction goes to `error` (m), that in
    /// the hidden state to `adjoint` (N), and that in `C` and `c` is added to `gradient`.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let (mut error, mut adjoint, mut gradient) = ([0.0], [0.0; 2], [0.0; 3]);
    /// let readout = Readout::new(&[2.0, -1.0], &[0.0], 2);
    /// let loss = readout.backward(&[3.0, 4.0], &[1.0], &mut error, &mut adjoint, &mut gradient);
    /// assert_eq!((loss, error), (0.5, [1.0]));
    /// assert_eq!((adjoint, gradient), ([2.0, -1.0], [3.0, 4.0, 1.0]));
    /// ```
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
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let mut gradient = [1.0, 1.0];
    /// Readout::new(&[5.0], &[0.0], 1).add_gradient(&[3.0], &[2.0], &mut gradient);
    /// assert_eq!(gradient, [1.0 + 2.0 * 3.0, 1.0 + 2.0]);
    /// ```
    pub fn add_gradient(&self, hidden: &[f64], error: &[f64], gradient: &mut [f64]) {
        for (row, error) in gradient.chunks_exact_mut(self.hidden + 1).zip(error) {
            for (g, s) in row.iter_mut().zip(hidden[..self.hidden].iter().chain([&1.0])) {
                *g += error * s;
            }
        }
    }

    /// Writes the loss's gradient in the hidden state, `Cᵀ error`.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let mut adjoint = [0.0; 2];
    /// Readout::new(&[1.0, 2.0, 3.0, 4.0], &[0.0; 2], 2).adjoint(&[1.0, 10.0], &mut adjoint);
    /// assert_eq!(adjoint, [1.0 + 30.0, 2.0 + 40.0]);
    /// ```
    pub fn adjoint(&self, error: &[f64], adjoint: &mut [f64]) {
        adjoint.fill(0.0);
        for (row, error) in self.rows.chunks_exact(self.hidden + 1).zip(error) {
            for (a, c) in adjoint.iter_mut().zip(&row[..self.hidden]) {
                *a += error * c;
            }
        }
    }
}
