//! The influence matrix in panels of columns, each of which lies together in memory.

use crate::simd::register::{Lined, lined};
use crate::simd::{dense, far, pairs};
use rayon::prelude::*;

/// Columns of a panel, at most.
const WIDEST: usize = 64;
/// Numbers of a matrix from which on threads share its panels.
const SHARED: usize = 1 << 22;
/// Rows that are added at once where threads share the panels.
const ROWS: usize = 16;

/// A number as it is kept; sums are always of double precision.
pub(crate) trait Kept: Copy + Default + Send + Sync + 'static {
    /// From double precision.
    fn of(x: f64) -> Self;
    /// To double precision.
    fn double(self) -> f64;
    /// Adds `Vᵀ y` of a panel to `g`.
    fn add_transposed(panel: &[Self], y: &[f64], g: &mut [f64]);
    /// Adds `from` to the numbers.
    fn add(to: &mut [Self], from: &[f64]);
    /// The numbers themselves, where they are kept in double precision.
    fn as_doubles(values: &mut [Self]) -> Option<&mut [f64]>;
}

impl Kept for f64 {
    fn of(x: f64) -> Self {
        x
    }
    fn double(self) -> f64 {
        self
    }
    fn add_transposed(panel: &[Self], y: &[f64], g: &mut [f64]) {
        dense::add_transposed(panel, y, g);
    }
    fn add(to: &mut [f64], from: &[f64]) {
        dense::add(from, to);
    }
    fn as_doubles(values: &mut [f64]) -> Option<&mut [f64]> {
        Some(values)
    }
}

impl Kept for f32 {
    fn of(x: f64) -> Self {
        x as f32
    }
    fn double(self) -> f64 {
        f64::from(self)
    }
    fn add_transposed(panel: &[Self], y: &[f64], g: &mut [f64]) {
        dense::add_transposed_single(panel, y, g);
    }
    fn add(to: &mut [f32], from: &[f64]) {
        dense::add_single(from, to);
    }
    fn as_doubles(_: &mut [f32]) -> Option<&mut [f64]> {
        None
    }
}

/// A matrix of `rows` rows, cut into panels of neighbouring columns.
#[derive(Clone, Debug)]
pub(crate) struct Panels<T> {
    rows: usize,
    columns: usize,
    width: usize,
    /// Panel after panel, each by rows; the last one is filled up with zeros.
    values: Lined<T>,
}

/// Rows up to which a panel is multiplied where it stands.
const IN_PLACE: usize = 32;

/// The width of the panels of so many columns: the last one is filled up.
fn width(columns: usize) -> usize {
    columns.div_ceil(columns.div_ceil(WIDEST).max(1)).next_multiple_of(8)
}

impl<T: Kept> Panels<T> {
    /// Numbers that a matrix takes.
    pub(crate) fn numbers(rows: usize, columns: usize) -> usize {
        rows * columns.next_multiple_of(width(columns))
    }

    /// A matrix of zeros.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Panels { rows, columns, width: width(columns), values: lined(T::default(), Panels::<T>::numbers(rows, columns)) }
    }

    /// Sets every entry to zero.
    pub(crate) fn clear(&mut self) {
        self.values.fill(T::default());
    }

    /// Writes the entries by rows.
    pub(crate) fn copy_to(&self, values: &mut [f64]) {
        let width = self.width;
        for (row, values) in values.chunks_exact_mut(self.columns).enumerate() {
            for (panel, values) in self.values.chunks_exact(self.rows * width).zip(values.chunks_mut(width)) {
                values.iter_mut().zip(&panel[row * width..]).for_each(|(to, x)| *to = x.double());
            }
        }
    }

    /// Takes the entries, given by rows.
    pub(crate) fn fill(&mut self, values: &[f64]) {
        let width = self.width;
        for (row, values) in values.chunks_exact(self.columns).enumerate() {
            for (panel, values) in self.values.chunks_exact_mut(self.rows * width).zip(values.chunks(width)) {
                panel[row * width..].iter_mut().zip(values).for_each(|(to, x)| *to = T::of(*x));
            }
        }
    }

    /// The entries by rows.
    pub(crate) fn by_rows(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.rows * self.columns];
        self.copy_to(&mut values);
        values
    }

    fn is_shared(&self) -> bool {
        self.values.len() >= SHARED && rayon::current_num_threads() > 1
    }

    /// Adds `Vᵀ y` to `g`; threads take panels in turn, and no sum depends on them.
    pub(crate) fn add_transposed(&self, y: &[f64], g: &mut [f64]) {
        let len = self.rows * self.width;
        if self.is_shared() {
            let panels = self.values.par_chunks_exact(len).zip(g.par_chunks_mut(self.width));
            panels.with_min_len(8).for_each_init(|| vec![0.0; self.width], |sums, (panel, g)| add(panel, y, g, sums));
        } else {
            let sums = &mut [0.0; WIDEST][..self.width];
            let panels = self.values.chunks_exact(len).zip(g.chunks_mut(self.width));
            panels.for_each(|(panel, g)| add(panel, y, g, sums));
        }
    }

    /// `V ← M V` for `m` (rows × rows).
    pub(crate) fn multiply(&mut self, m: &[f64]) {
        let (rows, len) = (self.rows, self.rows * self.width);
        if rows <= IN_PLACE
            && let Some(values) = T::as_doubles(&mut self.values)
        {
            let mut room = vec![0.0; pairs::room(rows)];
            return values.chunks_exact_mut(len).for_each(|panel| far::carry_far(m, panel, &mut room));
        }
        let one = |[from, to]: &mut [Vec<f64>; 2], panel: &mut [T]| {
            from.iter_mut().zip(&*panel).for_each(|(to, x)| *to = x.double());
            dense::multiply(m, from, to, rows);
            panel.iter_mut().zip(to).for_each(|(to, x)| *to = T::of(*x));
        };
        let buffers = || [vec![0.0; len], vec![0.0; len]];
        if self.is_shared() {
            self.values.par_chunks_exact_mut(len).for_each_init(buffers, one);
        } else {
            let mut buffers = buffers();
            self.values.chunks_exact_mut(len).for_each(|panel| one(&mut buffers, panel));
        }
    }

    /// Adds to every row what `row(index, sums)` adds to its argument.
    pub(crate) fn add_rows(&mut self, row: impl Fn(usize, &mut [f64], &mut Vec<f64>) + Sync) {
        let (rows, width, columns) = (self.rows, self.width, self.columns);
        let together = if self.is_shared() { ROWS } else { 1 };
        let (mut sums, mut scratch) = (vec![0.0; together * columns], Vec::new());
        for first in (0..rows).step_by(together) {
            let count = together.min(rows - first);
            sums.fill(0.0);
            if together > 1 {
                let each = sums.par_chunks_exact_mut(columns).take(count).enumerate();
                each.for_each_init(Vec::new, |scratch, (index, sums)| row(first + index, sums, scratch));
            } else {
                row(first, &mut sums, &mut scratch);
            }
            let add = |(number, panel): (usize, &mut [T])| {
                for (index, sums) in sums.chunks_exact(columns).take(count).enumerate() {
                    let sums = &sums[number * width..columns.min((number + 1) * width)];
                    T::add(&mut panel[(first + index) * width..][..sums.len()], sums);
                }
            };
            if together > 1 {
                self.values.par_chunks_exact_mut(rows * width).enumerate().for_each(add);
            } else {
                self.values.chunks_exact_mut(rows * width).enumerate().for_each(add);
            }
        }
    }
}

/// Adds `Vᵀ y` of a panel to the columns that are there.
fn add<T: Kept>(panel: &[T], y: &[f64], g: &mut [f64], sums: &mut [f64]) {
    if g.len() == sums.len() {
        return T::add_transposed(panel, y, g);
    }
    sums[..g.len()].copy_from_slice(g);
    sums[g.len()..].fill(0.0);
    T::add_transposed(panel, y, sums);
    g.copy_from_slice(&sums[..g.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Noise, RngKey};

    impl<T: Kept> Panels<T> {
        /// The matrix with the entries `values`, by rows.
        fn of(values: &[f64], rows: usize) -> Self {
            let columns = values.len() / rows;
            let mut panels = Panels::zeros(rows, columns);
            panels.fill(values);
            panels
        }
    }

    #[test]
    fn panels_are_the_matrix_they_are_made_of() {
        let mut noise = Noise::at(RngKey::root(3));
        for (rows, columns) in [(1, 1), (2, 9), (5, 64), (7, 65), (8, 88), (6, 301), (33, 70), (40, 64)] {
            let (matrix, m, y) = (noise.normal_vector(rows * columns), noise.normal_vector(rows * rows), noise.normal_vector(rows));
            let mut panels = Panels::<f64>::of(&matrix, rows);
            assert_eq!(panels.by_rows(), matrix, "{rows} × {columns}");
            let (mut g, mut expected) = (vec![1.0; columns], vec![1.0; columns]);
            panels.add_transposed(&y, &mut g);
            dense::add_transposed(&matrix, &y, &mut expected);
            assert_eq!(g, expected, "{rows} × {columns}");
            let mut single = vec![1.0; columns];
            Panels::<f32>::of(&matrix, rows).add_transposed(&y, &mut single);
            assert!(single.iter().zip(&g).all(|(a, b)| (a - b).abs() < 1e-6 * rows as f64), "{rows} × {columns}");
            panels.multiply(&m);
            let mut product = vec![0.0; rows * columns];
            dense::multiply(&m, &matrix, &mut product, rows);
            assert_eq!(panels.by_rows(), product, "{rows} × {columns}");
            panels.add_rows(|row, sums, _| sums.iter_mut().for_each(|sum| *sum += row as f64));
            let added: Vec<f64> = product.iter().enumerate().map(|(place, x)| x + (place / columns) as f64).collect();
            assert_eq!(panels.by_rows(), added, "{rows} × {columns}");
        }
    }

    #[test]
    fn threads_move_no_bit_of_a_large_matrix() {
        let (rows, columns) = (100, SHARED / 100 + 77);
        let mut noise = Noise::at(RngKey::root(5));
        let (matrix, m, y) = (noise.normal_vector(rows * columns), noise.normal_vector(rows * rows), noise.normal_vector(rows));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut panels = Panels::<f64>::of(&matrix, rows);
                panels.multiply(&m);
                panels.add_rows(|row, sums, _| sums.iter_mut().zip(&matrix).for_each(|(sum, x)| *sum += x * row as f64));
                let mut g = vec![0.0; columns];
                panels.add_transposed(&y, &mut g);
                (g, panels.values)
            })
        };
        assert!(on(1) == on(2));
    }
}
