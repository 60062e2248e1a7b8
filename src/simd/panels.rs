//! One matrix on many columns at once: the matrix is read once for all chains.

use super::dispatch::dispatched;
use rayon::prelude::*;

/// Columns of a panel: two 256-bit registers, or one of 512 bits.
pub(crate) const PANEL: usize = 8;
/// Rows worked on together: their sums fill twelve of sixteen registers of 256 bits, where more
/// would go to memory and back.
const ROWS: usize = 6;
/// Terms of a sum worked on before the next ones are taken up: so many rows of some thirty panels
/// stay in the second cache.
const DEPTH: usize = 128;
/// Rows that one thread takes.
const SHARE: usize = 60;
/// Multiplications from which on threads pay.
const LARGE: usize = 1 << 22;

/// Columns of one height, eight side by side in a panel.
pub(crate) struct Panels {
    height: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Panels {
    /// Room for `columns` columns of zeros.
    pub(crate) fn zeros(height: usize, columns: usize) -> Self {
        Panels { height, columns, values: vec![0.0; columns.div_ceil(PANEL) * height * PANEL] }
    }

    /// Writes entries of a column from row `first` on.
    pub(crate) fn write(&mut self, column: usize, first: usize, values: impl Iterator<Item = f64>) {
        let start = (column / PANEL * self.height + first) * PANEL + column % PANEL;
        for (slot, value) in self.values[start..].iter_mut().step_by(PANEL).zip(values) {
            *slot = value;
        }
    }
}

/// The product of a matrix with panels, by rows of [`Product::stride`] numbers.
pub(crate) struct Product {
    stride: usize,
    values: Vec<f64>,
}

impl Product {
    /// `u_ic = Σ_k m_ik z_kc` for a matrix of rows as long as the panels are high. Every sum runs
    /// in order over k with fused multiply-add, so that a column has the bits that
    /// [`dense::apply`](super::dense::apply) gives it alone, for any number of threads.
    pub(crate) fn of(matrix: &[f64], z: &Panels) -> Self {
        let stride = z.columns.div_ceil(PANEL) * PANEL;
        let inner = z.height;
        let mut values = vec![0.0; matrix.len() / inner * stride];
        if matrix.len() * z.columns >= LARGE {
            let shares = values.par_chunks_mut(SHARE * stride).zip(matrix.par_chunks(SHARE * inner));
            shares.for_each(|(out, rows)| multiply(rows, &z.values, out, inner));
        } else {
            multiply(matrix, &z.values, &mut values, inner);
        }
        Product { stride, values }
    }

    /// Entry `row` of a column.
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.stride + column]
    }
}

dispatched! {
    /// Adds `m · z` to `out` (by rows), `z` in panels of `inner` rows.
    pub(crate) fn multiply / multiply_wide / multiply_fused = multiply_body(m: &[f64], z: &[f64], out: &mut [f64], inner: usize)
}

#[inline(always)]
fn multiply_body(m: &[f64], z: &[f64], out: &mut [f64], inner: usize) {
    let (rows, panels) = (m.len() / inner, z.len() / (inner * PANEL));
    let whole = rows / ROWS * ROWS;
    for first in (0..inner).step_by(DEPTH) {
        let terms = first..(first + DEPTH).min(inner);
        for row in (0..whole).step_by(ROWS) {
            for panel in 0..panels {
                tile::<ROWS>(m, z, out, (inner, panels), (row, panel), terms.clone());
            }
        }
        for row in whole..rows {
            for panel in 0..panels {
                tile::<1>(m, z, out, (inner, panels), (row, panel), terms.clone());
            }
        }
    }
}

/// Goes on with the sums of `R` rows in one panel: a sum that is put down and taken up again has
/// the bits of one that is not.
#[inline(always)]
fn tile<const R: usize>(
    m: &[f64],
    z: &[f64],
    out: &mut [f64],
    (inner, panels): (usize, usize),
    (row, panel): (usize, usize),
    terms: std::ops::Range<usize>,
) {
    let place = |r: usize| ((row + r) * panels + panel) * PANEL;
    let mut sums: [[f64; PANEL]; R] = std::array::from_fn(|r| out[place(r)..][..PANEL].try_into().expect("a panel is whole"));
    let count = terms.len();
    let factors: [&[f64]; R] = std::array::from_fn(|r| &m[(row + r) * inner + terms.start..][..count]);
    let sources = z[(panel * inner + terms.start) * PANEL..][..count * PANEL].chunks_exact(PANEL);
    for (k, source) in sources.enumerate() {
        let source: &[f64; PANEL] = source.try_into().expect("a panel is whole");
        for (sums, factors) in sums.iter_mut().zip(&factors) {
            let factor = factors[k];
            for (sum, source) in sums.iter_mut().zip(source) {
                *sum = factor.mul_add(*source, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        out[place(r)..][..PANEL].copy_from_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense;
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn a_column_has_the_bits_that_it_has_alone() {
        let mut noise = Noise::at(RngKey::root(5));
        for (rows, inner, columns) in [(1, 3, 1), (7, 8, 17), (40, 300, 33), (513, 515, 20)] {
            let matrix = noise.normal_vector(rows * inner);
            let mut panels = Panels::zeros(inner, columns);
            let sources: Vec<Vec<f64>> = (0..columns).map(|_| noise.normal_vector(inner)).collect();
            for (column, source) in sources.iter().enumerate() {
                panels.write(column, 0, source.iter().copied());
            }
            let product = Product::of(&matrix, &panels);
            let mut alone = vec![0.0; rows];
            for (column, source) in sources.iter().enumerate() {
                dense::apply(&matrix, source, &mut alone);
                let together: Vec<f64> = (0..rows).map(|row| product.at(row, column)).collect();
                assert_eq!(together, alone, "{rows} × {inner}, column {column} of {columns}");
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_portable_source() {
        let mut noise = Noise::at(RngKey::root(6));
        let (inner, rows) = (37, 19);
        let (matrix, z) = (noise.normal_vector(rows * inner), noise.normal_vector(3 * inner * PANEL));
        let (mut dispatched, mut portable) = (vec![0.0; rows * 3 * PANEL], vec![0.0; rows * 3 * PANEL]);
        multiply(&matrix, &z, &mut dispatched, inner);
        multiply_body(&matrix, &z, &mut portable, inner);
        assert_eq!(dispatched, portable);
    }
}
