//! The diagonal cell `S' = σ(a ∘ S + W X + b)`, whose units do not see each other.

use super::kind::{BlockSpec, CellKind, CellOptions, Drawn, Sizes, numbers};
use super::{Activation, Cell, CellBounds, Differences, ElmanError, InfluenceLayout, Layout, NamedBlock, TwoTapes};
use crate::linalg::{Norm, NormedRate};
use crate::simd::dispatch::dispatched;
use ndarray::Array2;
use std::sync::Arc;

/// Diagonal cells.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "diagonal"
    }

    fn formula(&self) -> &'static str {
        "S' = σ(a ∘ S + W X + b), whose derivatives are exact at the size of the parameters"
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        let block = |name, columns, drawn| BlockSpec { name, columns, drawn };
        vec![block("B", 1, Drawn::Recurrent), block("W", sizes.inputs, Drawn::Input), block("b", 1, Drawn::Bias)]
    }

    fn build(&self, blocks: &[Array2<f64>], options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        let [recurrent, w_matrix, bias] = [0, 1, 2].map(|k| numbers(&blocks[k]));
        Ok(Box::new(Diagonal::new(&recurrent, &w_matrix, &bias, options.activation)?))
    }
}

/// A cell of independent recurrent units and its parameters.
///
/// ```text
/// u_i = a_i S_i + W_i X + b_i,   S'_i = σ(u_i),   A = diag(σ'(u) ∘ a)
/// row i of E in unit i's own parameters: σ'(u_i) (S_i, X, 1);
///     all other entries of E and V are zero
/// ```
///
/// The flat parameters are grouped by unit: `(a_i | W_i | b_i)`, P = N (d + 2). Unit i depends on
/// its own group alone, so the influence matrix is one row of P numbers and real-time recurrent
/// learning is exact at `O(P)` memory and time. Source: Zucchet et al. (2023), arXiv:2305.15947
/// (independent recurrent modules).
///
/// ```
/// use rtrl_lab::network::{Cell, Diagonal, activation};
/// let linear = activation::named("identity").unwrap();
/// let cell = Diagonal::new(&[0.5, -1.0], &[1.0, 1.0], &[0.0, 0.0], linear).unwrap();
/// let (mut tape, mut v) = (vec![0.0; cell.tape_len()], [0.0; 6]);
/// cell.step(&[4.0, 2.0], &[3.0], &mut [0.0; 2], &mut tape);
/// cell.advance_influence(&tape, &[1.0; 6], &mut v, &mut []);
/// assert_eq!(v, [0.5 + 4.0, 0.5 + 3.0, 0.5 + 1.0, -1.0 + 2.0, -1.0 + 3.0, -1.0 + 1.0]);
/// ```
#[derive(Clone)]
pub struct Diagonal {
    inputs: usize,
    activation: &'static dyn Activation,
    rows: Arc<Vec<f64>>,
}

impl Diagonal {
    /// A cell from `a` (N), `W` (N × d by rows) and `b` (N).
    ///
    /// ```
    /// use rtrl_lab::network::{Cell, Diagonal, activation};
    /// let cell = Diagonal::new(
    ///     &[0.5, -0.5],
    ///     &[2.0, 1.0],
    ///     &[1.0, 0.0],
    ///     activation::named("identity").unwrap(),
    /// )
    /// .unwrap();
    /// let (mut next, mut tape) = ([0.0; 2], vec![0.0; cell.tape_len()]);
    /// cell.step(&[4.0, 2.0], &[3.0], &mut next, &mut tape);
    /// assert_eq!(next, [0.5 * 4.0 + 2.0 * 3.0 + 1.0, -0.5 * 2.0 + 3.0]);
    /// assert_eq!((cell.parameters().len(), cell.influence_layout().len()), (6, 6));
    /// ```
    ///
    /// # Errors
    /// [`ElmanError`] where `b` or a row of `W` is empty, or a block does not fit the others.
    pub fn new(recurrent: &[f64], w_matrix: &[f64], bias: &[f64], activation: &'static dyn Activation) -> Result<Self, ElmanError> {
        let hidden = bias.len();
        let inputs = w_matrix.len().checked_div(hidden).unwrap_or(0);
        if hidden == 0 || inputs == 0 {
            return Err(ElmanError::Empty { hidden, inputs });
        }
        let shape = |block, expected, found| if expected == found { Ok(()) } else { Err(ElmanError::Shape { block, expected, found }) };
        shape("B", hidden, recurrent.len())?;
        shape("W", hidden * inputs, w_matrix.len())?;
        let groups = recurrent.iter().zip(w_matrix.chunks_exact(inputs)).zip(bias);
        let rows = groups.flat_map(|((a, w), b)| std::iter::once(*a).chain(w.iter().copied()).chain([*b])).collect();
        Ok(Diagonal { inputs, activation, rows: Arc::new(rows) })
    }

    /// Length `d + 2` of a parameter group.
    fn group(&self) -> usize {
        self.inputs + 2
    }

    /// The activation.
    ///
    /// ```
    /// use rtrl_lab::network::{Diagonal, activation::SIGMOID};
    /// let cell = Diagonal::new(&[0.5], &[1.0], &[0.0], SIGMOID).unwrap();
    /// assert_eq!(cell.activation().value_and_slope(0.0), (0.5, 0.25));
    /// ```
    pub fn activation(&self) -> &'static dyn Activation {
        self.activation
    }

    /// `max_i |a_i|`, the norm of `diag(a)` in every norm that is monotone in absolute values.
    ///
    /// ```
    /// use rtrl_lab::network::{Diagonal, activation::TANH};
    /// let cell = Diagonal::new(&[0.5, -0.9], &[2.0, 3.0], &[4.0, 5.0], TANH).unwrap();
    /// assert_eq!(cell.recurrent_bound(), 0.9);
    /// ```
    pub fn recurrent_bound(&self) -> f64 {
        self.rows.iter().step_by(self.group()).fold(0.0, |top, a| top.max(a.abs()))
    }

    /// The groups `(a_i | W_i | b_i)`.
    fn groups(&self) -> impl Iterator<Item = (f64, &[f64], f64)> {
        self.rows.chunks_exact(self.group()).map(|row| (row[0], &row[1..=self.inputs], row[self.inputs + 1]))
    }
}

/// The tape is `S`, `X` and then `σ'(u)`; a difference of tapes likewise.
fn split(tape: &[f64], hidden: usize) -> (&[f64], &[f64], &[f64]) {
    let (state, rest) = tape.split_at(hidden);
    let (input, slopes) = rest.split_at(rest.len() - hidden);
    (state, input, slopes)
}

/// A tape in its parts: `S`, `X`, slopes.
type Parts<'a> = (&'a [f64], &'a [f64], &'a [f64]);

dispatched! {
    /// `u_i = a_i s_i + b_i + Σ_j w_ij x_j`.
    fn weigh / weigh_wide / weigh_fused = weigh_body(rows: &[f64], state: &[f64], input: &[f64], u: &mut [f64])
}

dispatched! {
    /// `σ′ (a V + z)`, entry by entry.
    fn carry / carry_wide / carry_fused = carry_body(rows: &[f64], parts: Parts<'_>, influence: &[f64], next: &mut [f64])
}

dispatched! {
    /// Adds `σ′ λ z`.
    fn collect / collect_wide / collect_fused = collect_body(parts: Parts<'_>, adjoint: &[f64], gradient: &mut [f64])
}

#[inline(always)]
fn weigh_body(rows: &[f64], state: &[f64], input: &[f64], u: &mut [f64]) {
    for ((row, s), u) in rows.chunks_exact(input.len() + 2).zip(state).zip(u) {
        let start = row[0].mul_add(*s, row[input.len() + 1]);
        *u = row[1..].iter().zip(input).fold(start, |sum, (w, x)| w.mul_add(*x, sum));
    }
}

#[inline(always)]
fn carry_body(rows: &[f64], (state, input, slopes): Parts<'_>, influence: &[f64], next: &mut [f64]) {
    let (d, group) = (input.len(), input.len() + 2);
    let groups = rows.chunks_exact(group).zip(influence.chunks_exact(group)).zip(next.chunks_exact_mut(group));
    for (((row, v), next), (s, slope)) in groups.zip(state.iter().zip(slopes)) {
        let a = row[0];
        next[0] = slope * a.mul_add(v[0], *s);
        for ((next, v), x) in next[1..].iter_mut().zip(&v[1..]).zip(input) {
            *next = slope * a.mul_add(*v, *x);
        }
        next[d + 1] = slope * a.mul_add(v[d + 1], 1.0);
    }
}

#[inline(always)]
fn collect_body((state, input, slopes): Parts<'_>, adjoint: &[f64], gradient: &mut [f64]) {
    let d = input.len();
    for ((row, adjoint), (s, slope)) in gradient.chunks_exact_mut(d + 2).zip(adjoint).zip(state.iter().zip(slopes)) {
        let scaled = slope * adjoint;
        row[0] = scaled.mul_add(*s, row[0]);
        for (g, x) in row[1..].iter_mut().zip(input) {
            *g = scaled.mul_add(*x, *g);
        }
        // The bias: `z` ends with 1.
        row[d + 1] += scaled;
    }
}

impl Differences for Diagonal {
    fn step_difference(&self, tape: &[f64], state_difference: &[f64], input_difference: &[f64], next: &mut [f64], tape_difference: &mut [f64]) {
        let n = self.state_len();
        let (state, input, _) = split(tape, n);
        let (z_difference, slopes) = tape_difference.split_at_mut(n + self.inputs);
        z_difference[..n].copy_from_slice(state_difference);
        z_difference[n..].copy_from_slice(input_difference);
        for (i, (a, w, b)) in self.groups().enumerate() {
            let u = w.iter().zip(input).fold(a.mul_add(state[i], b), |sum, (w, x)| w.mul_add(*x, sum));
            let moved = w.iter().zip(input_difference).fold(a * state_difference[i], |sum, (w, x)| w.mul_add(*x, sum));
            (next[i], slopes[i]) = self.activation.difference(u, moved);
        }
    }

    /// `A′ ΔV + ΔA V + ΔE`, entry by entry.
    fn influence_difference(&self, step: TwoTapes<'_>, influence: &[f64], influence_difference: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let (n, group) = (self.state_len(), self.group());
        let ((state, input, slopes), (state_moved, input_moved, slopes_moved)) = (split(step.tape, n), split(step.difference, n));
        let rows = influence.chunks_exact(group).zip(influence_difference.chunks_exact(group)).zip(next.chunks_exact_mut(group));
        for (i, ((a, _, _), ((v, dv), next))) in self.groups().zip(rows).enumerate() {
            let (second, moved) = (slopes[i] + slopes_moved[i], slopes_moved[i]);
            let z = std::iter::once(&state[i]).chain(input).chain([&1.0]);
            let dz = std::iter::once(&state_moved[i]).chain(input_moved).chain([&0.0]);
            for ((next, (v, dv)), (z, dz)) in next.iter_mut().zip(v.iter().zip(dv)).zip(z.zip(dz)) {
                *next = second * a.mul_add(*dv, *dz) + moved * a.mul_add(*v, *z);
            }
        }
    }
}

impl Cell for Diagonal {
    fn state_len(&self) -> usize {
        self.rows.len() / self.group()
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    /// `B` is the column of recurrent weights `a`.
    fn layout(&self) -> Layout {
        let (n, d, stride) = (self.state_len(), self.inputs, self.group());
        Layout::of(vec![
            NamedBlock { name: "B", rows: n, columns: 1, offset: 0, stride },
            NamedBlock { name: "W", rows: n, columns: d, offset: 1, stride },
            NamedBlock { name: "b", rows: n, columns: 1, offset: 1 + d, stride },
        ])
    }

    fn parameters(&self) -> &[f64] {
        &self.rows
    }

    fn parameters_mut(&mut self) -> &mut [f64] {
        Arc::<Vec<f64>>::make_mut(&mut self.rows)
    }

    fn tape_len(&self) -> usize {
        2 * self.state_len() + self.inputs
    }

    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        let n = self.state_len();
        let (z, slopes) = tape.split_at_mut(n + self.inputs);
        z[..n].copy_from_slice(state);
        z[n..].copy_from_slice(input);
        weigh(&self.rows, state, input, next);
        self.activation.values_and_slopes(next, slopes);
    }

    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        let n = self.state_len();
        jacobian.fill(0.0);
        for (i, ((a, _, _), slope)) in self.groups().zip(split(tape, n).2).enumerate() {
            jacobian[i * n + i] = slope * a;
        }
    }

    fn units_are_separate(&self) -> bool {
        true
    }

    fn influence_layout(&self) -> InfluenceLayout {
        InfluenceLayout::ByUnit { units: self.state_len(), rows: 1, group: self.group() }
    }

    fn sees(&self, i: usize, j: usize) -> bool {
        i == j
    }

    fn immediate_layout(&self) -> InfluenceLayout {
        self.influence_layout()
    }

    fn work_len(&self) -> usize {
        0
    }

    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], _work: &mut [f64]) {
        let (state, input, slopes) = split(tape, self.state_len());
        carry(&self.rows, (state, input, slopes), influence, next);
    }

    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let (state, input, slopes) = split(tape, self.state_len());
        for (i, ((image, slope), (a, _, _))) in image.iter_mut().zip(slopes).zip(self.groups()).enumerate() {
            *image = tangent.map_or(0.0, |v| slope * a * v[i]);
            if let Some(direction) = direction {
                let own = &direction[i * self.group()..(i + 1) * self.group()];
                let z = std::iter::once(&state[i]).chain(input).chain([&1.0]);
                *image += slope * own.iter().zip(z).map(|(w, z)| w * z).sum::<f64>();
            }
        }
    }

    fn differences(&self) -> Option<&dyn Differences> {
        Some(self)
    }

    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        self.pull_state(tape, adjoint, previous);
        self.immediate(tape, adjoint, gradient);
    }

    fn pull_state(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64]) {
        let slopes = split(tape, self.state_len()).2;
        for (((previous, adjoint), slope), (a, _, _)) in previous.iter_mut().zip(adjoint).zip(slopes).zip(self.groups()) {
            *previous = slope * a * adjoint;
        }
    }

    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        let (state, input, slopes) = split(tape, self.state_len());
        collect((state, input, slopes), adjoint, gradient);
    }

    fn name(&self) -> &'static str {
        "Diagonal"
    }

    fn nonlinearity(&self) -> &'static str {
        self.activation.name()
    }

    fn is_smooth(&self) -> bool {
        self.activation.is_smooth()
    }

    /// `L max |a_i|`, the same in every norm that is monotone in absolute values.
    fn bounds_within(&self, _inputs: &[f64]) -> CellBounds {
        let slope = self.activation.slope_bound();
        CellBounds { contraction: NormedRate { rate: slope * self.recurrent_bound(), norm: Norm::Spectral }, slope }
    }

    fn slopes<'t>(&self, tape: &'t [f64]) -> Option<&'t [f64]> {
        Some(split(tape, self.state_len()).2)
    }

    /// The certified rate is `L max |a_i|`: the nearest weights are the clipped ones.
    fn project(&mut self, bound: f64) -> bool {
        let radius = bound / self.activation.slope_bound();
        if self.recurrent_bound() <= radius {
            return false;
        }
        let group = self.group();
        self.parameters_mut().iter_mut().step_by(group).for_each(|a| *a = a.clamp(-radius, radius));
        true
    }

    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}
