//! Sums of outer products, in registers through all steps.

use super::register::{Job, Register, on_widest};

/// `G += Σ_s y_s ⊗ z_s`: `y` holds a vector of `rows` numbers a step, `z` one of `columns` numbers
/// at the beginning of every `stride`; `g` is rows × columns. The bits are those of
/// [`add_outer`](super::dense::add_outer) step after step.
pub(crate) fn add_outers(y: &[f64], z: &[f64], stride: usize, g: &mut [f64], columns: usize) {
    let rows = g.len() / columns;
    add_outers_within((y, rows), (z, stride), (g, columns), (rows, columns));
}

/// The same where the vectors `y` begin at every stride too, and a row of `g` at every stride.
pub(crate) fn add_outers_within(y: (&[f64], usize), z: (&[f64], usize), g: (&mut [f64], usize), (rows, columns): (usize, usize)) {
    on_widest(Outers { y: y.0, apart: y.1, z: z.0, stride: z.1, columns, rows, g: g.0, down: g.1 });
}

struct Outers<'a> {
    y: &'a [f64],
    /// From a vector `y` to the next.
    apart: usize,
    z: &'a [f64],
    stride: usize,
    columns: usize,
    rows: usize,
    g: &'a mut [f64],
    /// From a row of `g` to the next.
    down: usize,
}

impl<const W: usize> Job<W> for Outers<'_> {
    #[inline(always)]
    fn run<R: Register<W>>(mut self) {
        let mut column = 0;
        while column + 2 * W <= self.columns {
            self.panel::<R, 2, W>(column);
            column += 2 * W;
        }
        if column + W <= self.columns {
            self.panel::<R, 1, W>(column);
            column += W;
        }
        if column == self.columns {
            return;
        }
        let mut row = 0;
        while row + 6 <= self.rows {
            self.last::<R, 6, W>(row, column);
            row += 6;
        }
        while row + 2 <= self.rows {
            self.last::<R, 2, W>(row, column);
            row += 2;
        }
        if row < self.rows {
            self.last::<R, 1, W>(row, column);
        }
    }
}

impl Outers<'_> {
    /// The columns from `column` on, fewer than a register holds, of `H` rows.
    #[inline(always)]
    fn last<R: Register<W>, const H: usize, const W: usize>(&mut self, row: usize, column: usize) {
        let place = |r: usize| (row + r) * self.down + column..(row + r) * self.down + self.columns;
        let mut sums = [R::splat(0.0); H];
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = R::load_part(&self.g[place(r)]);
        }
        for (y, z) in self.y.chunks(self.apart).zip(self.z.chunks(self.stride)) {
            let factors: &[f64; H] = y[row..].first_chunk().expect("the rows of a tile are there");
            let z = R::load_part(&z[column..self.columns]);
            for r in 0..H {
                sums[r] = R::splat(factors[r]).fused(z, sums[r]);
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            sum.store_part(&mut self.g[place(r)]);
        }
    }

    #[inline(always)]
    fn panel<R: Register<W>, const S: usize, const W: usize>(&mut self, column: usize) {
        let mut row = 0;
        while row + 6 <= self.rows {
            self.tile::<R, 6, S, W>(row, column);
            row += 6;
        }
        if row + 4 <= self.rows {
            self.tile::<R, 4, S, W>(row, column);
            row += 4;
        }
        while row < self.rows {
            self.tile::<R, 1, S, W>(row, column);
            row += 1;
        }
    }

    #[inline(always)]
    fn tile<R: Register<W>, const H: usize, const S: usize, const W: usize>(&mut self, row: usize, column: usize) {
        let mut sums = [[R::splat(0.0); S]; H];
        for (r, sums) in sums.iter_mut().enumerate() {
            let (from, _) = self.g[(row + r) * self.down + column..][..S * W].as_chunks::<W>();
            for (sum, from) in sums.iter_mut().zip(from) {
                *sum = R::load(from);
            }
        }
        for (y, z) in self.y.chunks(self.apart).zip(self.z.chunks(self.stride)) {
            let factors: &[f64; H] = y[row..].first_chunk().expect("the rows of a tile are there");
            let (source, _) = z[column..][..S * W].as_chunks::<W>();
            let mut z = [R::splat(0.0); S];
            for s in 0..S {
                z[s] = R::load(&source[s]);
            }
            for r in 0..H {
                let factor = R::splat(factors[r]);
                for s in 0..S {
                    sums[r][s] = factor.fused(z[s], sums[r][s]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            let (to, _) = self.g[(row + r) * self.down + column..][..S * W].as_chunks_mut::<W>();
            for (sum, to) in sums.iter().zip(to) {
                sum.store(to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense::add_outer;
    use super::super::register::Portable;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn sums_of_products_have_the_bits_of_one_product_after_the_other() {
        let mut noise = Noise::at(RngKey::root(4));
        for (rows, columns, steps) in [(1, 1, 3), (2, 9, 1), (4, 16, 5), (5, 24, 7), (11, 41, 8), (13, 530, 2)] {
            let stride = columns + 3;
            let (y, z) = (noise.normal_vector(steps * rows), noise.normal_vector(steps * stride));
            let start = noise.normal_vector(rows * columns);
            let mut one = start.clone();
            for (y, z) in y.chunks_exact(rows).zip(z.chunks_exact(stride)) {
                add_outer(y, &z[..columns], &mut one);
            }
            let mut all = start.clone();
            add_outers(&y, &z, stride, &mut all, columns);
            assert_eq!(all, one, "{rows} × {columns}");
            let mut portable = start.clone();
            Portable::<4>::perform(Outers { y: &y, apart: rows, z: &z, stride, columns, rows, g: &mut portable, down: columns });
            assert_eq!(portable, one, "{rows} × {columns}");
            // Between other numbers, which stay as they are.
            let (apart, down) = (rows + 2, columns + 5);
            let mut wide = noise.normal_vector(rows * down);
            let mut spread = vec![f64::NAN; steps * apart];
            spread.chunks_exact_mut(apart).zip(y.chunks_exact(rows)).for_each(|(to, y)| to[..rows].copy_from_slice(y));
            wide.chunks_exact_mut(down).zip(start.chunks_exact(columns)).for_each(|(to, from)| to[..columns].copy_from_slice(from));
            let before = wide.clone();
            add_outers_within((&spread, apart), (&z, stride), (&mut wide, down), (rows, columns));
            for ((wide, before), one) in wide.chunks_exact(down).zip(before.chunks_exact(down)).zip(one.chunks_exact(columns)) {
                assert_eq!((&wide[..columns], &wide[columns..]), (one, &before[columns..]), "{rows} × {columns}");
            }
        }
    }
}
