//! The dense kernels of the chain, one source compiled for each instruction set and chosen at run
//! time.
//!
//! Every sum runs in order over its index with fused multiply-add; vectors run over columns only.
//! So the bits do not depend on the instruction set, and a machine without fused multiply-add gives
//! the same ones, slowly.

use super::dispatch::dispatched;
use super::register::{Job, Register, Stored, on_widest};

/// `u_i = Σ_k m_ik z_k` for `m` of `u.len()` rows of length `z.len()`.
pub(crate) fn apply(m: &[f64], z: &[f64], u: &mut [f64]) {
    apply_rows(m, z.len(), z, u);
}

dispatched! {
    /// The same for `m` of rows of length `stride`, the first `z.len()` columns of which count.
    pub(crate) fn apply_rows / apply_rows_wide / apply_rows_fused = apply_rows_body(m: &[f64], stride: usize, z: &[f64], u: &mut [f64])
}

/// `next = a · v` for `a` (rows × n) and `v` (n × p), all by rows.
pub(crate) fn multiply(a: &[f64], v: &[f64], next: &mut [f64], n: usize) {
    on_widest(Product { a, steps: [n, 1], v, next, n });
}

/// The same for the first n columns of `a`, whose rows are `stride` long.
pub(crate) fn multiply_rows(a: &[f64], stride: usize, v: &[f64], next: &mut [f64], n: usize) {
    on_widest(Product { a, steps: [stride, 1], v, next, n });
}

/// `next = Aᵀ · v` for the first columns of `a`, whose rows are `stride` long, and `v` (n × p): as
/// many columns as `next` has rows.
pub(crate) fn multiply_transposed(a: &[f64], stride: usize, v: &[f64], next: &mut [f64], n: usize) {
    on_widest(Product { a, steps: [1, stride], v, next, n });
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

/// `g += Vᵀ y` for `v` of `y.len()` rows of `g.len()` columns.
pub(crate) fn add_transposed(v: &[f64], y: &[f64], g: &mut [f64]) {
    on_widest(Transposed { v, y, g });
}

/// The same for a matrix of single precision, every number widened first.
pub(crate) fn add_transposed_single(v: &[f32], y: &[f64], g: &mut [f64]) {
    on_widest(Transposed { v, y, g });
}

struct Transposed<'a, T> {
    v: &'a [T],
    y: &'a [f64],
    g: &'a mut [f64],
}

impl<T: Stored, const W: usize> Job<W> for Transposed<'_, T> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        let mut column = 0;
        while column + 8 * W <= self.g.len() {
            self.tile::<R, 8, W>(column);
            column += 8 * W;
        }
        while column + 2 * W <= self.g.len() {
            self.tile::<R, 2, W>(column);
            column += 2 * W;
        }
        if column + W <= self.g.len() {
            self.tile::<R, 1, W>(column);
            column += W;
        }
        for column in column..self.g.len() {
            let rows = self.v.chunks_exact(self.g.len()).zip(self.y);
            self.g[column] = rows.fold(self.g[column], |sum, (row, y)| y.mul_add(row[column].into(), sum));
        }
    }
}

impl<T: Stored> Transposed<'_, T> {
    /// The sums of `S` registers of columns stay in registers through all rows.
    #[inline(always)]
    fn tile<R: Register<W>, const S: usize, const W: usize>(&mut self, column: usize) {
        let len = self.g.len();
        let mut sums = [R::splat(0.0); S];
        let (from, _) = self.g[column..][..S * W].as_chunks::<W>();
        for (sum, from) in sums.iter_mut().zip(from) {
            *sum = R::load(from);
        }
        for (row, y) in self.v.chunks_exact(len).zip(self.y) {
            let factor = R::splat(*y);
            let (source, _) = row[column..][..S * W].as_chunks::<W>();
            for (sum, source) in sums.iter_mut().zip(source) {
                *sum = factor.fused(T::register(source), *sum);
            }
        }
        let (to, _) = self.g[column..][..S * W].as_chunks_mut::<W>();
        for (sum, to) in sums.iter().zip(to) {
            sum.store(to);
        }
    }
}

dispatched! {
    /// `y ← y + a x`, rounded twice.
    pub(crate) fn add_scaled / add_scaled_wide / add_scaled_fused = add_scaled_body(a: f64, x: &[f64], y: &mut [f64])
}

#[inline(always)]
fn add_scaled_body(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

dispatched! {
    /// `y ← y + a x`, rounded twice, and `x ← 0`.
    pub(crate) fn take_scaled / take_scaled_wide / take_scaled_fused = take_scaled_body(a: f64, x: &mut [f64], y: &mut [f64])
}

#[inline(always)]
fn take_scaled_body(a: f64, x: &mut [f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * *x;
        *x = 0.0;
    }
}

dispatched! {
    /// `y ← y + x`.
    pub(crate) fn add / add_wide / add_fused = add_body(x: &[f64], y: &mut [f64])
}

#[inline(always)]
fn add_body(x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x;
    }
}

dispatched! {
    /// `y ← y + a ∘ x`, rounded once.
    pub(crate) fn add_product / add_product_wide / add_product_fused = add_product_body(a: &[f64], x: &[f64], y: &mut [f64])
}

#[inline(always)]
fn add_product_body(a: &[f64], x: &[f64], y: &mut [f64]) {
    for (y, (a, x)) in y.iter_mut().zip(a.iter().zip(x)) {
        *y = a.mul_add(*x, *y);
    }
}

dispatched! {
    /// The same in single precision, the sum rounded once more.
    pub(crate) fn add_single / add_single_wide / add_single_fused = add_single_body(x: &[f64], y: &mut [f32])
}

#[inline(always)]
fn add_single_body(x: &[f64], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = (f64::from(*y) + x) as f32;
    }
}

/// Numbers up to which a sum of squares is added in order.
pub(crate) const FEW: usize = 8;

/// `Σ (factor · x)²` of a few numbers: what the sums of [`sum_of_squares`] come to, without the
/// empty ones.
#[inline]
pub(crate) fn sum_of_few_squares(vector: &[f64], factor: f64) -> f64 {
    vector.iter().map(|x| x * factor).fold(0.0, |sum, scaled| sum + scaled * scaled)
}

dispatched! {
    /// `Σ (factor · x)²`.
    pub(crate) fn sum_of_squares / sum_of_squares_wide / sum_of_squares_fused = sum_of_squares_body(vector: &[f64], factor: f64) -> f64
}

#[inline(always)]
fn sum_of_squares_body(vector: &[f64], factor: f64) -> f64 {
    if vector.len() <= FEW {
        return sum_of_few_squares(vector, factor);
    }
    // Thirty-two running sums that are added in order: the same bits whatever the vector width, and
    // enough of them that none waits for its own last addition.
    let mut sums = [0.0f64; 32];
    let (chunks, rest) = vector.as_chunks::<32>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            let scaled = x * factor;
            *sum += scaled * scaled;
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        let scaled = x * factor;
        *sum += scaled * scaled;
    }
    let (quarters, _) = sums.as_chunks::<8>();
    (0..8).fold(0.0, |total, k| total + (quarters[0][k] + quarters[1][k] + (quarters[2][k] + quarters[3][k])))
}

#[inline(always)]
fn apply_rows_body(m: &[f64], stride: usize, z: &[f64], u: &mut [f64]) {
    // Eight sums at a time, each in order: one sum alone waits for its own last addition. Eight
    // columns at a time, as arrays: nothing asks for a length within them.
    const TOGETHER: usize = 8;
    let (parts, rest) = z.as_chunks::<8>();
    let whole = u.len() / TOGETHER * TOGETHER;
    for (block, u) in u[..whole].chunks_exact_mut(TOGETHER).enumerate() {
        let rows = &m[block * TOGETHER * stride..];
        let mut sums = [0.0f64; TOGETHER];
        for (part, z) in parts.iter().enumerate() {
            let mut columns = [&[0.0; 8]; TOGETHER];
            for (r, columns) in columns.iter_mut().enumerate() {
                *columns = rows[r * stride + part * 8..].first_chunk().expect("eight columns of a row");
            }
            for k in 0..8 {
                for r in 0..TOGETHER {
                    sums[r] = columns[r][k].mul_add(z[k], sums[r]);
                }
            }
        }
        for (k, z) in rest.iter().enumerate() {
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = rows[r * stride + parts.len() * 8 + k].mul_add(*z, *sum);
            }
        }
        u.copy_from_slice(&sums);
    }
    for (r, u) in u.iter_mut().enumerate().skip(whole) {
        *u = m[r * stride..][..z.len()].iter().zip(z).fold(0.0, |sum, (m, z)| m.mul_add(*z, sum));
    }
}

#[inline(always)]
fn apply_transposed_body(a: &[f64], stride: usize, y: &[f64], previous: &mut [f64]) {
    previous.fill(0.0);
    for (row, y) in a.chunks(stride).zip(y) {
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
    /// From a row of the left factor to the next, and from a column to the next.
    steps: [usize; 2],
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
            for row in 0..self.next.len() / p {
                for column in column..p {
                    self.next[row * p + column] =
                        (0..self.n).fold(0.0, |sum, k| self.a[row * self.steps[0] + k * self.steps[1]].mul_add(self.v[k * p + column], sum));
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
        let (mut row, rows) = (0, self.next.len() / p);
        while row < rows {
            row += match rows - row {
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
        let (n, [down, across]) = (self.n, self.steps);
        let factors = &self.a[row * down..][..(H - 1) * down + (n - 1) * across + 1];
        let mut sums = [[R::splat(0.0); S]; H];
        for k in 0..n {
            let (source, _) = self.v[k * p + column..][..S * W].as_chunks::<W>();
            let mut v = [R::splat(0.0); S];
            for s in 0..S {
                v[s] = R::load(&source[s]);
            }
            for r in 0..H {
                let factor = R::splat(factors[r * down + k * across]);
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
    use super::super::register::Portable;
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
            Portable::<4>::perform(Product { a: &a, steps: [n, 1], v: &v, next: &mut dispatched, n });
            assert_eq!(dispatched, portable, "n = {n}");
            let (mut dispatched, mut portable) = (vec![0.0; n], vec![0.0; n]);
            apply(&a, &v[..n], &mut dispatched);
            apply_rows_body(&a, n, &v[..n], &mut portable);
            assert_eq!(dispatched, portable, "n = {n}");
        }
    }

    #[test]
    fn a_transposed_product_has_the_bits_of_its_rows_in_order() {
        let mut noise = Noise::at(RngKey::root(4));
        for (rows, columns) in [(1, 1), (2, 9), (4, 16), (5, 24), (11, 41), (13, 530)] {
            let (v, y) = (noise.normal_vector(rows * columns), noise.normal_vector(rows));
            let start = noise.normal_vector(columns);
            let (mut rowwise, mut transposed) = (start.clone(), start.clone());
            for (row, y) in v.chunks_exact(columns).zip(&y) {
                rowwise.iter_mut().zip(row).for_each(|(g, v)| *g = y.mul_add(*v, *g));
            }
            add_transposed(&v, &y, &mut transposed);
            assert_eq!(transposed, rowwise, "{rows} × {columns}");
        }
    }
}
