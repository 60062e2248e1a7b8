//! Steps of many chains of one cell at the same parameters, side by side.

/// The step of a cell and its two linear maps for M chains at once.
///
/// Entry k of chain m stands at `k · M + m`, and M is a multiple of eight. Every chain has the
/// numbers that it has alone, up to rounding.
///
/// ```
/// use rtrl_lab::network::{Cell, Columns, Elman, activation};
/// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
/// let columns = cell.columns().unwrap();
/// let (mut next, mut tape) = ([0.0; 8], vec![0.0; 8 * columns.column_tape_len()]);
/// let inputs = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
/// columns.step_columns(8, &[2.0; 8], &inputs, &mut next, &mut tape);
/// assert_eq!(next, inputs.map(|x| 0.5 * 2.0 + x));
/// ```
pub trait Columns {
    /// Numbers that a step of one chain leaves on the tape.
    fn column_tape_len(&self) -> usize;

    /// Writes `F(state, input)` into `next` and what the maps need onto `tape`.
    fn step_columns(&self, columns: usize, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]);

    /// Writes `A v` of a taped step into `image`.
    ///
    /// ```
    /// # use rtrl_lab::network::{Cell, Columns, Elman, activation};
    /// let cell = Elman::new(&[0.5], &[1.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// let (mut next, mut tape, mut image) = ([0.0; 8], [0.0; 4 * 8], [0.0; 8]);
    /// cell.step_columns(8, &[0.0; 8], &[0.0; 8], &mut next, &mut tape);
    /// cell.push_columns(8, &tape, &[6.0; 8], &mut image);
    /// assert_eq!(image, [3.0; 8]);
    /// ```
    fn push_columns(&self, columns: usize, tape: &[f64], tangent: &[f64], image: &mut [f64]);

    /// Writes `Aᵀ λ` of a taped step into `previous`; `work` is as long.
    fn pull_columns(&self, columns: usize, tape: &[f64], adjoint: &[f64], previous: &mut [f64], work: &mut [f64]);

    /// Adds `Σ_t E_tᵀ λ_t` over taped steps to `gradient` (P × M); the adjoints are used up.
    fn immediates_of_columns(&self, columns: usize, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]);
}
