//! Products of matrices and vectors with the same bits on every processor.

use crate::simd::dispatch::dispatched;
use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Data, Ix1, Ix2};
use rayon::prelude::*;
use std::ops::Range;

/// The product of two arrays; what the rest of the crate calls instead of ndarray's `dot`, whose
/// bits follow from the processor's instruction set.
///
/// ```text
/// (A B)_ij = Σ_k a_ik b_kj, in order with fused multiply-add, 256 terms at a time;
///     (A x)_i and x · y with eight sums side by side
/// ```
///
/// A processor without fused multiply-add gives the same bits, slowly. Shapes that do not fit
/// panic, as they do in ndarray: they are the caller's own.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::linalg::Times;
/// let matrix = array![[1.0, 2.0], [3.0, 4.0]];
/// assert_eq!(matrix.times(&matrix), array![[7.0, 10.0], [15.0, 22.0]]);
/// assert_eq!(matrix.times(&array![1.0, -1.0]), array![-1.0, -1.0]);
/// ```
pub trait Times<Right> {
    /// What the product is.
    type Product;

    /// `self` times `right`.
    fn times(&self, right: &Right) -> Self::Product;
}

impl<S: Data<Elem = f64>, R: Data<Elem = f64>> Times<ArrayBase<R, Ix2>> for ArrayBase<S, Ix2> {
    type Product = Array2<f64>;

    fn times(&self, right: &ArrayBase<R, Ix2>) -> Array2<f64> {
        product(self.view(), right.view())
    }
}

impl<S: Data<Elem = f64>, R: Data<Elem = f64>> Times<ArrayBase<R, Ix1>> for ArrayBase<S, Ix2> {
    type Product = Array1<f64>;

    fn times(&self, right: &ArrayBase<R, Ix1>) -> Array1<f64> {
        self.dot(right)
    }
}

impl<S: Data<Elem = f64>, R: Data<Elem = f64>> Times<ArrayBase<R, Ix1>> for ArrayBase<S, Ix1> {
    type Product = f64;

    fn times(&self, right: &ArrayBase<R, Ix1>) -> f64 {
        self.dot(right)
    }
}

/// Terms that are summed before they are added to what came before.
const TERMS: usize = 256;
/// Columns worked on together, so that a block of the right factor stays in a cache.
const COLUMNS: usize = 128;
/// Rows and columns whose sums stay in registers.
const TOGETHER: usize = 4;
const WIDTH: usize = 8;
/// Rows that one thread works on, and the multiplications from which threads are worth their start.
const ROWS: usize = 32;
const WORTH_THREADS: usize = 1 << 22;

fn product(left: ArrayView2<f64>, right: ArrayView2<f64>) -> Array2<f64> {
    let ((m, k), (inner, n)) = (left.dim(), right.dim());
    assert_eq!(k, inner, "a product of a {m} × {k} and a {inner} × {n} matrix");
    let mut answer = Array2::zeros((m, n));
    if m * n * k == 0 {
        return answer;
    }
    let (left, right) = (left.as_standard_layout(), right.as_standard_layout());
    let (Some(a), Some(b), Some(c)) = (left.as_slice(), right.as_slice(), answer.as_slice_mut()) else { return answer };
    if m.saturating_mul(n).saturating_mul(k) < WORTH_THREADS {
        rows(a, b, c, [k, n]);
    } else {
        a.par_chunks(ROWS * k).zip(c.par_chunks_mut(ROWS * n)).for_each(|(a, c)| rows(a, b, c, [k, n]));
    }
    answer
}

dispatched! {
    /// `c = a b` for some rows of `a` and `c`, all by rows; `c` is zero before.
    fn rows / rows_wide / rows_fused = rows_body(a: &[f64], b: &[f64], c: &mut [f64], sizes: [usize; 2])
}

#[inline(always)]
fn rows_body(a: &[f64], b: &[f64], c: &mut [f64], [k, n]: [usize; 2]) {
    for first in (0..k).step_by(TERMS) {
        let terms = first..(first + TERMS).min(k);
        for from in (0..n).step_by(COLUMNS) {
            let columns = from..(from + COLUMNS).min(n);
            let whole = c.len() / n / TOGETHER * TOGETHER;
            for (a, c) in a.chunks_exact(TOGETHER * k).zip(c.chunks_exact_mut(TOGETHER * n)) {
                panel::<TOGETHER>(a, b, c, [k, n], terms.clone(), columns.clone());
            }
            for (a, c) in a.chunks_exact(k).zip(c.chunks_exact_mut(n)).skip(whole) {
                panel::<1>(a, b, c, [k, n], terms.clone(), columns.clone());
            }
        }
    }
}

/// Adds some terms to some columns of `R` rows.
#[inline(always)]
fn panel<const R: usize>(a: &[f64], b: &[f64], c: &mut [f64], [k, n]: [usize; 2], terms: Range<usize>, columns: Range<usize>) {
    let factors: [&[f64]; R] = std::array::from_fn(|row| &a[row * k + terms.start..row * k + terms.end]);
    let whole = columns.start + columns.len() / WIDTH * WIDTH;
    for from in (columns.start..whole).step_by(WIDTH) {
        let mut sums = [[0.0f64; WIDTH]; R];
        for (index, b) in b[terms.start * n..].chunks(n).take(terms.len()).enumerate() {
            let Some((b, _)) = b[from..].split_first_chunk::<WIDTH>() else { return };
            for (sums, factors) in sums.iter_mut().zip(&factors) {
                for (sum, y) in sums.iter_mut().zip(b) {
                    *sum = factors[index].mul_add(*y, *sum);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            c[row * n + from..row * n + from + WIDTH].iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
        }
    }
    for column in whole..columns.end {
        for (row, factors) in factors.iter().enumerate() {
            let sum = factors.iter().zip(b[terms.start * n..].chunks(n)).fold(0.0, |sum: f64, (x, b)| x.mul_add(b[column], sum));
            c[row * n + column] += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    #[test]
    fn every_instruction_set_gives_the_bits_of_the_portable_source() {
        let mut noise = Noise::at(RngKey::root(5));
        for (m, k, n) in [(1, 1, 1), (3, 7, 5), (9, 300, 140), (40, 600, 129), (200, 200, 200)] {
            let mut draw = |rows: usize, columns: usize| Array2::from_shape_vec((rows, columns), noise.normal_vector(rows * columns)).unwrap();
            let (a, b) = (draw(m, k), draw(k, n));
            let mut portable = vec![0.0; m * n];
            rows_body(a.as_slice().unwrap(), b.as_slice().unwrap(), &mut portable, [k, n]);
            assert_eq!(a.times(&b).into_raw_vec_and_offset().0, portable);
            // Transposed views are the same matrices.
            let turned = (a.t().to_owned(), b.t().to_owned());
            assert_eq!(turned.0.t().times(&turned.1.t()).into_raw_vec_and_offset().0, portable);
        }
    }
}
