//! Cells of units that each see their own gates alone: a rule of a few lines makes one.

use super::kind::{BlockSpec, Drawn, Sizes};
use super::unit_rule::with_room;
pub(super) use super::unit_rule::{Gate, Hidden, UnitRule, UnitStep};
use super::{Cell, CellBounds, Columns, ElmanError, InfluenceLayout, Layout, NamedBlock};
use crate::simd::dense;
use ndarray::Array2;
use std::sync::Arc;

/// A cell of `N` units that follow one rule.
///
/// ```text
/// u_{g,i} = row_{g,i} · z_g,   z_g of (h, X, 1);   s'_i = rule(u_{·,i}, s_i);
///     state (h_1 … h_N, further numbers)
/// A = direct + Σ_g κ_g U_g,   row i of E in unit i's own parameters: κ_{g,i} z_g
/// ```
///
/// The flat parameters are grouped by unit, and in a group gate by gate: weights on hidden values,
/// on inputs, bias. `h` is the first N numbers of the state.
#[derive(Clone)]
pub(super) struct Gated<R: UnitRule> {
    rule: R,
    pub(super) units: usize,
    pub(super) inputs: usize,
    rows: Arc<Vec<f64>>,
}

/// The parts of a tape: of every number and gate, E entries.
pub(super) struct Taped<'t> {
    pub state: &'t [f64],
    pub input: &'t [f64],
    pub slopes: &'t [f64],
    pub direct: &'t [f64],
}

/// The blocks of a rule's cells.
pub(super) fn blocks<R: UnitRule>(sizes: Sizes) -> Vec<BlockSpec> {
    let of = |gate: &Gate| {
        let [hidden, input, bias] = gate.names;
        let all = [
            (gate.hidden == Hidden::All, BlockSpec { name: hidden, columns: sizes.units, drawn: Drawn::Recurrent }),
            (gate.input, BlockSpec { name: input, columns: sizes.inputs, drawn: Drawn::Input }),
            (gate.bias, BlockSpec { name: bias, columns: 1, drawn: Drawn::Bias }),
        ];
        all.into_iter().filter(|(there, _)| *there).map(|(_, block)| block)
    };
    R::GATES.iter().flat_map(of).collect()
}

/// A cell from its blocks, in the order of [`blocks`].
///
/// # Errors
/// [`ElmanError`] where a block does not fit the others.
pub(super) fn build<R: UnitRule>(rule: R, given: &[Array2<f64>]) -> Result<Box<dyn Cell>, ElmanError> {
    let units = given.first().map_or(0, Array2::nrows);
    let gate = R::GATES.iter().position(|gate| gate.input);
    let names: Vec<&str> = blocks::<R>(Sizes { units, inputs: 1 }).iter().map(|block| block.name).collect();
    let inputs = gate.and_then(|gate| names.iter().position(|name| *name == R::GATES[gate].names[1])).map_or(0, |place| given[place].ncols());
    if units == 0 || inputs == 0 {
        return Err(ElmanError::Empty { hidden: units, inputs });
    }
    let mut cell = Gated { rule, units, inputs, rows: Arc::new(Vec::new()) };
    cell.rows = Arc::new(vec![0.0; units * cell.group()]);
    let layout = cell.layout();
    for (block, values) in layout.blocks().iter().zip(given) {
        if values.dim() != (block.rows, block.columns) {
            return Err(ElmanError::Shape { block: block.name, expected: block.rows * block.columns, found: values.len() });
        }
        block.fill(cell.parameters_mut(), &values.iter().copied().collect::<Vec<_>>());
    }
    Ok(Box::new(cell))
}

impl<R: UnitRule> Gated<R> {
    /// The rule.
    pub(super) fn rule(&self) -> &R {
        &self.rule
    }

    /// Numbers of one unit's weights on hidden values, on inputs and of its bias, in one gate.
    pub(super) fn widths(&self, gate: &Gate) -> [usize; 3] {
        [if gate.hidden == Hidden::All { self.units } else { 0 }, if gate.input { self.inputs } else { 0 }, usize::from(gate.bias)]
    }

    /// Parameters of one unit.
    pub(super) fn group(&self) -> usize {
        R::GATES.iter().flat_map(|gate| self.widths(gate)).sum()
    }

    /// Length of the tape of one chain.
    pub(super) fn taped_len(&self) -> usize {
        self.units * R::ROWS * (1 + R::GATES.len() + R::ROWS) + self.inputs
    }

    /// The parts of a tape of `columns` chains.
    pub(super) fn taped<'t>(&self, columns: usize, tape: &'t [f64]) -> Taped<'t> {
        let entries = self.units * columns;
        let (state, rest) = tape.split_at(entries * R::ROWS);
        let (input, rest) = rest.split_at(self.inputs * columns);
        let (slopes, direct) = rest.split_at(entries * R::ROWS * R::GATES.len());
        Taped { state, input, slopes, direct }
    }

    /// Goes through the gates with the place of each in a group of parameters.
    pub(super) fn gates(&self) -> impl Iterator<Item = (usize, &'static Gate, usize)> {
        let mut at = 0;
        R::GATES.iter().enumerate().map(move |(g, gate)| {
            let place = at;
            at += self.widths(gate).iter().sum::<usize>();
            (g, gate, place)
        })
    }

    /// `W v` of weights that begin at `place` in every group of `rows`, for columns of `v`.
    fn times(&self, columns: usize, rows: &[f64], v: &[f64], out: &mut [f64]) {
        if columns == 1 {
            dense::apply_rows(rows, self.group(), v, out);
        } else {
            dense::multiply_rows(rows, self.group(), v, out, v.len() / columns);
        }
    }

    /// `u ← W z` of one gate for its parameters in `rows`, with `hidden` and `input` for `z`, where
    /// they are given, and a bias where `one` says so; `room` is as long as `u`.
    fn gate(&self, (columns, rows, place): (usize, &[f64], usize), gate: &Gate, z: Seen<'_>, u: &mut [f64], room: &mut [f64]) {
        let [of_hidden, of_input, of_bias] = self.widths(gate);
        match z.hidden.filter(|_| of_hidden > 0) {
            Some(hidden) => self.times(columns, &rows[place..], &hidden[..self.units * columns], u),
            None => u.fill(0.0),
        }
        if let Some(input) = z.input.filter(|_| of_input > 0) {
            self.times(columns, &rows[place + of_hidden..], input, room);
            dense::add(room, u);
        }
        if z.one && of_bias == 1 {
            for (u, group) in u.chunks_exact_mut(columns).zip(rows.chunks_exact(self.group())) {
                let bias = group[place + of_hidden + of_input];
                u.iter_mut().for_each(|u| *u += bias);
            }
        }
    }

    /// Writes the adjoints of the pre-activations into `pulled` (gates × E): of every gate the sum
    /// of slopes times the adjoint.
    pub(super) fn pulled(&self, columns: usize, step: &Taped<'_>, adjoint: &[f64], pulled: &mut [f64]) {
        let entries = self.units * columns;
        pulled.fill(0.0);
        for (r, adjoint) in adjoint.chunks_exact(entries).enumerate() {
            let slopes = step.slopes[r * R::GATES.len() * entries..].chunks_exact(entries);
            pulled.chunks_exact_mut(entries).zip(slopes).for_each(|(pulled, slopes)| dense::add_product(slopes, adjoint, pulled));
        }
    }

    /// `previous ← Aᵀ λ` from the adjoint and what [`Gated::pulled`] made of it; room for a number
    /// an entry.
    pub(super) fn previous(&self, columns: usize, step: &Taped<'_>, adjoint: &[f64], pulled: &[f64], previous: &mut [f64], room: &mut [f64]) {
        let entries = self.units * columns;
        previous.fill(0.0);
        for (place, direct) in step.direct.chunks_exact(entries).enumerate() {
            let (r, q) = (place / R::ROWS, place % R::ROWS);
            dense::add_product(direct, &adjoint[r * entries..][..entries], &mut previous[q * entries..][..entries]);
        }
        for (g, _, place) in self.gates().filter(|(_, gate, _)| gate.hidden == Hidden::All) {
            let pulled = &pulled[g * entries..][..entries];
            if columns == 1 {
                dense::apply_transposed(&self.rows[place..], self.group(), pulled, room);
            } else {
                dense::multiply_transposed(&self.rows[place..], self.group(), pulled, room, self.units);
            }
            dense::add(room, &mut previous[..entries]);
        }
    }

    /// `∂ number r of unit i / ∂ gate g`.
    pub(super) fn slope(&self, step: &Taped<'_>, i: usize, r: usize, g: usize) -> f64 {
        step.slopes[(r * R::GATES.len() + g) * self.units + i]
    }

    /// The state after the steps of `columns` chains, and their tapes.
    pub(super) fn step_all(&self, columns: usize, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        let (entries, gates) = (self.units * columns, R::GATES.len());
        let (own_state, rest) = tape.split_at_mut(entries * R::ROWS);
        own_state.copy_from_slice(state);
        let (own_input, rest) = rest.split_at_mut(self.inputs * columns);
        own_input.copy_from_slice(input);
        let (slopes, direct) = rest.split_at_mut(entries * R::ROWS * gates);
        with_room((gates + 1) * entries, |room| {
            let (u, room) = room.split_at_mut(gates * entries);
            let z = Seen { hidden: Some(state), input: Some(input), one: true };
            for ((_, gate, place), u) in self.gates().zip(u.chunks_exact_mut(entries)) {
                self.gate((columns, &self.rows, place), gate, z, u, room);
            }
            self.rule.units(u, state, UnitStep { next, slopes, direct });
        });
    }

    /// The tangents' images of `columns` chains; of one chain, along a direction of the parameters
    /// too.
    pub(super) fn push_all(&self, columns: usize, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let (entries, gates, step) = (self.units * columns, R::GATES.len(), self.taped(columns, tape));
        image.fill(0.0);
        if let Some(v) = tangent {
            for (place, direct) in step.direct.chunks_exact(entries).enumerate() {
                let (r, q) = (place / R::ROWS, place % R::ROWS);
                dense::add_product(direct, &v[q * entries..][..entries], &mut image[r * entries..][..entries]);
            }
        }
        with_room(3 * entries, |room| {
            let (moved, room) = room.split_at_mut(entries);
            let (along, room) = room.split_at_mut(entries);
            for (g, gate, place) in self.gates() {
                self.gate((columns, &self.rows, place), gate, Seen { hidden: tangent, input: None, one: false }, moved, room);
                if let Some(w) = direction {
                    let z = Seen { hidden: Some(step.state), input: Some(step.input), one: true };
                    self.gate((columns, w, place), gate, z, along, room);
                    dense::add(along, moved);
                }
                for (r, image) in image.chunks_exact_mut(entries).enumerate() {
                    dense::add_product(&step.slopes[(r * gates + g) * entries..][..entries], moved, image);
                }
            }
        });
    }
}

/// What a gate's weights meet.
#[derive(Clone, Copy)]
struct Seen<'a> {
    hidden: Option<&'a [f64]>,
    input: Option<&'a [f64]>,
    one: bool,
}

impl<R: UnitRule> Cell for Gated<R> {
    fn state_len(&self) -> usize {
        self.units * R::ROWS
    }

    fn visible_len(&self) -> usize {
        self.units * R::VISIBLE
    }

    fn inputs(&self) -> usize {
        self.inputs
    }

    fn layout(&self) -> Layout {
        let (n, stride) = (self.units, self.group());
        let of = |(_, gate, place): (usize, &'static Gate, usize)| {
            let [hidden, input, bias] = self.widths(gate);
            let offsets = [place, place + hidden, place + hidden + input];
            let blocks = [hidden, input, bias].into_iter().zip(offsets).zip(gate.names).filter(|((columns, _), _)| *columns > 0);
            blocks.map(move |((columns, offset), name)| NamedBlock { name, rows: n, columns, offset, stride })
        };
        Layout::of(self.gates().flat_map(of).collect())
    }

    fn parameters(&self) -> &[f64] {
        &self.rows
    }

    fn parameters_mut(&mut self) -> &mut [f64] {
        Arc::<Vec<f64>>::make_mut(&mut self.rows)
    }

    /// The tape is the state, the input, and of every unit the slopes and the direct part.
    fn tape_len(&self) -> usize {
        self.taped_len()
    }

    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        self.step_all(1, state, input, next, tape);
    }

    fn columns(&self) -> Option<&dyn Columns> {
        Some(self)
    }

    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        self.push_all(1, tape, tangent, direction, image);
    }

    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        let step = self.taped(1, tape);
        with_room((R::GATES.len() + 1) * self.units, |room| {
            let (pulled, room) = room.split_at_mut(R::GATES.len() * self.units);
            self.pulled(1, &step, adjoint, pulled);
            self.previous(1, &step, adjoint, pulled, previous, room);
            self.add_immediate(&step, pulled, gradient);
        });
    }

    fn pull_state(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64]) {
        let step = self.taped(1, tape);
        with_room((R::GATES.len() + 1) * self.units, |room| {
            let (pulled, room) = room.split_at_mut(R::GATES.len() * self.units);
            self.pulled(1, &step, adjoint, pulled);
            self.previous(1, &step, adjoint, pulled, previous, room);
        });
    }

    fn immediate(&self, tape: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        let step = self.taped(1, tape);
        with_room(R::GATES.len() * self.units, |pulled| {
            self.pulled(1, &step, adjoint, pulled);
            self.add_immediate(&step, pulled, gradient);
        });
    }

    fn immediates(&self, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        self.add_immediates(tapes, adjoints, gradient);
    }

    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        let (n, rows, step) = (self.units, R::ROWS, self.taped(1, tape));
        let width = n * rows;
        jacobian.fill(0.0);
        for (i, own) in self.rows.chunks_exact(self.group()).enumerate() {
            for r in 0..rows {
                let row = &mut jacobian[(r * n + i) * width..][..width];
                (0..rows).for_each(|q| row[q * n + i] = step.direct[(r * rows + q) * n + i]);
                for (g, gate, place) in self.gates().filter(|(_, gate, _)| gate.hidden == Hidden::All) {
                    let slope = self.slope(&step, i, r, g);
                    let weights = &own[place..place + self.widths(gate)[0]];
                    dense::add_scaled(slope, weights, &mut row[..n]);
                }
            }
        }
    }

    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        if Self::SEPARATE {
            self.advance_by_unit(&self.taped(1, tape), influence, next);
        } else {
            self.advance_whole(tape, influence, next, work);
        }
    }

    /// Hidden values of all units, and what is a unit's own.
    fn sees(&self, i: usize, j: usize) -> bool {
        i % self.units == j % self.units || (j < self.units && !Self::SEPARATE)
    }

    fn immediate_layout(&self) -> InfluenceLayout {
        InfluenceLayout::ByUnit { units: self.units, rows: R::ROWS, group: self.group() }
    }

    fn influence_layout(&self) -> InfluenceLayout {
        if Self::SEPARATE { self.immediate_layout() } else { InfluenceLayout::Dense { units: self.units * R::ROWS, parameters: self.rows.len() } }
    }

    fn name(&self) -> &'static str {
        R::NAME
    }

    fn nonlinearity(&self) -> &'static str {
        R::NONLINEARITY
    }

    fn is_smooth(&self) -> bool {
        true
    }

    fn bounds_within(&self, inputs: &[f64]) -> CellBounds {
        self.certified(inputs)
    }

    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}
