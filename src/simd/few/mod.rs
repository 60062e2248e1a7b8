//! The influence matrix of few units: formed and read in one pass, a register of columns at a time.

/// Calls a method that is generic in the number of rows.
macro_rules! by_units {
    ($units:expr, $self:ident, $method:ident) => {
        match $units {
            1 => $self.$method::<R, 1, W>(),
            2 => $self.$method::<R, 2, W>(),
            3 => $self.$method::<R, 3, W>(),
            4 => $self.$method::<R, 4, W>(),
            5 => $self.$method::<R, 5, W>(),
            6 => $self.$method::<R, 6, W>(),
            7 => $self.$method::<R, 7, W>(),
            8 => $self.$method::<R, 8, W>(),
            9 => $self.$method::<R, 9, W>(),
            10 => $self.$method::<R, 10, W>(),
            11 => $self.$method::<R, 11, W>(),
            12 => $self.$method::<R, 12, W>(),
            13 => $self.$method::<R, 13, W>(),
            14 => $self.$method::<R, 14, W>(),
            15 => $self.$method::<R, 15, W>(),
            16 => $self.$method::<R, 16, W>(),
            units => panic!("{units} units are not few"),
        }
    };
}

mod form;

use super::dispatch::dispatched;
use super::pairs::take;
use super::register::{Job, Register, on_widest};

pub(crate) use form::{Through, form, read};

/// Most units that the kernels below take.
pub(crate) const MOST: usize = 16;
/// Columns that lie together, all rows of them.
pub(crate) const PANEL: usize = 8;

/// Steps of a cell whose immediate Jacobian touches, in row i, group i of the columns alone, where
/// it is `slopes_i z`.
#[derive(Clone, Copy)]
pub(crate) struct Steps<'a> {
    /// Units n.
    pub units: usize,
    /// Which groups reach which panels.
    pub pieces: &'a Pieces,
    /// `z` of every step as [`Pieces::room`] has it.
    pub inputs: &'a [f64],
    /// `slopes` of every step.
    pub slopes: &'a [f64],
}

impl Steps<'_> {
    fn count(&self) -> usize {
        self.slopes.len() / self.units
    }

    /// Numbers of `z` of step `step` that stand above a panel, for a piece.
    #[inline(always)]
    fn input<R: Register<W>, const W: usize>(&self, step: usize, piece: Piece, part: usize) -> R {
        let at = step * self.pieces.room() + piece.at + part * W;
        R::load(self.inputs[at..].first_chunk().expect("zeros behind the group"))
    }
}

/// The part of a group that a panel holds.
#[derive(Clone, Copy, Debug)]
struct Piece {
    panel: usize,
    unit: usize,
    /// Where the panel begins in the room of `z`.
    at: usize,
}

/// Which groups of columns reach which panels.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    group: usize,
    /// Panel after panel, and where those of each begin.
    list: Vec<Piece>,
    begins: Vec<usize>,
    /// Panels with one piece before those with more: a loop over pieces then has a branch that is
    /// foreseen.
    order: Vec<usize>,
}

impl Pieces {
    /// For `units` groups of `group` columns.
    pub(crate) fn of(units: usize, group: usize) -> Self {
        let panels = (units * group).div_ceil(PANEL);
        let (mut list, mut begins) = (Vec::new(), vec![0]);
        for panel in 0..panels {
            let reaches = |unit: &usize| unit * group < (panel + 1) * PANEL && (unit + 1) * group > panel * PANEL;
            list.extend((0..units).filter(reaches).map(|unit| Piece { panel, unit, at: (panel + 1) * PANEL - unit * group }));
            begins.push(list.len());
        }
        let mut order: Vec<usize> = (0..panels).collect();
        order.sort_by_key(|panel| begins[panel + 1] - begins[*panel]);
        Pieces { group, list, begins, order }
    }

    #[inline(always)]
    fn of_panel(&self, panel: usize) -> &[Piece] {
        &self.list[self.begins[panel]..self.begins[panel + 1]]
    }

    /// Numbers of room for the `z` of a step: [`PANEL`] zeros, `z`, and as many zeros again.
    pub(crate) fn room(&self) -> usize {
        self.group + 2 * PANEL
    }

    /// Panels of all columns.
    pub(crate) fn panels(&self) -> usize {
        self.order.len()
    }
}

/// Writes `diag(scale · slopes) B` for `B` in the first n columns of rows of length `stride`.
pub(crate) fn scale_rows(rows: &[f64], stride: usize, slopes: &[f64], scale: f64, out: &mut [f64]) {
    on_widest(ScaleRows { rows, stride, slopes, scale, out });
}

struct ScaleRows<'a> {
    rows: &'a [f64],
    stride: usize,
    slopes: &'a [f64],
    scale: f64,
    out: &'a mut [f64],
}

impl<const W: usize> Job<W> for ScaleRows<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let n = self.slopes.len();
        for ((out, row), slope) in self.out.chunks_exact_mut(n).zip(self.rows.chunks(self.stride)).zip(self.slopes) {
            let factor = slope * self.scale;
            let (to, rest) = out.as_chunks_mut::<W>();
            let (from, _) = row[..n].as_chunks::<W>();
            for (to, from) in to.iter_mut().zip(from) {
                R::splat(factor).times(R::load(from)).store(to);
            }
            let done = n - rest.len();
            for (to, from) in rest.iter_mut().zip(&row[done..]) {
                *to = factor * from;
            }
        }
    }
}

dispatched! {
    /// Writes `M diag(slopes)` for `matrix` M by rows of as many numbers.
    pub(crate) fn scale_columns / scale_columns_wide / scale_columns_fused = scale_columns_body(matrix: &[f64], slopes: &[f64], out: &mut [f64])
}

#[inline(always)]
fn scale_columns_body(matrix: &[f64], slopes: &[f64], out: &mut [f64]) {
    let n = slopes.len();
    for (out, row) in out.chunks_exact_mut(n).zip(matrix.chunks_exact(n)) {
        for ((out, x), slope) in out.iter_mut().zip(row).zip(slopes) {
            *out = x * slope;
        }
    }
}

/// The adjoint of a block's last step on its way back to the block's start, through the steps'
/// Jacobians (n × n by rows); writes `λ_s ∘ slopes_s` of every step into `weights`.
pub(crate) fn pull_back(steps: Steps<'_>, jacobians: &[f64], adjoint: &mut [f64; MOST], weights: &mut [f64]) {
    on_widest(PullBack { steps, jacobians, adjoint, weights });
}

struct PullBack<'a> {
    steps: Steps<'a>,
    jacobians: &'a [f64],
    adjoint: &'a mut [f64; MOST],
    weights: &'a mut [f64],
}

impl<const W: usize> Job<W> for PullBack<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        by_units!(self.steps.units, self, back)
    }
}

impl PullBack<'_> {
    #[inline(always)]
    fn back<R: Register<W>, const H: usize, const W: usize>(&mut self) {
        for s in (0..self.steps.count()).rev() {
            let slopes: &[f64; H] = self.steps.slopes[s * H..].first_chunk().expect("a slope a unit");
            let weights: &mut [f64; H] = self.weights[s * H..].first_chunk_mut().expect("a weight a unit");
            let mut unit = 0;
            while unit < H {
                weights[unit] = self.adjoint[unit] * slopes[unit];
                unit += 1;
            }
            // Rows in turn, so that no sum waits for itself.
            let mut sums = [[R::splat(0.0); 4]; 4];
            let (whole, rest) = (H / W, H % W);
            for (unit, (row, factor)) in self.jacobians[s * H * H..][..H * H].chunks_exact(H).zip(&*self.adjoint).enumerate() {
                let (from, end) = row.as_chunks::<W>();
                let factor = R::splat(*factor);
                let mut k = 0;
                while k < whole {
                    sums[unit % 4][k] = factor.fused(R::load(&from[k]), sums[unit % 4][k]);
                    k += 1;
                }
                if rest > 0 {
                    sums[unit % 4][whole] = factor.fused(take(end, rest), sums[unit % 4][whole]);
                }
            }
            let (to, _) = self.adjoint.as_chunks_mut::<W>();
            let mut k = 0;
            while k < H.div_ceil(W) {
                sums[0][k].plus(sums[1][k]).plus(sums[2][k].plus(sums[3][k])).store(&mut to[k]);
                k += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::register::Portable;
    use super::form::tests::{Formed, formed, formed_in_turn};
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn rows_are_scaled_entry_by_entry() {
        let mut noise = Noise::at(RngKey::root(2));
        for (n, stride) in [(1, 2), (4, 7), (8, 11), (13, 16)] {
            let (rows, slopes) = (noise.normal_vector(n * stride), noise.normal_vector(n));
            let expected: Vec<f64> = (0..n * n).map(|k| slopes[k / n] * 0.3 * rows[k / n * stride + k % n]).collect();
            let (mut wide, mut portable) = (vec![0.0; n * n], vec![0.0; n * n]);
            scale_rows(&rows, stride, &slopes, 0.3, &mut wide);
            Portable::<4>::perform(ScaleRows { rows: &rows, stride, slopes: &slopes, scale: 0.3, out: &mut portable });
            assert_eq!((&wide, &portable), (&expected, &expected), "n = {n}");
        }
    }

    /// Blocks of every length are the steps one after the other, for any number of units and any
    /// width of a group.
    #[test]
    fn a_block_is_its_steps_in_turn() {
        let mut noise = Noise::at(RngKey::root(7));
        for units in 1..=MOST {
            for (inputs, count) in [(0, 1), (1, 2), (2, 3), (6, 6)] {
                let group = units + inputs + 1;
                let [jacobians, slopes, z] = [units * units, units, group].map(|len| noise.normal_vector(count * len));
                let jacobians: Vec<f64> = jacobians.iter().map(|x| 0.5 * x).collect();
                let (start, adjoint) = (noise.normal_vector(units * units * group), noise.normal_vector(units));
                let given = Formed { units, group, jacobians, slopes, inputs: z, influence: start, adjoint };
                let (wide, portable) = (formed(&given, false), formed(&given, true));
                assert_eq!(wide, portable, "{units} units, {inputs} inputs");
                let plain = formed_in_turn(&given);
                for ((got, expected), what) in wide.iter().zip(&plain).zip(["V", "gradient", "read", "weights"]) {
                    assert_eq!(got.len(), expected.len(), "{what}");
                    let size = expected.iter().fold(0.0f64, |top, x| top.max(x.abs()));
                    let worst = got.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(worst <= 1e-13 * (1.0 + size), "{what} of {units} units, {inputs} inputs: {worst:e}");
                }
            }
        }
    }
}
