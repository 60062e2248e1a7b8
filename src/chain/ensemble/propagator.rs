//! Blocks of steps at whose end alone the derivatives are formed: exact, with fewer flops than step
//! by step.
//!
//! ```text
//! V_τ[:, (i, j)] = Ψ_0 V_0[:, (i, j)] + Σ_{s<τ} C_s[:, i] z_{s,j} + e_i σ'_{τ,i} z_{τ,j}
//! Ψ_{τ−1} = A_τ,   C_s = Ψ_s diag(σ'_s),   Ψ_{s−1} = Ψ_s A_s = C_s N^{−β} B
//! ```
//!
//! Ψ_s, N × N, propagates a derivative from after step s to the end of the block; C_s carries what
//! step s injects into the columns of unit i. Cost of a chain and block:
//! `2N²P + 2(τ−1)NP + 2(τ−1)N³` flops and `2P` for the last step, beside `2τN²P` step by step.
//! Source: Schmidhuber (1992), doi 10.1162/neco.1992.4.2.243.

use super::panels::{BlockFactors, add_immediate};
use super::plan::{Plan, Row, SIDE, Weights};
use crate::simd::register::{Factor, Job, Lanes, Lined, Register, lined};

/// Two registers of a row of `N^{−β} B`.
pub(crate) trait Pair<const W: usize>: Copy + Send + Sync {
    /// A number of the chain, or one a chain.
    type Number: Factor<W>;
    /// Columns of a pair.
    const COLUMNS: usize;
    /// A zero.
    const ZERO: Self::Number;
    /// Entries from column `first` on of a row.
    fn of(row: &[f64], first: usize) -> Self;
    /// In registers.
    fn load<R: Register<W>>(&self) -> [R; SIDE];
    /// Gives every column of a block of sums, times its slope.
    fn give<R: Register<W>, const H: usize>(sums: &[[R; SIDE]; H], slopes: Option<&[Self::Number]>, to: impl FnMut(usize, [Self::Number; H]));
    /// The lanes whose chains go step by step, from the sums of `0 · x`, which are NaN where an x
    /// is not finite.
    fn stepwise(check: &Row<W>) -> [bool; W];
}

/// Chains share registers: the entries of two columns.
impl<const W: usize> Pair<W> for [f64; SIDE] {
    type Number = Lanes<W>;
    const COLUMNS: usize = SIDE;
    const ZERO: Lanes<W> = Lanes([0.0; W]);

    fn of(row: &[f64], first: usize) -> Self {
        std::array::from_fn(|side| row.get(first + side).copied().unwrap_or(0.0))
    }

    #[inline(always)]
    fn load<R: Register<W>>(&self) -> [R; SIDE] {
        [R::splat(self[0]), R::splat(self[1])]
    }

    #[inline(always)]
    fn give<R: Register<W>, const H: usize>(sums: &[[R; SIDE]; H], slopes: Option<&[Lanes<W>]>, mut to: impl FnMut(usize, [Lanes<W>; H])) {
        for side in 0..slopes.map_or(SIDE, |slopes| slopes.len().min(SIDE)) {
            let slope = slopes.map_or(R::splat(1.0), |slopes| R::load(&slopes[side].0));
            let mut column = [Lanes([0.0; W]); H];
            for (to, sums) in column.iter_mut().zip(sums) {
                sums[side].times(slope).store(&mut to.0);
            }
            to(side, column);
        }
    }

    fn stepwise(check: &Row<W>) -> [bool; W] {
        std::array::from_fn(|lane| check.0.iter().any(|side| side[lane].is_nan()))
    }
}

/// Columns share registers.
impl<const W: usize> Pair<W> for Row<W> {
    type Number = f64;
    const COLUMNS: usize = SIDE * W;
    const ZERO: f64 = 0.0;

    fn of(row: &[f64], first: usize) -> Self {
        Row(std::array::from_fn(|side| std::array::from_fn(|lane| row.get(first + side * W + lane).copied().unwrap_or(0.0))))
    }

    #[inline(always)]
    fn load<R: Register<W>>(&self) -> [R; SIDE] {
        [R::load(&self.0[0]), R::load(&self.0[1])]
    }

    #[inline(always)]
    fn give<R: Register<W>, const H: usize>(sums: &[[R; SIDE]; H], slopes: Option<&[f64]>, mut to: impl FnMut(usize, [f64; H])) {
        let mut rows = [Row::<W>::ZERO; H];
        for (row, sums) in rows.iter_mut().zip(sums) {
            sums[0].store(&mut row.0[0]);
            sums[1].store(&mut row.0[1]);
        }
        for column in 0..slopes.map_or(Self::COLUMNS, |slopes| slopes.len().min(Self::COLUMNS)) {
            let slope = slopes.map_or(1.0, |slopes| slopes[column]);
            to(column, std::array::from_fn(|r| rows[r].0[column / W][column % W] * slope));
        }
    }

    fn stepwise(check: &Row<W>) -> [bool; W] {
        [check.0.iter().flatten().any(|sum| sum.is_nan()); W]
    }
}

/// `Ψ_0` and all `C_s` of a block of steps.
pub(crate) struct Propagator<P: Pair<W>, const W: usize> {
    /// `N^{−β} B` in panels of a pair of registers, N rows each.
    right: Vec<P>,
    /// `Ψ_0`, packed.
    whole: Lined<P::Number>,
    next: Lined<P::Number>,
    /// `C_s[:, i]` packed: blocks of rows, in each the units i, for each the steps s < τ.
    injected: Lined<P::Number>,
}

impl<P: Pair<W>, const W: usize> Propagator<P, W> {
    pub(crate) fn new(plan: &Plan, weights: &Weights) -> Self {
        let rows = || weights.scaled.chunks_exact(plan.hidden);
        let right = (0..plan.hidden).step_by(P::COLUMNS).flat_map(|first| rows().map(move |row| P::of(row, first))).collect();
        let zeros = |count| lined(P::ZERO, count);
        let size = plan.rows * plan.hidden;
        Propagator { right, whole: zeros(size), next: zeros(size), injected: zeros(size * (plan.block - 1)) }
    }

    /// Forms the products of a block of at least two steps. Gives the lanes for which they are of
    /// no use, since `Ψ_0` is not finite.
    pub(crate) fn form<R: Register<W>, G: BlockFactors<W, Number = P::Number>>(&mut self, plan: &Plan, given: &G, steps: usize) -> [bool; W] {
        let mut check = Row::ZERO;
        R::perform(Form { propagator: self, plan, given, steps, check: &mut check });
        P::stepwise(&check)
    }
}

struct Form<'a, P: Pair<W>, G, const W: usize> {
    propagator: &'a mut Propagator<P, W>,
    plan: &'a Plan,
    given: &'a G,
    steps: usize,
    check: &'a mut Row<W>,
}

impl<P: Pair<W>, G: BlockFactors<W, Number = P::Number>, const W: usize> Job<W> for Form<'_, P, G, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let Form { propagator: Propagator { right, whole, next, injected }, plan, given, steps, check } = self;
        let (n, six) = (plan.hidden, 6 * plan.sixes);
        for after in (0..steps).rev() {
            std::mem::swap(whole, next);
            // The last step's slopes for Ψ_{τ−1} = A_τ, which is no product.
            let first = (after + 1 == steps).then(|| given.slopes(plan, after));
            let scale = (after > 0).then(|| &given.slopes(plan, after - 1)[..n]);
            let (left, to) = (next.split_at(six * n), whole.split_at_mut(six * n));
            let injected = injected[..plan.rows * n * (steps - 1)].split_at_mut(six * n * (steps - 1));
            let job = Product { n, right: &*right, scale, after, inner: steps - 1 };
            job.rows::<R, 6, W>(first.map(|slopes| &slopes[..six]), 0, left.0, to.0, injected.0, check);
            job.rows::<R, 4, W>(first.map(|slopes| &slopes[six..]), six, left.1, to.1, injected.1, check);
        }
    }
}

/// One backward product: `C N^{−β} B`, times the slopes of the step before.
struct Product<'a, P, F> {
    n: usize,
    right: &'a [P],
    scale: Option<&'a [F]>,
    after: usize,
    inner: usize,
}

impl<P, F> Product<'_, P, F> {
    #[inline(always)]
    fn rows<R: Register<W>, const H: usize, const W: usize>(
        &self,
        first: Option<&[F]>,
        row: usize,
        left: &[F],
        to: &mut [F],
        injected: &mut [F],
        check: &mut Row<W>,
    ) where
        P: Pair<W, Number = F>,
        F: Factor<W>,
    {
        let Product { n, right, scale, after, inner } = *self;
        let (mut left, mut to, mut injected) = (left.as_chunks::<H>().0, to.as_chunks_mut::<H>().0, injected.as_chunks_mut::<H>().0);
        let (mut first, mut row) = (first.map(|slopes| slopes.as_chunks::<H>().0.iter()), row);
        while let (Some((columns, left_after)), Some((own, to_after))) = (left.split_at_checked(n), to.split_at_mut_checked(n)) {
            let (own_injected, injected_after) = injected.split_at_mut(n * inner);
            let slopes = first.as_mut().and_then(Iterator::next);
            let (mut panels, mut start) = (right, 0);
            while let Some((panel, panels_after)) = panels.split_at_checked(n).filter(|_| start < n) {
                let mut sums = [[R::splat(0.0); SIDE]; H];
                if let Some(slopes) = slopes {
                    for r in 0..H.min(n - row.min(n)) {
                        sums[r] = panel[row + r].load::<R>().map(|b| slopes[r].spread::<R>().times(b));
                    }
                } else {
                    for (column, b) in columns.iter().zip(panel) {
                        let b = b.load::<R>();
                        for r in 0..H {
                            let factor = column[r].spread::<R>();
                            sums[r][0] = factor.fused(b[0], sums[r][0]);
                            sums[r][1] = factor.fused(b[1], sums[r][1]);
                        }
                    }
                }
                if let Some(scale) = scale {
                    P::give(&sums, Some(&scale[start..]), |column, numbers| {
                        own[start + column] = numbers;
                        own_injected[(start + column) * inner + after - 1] = numbers;
                    });
                } else {
                    for side in 0..SIDE {
                        let sum = sums.iter().fold(R::load(&check.0[side]), |sum, sums| sums[side].fused(R::splat(0.0), sum));
                        sum.store(&mut check.0[side]);
                    }
                    P::give(&sums, None, |column, numbers| {
                        if let Some(to) = own.get_mut(start + column) {
                            *to = numbers;
                        }
                    });
                }
                (panels, start) = (panels_after, start + P::COLUMNS);
            }
            (left, to, injected, row) = (left_after, to_after, injected_after, row + H);
        }
    }
}

/// Carries panels, the first of which is number `first`, over a block of steps at once.
pub(crate) struct BlockJob<'a, P: Pair<W>, G, const W: usize> {
    pub plan: &'a Plan,
    pub given: &'a G,
    pub propagator: &'a Propagator<P, W>,
    pub steps: usize,
    pub first: usize,
    pub panels: &'a mut [Row<W>],
    /// Room for the N rows of a panel and for a row of z a step.
    pub scratch: &'a mut [Row<W>],
}

impl<P: Pair<W>, G: BlockFactors<W, Number = P::Number>, const W: usize> Job<W> for BlockJob<'_, P, G, W> {
    #[inline(always)]
    fn run<R: Register<W>>(self) {
        let BlockJob { plan, given, propagator, steps, first, panels, scratch } = self;
        let (n, inner, six) = (plan.hidden, steps - 1, 6 * plan.sixes);
        let whole = propagator.whole.split_at(six * n);
        let injected = propagator.injected[..plan.rows * n * inner].split_at(six * n * inner);
        let (whole, injected) =
            ((whole.0.as_chunks::<6>().0, whole.1.as_chunks::<4>().0), (injected.0.as_chunks::<6>().0, injected.1.as_chunks::<4>().0));
        let (mut panels, mut panel) = (panels, first);
        while let Some((target, after)) = panels.split_at_mut_checked(plan.rows) {
            let (rows, z) = scratch[..n + inner].split_at_mut(n);
            // By registers: a call that copies four rows costs as much as their product.
            for (to, from) in rows.iter_mut().zip(&*target) {
                R::load(&from.0[0]).store(&mut to.0[0]);
                R::load(&from.0[1]).store(&mut to.0[1]);
            }
            let owners = [plan.owners[panel * SIDE], plan.owners[panel * SIDE + 1]];
            for (step, z) in z.iter_mut().enumerate() {
                *z = Row(owners.map(|(_, place)| *given.z(plan, step, place as usize)));
            }
            let units = owners.map(|(row, _)| row as usize * inner);
            let (low, high) = target.split_at_mut(six);
            // The next panel comes from memory while this one is worked on.
            let ahead = after.split_at(six.min(after.len()));
            blocks::<R, P::Number, 6, W>((n, inner, units), whole.0, injected.0, (rows, z, ahead.0), low);
            if n == 4 {
                // A length known to the compiler, as in the loop step by step.
                blocks::<R, P::Number, 4, W>((4, inner, units), whole.1, injected.1, (&rows[..4], z, ahead.1), high);
            } else {
                blocks::<R, P::Number, 4, W>((n, inner, units), whole.1, injected.1, (rows, z, ahead.1), high);
            }
            add_immediate::<R, G, W>(plan, given, steps - 1, panel, target);
            (panels, panel) = (after, panel + 1);
        }
    }
}

#[inline(always)]
fn blocks<R: Register<W>, F: Factor<W>, const H: usize, const W: usize>(
    (n, inner, units): (usize, usize, [usize; SIDE]),
    whole: &[[F; H]],
    injected: &[[F; H]],
    (rows, z, ahead): (&[Row<W>], &[Row<W>], &[Row<W>]),
    to: &mut [Row<W>],
) {
    let (mut whole, mut injected, mut to, mut ahead) = (whole, injected, to, ahead);
    while let (Some((columns, after)), Some((target, rest))) = (whole.split_at_checked(n), to.split_first_chunk_mut::<H>()) {
        if let Some((rows, rest)) = ahead.split_first_chunk::<H>() {
            for row in rows {
                // A row is a cache line where a register holds four numbers, two where it holds
                // eight.
                row.0.iter().take(W.div_ceil(4)).for_each(R::prefetch);
            }
            ahead = rest;
        }
        let (own, injected_after) = injected.split_at(n * inner);
        let mut sums = [[R::splat(0.0); SIDE]; H];
        for (column, row) in columns.iter().zip(rows) {
            let v = [R::load(&row.0[0]), R::load(&row.0[1])];
            for r in 0..H {
                let factor = column[r].spread::<R>();
                sums[r][0] = factor.fused(v[0], sums[r][0]);
                sums[r][1] = factor.fused(v[1], sums[r][1]);
            }
        }
        if units[0] == units[1] {
            for (column, row) in own[units[0]..][..inner].iter().zip(z) {
                let z = [R::load(&row.0[0]), R::load(&row.0[1])];
                for r in 0..H {
                    let factor = column[r].spread::<R>();
                    sums[r][0] = factor.fused(z[0], sums[r][0]);
                    sums[r][1] = factor.fused(z[1], sums[r][1]);
                }
            }
        } else {
            for ((first, second), row) in own[units[0]..][..inner].iter().zip(&own[units[1]..][..inner]).zip(z) {
                let z = [R::load(&row.0[0]), R::load(&row.0[1])];
                for r in 0..H {
                    sums[r][0] = first[r].spread::<R>().fused(z[0], sums[r][0]);
                    sums[r][1] = second[r].spread::<R>().fused(z[1], sums[r][1]);
                }
            }
        }
        for (to, sums) in target.iter_mut().zip(&sums) {
            sums[0].store(&mut to.0[0]);
            sums[1].store(&mut to.0[1]);
        }
        (whole, injected, to) = (after, injected_after, rest);
    }
}
