//! The dense kernels of the chain, one source compiled for each instruction set and chosen at run
//! time.
//!
//! Every sum runs in order over its index with fused multiply-add; vectors run over columns only.
//! So the bits do not depend on the instruction set, and a machine without fused multiply-add gives
//! the same ones, slowly.

use super::dispatch::dispatched;
use super::register::{InstructionSet, Job, Portable, Register};

dispatched! {
    /// `u_i = Σ_k m_ik z_k` for `m` of `u.len()` rows of length `z.len()`.
    pub(crate) fn apply / apply_wide / apply_fused = apply_body(m: &[f64], z: &[f64], u: &mut [f64])
}

/// `next = a · v` for `a` (n × n) and `v` (n × p), all by rows.
pub(crate) fn multiply(a: &[f64], v: &[f64], next: &mut [f64], n: usize) {
    let product = Product { a, v, next, n };
    match InstructionSet::widest() {
        InstructionSet::Portable => Portable::<4>::perform(product),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => super::register::Avx2::perform(product),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => super::register::Avx512::perform(product),
    }
}

dispatched! {
    /// `previous = Aᵀ y` for `a` of `y.len()` rows of length `stride`, the first `previous.len()`
    /// columns of which count.
    pub(crate) fn apply_transposed / apply_transposed_wide / apply_transposed_fused = apply_transposed_body(a: &[f64], stride: usize, y: &[f64], previous: &mut [f64])
}

dispatched! {
    /// `g += y ⊗ z`, by rows.
    pub(crate) fn add_outer / add_outer_wide / add_outer_fused = add_outer_body(y: &[f64], z: &[f64], g: &mut [f64])
}

#[inline(always)]
fn apply_body(m: &[f64], z: &[f64], u: &mut [f64]) {
    // Eight sums at a time, each in order: one sum alone waits for its own last addition.
    const TOGETHER: usize = 8;
    let len = z.len();
    let whole = u.len() / TOGETHER * TOGETHER;
    for (block, u) in m.chunks_exact(TOGETHER * len).zip(u[..whole].chunks_exact_mut(TOGETHER)) {
        let rows: [&[f64]; TOGETHER] = std::array::from_fn(|r| &block[r * len..(r + 1) * len]);
        let mut sums = [0.0f64; TOGETHER];
        for (k, z) in z.iter().enumerate() {
            for (sum, row) in sums.iter_mut().zip(&rows) {
                *sum = row[k].mul_add(*z, *sum);
            }
        }
        u.copy_from_slice(&sums);
    }
    for (row, u) in m.chunks_exact(len).zip(u).skip(whole) {
        *u = row.iter().zip(z).fold(0.0, |sum, (m, z)| m.mul_add(*z, sum));
    }
}

#[inline(always)]
fn apply_transposed_body(a: &[f64], stride: usize, y: &[f64], previous: &mut [f64]) {
    previous.fill(0.0);
    for (row, y) in a.chunks_exact(stride).zip(y) {
        for (out, a) in previous.iter_mut().zip(row) {
            *out = a.mul_add(*y, *out);
        }
    }
}

#[inline(always)]
fn add_outer_body(y: &[f64], z: &[f64], g: &mut [f64]) {
    for (row, y) in g.chunks_exact_mut(z.len()).zip(y) {
        for (g, z) in row.iter_mut().zip(z) {
            *g = y.mul_add(*z, *g);
        }
    }
}

struct Product<'a> {
    a: &'a [f64],
    v: &'a [f64],
    next: &'a mut [f64],
    n: usize,
}

impl<const W: usize> Job<W> for Product<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        let p = self.v.len() / self.n;
        let mut column = 0;
        while column + 2 * W <= p {
            self.columns::<R, 2, W>(p, column);
            column += 2 * W;
        }
        if column + W <= p {
            self.columns::<R, 1, W>(p, column);
            column += W;
        }
        if column < p && p >= W {
            // The last columns once more, together with the rest: a column's bits do not depend on
            // its neighbours.
            self.columns::<R, 1, W>(p, p - W);
        } else {
            for row in 0..self.n {
                for column in column..p {
                    self.next[row * p + column] = (0..self.n).fold(0.0, |sum, k| self.a[row * self.n + k].mul_add(self.v[k * p + column], sum));
                }
            }
        }
    }
}

impl Product<'_> {
    /// `S` registers of columns from `column` on, in blocks of rows that keep up to twelve sums in
    /// registers.
    #[inline(always)]
    fn columns<R: Register<W>, const S: usize, const W: usize>(&mut self, p: usize, column: usize) {
        let mut row = 0;
        while row < self.n {
            row += match self.n - row {
                8 | 4 | 5 => self.block::<R, 4, S, W>(p, row, column),
                1 => self.block::<R, 1, S, W>(p, row, column),
                2 | 3 => self.block::<R, 2, S, W>(p, row, column),
                _ => self.block::<R, 6, S, W>(p, row, column),
            };
        }
    }

    /// `H` rows from `row` on; returns `H`.
    #[inline(always)]
    fn block<R: Register<W>, const H: usize, const S: usize, const W: usize>(&mut self, p: usize, row: usize, column: usize) -> usize {
        let n = self.n;
        let factors = &self.a[row * n..][..H * n];
        let mut sums = [[R::splat(0.0); S]; H];
        for k in 0..n {
            let (source, _) = self.v[k * p + column..][..S * W].as_chunks::<W>();
            let mut v = [R::splat(0.0); S];
            for s in 0..S {
                v[s] = R::load(&source[s]);
            }
            for r in 0..H {
                let factor = R::splat(factors[r * n + k]);
                for s in 0..S {
                    sums[r][s] = factor.fused(v[s], sums[r][s]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let (target, _) = self.next[(row + r) * p + column..][..S * W].as_chunks_mut::<W>();
            for (sum, target) in sums.iter().zip(target) {
                sum.store(target);
            }
        }
        H
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_portable_source() {
        let mut noise = Noise::at(RngKey::root(3));
        for (n, p) in [(1, 3), (1, 4), (2, 9), (3, 18), (4, 28), (5, 41), (7, 70), (8, 88), (9, 15), (13, 208), (14, 17)] {
            let (a, v) = (noise.normal_vector(n * n), noise.normal_vector(n * p));
            let (mut dispatched, mut portable) = (vec![0.0; n * p], vec![0.0; n * p]);
            multiply(&a, &v, &mut dispatched, n);
            for (row, column) in (0..n).flat_map(|row| (0..p).map(move |column| (row, column))) {
                portable[row * p + column] = (0..n).fold(0.0, |sum, k| a[row * n + k].mul_add(v[k * p + column], sum));
            }
            assert_eq!(dispatched, portable, "n = {n}");
            dispatched.fill(0.0);
            Portable::<4>::perform(Product { a: &a, v: &v, next: &mut dispatched, n });
            assert_eq!(dispatched, portable, "n = {n}");
            let (mut dispatched, mut portable) = (vec![0.0; n], vec![0.0; n]);
            apply(&a, &v[..n], &mut dispatched);
            apply_body(&a, &v[..n], &mut portable);
            assert_eq!(dispatched, portable, "n = {n}");
        }
    }
}
