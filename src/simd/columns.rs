//! Products of columns that stand side by side: entry by entry, many chains at once.

use super::dispatch::dispatched;
use super::register::{Job, Register, on_widest};

/// Columns that stand side by side are a multiple of this.
pub(crate) const TOGETHER: usize = 8;

dispatched! {
    /// `out = factor · a ∘ b`, the factor first.
    pub(crate) fn scaled_product / scaled_product_wide / scaled_product_fused = scaled_product_body(factor: f64, a: &[f64], b: &[f64], out: &mut [f64])
}

dispatched! {
    /// `a ← a ∘ b`.
    pub(crate) fn times / times_wide / times_fused = times_body(a: &mut [f64], b: &[f64])
}

#[inline(always)]
fn scaled_product_body(factor: f64, a: &[f64], b: &[f64], out: &mut [f64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = factor * a * b;
    }
}

#[inline(always)]
fn times_body(a: &mut [f64], b: &[f64]) {
    for (a, b) in a.iter_mut().zip(b) {
        *a *= b;
    }
}

/// `G_m += Σ_t d_{t,m} ⊗ z_{t,m}` for every column m.
///
/// `d` is T × rows × M, `z` begins with inner × M numbers at every `stride` and `g` is rows × inner
/// × M, with M a multiple of [`TOGETHER`]. Every sum runs over t in order with fused multiply-add.
pub(crate) fn add_products(d: &[f64], (z, stride): (&[f64], usize), g: &mut [f64], (rows, inner, columns): (usize, usize, usize)) {
    assert!(columns.is_multiple_of(TOGETHER), "{columns} columns are no whole registers");
    on_widest(Products { d, z, stride, g, rows, inner, columns });
}

struct Products<'a> {
    d: &'a [f64],
    z: &'a [f64],
    stride: usize,
    g: &'a mut [f64],
    rows: usize,
    inner: usize,
    columns: usize,
}

impl<const W: usize> Job<W> for Products<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        for column in (0..self.columns).step_by(W) {
            let mut row = 0;
            while row + 4 <= self.rows {
                self.rows::<R, 4, W>(row, column);
                row += 4;
            }
            while row < self.rows {
                self.rows::<R, 1, W>(row, column);
                row += 1;
            }
        }
    }
}

impl Products<'_> {
    #[inline(always)]
    fn rows<R: Register<W>, const H: usize, const W: usize>(&mut self, row: usize, column: usize) {
        let mut k = 0;
        while k + 4 <= self.inner {
            self.tile::<R, H, 4, W>(row, k, column);
            k += 4;
        }
        while k < self.inner {
            self.tile::<R, H, 1, W>(row, k, column);
            k += 1;
        }
    }

    #[inline(always)]
    fn tile<R: Register<W>, const H: usize, const K: usize, const W: usize>(&mut self, row: usize, k: usize, column: usize) {
        let place = |row: usize, inner: usize, k: usize| (row * inner + k) * self.columns + column;
        let mut sums = [[R::splat(0.0); K]; H];
        for (r, sums) in sums.iter_mut().enumerate() {
            for (c, sum) in sums.iter_mut().enumerate() {
                *sum = R::load(self.g[place(row + r, self.inner, k + c)..].first_chunk().expect("a register of columns"));
            }
        }
        for (d, z) in self.d.chunks_exact(self.rows * self.columns).zip(self.z.chunks(self.stride)) {
            let mut left = [R::splat(0.0); H];
            for (r, left) in left.iter_mut().enumerate() {
                *left = R::load(d[(row + r) * self.columns + column..].first_chunk().expect("a register of columns"));
            }
            for c in 0..K {
                let right = R::load(z[(k + c) * self.columns + column..].first_chunk().expect("a register of columns"));
                for r in 0..H {
                    sums[r][c] = left[r].fused(right, sums[r][c]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (c, sum) in sums.iter().enumerate() {
                let at = place(row + r, self.inner, k + c);
                sum.store(self.g[at..].first_chunk_mut().expect("a register of columns"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::register::Portable;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn every_column_has_the_sums_that_it_has_alone() {
        let mut noise = Noise::at(RngKey::root(8));
        for (steps, rows, inner, columns) in [(1, 1, 1, 8), (3, 4, 5, 16), (5, 7, 9, 8), (2, 9, 4, 32)] {
            let (d, z) = (noise.normal_vector(steps * rows * columns), noise.normal_vector(steps * inner * columns));
            let start = noise.normal_vector(rows * inner * columns);
            let (mut together, mut portable) = (start.clone(), start.clone());
            add_products(&d, (&z, inner * columns), &mut together, (rows, inner, columns));
            Portable::<4>::perform(Products { d: &d, z: &z, stride: inner * columns, g: &mut portable, rows, inner, columns });
            for (place, from) in start.iter().enumerate() {
                let (row, k, column) = (place / (inner * columns), place / columns % inner, place % columns);
                let of = |all: &[f64], t: usize, width: usize, entry: usize| all[(t * width + entry) * columns + column];
                let alone = (0..steps).fold(*from, |sum, t| of(&d, t, rows, row).mul_add(of(&z, t, inner, k), sum));
                assert_eq!((together[place], portable[place]), (alone, alone), "{rows} × {inner} × {columns}");
            }
        }
    }
}
