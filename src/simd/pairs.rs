//! Two matrices that one matrix carries forward where they stand: a state's derivatives and their
//! difference in a second copy.

use super::dispatch::dispatched;
use super::register::{Job, Register, on_widest};

/// The factors of a row, for [`carry_pair`].
#[derive(Clone, Copy)]
pub(crate) struct RowFactors<'a> {
    /// Of the first copy.
    pub first: &'a [f64],
    /// Of the second copy.
    pub second: &'a [f64],
    /// The second less the first.
    pub moved: &'a [f64],
}

/// Numbers of room that [`carry_pair`] needs for matrices of `n` rows.
pub(crate) const fn room(n: usize) -> usize {
    n * 2 * TILE + LINE
}

/// Columns of one matrix that are worked on together, at most.
const TILE: usize = 24;
/// Numbers of a cache line: registers that cross none are loaded twice as fast.
const LINE: usize = 8;
/// Rows of sums that stay in registers.
pub(super) const ROWS: usize = 4;

/// `V ← d ∘ (w V)` and `ΔV ← d′ ∘ (w ΔV) + Δd ∘ (w V)`, for `w` the first n columns of rows of
/// length `stride` and factors d, d′ and Δd that multiply a row each.
///
/// `w V` is formed once for both. Every sum runs in order with fused multiply-add.
pub(crate) fn carry_pair(w: &[f64], stride: usize, factors: RowFactors<'_>, v: &mut [f64], difference: &mut [f64], room: &mut [f64]) {
    let n = factors.first.len();
    let room = lined(room);
    on_widest(CarryPair { w, stride, factors, both: Both { columns: v.len() / n, n, v, difference, room } });
}

/// The room from the beginning of a cache line on.
pub(super) fn lined(room: &mut [f64]) -> &mut [f64] {
    let aligned = room.as_ptr().align_offset(8 * LINE).min(LINE);
    &mut room[aligned..]
}

struct CarryPair<'a> {
    w: &'a [f64],
    stride: usize,
    factors: RowFactors<'a>,
    both: Both<'a>,
}

/// Both matrices, n × columns by rows, and room for a tile of each.
pub(super) struct Both<'a> {
    pub(super) columns: usize,
    pub(super) n: usize,
    pub(super) v: &'a mut [f64],
    pub(super) difference: &'a mut [f64],
    pub(super) room: &'a mut [f64],
}

impl Both<'_> {
    /// Copies `whole` columns of both matrices to the room, or as many as there are left, a row of
    /// each side by side: their places are written while other rows still read them. Says how many.
    #[inline(always)]
    pub(super) fn pack(&mut self, column: usize, whole: usize) -> usize {
        let here = whole.min(self.columns - column);
        for (k, packed) in self.room[..self.n * 2 * whole].chunks_exact_mut(2 * whole).enumerate() {
            let (first, second) = packed.split_at_mut(whole);
            let at = k * self.columns + column;
            if here == whole {
                first.copy_from_slice(&self.v[at..at + whole]);
                second.copy_from_slice(&self.difference[at..at + whole]);
            } else {
                first.fill(0.0);
                second.fill(0.0);
                first[..here].copy_from_slice(&self.v[at..at + here]);
                second[..here].copy_from_slice(&self.difference[at..at + here]);
            }
        }
        here
    }

    /// Writes a register of both matrices, or as many columns as there are left.
    #[inline(always)]
    pub(super) fn put<R: Register<W>, const W: usize>(&mut self, at: usize, left: usize, v: R, difference: R) {
        if left > 0 {
            give(v, &mut self.v[at..], left);
            give(difference, &mut self.difference[at..], left);
        }
    }
}

/// Writes a register of columns, or as many of them as there are left.
#[inline(always)]
pub(super) fn give<R: Register<W>, const W: usize>(register: R, row: &mut [f64], left: usize) {
    if left >= W {
        register.store(row.first_chunk_mut().expect("a register of columns"));
    } else {
        register.store_part(&mut row[..left]);
    }
}

/// A register of columns, with zeros where there are none left.
#[inline(always)]
pub(super) fn take<R: Register<W>, const W: usize>(row: &[f64], left: usize) -> R {
    if left < W {
        return R::load_part(&row[..left]);
    }
    R::load(row.first_chunk().expect("a register of columns"))
}

// No closures below: they would not be compiled for the instruction set of their surroundings.

impl<const W: usize> Job<W> for CarryPair<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        match self.both.n {
            2 => return self.few::<R, 2, W>(),
            3 => return self.few::<R, 3, W>(),
            4 => return self.few::<R, 4, W>(),
            5 => return self.few::<R, 5, W>(),
            6 => return self.few::<R, 6, W>(),
            7 => return self.few::<R, 7, W>(),
            8 => return self.few::<R, 8, W>(),
            _ => {}
        }
        let mut column = 0;
        while column + 3 * W <= self.both.columns {
            self.tile::<R, 3, W>(column);
            column += 3 * W;
        }
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

impl CarryPair<'_> {
    /// `H` rows in all: every sum of a register of columns stays in registers, so that nothing is
    /// put elsewhere first.
    #[inline(always)]
    fn few<R: Register<W>, const H: usize, const W: usize>(&mut self) {
        let mut weights = [[0.0; H]; H];
        for (r, weights) in weights.iter_mut().enumerate() {
            weights.copy_from_slice(&self.w[r * self.stride..][..H]);
        }
        let p = self.both.columns;
        for column in (0..p).step_by(W) {
            let here = W.min(p - column);
            let (mut sums, mut differences) = ([R::splat(0.0); H], [R::splat(0.0); H]);
            let mut k = 0;
            while k < H {
                let at = k * p + column;
                let v = take::<R, W>(&self.both.v[at..], here);
                let difference = take::<R, W>(&self.both.difference[at..], here);
                for r in 0..H {
                    let factor = R::splat(weights[r][k]);
                    sums[r] = factor.fused(v, sums[r]);
                    differences[r] = factor.fused(difference, differences[r]);
                }
                k += 1;
            }
            for r in 0..H {
                let RowFactors { first, second, moved } = self.factors;
                let (first, second, moved) = (R::splat(first[r]), R::splat(second[r]), R::splat(moved[r]));
                let difference = moved.fused(sums[r], second.times(differences[r]));
                self.both.put(r * p + column, here, first.times(sums[r]), difference);
            }
        }
    }

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
        let mut weights = [&self.w[..0]; H];
        for (r, slot) in weights.iter_mut().enumerate() {
            *slot = &self.w[(row + r) * self.stride..][..n];
        }
        for (k, packed) in self.both.room[..n * 2 * whole].chunks_exact(2 * whole).enumerate() {
            let (packed, _) = packed.as_chunks::<W>();
            let mut both = [[R::splat(0.0); S]; 2];
            for s in 0..S {
                both[0][s] = R::load(&packed[s]);
                both[1][s] = R::load(&packed[S + s]);
            }
            for r in 0..H {
                let factor = R::splat(weights[r][k]);
                for s in 0..S {
                    sums[r][s] = factor.fused(both[0][s], sums[r][s]);
                    differences[r][s] = factor.fused(both[1][s], differences[r][s]);
                }
            }
        }
        for r in 0..H {
            let RowFactors { first, second, moved } = self.factors;
            let (first, second, moved) = (R::splat(first[row + r]), R::splat(second[row + r]), R::splat(moved[row + r]));
            for s in 0..S {
                let difference = moved.fused(sums[r][s], second.times(differences[r][s]));
                let at = (row + r) * self.both.columns + column + s * W;
                self.both.put(at, here - (s * W).min(here), first.times(sums[r][s]), difference);
            }
        }
    }
}

dispatched! {
    /// Adds what a step gives to the rows of both matrices at once: row i gets `σ'_i z` in its own
    /// group of columns, and in the difference `Δσ'_i z + σ'(u′)_i Δz`.
    pub(crate) fn add_own_groups / add_own_groups_wide / add_own_groups_fused = add_own_groups_body(
        z: [&[f64]; 2],
        slopes: [&[f64]; 2],
        v: &mut [f64],
        difference: &mut [f64],
    )
}

#[inline(always)]
fn add_own_groups_body([z, dz]: [&[f64]; 2], [slopes, changes]: [&[f64]; 2], v: &mut [f64], difference: &mut [f64]) {
    let (n, group) = (slopes.len(), z.len());
    for (i, (slope, change)) in slopes.iter().zip(changes).enumerate() {
        let own = i * (n + 1) * group;
        let second = slope + change;
        let (v, difference) = (&mut v[own..][..group], &mut difference[own..][..group]);
        for (((v, difference), z), dz) in v.iter_mut().zip(difference).zip(z).zip(dz) {
            *v += slope * z;
            *difference += change.mul_add(*z, second * dz);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::register::Portable;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn every_instruction_set_carries_as_one_entry_after_the_other() {
        let mut noise = Noise::at(RngKey::root(5));
        for (n, columns) in [(1, 3), (2, 8), (3, 17), (4, 16), (5, 40), (8, 88), (13, 31)] {
            let stride = n + 2;
            let w = noise.normal_vector(n * stride);
            let [first, second, moved]: [Vec<f64>; 3] = [0, 1, 2].map(|_| noise.normal_vector(n));
            let factors = RowFactors { first: &first, second: &second, moved: &moved };
            let (v, difference) = (noise.normal_vector(n * columns), noise.normal_vector(n * columns));
            let sum = |of: &[f64], i: usize, c: usize| (0..n).fold(0.0, |sum, k| w[i * stride + k].mul_add(of[k * columns + c], sum));
            let places = || (0..n).flat_map(|i| (0..columns).map(move |c| (i, c)));
            let expected: Vec<f64> = places().map(|(i, c)| first[i] * sum(&v, i, c)).collect();
            let moved_sum = |(i, c): (usize, usize)| moved[i].mul_add(sum(&v, i, c), second[i] * sum(&difference, i, c));
            let expected_difference: Vec<f64> = places().map(moved_sum).collect();
            let (mut one, mut other, mut work) = (v.clone(), difference.clone(), vec![0.0; room(n)]);
            carry_pair(&w, stride, factors, &mut one, &mut other, &mut work);
            assert_eq!((&one, &other), (&expected, &expected_difference), "n = {n}");
            let (mut one, mut other) = (v.clone(), difference.clone());
            let (v, difference, room) = (&mut one[..], &mut other[..], &mut work[..]);
            let both = Both { columns, n, v, difference, room };
            Portable::<4>::perform(CarryPair { w: &w, stride, factors, both });
            assert_eq!((one, other), (expected, expected_difference), "n = {n}");
        }
    }
}
