//! Steps of many pairs of copies of one cell, and of the derivatives of a pair where they stand.

use super::{Columns, TwoTapes};

/// A cell that steps the differences of many pairs side by side and carries a pair's two influence
/// matrices forward together.
///
/// Columns stand as in [`Columns`]: entry k of pair m at `k · M + m`. A pair has the bits that it
/// has alone.
///
/// ```
/// use rtrl_lab::network::{Cell, Differences, Elman, TwoTapes, activation};
/// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
/// let pairs = cell.differences().unwrap().pairs().unwrap();
/// let (mut next, mut tape) = ([0.0; 8], [0.0; 4 * 8]);
/// pairs.step_columns(8, &[4.0; 8], &[1.0; 8], &mut next, &mut tape);
/// let (mut moved, mut moved_tape) = ([0.0; 8], [0.0; 4 * 8]);
/// let (state, input) = (&[1e-9; 8], &[0.0; 8]);
/// pairs.step_difference_columns(8, &tape, state, input, &mut moved, &mut moved_tape);
/// assert_eq!((next, moved), ([4.0; 8], [0.5e-9; 8]));
/// ```
pub trait PairSteps: Columns {
    /// For the steps on `tape`, writes `F(s + Δs, x + Δx) − F(s, x)` into `next` (N × M) and the
    /// difference of the tapes into `tape_difference`.
    fn step_difference_columns(
        &self,
        columns: usize,
        tape: &[f64],
        state_difference: &[f64],
        input_difference: &[f64],
        next: &mut [f64],
        tape_difference: &mut [f64],
    );

    /// Numbers of room that [`PairSteps::carry_pair`] needs.
    fn room_len(&self) -> usize;

    /// `V ← A V + E` and `ΔV ← (A′ V′ + E′) − (A V + E)` for one pair.
    ///
    /// ```
    /// # use rtrl_lab::network::{Cell, Differences, Elman, TwoTapes, activation};
    /// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// let (mut tape, mut moved, mut next) = ([0.0; 4], [0.0; 4], [0.0]);
    /// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
    /// cell.step_difference(&tape, &[1.0], &[0.0], &mut next, &mut moved);
    /// let pairs = cell.differences().unwrap().pairs().unwrap();
    /// let (mut v, mut dv, mut room) = ([2.0; 3], [8.0; 3], vec![0.0; pairs.room_len()]);
    /// pairs.carry_pair(TwoTapes { tape: &tape, difference: &moved }, &mut v, &mut dv, &mut room);
    /// assert_eq!((v, dv), ([1.0 + 4.0, 1.0 + 3.0, 1.0 + 1.0], [4.0 + 1.0, 4.0, 4.0]));
    /// ```
    fn carry_pair(&self, step: TwoTapes<'_>, influence: &mut [f64], influence_difference: &mut [f64], room: &mut [f64]);

    /// Numbers of room that [`PairSteps::carry_pair_far`] needs for so many steps.
    fn far_room_len(&self, steps: usize) -> usize;

    /// [`PairSteps::carry_pair`] for several steps at once: the tapes of one after the other.
    ///
    /// ```
    /// # use rtrl_lab::network::{Cell, Differences, Elman, TwoTapes, activation};
    /// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// let (mut tape, mut moved, mut next) = ([0.0; 4], [0.0; 4], [0.0]);
    /// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
    /// cell.step_difference(&tape, &[0.0], &[0.0], &mut next, &mut moved);
    /// let (twice, not_moved) = ([tape, tape].concat(), [moved, moved].concat());
    /// let pairs = cell.differences().unwrap().pairs().unwrap();
    /// let (mut v, mut dv, mut room) = ([0.0; 3], [8.0; 3], vec![0.0; pairs.far_room_len(2)]);
    /// let steps = TwoTapes { tape: &twice, difference: &not_moved };
    /// pairs.carry_pair_far(steps, &mut v, &mut dv, &mut room);
    /// assert_eq!((v, dv), ([1.5 * 4.0, 1.5 * 3.0, 1.5], [2.0; 3]));
    /// ```
    fn carry_pair_far(&self, tapes: TwoTapes<'_>, influence: &mut [f64], influence_difference: &mut [f64], room: &mut [f64]);

    /// `V ← A V + E` for one step of one copy; the room is that of
    /// [`PairSteps::carry_far`].
    ///
    /// ```
    /// # use rtrl_lab::network::{Cell, Elman, activation};
    /// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// let (mut tape, mut next) = ([0.0; 4], [0.0]);
    /// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
    /// let pairs = cell.differences().unwrap().pairs().unwrap();
    /// let (mut v, mut room) = ([8.0; 3], vec![0.0; pairs.far_room_len(1)]);
    /// pairs.carry(&tape, &mut v, &mut room);
    /// assert_eq!(v, [4.0 + 4.0, 4.0 + 3.0, 4.0 + 1.0]);
    /// ```
    fn carry(&self, tape: &[f64], influence: &mut [f64], room: &mut [f64]);

    /// `V ← A V + E` for several steps of one copy at once.
    ///
    /// ```
    /// # use rtrl_lab::network::{Cell, Elman, activation};
    /// let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, activation::IDENTITY).unwrap();
    /// let (mut tape, mut next) = ([0.0; 4], [0.0]);
    /// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
    /// let pairs = cell.differences().unwrap().pairs().unwrap();
    /// let (mut v, mut room) = ([8.0; 3], vec![0.0; pairs.far_room_len(2)]);
    /// pairs.carry_far(&[tape, tape].concat(), &mut v, &mut room);
    /// assert_eq!(v, [2.0 + 1.5 * 4.0, 2.0 + 1.5 * 3.0, 2.0 + 1.5]);
    /// ```
    fn carry_far(&self, tapes: &[f64], influence: &mut [f64], room: &mut [f64]);
}
