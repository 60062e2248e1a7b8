//! Matrices carried through several steps at once where they stand: one alone, or two that one pair
//! of copies has.

use super::pairs::{Both, ROWS, give, lined, take};
use super::register::{Job, Register, on_widest};

/// The matrices of [`carry_pair_far`], n × n by rows.
#[derive(Clone, Copy)]
pub(crate) struct Propagators<'a> {
    /// Of the first copy.
    pub first: &'a [f64],
    /// Of the second copy.
    pub second: &'a [f64],
    /// The second less the first.
    pub moved: &'a [f64],
}

/// `V ← Ψ V` and `ΔV ← Ψ′ ΔV + ΔΨ V`.
///
/// Every sum runs in order with fused multiply-add, that of `ΔV` through both products term by
/// term.
pub(crate) fn carry_pair_far(propagators: Propagators<'_>, v: &mut [f64], difference: &mut [f64], room: &mut [f64]) {
    let n = propagators.first.len().isqrt();
    let room = lined(room);
    on_widest(CarryFar { propagators, both: Both { columns: v.len() / n, n, v, difference, room } });
}

/// `H` rows of n numbers, from one on.
#[inline(always)]
fn rows_of<const H: usize>(matrix: &[f64], row: usize, n: usize) -> [&[f64]; H] {
    let mut rows = [&matrix[..0]; H];
    for (r, slot) in rows.iter_mut().enumerate() {
        *slot = &matrix[(row + r) * n..][..n];
    }
    rows
}

struct CarryFar<'a> {
    propagators: Propagators<'a>,
    both: Both<'a>,
}

impl<const W: usize> Job<W> for CarryFar<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        let mut column = 0;
        while column + 2 * W <= self.both.columns {
            self.tile::<R, 2, W>(column);
            column += 2 * W;
        }
        while column < self.both.columns {
            self.tile::<R, 1, W>(column);
            column += W;
        }
    }
}

impl CarryFar<'_> {
    /// `S` registers of columns of both matrices.
    #[inline(always)]
    fn tile<R: Register<W>, const S: usize, const W: usize>(&mut self, column: usize) {
        let here = self.both.pack(column, S * W);
        let (mut row, n) = (0, self.both.n);
        while row + ROWS <= n {
            self.rows::<R, ROWS, S, W>(row, column, here);
            row += ROWS;
        }
        while row < n {
            self.rows::<R, 1, S, W>(row, column, here);
            row += 1;
        }
    }

    #[inline(always)]
    fn rows<R: Register<W>, const H: usize, const S: usize, const W: usize>(&mut self, row: usize, column: usize, here: usize) {
        let (n, whole) = (self.both.n, S * W);
        let mut sums = [[R::splat(0.0); S]; H];
        let mut differences = [[R::splat(0.0); S]; H];
        let Propagators { first, second, moved } = self.propagators;
        let (first, second, moved) = (rows_of::<H>(first, row, n), rows_of::<H>(second, row, n), rows_of::<H>(moved, row, n));
        for (k, packed) in self.both.room[..n * 2 * whole].chunks_exact(2 * whole).enumerate() {
            let (packed, _) = packed.as_chunks::<W>();
            let mut both = [[R::splat(0.0); S]; 2];
            for s in 0..S {
                both[0][s] = R::load(&packed[s]);
                both[1][s] = R::load(&packed[S + s]);
            }
            for r in 0..H {
                let (first, second, moved) = (R::splat(first[r][k]), R::splat(second[r][k]), R::splat(moved[r][k]));
                for s in 0..S {
                    sums[r][s] = first.fused(both[0][s], sums[r][s]);
                    differences[r][s] = moved.fused(both[0][s], second.fused(both[1][s], differences[r][s]));
                }
            }
        }
        for r in 0..H {
            for s in 0..S {
                let at = (row + r) * self.both.columns + column + s * W;
                self.both.put(at, here - (s * W).min(here), sums[r][s], differences[r][s]);
            }
        }
    }
}

/// `V ← Ψ V`, every sum in order with fused multiply-add.
pub(crate) fn carry_far(propagator: &[f64], v: &mut [f64], room: &mut [f64]) {
    let n = propagator.len().isqrt();
    on_widest(CarryAlone { propagator, columns: v.len() / n, n, v, room: lined(room) });
}

struct CarryAlone<'a> {
    propagator: &'a [f64],
    columns: usize,
    n: usize,
    v: &'a mut [f64],
    room: &'a mut [f64],
}

impl<const W: usize> Job<W> for CarryAlone<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        match self.n {
            2 => return self.few::<R, 2, W>(),
            3 => return self.few::<R, 3, W>(),
            4 => return self.few::<R, 4, W>(),
            5 => return self.few::<R, 5, W>(),
            6 => return self.few::<R, 6, W>(),
            7 => return self.few::<R, 7, W>(),
            8 => return self.few::<R, 8, W>(),
            // So many sums fit into the thirty-two registers of eight numbers alone.
            9 if W == 8 => return self.few::<R, 9, W>(),
            10 if W == 8 => return self.few::<R, 10, W>(),
            11 if W == 8 => return self.few::<R, 11, W>(),
            12 if W == 8 => return self.few::<R, 12, W>(),
            13 if W == 8 => return self.few::<R, 13, W>(),
            14 if W == 8 => return self.few::<R, 14, W>(),
            15 if W == 8 => return self.few::<R, 15, W>(),
            16 if W == 8 => return self.few::<R, 16, W>(),
            _ => {}
        }
        let mut column = 0;
        while column + 4 * W <= self.columns {
            self.tile::<R, 4, W>(column);
            column += 4 * W;
        }
        while column < self.columns {
            self.tile::<R, 1, W>(column);
            column += W;
        }
    }
}

impl CarryAlone<'_> {
    /// `H` rows in all, whose sums of a register of columns stay in registers.
    #[inline(always)]
    fn few<R: Register<W>, const H: usize, const W: usize>(&mut self) {
        let (weights, _) = self.propagator.as_chunks::<H>();
        let p = self.columns;
        for column in (0..p).step_by(W) {
            let here = W.min(p - column);
            let mut sums = [R::splat(0.0); H];
            let mut k = 0;
            while k < H {
                let v = take::<R, W>(&self.v[k * p + column..], here);
                for r in 0..H {
                    let factor = R::splat(weights[r][k]);
                    sums[r] = factor.fused(v, sums[r]);
                }
                k += 1;
            }
            for (r, sum) in sums.iter().enumerate() {
                give(*sum, &mut self.v[r * p + column..], here);
            }
        }
    }

    /// `S` registers of columns, or as many columns as there are left.
    #[inline(always)]
    fn tile<R: Register<W>, const S: usize, const W: usize>(&mut self, column: usize) {
        let whole = S * W;
        let here = whole.min(self.columns - column);
        for (k, packed) in self.room[..self.n * whole].chunks_exact_mut(whole).enumerate() {
            let from = &self.v[k * self.columns + column..];
            if here == whole {
                packed.copy_from_slice(&from[..whole]);
            } else {
                packed.fill(0.0);
                packed[..here].copy_from_slice(&from[..here]);
            }
        }
        let mut row = 0;
        while row + ROWS <= self.n {
            self.rows::<R, ROWS, S, W>(row, column, here);
            row += ROWS;
        }
        while row < self.n {
            self.rows::<R, 1, S, W>(row, column, here);
            row += 1;
        }
    }

    #[inline(always)]
    fn rows<R: Register<W>, const H: usize, const S: usize, const W: usize>(&mut self, row: usize, column: usize, here: usize) {
        let (n, whole) = (self.n, S * W);
        let mut sums = [[R::splat(0.0); S]; H];
        let weights = rows_of::<H>(self.propagator, row, n);
        for (k, packed) in self.room[..n * whole].chunks_exact(whole).enumerate() {
            let (packed, _) = packed.as_chunks::<W>();
            let mut v = [R::splat(0.0); S];
            for s in 0..S {
                v[s] = R::load(&packed[s]);
            }
            for r in 0..H {
                let factor = R::splat(weights[r][k]);
                for s in 0..S {
                    sums[r][s] = factor.fused(v[s], sums[r][s]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (s, sum) in sums.iter().enumerate() {
                let left = here - (s * W).min(here);
                if left > 0 {
                    give(*sum, &mut self.v[(row + r) * self.columns + column + s * W..], left);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::room;
    use super::super::register::Portable;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn every_instruction_set_carries_far_as_one_entry_after_the_other() {
        let mut noise = Noise::at(RngKey::root(6));
        for (n, columns) in [(1, 3), (2, 8), (3, 17), (4, 16), (5, 40), (8, 88), (13, 31)] {
            let [first, second, moved]: [Vec<f64>; 3] = [0, 1, 2].map(|_| noise.normal_vector(n * n));
            let propagators = Propagators { first: &first, second: &second, moved: &moved };
            let (v, difference) = (noise.normal_vector(n * columns), noise.normal_vector(n * columns));
            let places = || (0..n).flat_map(|i| (0..columns).map(move |c| (i, c)));
            let sum = |(i, c): (usize, usize)| (0..n).fold(0.0, |sum, k| first[i * n + k].mul_add(v[k * columns + c], sum));
            let both = |(i, c): (usize, usize)| {
                let term =
                    |sum: f64, k: usize| moved[i * n + k].mul_add(v[k * columns + c], second[i * n + k].mul_add(difference[k * columns + c], sum));
                (0..n).fold(0.0, term)
            };
            let expected: (Vec<f64>, Vec<f64>) = (places().map(sum).collect(), places().map(both).collect());
            let (mut one, mut other, mut work) = (v.clone(), difference.clone(), vec![0.0; room(n)]);
            carry_pair_far(propagators, &mut one, &mut other, &mut work);
            assert_eq!((one, other), expected, "n = {n}");
            let mut alone = v.clone();
            carry_far(&first, &mut alone, &mut work);
            assert_eq!(alone, expected.0, "n = {n}");
            let mut alone = v.clone();
            Portable::<4>::perform(CarryAlone { propagator: &first, columns, n, v: &mut alone, room: &mut work });
            assert_eq!(alone, expected.0, "n = {n}");
            let (mut one, mut other) = (v, difference);
            let both = Both { columns, n, v: &mut one, difference: &mut other, room: &mut work };
            Portable::<4>::perform(CarryFar { propagators, both });
            assert_eq!((one, other), expected, "n = {n}");
        }
    }
}
