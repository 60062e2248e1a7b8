//! Tangents of the Elman cell: one product of its parameter rows with the columns of all chains.

use super::{Elman, RankOne, TangentStep, Tangents};
use crate::simd::panels::{Panels, Product};

/// `w_j · z` for every direction, with `z` written into `z`.
fn along(directions: &RankOne, z: &[f64]) -> Vec<f64> {
    (0..directions.count()).map(|j| directions.group(j).iter().zip(z).fold(0.0, |sum, (w, z)| w.mul_add(*z, sum))).collect()
}

/// ```text
/// E r = σ'(u) ∘ u_r (w · z),   z = (N^{−β} S, X, 1)
/// Δ(V r)' = A′ Δ(V r) + ΔA V r + u_r ∘ (σ'(u′) (w · Δz) + Δσ' (w · z))
/// ```
impl Tangents for Elman {
    fn group_len(&self) -> usize {
        self.group()
    }

    fn step_tangents(&self, steps: &mut [TangentStep<'_>]) {
        let (n, group, scale) = (self.hidden, self.group(), self.scale());
        let width = |step: &TangentStep<'_>| (1 + step.directions.count()) * if step.difference.is_some() { 2 } else { 1 };
        let columns = steps.iter().map(width).sum();
        let mut panels = Panels::zeros(group, columns);
        let mut along_all = Vec::with_capacity(steps.len());
        let mut column = 0;
        let mut z = vec![0.0; group];
        for step in steps.iter() {
            let count = step.directions.count();
            let parts = [(step.state, step.input, 1.0, step.tangents)].into_iter();
            let parts = parts.chain(step.difference.as_ref().map(|d| (d.state, d.input, 0.0, d.tangents)));
            let mut pair = [Vec::new(), Vec::new()];
            for ((state, input, one, tangents), along_one) in parts.zip(&mut pair) {
                z.iter_mut().zip(state.iter().map(|s| scale * s).chain(input.iter().copied()).chain([one])).for_each(|(slot, z)| *slot = z);
                panels.write(column, 0, z.iter().copied());
                for (j, tangent) in tangents.chunks_exact(n).enumerate() {
                    panels.write(column + 1 + j, 0, tangent.iter().map(|v| scale * v));
                }
                *along_one = along(step.directions, &z);
                column += 1 + count;
            }
            along_all.push(pair);
        }
        let product = Product::of(self.rows(), &panels);
        let (mut column, mut slopes, mut slopes_moved) = (0, vec![0.0; n], vec![0.0; n]);
        for (step, [along_z, along_difference]) in steps.iter_mut().zip(&along_all) {
            let count = step.directions.count();
            let other = column + 1 + count;
            for i in 0..n {
                step.next[i] = product.at(i, column);
            }
            slopes_moved.copy_from_slice(step.next);
            self.activation.values_and_slopes(step.next, &mut slopes);
            if let Some(difference) = &mut step.difference {
                for i in 0..n {
                    difference.next[i] = product.at(i, other);
                }
                self.activation.differences(&mut slopes_moved, difference.next);
            }
            for i in 0..n {
                let slope = slopes[i];
                for (j, along_z) in along_z.iter().enumerate() {
                    let immediate = step.directions.unit(j)[i] * along_z;
                    step.next_tangents[j * n + i] = slope * (product.at(i, column + 1 + j) + immediate);
                }
                if let Some(difference) = &mut step.difference {
                    let slope_moved = slopes_moved[i];
                    for j in 0..count {
                        let unit = step.directions.unit(j)[i];
                        let driven = product.at(i, column + 1 + j) + unit * along_z[j];
                        let own = product.at(i, other + 1 + j) + unit * along_difference[j];
                        difference.next_tangents[j * n + i] = slope_moved.mul_add(driven, (slope + slope_moved) * own);
                    }
                }
            }
            column += width(step);
        }
    }
}
