//! The Elman cell `S' = σ(N^{−β} B S + W X + b)`.

use super::kind::{BlockSpec, CellKind, CellOptions, Drawn, Sizes, numbers};
use super::masked::Masked;
use super::{Activation, Cell, CellBounds, Columns, Differences, ElmanError, Immediate, InfluenceLayout, Layout, NamedBlock, OneLayer, Tangents};
use crate::linalg::{self, NormedRate};
use crate::simd::{dense, few, outers};
use ndarray::{Array2, ArrayView2, s};
use std::sync::Arc;

/// Elman cells.
pub(super) struct Kind;

impl CellKind for Kind {
    fn name(&self) -> &'static str {
        "elman"
    }

    fn formula(&self) -> &'static str {
        "S' = σ(N^-β B S + W X + b)"
    }

    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec> {
        let block = |name, columns, drawn| BlockSpec { name, columns, drawn };
        vec![block("B", sizes.units, Drawn::Recurrent), block("W", sizes.inputs, Drawn::Input), block("b", 1, Drawn::Bias)]
    }

    fn takes_beta(&self) -> bool {
        true
    }

    fn takes_mask(&self) -> bool {
        true
    }

    fn build(&self, blocks: &[Array2<f64>], options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError> {
        let [b_matrix, w_matrix, bias] = [0, 1, 2].map(|k| numbers(&blocks[k]));
        let whole = Elman::new(&b_matrix, &w_matrix, &bias, options.beta, options.activation)?;
        Ok(match options.mask {
            Some(mask) => Box::new(Masked::new(whole, mask)?),
            None => Box::new(whole),
        })
    }
}

/// An Elman cell and its parameters.
///
/// ```text
/// u = N^{−β} B S + W X + b,   S' = σ(u),   A = diag(σ'(u)) N^{−β} B
/// column (B,i,j) of E: σ'(u_i) N^{−β} S_j e_i;   (W,i,j): σ'(u_i) X_j e_i;   (b,i): σ'(u_i) e_i
/// ```
///
/// The flat parameters are grouped by unit: row i of an N × (N + d + 1) matrix is
/// `(B_i | W_i | b_i)`, so the immediate Jacobian touches, in row i of the influence matrix, only
/// the columns of group i.
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation::TANH};
/// let cell = Elman::new(&[1.0; 16], &[0.0; 4], &[0.0; 4], 0.5, TANH).unwrap();
/// let (mut tape, mut jacobian) = (vec![0.0; cell.tape_len()], [0.0; 16]);
/// cell.step(&[0.0; 4], &[1.0], &mut [0.0; 4], &mut tape);
/// cell.jacobian(&tape, &mut jacobian);
/// assert_eq!(jacobian, [0.5; 16]);
/// ```
#[derive(Clone)]
pub struct Elman {
    pub(super) hidden: usize,
    pub(super) inputs: usize,
    beta: f64,
    pub(super) scale: f64,
    pub(super) activation: &'static dyn Activation,
    /// Shared between copies until one of them moves.
    rows: Arc<Vec<f64>>,
}

impl Elman {
    /// A cell from its blocks by rows: `B` (N × N), `W` (N × d), `b` (N).
    ///
    /// ```
    /// use rtrl_lab::network::{Cell, Elman, activation};
    /// let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, activation::named("identity").unwrap())
    ///     .unwrap();
    /// let (mut next, mut tape) = ([0.0], vec![0.0; cell.tape_len()]);
    /// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
    /// assert_eq!(next, [0.5 * 4.0 + 2.0 * 3.0 + 1.0]);
    /// ```
    ///
    /// # Errors
    /// [`ElmanError`] where `b` or a row of `W` is empty, or a block does not fit the others.
    pub fn new(b_matrix: &[f64], w_matrix: &[f64], bias: &[f64], beta: f64, activation: &'static dyn Activation) -> Result<Self, ElmanError> {
        let hidden = bias.len();
        let inputs = w_matrix.len().checked_div(hidden).unwrap_or(0);
        if hidden == 0 || inputs == 0 {
            return Err(ElmanError::Empty { hidden, inputs });
        }
        let shape = |block, expected, found| if expected == found { Ok(()) } else { Err(ElmanError::Shape { block, expected, found }) };
        shape("B", hidden * hidden, b_matrix.len())?;
        shape("W", hidden * inputs, w_matrix.len())?;
        let scale = 1.0 / libm::pow(hidden as f64, beta);
        let mut cell = Elman { hidden, inputs, beta, scale, activation, rows: Arc::new(vec![0.0; hidden * (hidden + inputs + 1)]) };
        let layout = cell.layout();
        for (block, values) in layout.blocks().iter().zip([b_matrix, w_matrix, bias]) {
            block.fill(cell.parameters_mut(), values);
        }
        Ok(cell)
    }

    /// Length `N + d + 1` of a parameter group.
    pub(super) fn group(&self) -> usize {
        self.hidden + self.inputs + 1
    }

    /// The parameters by rows `(B_i | W_i | b_i)`.
    pub(super) fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// The mean-field exponent `β`.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The factor `N^{−β}`.
    ///
    /// ```
    /// use rtrl_lab::network::{Elman, activation::TANH};
    /// let cell = Elman::new(&[0.0; 256], &[0.0; 16], &[0.0; 16], 0.5, TANH).unwrap();
    /// assert_eq!(cell.scale(), 0.25);
    /// ```
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The activation.
    pub fn activation(&self) -> &'static dyn Activation {
        self.activation
    }

    /// Whether another cell differs in nothing but its parameters.
    pub(crate) fn is_like(&self, other: &Elman) -> bool {
        let shape = |cell: &Elman| (cell.hidden, cell.inputs, cell.scale.to_bits(), cell.activation.name());
        shape(self) == shape(other)
    }

    /// The block called `name`, by rows; empty where there is none.
    ///
    /// ```
    /// # use rtrl_lab::network::{Elman, activation::TANH};
    /// let cell = Elman::new(&[0.1, 0.2, 0.3, 0.4], &[5.0, 6.0], &[7.0, 8.0], 0.0, TANH).unwrap();
    /// assert_eq!([cell.block("W"), cell.block("b"), cell.block("C")].concat(), [5., 6., 7., 8.]);
    /// ```
    pub fn block(&self, name: &str) -> Vec<f64> {
        self.layout().block(name).map_or_else(Vec::new, |block| block.values(&self.rows))
    }
}

impl Elman {
    /// Adds `slopes_i z` to the columns of group i in row i, for every unit i.
    pub(super) fn add_immediate(&self, z: &[f64], slopes: &[f64], influence: &mut [f64]) {
        let (n, group) = (self.hidden, self.group());
        for (i, slope) in slopes.iter().enumerate() {
            let own = i * n * group + i * group;
            for (v, z) in influence[own..own + group].iter_mut().zip(z) {
                *v += slope * z;
            }
        }
    }

    /// Works with the adjoint times the slopes of a step.
    fn scaled(&self, tape: &[f64], adjoint: &[f64], work: impl FnOnce(&[f64])) {
        let (mut inline, mut heap) = ([0.0; 64], Vec::new());
        let scaled = scratch(&mut inline, &mut heap, self.hidden);
        for ((scaled, slope), adjoint) in scaled.iter_mut().zip(&tape[self.group()..]).zip(adjoint) {
            *scaled = slope * adjoint;
        }
        work(scaled);
    }

    /// Writes `diag(slopes) N^{−β} B`.
    pub(super) fn scaled_recurrence(&self, slopes: &[f64], out: &mut [f64]) {
        few::scale_rows(&self.rows, self.group(), slopes, self.scale, out);
    }
}

impl Cell for Elman {
    fn state_len(&self) -> usize {
        self.hidden
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn layout(&self) -> Layout {
        let (n, d, stride) = (self.hidden, self.inputs, self.group());
        Layout::of(vec![
            NamedBlock { name: "B", rows: n, columns: n, offset: 0, stride },
            NamedBlock { name: "W", rows: n, columns: d, offset: n, stride },
            NamedBlock { name: "b", rows: n, columns: 1, offset: n + d, stride },
        ])
    }

    fn parameters(&self) -> &[f64] {
        &self.rows
    }

    fn parameters_mut(&mut self) -> &mut [f64] {
        Arc::<Vec<f64>>::make_mut(&mut self.rows)
    }

    /// Where `B` is diagonal.
    fn units_are_separate(&self) -> bool {
        self.rows.chunks_exact(self.group()).enumerate().all(|(i, row)| (0..self.hidden).all(|j| j == i || row[j] == 0.0))
    }

    /// The tape is `(N^{−β} S, X, 1)` and then `σ'(u)`.
    fn tape_len(&self) -> usize {
        self.group() + self.hidden
    }

    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        let (z, slopes) = tape.split_at_mut(self.group());
        for (z, s) in z.iter_mut().zip(state) {
            *z = self.scale * s;
        }
        z[self.hidden..self.hidden + self.inputs].copy_from_slice(input);
        z[self.hidden + self.inputs] = 1.0;
        dense::apply(&self.rows, z, next);
        self.activation.values_and_slopes(next, slopes);
    }

    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        self.scaled_recurrence(&tape[self.group()..], jacobian);
    }

    fn jacobian_diagonal(&self, tape: &[f64], diagonal: &mut [f64]) {
        let own = self.rows.iter().step_by(self.group() + 1);
        for ((to, slope), own) in diagonal.iter_mut().zip(&tape[self.group()..]).zip(own) {
            *to = slope * self.scale * own;
        }
    }

    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        let n = self.hidden;
        let jacobian = &mut work[..n * n];
        self.jacobian(tape, jacobian);
        dense::multiply(jacobian, influence, next, n);
        let (z, slopes) = tape.split_at(self.group());
        self.add_immediate(z, slopes, next);
    }

    fn differences(&self) -> Option<&dyn Differences> {
        Some(self)
    }

    fn columns(&self) -> Option<&dyn Columns> {
        Some(self)
    }

    fn tangents(&self) -> Option<&dyn Tangents> {
        Some(self)
    }

    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let group = self.group();
        let (z, slopes) = tape.split_at(group);
        match tangent {
            Some(v) => dense::apply_rows(&self.rows, group, v, image),
            None => image.fill(0.0),
        }
        image.iter_mut().zip(slopes).for_each(|(image, slope)| *image *= slope * self.scale);
        if let Some(direction) = direction {
            let (mut inline, mut heap) = ([0.0; 64], Vec::new());
            let along = scratch(&mut inline, &mut heap, self.hidden);
            dense::apply(direction, z, along);
            image.iter_mut().zip(along).zip(slopes).for_each(|((image, along), slope)| *image += slope * *along);
        }
    }

    fn immediate_layout(&self) -> InfluenceLayout {
        InfluenceLayout::ByUnit { units: self.hidden, rows: 1, group: self.group() }
    }

    fn name(&self) -> &'static str {
        "Elman"
    }

    fn nonlinearity(&self) -> &'static str {
        self.activation.name()
    }

    fn is_smooth(&self) -> bool {
        self.activation.is_smooth()
    }

    /// `L N^{−β} ‖B‖` in the best of the norms in which slopes may stand before `B`.
    fn bounds_within(&self, _inputs: &[f64]) -> CellBounds {
        // The recurrent matrix where it stands, in the first columns of the parameter rows.
        let rows = ArrayView2::from_shape((self.hidden, self.group()), &self.rows[..]).expect("a group of parameters a unit");
        let slope = self.activation.slope_bound();
        CellBounds { contraction: NormedRate::smallest(rows.slice(s![.., ..self.hidden]), slope * self.scale), slope }
    }

    fn slopes<'t>(&self, tape: &'t [f64]) -> Option<&'t [f64]> {
        Some(&tape[self.group()..])
    }

    fn immediate_by_groups<'t>(&self, tape: &'t [f64]) -> Option<Immediate<'t>> {
        let (input, slopes) = tape.split_at(self.group());
        Some(Immediate { input, slopes })
    }

    fn one_layer(&self) -> Option<OneLayer> {
        let block = |name: &str| {
            let block = self.layout().block(name).cloned().expect("an Elman cell has B, W and b");
            Array2::from_shape_vec((block.rows, block.columns), block.values(&self.rows)).expect("as many numbers as entries")
        };
        let bias = block("b").into_raw_vec_and_offset().0;
        Some(OneLayer { activation: self.activation, beta: self.beta, recurrent: block("B"), input: block("W"), bias })
    }

    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        self.pull_state(tape, adjoint, previous);
        self.immediate(tape, adjoint, gradient);
    }

    fn pull_state(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64]) {
        self.scaled(tape, adjoint, |scaled| dense::apply_transposed(&self.rows, self.group(), scaled, previous));
        for previous in previous.iter_mut() {
            *previous *= self.scale;
        }
    }

    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        self.scaled(tape, adjoint, |scaled| dense::add_outer(scaled, &tape[..self.group()], gradient));
    }

    fn immediates(&self, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        let (n, group) = (self.hidden, self.group());
        for (adjoint, tape) in adjoints.chunks_exact_mut(n).zip(tapes.chunks_exact(group + n)) {
            adjoint.iter_mut().zip(&tape[group..]).for_each(|(adjoint, slope)| *adjoint *= slope);
        }
        outers::add_outers(adjoints, tapes, group + n, gradient, group);
    }

    /// The Euclidean projection onto the ball `L N^{−β} ‖B‖₂ ≤ bound`: of the norms that certify a
    /// rate, the spectral one.
    fn project(&mut self, bound: f64) -> bool {
        let radius = bound / (self.activation.slope_bound() * self.scale);
        let layout = self.layout();
        let block = &layout.blocks()[0];
        let mut b_matrix = block.values(&self.rows);
        let moved = linalg::project_spectral_ball(&mut b_matrix, self.hidden, radius);
        if moved {
            block.fill(self.parameters_mut(), &b_matrix);
        }
        moved
    }

    fn has_room(&self, bound: f64, room: f64) -> bool {
        let radius = bound / (self.activation.slope_bound() * self.scale);
        linalg::has_room_in_spectral_ball(&self.layout().blocks()[0].values(&self.rows), self.hidden, radius, room)
    }

    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}

/// A slice of `len` numbers, on the stack where it fits.
pub(super) fn scratch<'a>(inline: &'a mut [f64; 64], heap: &'a mut Vec<f64>, len: usize) -> &'a mut [f64] {
    if len <= inline.len() {
        return &mut inline[..len];
    }
    heap.resize(len, 0.0);
    heap
}
