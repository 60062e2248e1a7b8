//! The influence matrix in panels: formed at a block's end, and read.

use super::{MOST, PANEL, Steps};
use crate::simd::dense;
use crate::simd::register::{Job, Register, on_widest};

/// Adds `Vᵀ adjoint` to `gradient`, for `V` in panels; `sums` is room for a number a column of
/// them.
pub(crate) fn read(influence: &[f64], adjoint: &[f64], sums: &mut [f64], gradient: &mut [f64]) {
    on_widest(Read { influence, adjoint, sums });
    dense::add(sums, gradient);
}

struct Read<'a> {
    influence: &'a [f64],
    adjoint: &'a [f64],
    sums: &'a mut [f64],
}

impl<const W: usize> Job<W> for Read<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        let mut panel = 0;
        while panel + 8 <= self.sums.len() / PANEL {
            self.tile::<R, 8, W>(panel);
            panel += 8;
        }
        while panel + 3 <= self.sums.len() / PANEL {
            self.tile::<R, 3, W>(panel);
            panel += 3;
        }
        while panel < self.sums.len() / PANEL {
            self.tile::<R, 1, W>(panel);
            panel += 1;
        }
    }
}

impl Read<'_> {
    /// `S` panels.
    #[inline(always)]
    fn tile<R: Register<W>, const S: usize, const W: usize>(&mut self, panel: usize) {
        let len = self.adjoint.len() * PANEL;
        let from = &self.influence[panel * len..][..S * len];
        let mut part = 0;
        while part < PANEL {
            let mut sums = [R::splat(0.0); S];
            for (row, factor) in self.adjoint.iter().enumerate() {
                let factor = R::splat(*factor);
                let mut s = 0;
                while s < S {
                    let v = R::load(from[s * len + row * PANEL + part..].first_chunk().expect("rows of a panel"));
                    sums[s] = factor.fused(v, sums[s]);
                    s += 1;
                }
            }
            let mut s = 0;
            while s < S {
                sums[s].store(self.sums[(panel + s) * PANEL + part..].first_chunk_mut().expect("a number a column"));
                s += 1;
            }
            part += W;
        }
    }
}

/// `V ← Ψ_0 V + Σ_s M_s z_s + E` in panels, `E` that of the last step, and adds `Vᵀ λ` to
/// `gradient`.
pub(crate) fn form(steps: Steps<'_>, through: Through<'_>, influence: &mut [f64], adjoint: &[f64; MOST], sums: &mut [f64], gradient: &mut [f64]) {
    let mut weights = [0.0; MOST];
    let slopes = &steps.slopes[steps.slopes.len() - steps.units..];
    weights.iter_mut().zip(adjoint.iter().zip(slopes)).for_each(|(weight, (adjoint, slope))| *weight = adjoint * slope);
    on_widest(Form { steps, through, influence, adjoint, weights, sums });
    dense::add(sums, gradient);
}

/// What carries a block's start and its immediate Jacobians to its end.
#[derive(Clone, Copy)]
pub(crate) struct Through<'a> {
    /// `Ψ_0`, n × n by rows.
    pub propagator: &'a [f64],
    /// `M_s = Ψ_s diag(slopes_s)` of every step but the last.
    pub injected: &'a [f64],
}

struct Form<'a> {
    steps: Steps<'a>,
    through: Through<'a>,
    influence: &'a mut [f64],
    adjoint: &'a [f64; MOST],
    /// `λ ∘ slopes` of the last step.
    weights: [f64; MOST],
    sums: &'a mut [f64],
}

impl<const W: usize> Job<W> for Form<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        by_units!(self.steps.units, self, panels)
    }
}

impl Form<'_> {
    #[inline(always)]
    fn panels<R: Register<W>, const H: usize, const W: usize>(&mut self) {
        let mut panel = 0;
        if H * W <= 64 {
            // Two registers of columns: so many sums hide how long each takes.
            while panel + 2 <= self.steps.pieces.panels() {
                self.two::<R, H, W>(panel);
                panel += 2;
            }
        }
        while panel < self.steps.pieces.panels() {
            self.one::<R, H, W>(panel);
            panel += 1;
        }
        let last = self.steps.count() - 1;
        let slopes: &[f64; H] = self.steps.slopes[last * H..].first_chunk().expect("a slope a unit");
        for piece in &self.steps.pieces.list {
            let own = &mut self.influence[(piece.panel * H + piece.unit) * PANEL..][..PANEL];
            let slope = R::splat(slopes[piece.unit]);
            for (part, own) in own.as_chunks_mut::<W>().0.iter_mut().enumerate() {
                slope.fused(self.steps.input(last, *piece, part), R::load(own)).store(own);
            }
        }
    }

    /// A panel.
    #[inline(always)]
    fn one<R: Register<W>, const H: usize, const W: usize>(&mut self, panel: usize) {
        let (propagator, _) = self.through.propagator.as_chunks::<H>();
        let mut part = 0;
        while part < PANEL / W {
            let mut sums = [R::splat(0.0); H];
            let from = &self.influence[panel * H * PANEL..][..H * PANEL];
            let mut k = 0;
            while k < H {
                let v = R::load(from[k * PANEL + part * W..].first_chunk().expect("rows of a panel"));
                let mut row = 0;
                while row < H {
                    sums[row] = R::splat(propagator[row][k]).fused(v, sums[row]);
                    row += 1;
                }
                k += 1;
            }
            self.inject(panel, part, &mut sums);
            self.put(panel, part, &sums);
            part += 1;
        }
    }

    /// Two panels next to each other.
    #[inline(always)]
    fn two<R: Register<W>, const H: usize, const W: usize>(&mut self, panel: usize) {
        let (propagator, _) = self.through.propagator.as_chunks::<H>();
        let mut part = 0;
        while part < PANEL / W {
            let [mut one, mut two] = [[R::splat(0.0); H]; 2];
            let (first, second) = self.influence[panel * H * PANEL..][..2 * H * PANEL].split_at(H * PANEL);
            let mut k = 0;
            while k < H {
                let v = R::load(first[k * PANEL + part * W..].first_chunk().expect("rows of a panel"));
                let w = R::load(second[k * PANEL + part * W..].first_chunk().expect("rows of a panel"));
                let mut row = 0;
                while row < H {
                    let factor = R::splat(propagator[row][k]);
                    one[row] = factor.fused(v, one[row]);
                    two[row] = factor.fused(w, two[row]);
                    row += 1;
                }
                k += 1;
            }
            self.inject(panel, part, &mut one);
            self.inject(panel + 1, part, &mut two);
            self.put(panel, part, &one);
            self.put(panel + 1, part, &two);
            part += 1;
        }
    }

    /// Adds `Σ_s M_s z_s` to a register of columns, without a branch that columns differ in.
    #[inline(always)]
    fn inject<R: Register<W>, const H: usize, const W: usize>(&self, panel: usize, part: usize, sums: &mut [R; H]) {
        for (s, injected) in self.through.injected.chunks_exact(H * H).enumerate() {
            let (injected, _) = injected.as_chunks::<H>();
            for piece in self.steps.pieces.of_panel(panel) {
                let z = self.steps.input(s, *piece, part);
                let mut row = 0;
                while row < H {
                    sums[row] = R::splat(injected[row][piece.unit]).fused(z, sums[row]);
                    row += 1;
                }
            }
        }
    }

    /// Writes a register of columns and its part of the gradient.
    #[inline(always)]
    fn put<R: Register<W>, const H: usize, const W: usize>(&mut self, panel: usize, part: usize, columns: &[R; H]) {
        let adjoint: &[f64; H] = self.adjoint.first_chunk().expect("a number a unit");
        let to = &mut self.influence[panel * H * PANEL..][..H * PANEL];
        let mut sums = [R::splat(0.0); 4];
        let mut row = 0;
        while row < H {
            columns[row].store(to[row * PANEL + part * W..].first_chunk_mut().expect("rows of a panel"));
            sums[row % 4] = R::splat(adjoint[row]).fused(columns[row], sums[row % 4]);
            row += 1;
        }
        let last = self.steps.count() - 1;
        for piece in self.steps.pieces.of_panel(panel) {
            sums[3] = R::splat(self.weights[piece.unit]).fused(self.steps.input(last, *piece, part), sums[3]);
        }
        let to = self.sums[panel * PANEL + part * W..].first_chunk_mut().expect("a number a column");
        sums[0].plus(sums[1]).plus(sums[2].plus(sums[3])).store(to);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Pieces, PullBack, pull_back};
    use super::*;
    use crate::simd::register::Portable;

    /// Steps of a block, the influence matrix by rows before it, and the adjoint after it.
    pub(in crate::simd::few) struct Formed {
        pub units: usize,
        pub group: usize,
        pub jacobians: Vec<f64>,
        pub slopes: Vec<f64>,
        pub inputs: Vec<f64>,
        pub influence: Vec<f64>,
        pub adjoint: Vec<f64>,
    }

    fn place(given: &Formed, row: usize, column: usize) -> usize {
        (column / PANEL * given.units + row) * PANEL + column % PANEL
    }

    /// `V` after the block, its gradient, the gradient without forming it, and `λ_s ∘ slopes_s`: by
    /// the kernels, on plain registers where they are asked for.
    pub(in crate::simd::few) fn formed(given: &Formed, plain: bool) -> [Vec<f64>; 4] {
        let (n, group, count) = (given.units, given.group, given.slopes.len() / given.units);
        let (pieces, columns) = (Pieces::of(n, group), n * group);
        let mut inputs = vec![0.0; count * pieces.room()];
        for (to, from) in inputs.chunks_exact_mut(pieces.room()).zip(given.inputs.chunks_exact(group)) {
            to[PANEL..PANEL + group].copy_from_slice(from);
        }
        let mut influence = vec![0.0; n * pieces.panels() * PANEL];
        for row in 0..n {
            for column in 0..columns {
                influence[place(given, row, column)] = given.influence[row * columns + column];
            }
        }
        let steps = Steps { units: n, pieces: &pieces, inputs: &inputs, slopes: &given.slopes };
        let (mut propagator, mut injected) = (given.jacobians[(count - 1) * n * n..].to_vec(), vec![0.0; (count - 1) * n * n]);
        for s in (0..count - 1).rev() {
            for (place, to) in injected[s * n * n..][..n * n].iter_mut().enumerate() {
                *to = propagator[place] * given.slopes[s * n + place % n];
            }
            let mut before = vec![0.0; n * n];
            dense::multiply(&propagator, &given.jacobians[s * n * n..][..n * n], &mut before, n);
            propagator = before;
        }
        let through = Through { propagator: &propagator, injected: &injected };
        let mut adjoint = [0.0; MOST];
        adjoint[..n].copy_from_slice(&given.adjoint);
        let (mut back, mut weights) = (adjoint, vec![0.0; count * n]);
        let mut sums = vec![0.0; pieces.panels() * PANEL];
        let (mut gradient, mut seen) = (vec![1.0; columns], vec![2.0; columns]);
        if plain {
            Portable::<4>::perform(PullBack { steps, jacobians: &given.jacobians, adjoint: &mut back, weights: &mut weights });
            let (influence, sums) = (&mut influence, &mut sums);
            Portable::<4>::perform(Read { influence, adjoint: &back[..n], sums });
            dense::add(sums, &mut seen);
            let mut last = [0.0; MOST];
            last.iter_mut().zip(&weights[(count - 1) * n..]).for_each(|(to, weight)| *to = *weight);
            Portable::<4>::perform(Form { steps, through, influence, adjoint: &adjoint, weights: last, sums });
            dense::add(sums, &mut gradient);
        } else {
            pull_back(steps, &given.jacobians, &mut back, &mut weights);
            read(&influence, &back[..n], &mut sums, &mut seen);
            form(steps, through, &mut influence, &adjoint, &mut sums, &mut gradient);
        }
        let places = (0..n).flat_map(|row| (0..columns).map(move |column| (row, column)));
        [places.map(|(row, column)| influence[place(given, row, column)]).collect(), gradient, seen, weights]
    }

    /// The same by `V ← A V + E`, step after step.
    pub(in crate::simd::few) fn formed_in_turn(given: &Formed) -> [Vec<f64>; 4] {
        let (n, group, columns) = (given.units, given.group, given.units * given.group);
        let count = given.slopes.len() / n;
        let pulled = |v: &[f64], y: &[f64], from: f64| -> Vec<f64> {
            (0..columns).map(|column| (0..n).fold(from, |sum, row| sum + y[row] * v[row * columns + column])).collect()
        };
        let mut v = given.influence.clone();
        for s in 0..count {
            let a = &given.jacobians[s * n * n..][..n * n];
            let entry = |place: usize| {
                let (row, column) = (place / columns, place % columns);
                let own = if column / group == row { given.slopes[s * n + row] * given.inputs[s * group + column % group] } else { 0.0 };
                own + (0..n).map(|k| a[row * n + k] * v[k * columns + column]).sum::<f64>()
            };
            v = (0..n * columns).map(entry).collect();
        }
        let (mut back, mut weights) = (given.adjoint.clone(), vec![0.0; count * n]);
        for s in (0..count).rev() {
            (0..n).for_each(|i| weights[s * n + i] = back[i] * given.slopes[s * n + i]);
            back = (0..n).map(|k| (0..n).map(|i| given.jacobians[(s * n + i) * n + k] * back[i]).sum()).collect();
        }
        [v.clone(), pulled(&v, &given.adjoint, 1.0), pulled(&given.influence, &back, 2.0), weights]
    }
}
