//! The innermost loops: a group of panels of `V` is carried through a block of steps while it stays in the first cache.

use super::plan::{Plan, Row};
use super::register::{Factor, Job, Register};

/// What a block of steps gives to every panel: the factors `A_t`, the immediate Jacobian and the adjoints.
pub(crate) trait Given<const W: usize>: Sync {
    /// A number of one chain, or one number a chain.
    type Number: Factor<W>;
    /// `A_t`, packed.
    fn factors(&self, plan: &Plan, step: usize) -> &[Self::Number];
    /// `Cᵀ e_t`, length N.
    fn adjoint(&self, plan: &Plan, step: usize) -> &[Self::Number];
    /// Adds the immediate Jacobian's part in panel `panel`.
    fn add_immediate<R: Register<W>>(&self, plan: &Plan, step: usize, panel: usize, target: &mut [Row<W>]);
}

/// Sums over time of one panel: the gradient `Σ_t V_tᵀ λ_t` and the squares `Σ_t Σ_i V_t[i]²`, column by column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums<const W: usize> {
    pub gradient: Row<W>,
    pub squares: Row<W>,
}

impl<const W: usize> Sums<W> {
    pub(crate) const ZERO: Self = Sums { gradient: Row::ZERO, squares: Row::ZERO };
}

/// Carries the panels in `panels`, the first of which is number `first`, through `steps` steps; `sums` is empty or has one entry a panel.
pub(crate) struct Carry<'a, G, const W: usize> {
    pub plan: &'a Plan,
    pub given: &'a G,
    pub steps: usize,
    pub first: usize,
    pub panels: &'a mut [Row<W>],
    pub sums: &'a mut [Sums<W>],
    /// As long as `panels`; what it holds does not matter.
    pub scratch: &'a mut [Row<W>],
}

impl<G: Given<W>, const W: usize> Job<W> for Carry<'_, G, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let Carry { plan, given, steps, first, panels, sums, scratch } = self;
        for step in 0..steps / 2 * 2 {
            let (from, to) = if step % 2 == 0 { (&*panels, &mut *scratch) } else { (&*scratch, &mut *panels) };
            advance::<R, G, W>(plan, given, step, first, from, to, sums);
        }
        if steps % 2 == 1 {
            advance::<R, G, W>(plan, given, steps - 1, first, panels, scratch, sums);
            panels.copy_from_slice(scratch);
        }
    }
}

/// One step of several panels: `to = A_t from + E_t`, then the sums.
#[inline(always)]
pub(crate) fn advance<R: Register<W>, G: Given<W>, const W: usize>(
    plan: &Plan,
    given: &G,
    step: usize,
    first: usize,
    from: &[Row<W>],
    to: &mut [Row<W>],
    sums: &mut [Sums<W>],
) {
    let factors = given.factors(plan, step);
    for (offset, (from, to)) in from.chunks_exact(plan.rows).zip(to.chunks_exact_mut(plan.rows)).enumerate() {
        multiply::<R, G::Number, W>(plan, factors, from, to);
        given.add_immediate::<R>(plan, step, first + offset, to);
        if let Some(sums) = sums.get_mut(offset) {
            observe::<R, G::Number, W>(given.adjoint(plan, step), to, sums);
        }
    }
}

#[inline(always)]
fn multiply<R: Register<W>, F: Factor<W>, const W: usize>(plan: &Plan, factors: &[F], from: &[Row<W>], to: &mut [Row<W>]) {
    let n = plan.hidden;
    let (in_sixes, in_fours) = factors.split_at(6 * plan.sixes * n);
    let (to_sixes, to_fours) = to.split_at_mut(6 * plan.sixes);
    for (factors, to) in in_sixes.chunks_exact(6 * n).zip(to_sixes.chunks_exact_mut(6)) {
        block::<R, F, 6, W>(factors, from, to);
    }
    for (factors, to) in in_fours.chunks_exact(4 * n).zip(to_fours.chunks_exact_mut(4)) {
        block::<R, F, 4, W>(factors, from, to);
    }
}

/// `H` rows of a product: `H` times two sums in registers, added up over k in order.
#[inline(always)]
fn block<R: Register<W>, F: Factor<W>, const H: usize, const W: usize>(factors: &[F], from: &[Row<W>], to: &mut [Row<W>]) {
    let mut sums = [[R::splat(0.0); 2]; H];
    let (columns, _) = factors.as_chunks::<H>();
    for (column, row) in columns.iter().zip(from) {
        let v = [R::load(&row.0[0]), R::load(&row.0[1])];
        for r in 0..H {
            let factor = column[r].spread::<R>();
            sums[r][0] = factor.fused(v[0], sums[r][0]);
            sums[r][1] = factor.fused(v[1], sums[r][1]);
        }
    }
    for (to, sums) in to.iter_mut().zip(&sums) {
        sums[0].store(&mut to.0[0]);
        sums[1].store(&mut to.0[1]);
    }
}

#[inline(always)]
fn observe<R: Register<W>, F: Factor<W>, const W: usize>(adjoint: &[F], panel: &[Row<W>], sums: &mut Sums<W>) {
    for side in 0..2 {
        let (mut gradient, mut squares) = (R::load(&sums.gradient.0[side]), R::load(&sums.squares.0[side]));
        for (adjoint, row) in adjoint.iter().zip(panel) {
            let v = R::load(&row.0[side]);
            gradient = gradient.plus(adjoint.spread::<R>().times(v));
            squares = v.fused(v, squares);
        }
        gradient.store(&mut sums.gradient.0[side]);
        squares.store(&mut sums.squares.0[side]);
    }
}

/// `to += slope · z`, not fused, as the cell's own step does it.
#[inline(always)]
pub(crate) fn add_scaled<R: Register<W>, F: Factor<W>, const W: usize>(slope: &F, z: &[f64; W], to: &mut [f64; W]) {
    R::load(to).plus(slope.spread::<R>().times(R::load(z))).store(to);
}
