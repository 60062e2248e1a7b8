//! Steps of the difference of two copies of an Elman cell.

use super::elman::scratch;
use super::{Differences, Elman, PairSteps, TwoTapes};
use crate::simd::dense;

impl Differences for Elman {
    fn step_difference(&self, tape: &[f64], state_difference: &[f64], input_difference: &[f64], next: &mut [f64], tape_difference: &mut [f64]) {
        let (z_difference, slopes) = tape_difference.split_at_mut(self.group());
        for (z, s) in z_difference.iter_mut().zip(state_difference) {
            *z = self.scale * s;
        }
        z_difference[self.hidden..self.hidden + self.inputs].copy_from_slice(input_difference);
        z_difference[self.hidden + self.inputs] = 0.0;
        dense::apply(self.rows(), &tape[..self.group()], slopes);
        dense::apply(self.rows(), z_difference, next);
        self.activation.differences(slopes, next);
    }

    /// `A′ ΔV + ΔA V + ΔE`, with row i of `ΔE` equal to `σ'(u′)_i Δz + Δσ'_i z` in its group.
    fn influence_difference(&self, step: TwoTapes<'_>, influence: &[f64], influence_difference: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (n, group) = (self.hidden, self.group());
        let ((z, slopes), (z_difference, slope_difference)) = (step.tape.split_at(group), step.difference.split_at(group));
        let matrix = &mut work[..n * n];
        let (mut inline, mut heap) = ([0.0; 64], Vec::new());
        let second_slopes = scratch(&mut inline, &mut heap, n);
        second_slopes.iter_mut().zip(slopes.iter().zip(slope_difference)).for_each(|(sum, (a, b))| *sum = a + b);
        self.scaled_recurrence(second_slopes, matrix);
        dense::multiply(matrix, influence_difference, next, n);
        self.add_immediate(z_difference, second_slopes, next);
        if slope_difference.iter().any(|d| *d != 0.0) {
            self.scaled_recurrence(slope_difference, matrix);
            let mut driven = vec![0.0; next.len()];
            dense::multiply(matrix, influence, &mut driven, n);
            self.add_immediate(z, slope_difference, &mut driven);
            next.iter_mut().zip(&driven).for_each(|(sum, d)| *sum += d);
        }
    }

    fn pairs(&self) -> Option<&dyn PairSteps> {
        Some(self)
    }
}
