//! Cells of units that each see their own gates alone: a rule of a few lines makes one.

use super::kind::{BlockSpec, Drawn, Sizes};
use super::{Cell, CellBounds, ElmanError, InfluenceLayout, Layout, NamedBlock};
use crate::simd::dense;
use ndarray::Array2;
use std::sync::Arc;

/// Which hidden values a gate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// None.
    None,
    /// Those of all units.
    All,
}

/// One pre-activation of every unit: which values it reads, and the names of its blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub hidden: Hidden,
    pub input: bool,
    pub bias: bool,
    /// Of the weights on hidden values, on inputs, and of the bias.
    pub names: [&'static str; 3],
}

/// What a unit does in one step.
pub(super) struct UnitStep<'a> {
    /// Receives the unit's next numbers (ROWS).
    pub next: &'a mut [f64],
    /// Receives `∂next/∂u` (ROWS × gates, by rows).
    pub slopes: &'a mut [f64],
    /// Receives `∂next/∂s` at fixed `u` (ROWS × ROWS, by rows).
    pub direct: &'a mut [f64],
}

/// How a unit goes on from its pre-activations `u`, one a gate, and its own numbers `s`.
pub(super) trait UnitRule: Clone + Send + Sync + 'static {
    /// The cell's name on a page.
    const NAME: &'static str;
    /// Its activations, in words.
    const NONLINEARITY: &'static str;
    /// Numbers of a unit, of which the first is the one that others see.
    const ROWS: usize;
    /// The gates.
    const GATES: &'static [Gate];

    /// One step of one unit.
    fn unit(&self, u: &[f64], s: &[f64], out: UnitStep<'_>);
}

/// Most gates, and most numbers a unit.
const MOST: usize = 8;

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
    units: usize,
    inputs: usize,
    rows: Arc<Vec<f64>>,
}

/// The parts of a tape.
struct Taped<'t> {
    state: &'t [f64],
    input: &'t [f64],
    slopes: &'t [f64],
    direct: &'t [f64],
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
    /// Numbers of one unit's weights on hidden values, on inputs and of its bias, in one gate.
    fn widths(&self, gate: &Gate) -> [usize; 3] {
        [if gate.hidden == Hidden::All { self.units } else { 0 }, if gate.input { self.inputs } else { 0 }, usize::from(gate.bias)]
    }

    /// Parameters of one unit.
    fn group(&self) -> usize {
        R::GATES.iter().flat_map(|gate| self.widths(gate)).sum()
    }

    fn taped<'t>(&self, tape: &'t [f64]) -> Taped<'t> {
        let (state, rest) = tape.split_at(self.units * R::ROWS);
        let (input, rest) = rest.split_at(self.inputs);
        let (slopes, direct) = rest.split_at(self.units * R::ROWS * R::GATES.len());
        Taped { state, input, slopes, direct }
    }

    /// Goes through the gates with the place of each in a group of parameters.
    fn gates(&self) -> impl Iterator<Item = (usize, &'static Gate, usize)> {
        let mut at = 0;
        R::GATES.iter().enumerate().map(move |(g, gate)| {
            let place = at;
            at += self.widths(gate).iter().sum::<usize>();
            (g, gate, place)
        })
    }

    /// `row · z` for the weights of one gate of one unit, with `one` in the place of the bias's 1.
    fn along(&self, gate: &Gate, row: &[f64], hidden: &[f64], input: &[f64], one: f64) -> f64 {
        let [of_hidden, of_input, of_bias] = self.widths(gate);
        let dot = |start: f64, a: &[f64], b: &[f64]| a.iter().zip(b).fold(start, |sum, (a, b)| a.mul_add(*b, sum));
        let sum = dot(if of_bias == 1 { row[of_hidden + of_input] * one } else { 0.0 }, &row[..of_hidden], hidden);
        dot(sum, &row[of_hidden..of_hidden + of_input], input)
    }

    /// Adds `factor z` to the weights of one gate of one unit.
    fn add_outer(&self, gate: &Gate, factor: f64, step: &Taped<'_>, row: &mut [f64]) {
        let [of_hidden, of_input, of_bias] = self.widths(gate);
        let z = step.state[..of_hidden].iter().chain(&step.input[..of_input]).chain([&1.0][..of_bias].iter().copied());
        for (slot, z) in row.iter_mut().zip(z) {
            *slot = factor.mul_add(*z, *slot);
        }
    }

    /// `∂ number r of unit i / ∂ gate g`.
    fn slope(&self, step: &Taped<'_>, i: usize, r: usize, g: usize) -> f64 {
        step.slopes[(i * R::ROWS + r) * R::GATES.len() + g]
    }
}

impl<R: UnitRule> Cell for Gated<R> {
    fn state_len(&self) -> usize {
        self.units * R::ROWS
    }

    fn visible_len(&self) -> usize {
        self.units
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
        self.units * R::ROWS * (1 + R::GATES.len() + R::ROWS) + self.inputs
    }

    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        let (n, rows, count) = (self.units, R::ROWS, R::GATES.len());
        let (own_state, rest) = tape.split_at_mut(n * rows);
        own_state.copy_from_slice(state);
        let (own_input, rest) = rest.split_at_mut(self.inputs);
        own_input.copy_from_slice(input);
        let (slopes, direct) = rest.split_at_mut(n * rows * count);
        let (mut u, mut own, mut out) = ([0.0; MOST], [0.0; MOST], [0.0; MOST]);
        for (i, group) in self.rows.chunks_exact(self.group()).enumerate() {
            for (g, gate, place) in self.gates() {
                u[g] = self.along(gate, &group[place..], state, input, 1.0);
            }
            (0..rows).for_each(|r| own[r] = state[r * n + i]);
            let step = UnitStep {
                next: &mut out[..rows],
                slopes: &mut slopes[i * rows * count..(i + 1) * rows * count],
                direct: &mut direct[i * rows * rows..(i + 1) * rows * rows],
            };
            self.rule.unit(&u[..count], &own[..rows], step);
            (0..rows).for_each(|r| next[r * n + i] = out[r]);
        }
    }

    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        let (n, rows, group, step) = (self.units, R::ROWS, self.group(), self.taped(tape));
        let still = vec![0.0; self.inputs];
        for (i, own) in self.rows.chunks_exact(group).enumerate() {
            for r in 0..rows {
                let direct = &step.direct[(i * rows + r) * rows..][..rows];
                image[r * n + i] = tangent.map_or(0.0, |v| direct.iter().enumerate().map(|(q, d)| d * v[q * n + i]).sum());
            }
            for (g, gate, place) in self.gates() {
                let mut moved = tangent.map_or(0.0, |v| self.along(gate, &own[place..], v, &still, 0.0));
                if let Some(w) = direction {
                    moved += self.along(gate, &w[i * group + place..], step.state, step.input, 1.0);
                }
                (0..rows).for_each(|r| image[r * n + i] += self.slope(&step, i, r, g) * moved);
            }
        }
    }

    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        let (n, rows, group, step) = (self.units, R::ROWS, self.group(), self.taped(tape));
        previous.fill(0.0);
        let groups = self.rows.chunks_exact(group).zip(gradient.chunks_exact_mut(group)).enumerate();
        for (i, (own, gradient)) in groups {
            for (r, q) in (0..rows).flat_map(|r| (0..rows).map(move |q| (r, q))) {
                previous[q * n + i] += step.direct[(i * rows + r) * rows + q] * adjoint[r * n + i];
            }
            for (g, gate, place) in self.gates() {
                let pulled: f64 = (0..rows).map(|r| self.slope(&step, i, r, g) * adjoint[r * n + i]).sum();
                self.add_outer(gate, pulled, &step, &mut gradient[place..]);
                if gate.hidden == Hidden::All {
                    previous[..n].iter_mut().zip(&own[place..]).for_each(|(slot, w)| *slot = pulled.mul_add(*w, *slot));
                }
            }
        }
    }

    fn jacobian(&self, tape: &[f64], jacobian: &mut [f64]) {
        let (n, rows, step) = (self.units, R::ROWS, self.taped(tape));
        let width = n * rows;
        jacobian.fill(0.0);
        for (i, own) in self.rows.chunks_exact(self.group()).enumerate() {
            for r in 0..rows {
                let row = &mut jacobian[(r * n + i) * width..][..width];
                (0..rows).for_each(|q| row[q * n + i] = step.direct[(i * rows + r) * rows + q]);
                for (g, gate, place) in self.gates().filter(|(_, gate, _)| gate.hidden == Hidden::All) {
                    let slope = self.slope(&step, i, r, g);
                    let weights = &own[place..place + self.widths(gate)[0]];
                    row.iter_mut().zip(weights).for_each(|(slot, w)| *slot = slope.mul_add(*w, *slot));
                }
            }
        }
    }

    /// `A V`, and in each row the entries of its unit's own group.
    fn advance_influence(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (n, rows, group, step) = (self.units, R::ROWS, self.group(), self.taped(tape));
        let width = n * rows;
        let jacobian = &mut work[..width * width];
        self.jacobian(tape, jacobian);
        dense::multiply(jacobian, influence, next, width);
        for (i, r) in (0..n).flat_map(|i| (0..rows).map(move |r| (i, r))) {
            let row = &mut next[(r * n + i) * n * group + i * group..][..group];
            for (g, gate, place) in self.gates() {
                self.add_outer(gate, self.slope(&step, i, r, g), &step, &mut row[place..]);
            }
        }
    }

    fn influence_layout(&self) -> InfluenceLayout {
        InfluenceLayout::Dense { units: self.units * R::ROWS, parameters: self.rows.len() }
    }

    fn name(&self) -> &'static str {
        R::NAME
    }

    fn nonlinearity(&self) -> &'static str {
        R::NONLINEARITY
    }

    fn bounds(&self) -> CellBounds {
        CellBounds::NONE
    }

    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}
