//! The innermost loops: a group of panels of `V` is carried through a block of steps while it stays
//! in the first cache.

use super::plan::{Plan, Row, SIDE};
use crate::simd::register::{Factor, Job, Register};

/// What a block of steps gives to every panel: the factors `A_t`, the immediate Jacobian and the
/// adjoints.
pub(crate) trait BlockFactors<const W: usize>: Sync {
    /// A number of one chain, or one number a chain.
    type Number: Factor<W>;
    /// `A_t`, packed.
    fn factors(&self, plan: &Plan, step: usize) -> &[Self::Number];
    /// `Cᵀ e_t`, length N.
    fn adjoint(&self, plan: &Plan, step: usize) -> &[Self::Number];
    /// `σ'(u)`, of which the first N are read.
    fn slopes(&self, plan: &Plan, step: usize) -> &[Self::Number];
    /// The part of `z` that starts at `place`, see [`Plan::owners`].
    fn z(&self, plan: &Plan, step: usize, place: usize) -> &[f64; W];
}

/// Adds the immediate Jacobian's part in panel `panel`, the product rounded first, as the cell's
/// own step does it.
#[inline(always)]
pub(crate) fn add_immediate<R: Register<W>, G: BlockFactors<W>, const W: usize>(
    plan: &Plan,
    given: &G,
    step: usize,
    panel: usize,
    target: &mut [Row<W>],
) {
    let slopes = given.slopes(plan, step);
    for side in 0..SIDE {
        let (row, place) = plan.owners[panel * SIDE + side];
        let to = &mut target[row as usize].0[side];
        R::load(to).plus(slopes[row as usize].spread::<R>().times(R::load(given.z(plan, step, place as usize)))).store(to);
    }
}

/// Sums over time of one panel: the gradient `Σ_t V_tᵀ λ_t` and the squares `Σ_t Σ_i V_t[i]²`,
/// column by column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sums<const W: usize> {
    pub gradient: Row<W>,
    pub squares: Row<W>,
}

impl<const W: usize> Sums<W> {
    pub(crate) const ZERO: Self = Sums { gradient: Row::ZERO, squares: Row::ZERO };
}

/// Carries the panels in `panels`, the first of which is number `first`, through `steps` steps;
/// `sums` is empty or has one entry a panel.
pub(crate) struct StepwiseJob<'a, G, const W: usize> {
    pub plan: &'a Plan,
    pub given: &'a G,
    pub steps: usize,
    pub first: usize,
    pub panels: &'a mut [Row<W>],
    pub sums: &'a mut [Sums<W>],
    /// As long as `panels`; what it holds does not matter.
    pub scratch: &'a mut [Row<W>],
}

impl<G: BlockFactors<W>, const W: usize> Job<W> for StepwiseJob<'_, G, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let StepwiseJob { plan, given, steps, first, panels, sums, scratch } = self;
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
pub(crate) fn advance<R: Register<W>, G: BlockFactors<W>, const W: usize>(
    plan: &Plan,
    given: &G,
    step: usize,
    first: usize,
    from: &[Row<W>],
    to: &mut [Row<W>],
    sums: &mut [Sums<W>],
) {
    let (sixes, fours) = given.factors(plan, step).split_at(6 * plan.sixes * plan.hidden);
    let (sixes, fours) = (sixes.as_chunks::<6>().0, fours.as_chunks::<4>().0);
    let (mut from, mut to, mut sums, mut panel) = (from, to, sums.iter_mut(), first);
    // Slices are split by hand here and below: `chunks_exact` divides lengths, which costs a small
    // cell more than its arithmetic.
    while let Some((source, after)) = from.split_at_checked(plan.rows) {
        let (target, rest) = to.split_at_mut(plan.rows);
        let (low, high) = target.split_at_mut(6 * plan.sixes);
        blocks::<R, G::Number, 6, W>(plan.hidden, sixes, source, low);
        if plan.hidden == 4 {
            // A length known to the compiler: so short a sum is not worth a loop.
            blocks::<R, G::Number, 4, W>(4, fours, source, high);
        } else {
            blocks::<R, G::Number, 4, W>(plan.hidden, fours, source, high);
        }
        add_immediate::<R, G, W>(plan, given, step, panel, target);
        if let Some(own) = sums.next() {
            observe::<R, G::Number, W>(given.adjoint(plan, step), target, own);
        }
        (from, to, panel) = (after, rest, panel + 1);
    }
}

#[inline(always)]
fn blocks<R: Register<W>, F: Factor<W>, const H: usize, const W: usize>(n: usize, factors: &[[F; H]], from: &[Row<W>], to: &mut [Row<W>]) {
    let (mut factors, mut to) = (factors, to);
    while let (Some((columns, after)), Some((rows, rest))) = (factors.split_at_checked(n), to.split_first_chunk_mut::<H>()) {
        block::<R, F, H, W>(columns, from, rows);
        (factors, to) = (after, rest);
    }
}

/// `H` rows of a product: `H` times two sums in registers, added up over k in order.
#[inline(always)]
fn block<R: Register<W>, F: Factor<W>, const H: usize, const W: usize>(columns: &[[F; H]], from: &[Row<W>], to: &mut [Row<W>; H]) {
    let mut sums = [[R::splat(0.0); 2]; H];
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
