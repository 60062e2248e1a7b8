//! Steps of many chains of one Elman cell, side by side.

use super::columns::Columns;
use super::{Cell, Elman};
use crate::simd::{columns, dense};

/// A tape holds `z`, then the slopes.
impl Columns for Elman {
    fn column_tape_len(&self) -> usize {
        self.tape_len()
    }

    fn step_columns(&self, columns: usize, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        let (z, slopes) = tape.split_at_mut(self.group() * columns);
        let (hidden, rest) = z.split_at_mut(state.len());
        hidden.iter_mut().zip(state).for_each(|(z, s)| *z = self.scale() * s);
        rest[..input.len()].copy_from_slice(input);
        rest[input.len()..].fill(1.0);
        dense::multiply(self.rows(), z, next, self.group());
        self.activation.values_and_slopes(next, slopes);
    }

    fn push_columns(&self, columns: usize, tape: &[f64], tangent: &[f64], image: &mut [f64]) {
        dense::multiply_rows(self.rows(), self.group(), tangent, image, self.hidden);
        let scale = self.scale();
        image.iter_mut().zip(&tape[self.group() * columns..]).for_each(|(image, slope)| *image *= slope * scale);
    }

    fn pull_columns(&self, columns: usize, tape: &[f64], adjoint: &[f64], previous: &mut [f64], work: &mut [f64]) {
        columns::scaled_product(self.scale(), &tape[self.group() * columns..], adjoint, work);
        dense::multiply_transposed(self.rows(), self.group(), work, previous, self.hidden);
    }

    fn immediates_of_columns(&self, columns: usize, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        let (width, len) = (self.group() * columns, self.tape_len() * columns);
        for (adjoint, tape) in adjoints.chunks_exact_mut(self.hidden * columns).zip(tapes.chunks_exact(len)) {
            columns::times(adjoint, &tape[width..]);
        }
        columns::add_products(adjoints, (tapes, len), gradient, (self.hidden, self.group(), columns));
    }
}
