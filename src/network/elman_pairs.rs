//! Steps of many pairs of one Elman cell, and of the derivatives of a pair where they stand.

use super::{Cell, Elman, PairSteps, TwoTapes};
use crate::simd::pairs::{self, RowFactors};
use crate::simd::{dense, far, outers};

impl PairSteps for Elman {
    fn step_difference_columns(
        &self,
        columns: usize,
        tape: &[f64],
        state_difference: &[f64],
        input_difference: &[f64],
        next: &mut [f64],
        tape_difference: &mut [f64],
    ) {
        let width = self.group() * columns;
        let (z_difference, slopes) = tape_difference.split_at_mut(width);
        let (hidden, rest) = z_difference.split_at_mut(state_difference.len());
        hidden.iter_mut().zip(state_difference).for_each(|(z, s)| *z = self.scale * s);
        rest[..input_difference.len()].copy_from_slice(input_difference);
        rest[input_difference.len()..].fill(0.0);
        dense::multiply(self.rows(), &tape[..width], slopes, self.group());
        dense::multiply(self.rows(), z_difference, next, self.group());
        self.activation.differences(slopes, next);
    }

    fn room_len(&self) -> usize {
        pairs::room(self.hidden) + 3 * self.hidden
    }

    /// ```text
    /// V ← d ∘ (B V) + σ' ⊗ z,   d = N^{−β} σ'
    /// ΔV ← d′ ∘ (B ΔV) + Δd ∘ (B V) + σ'(u′) ⊗ Δz + Δσ' ⊗ z
    /// ```
    fn carry_pair(&self, step: TwoTapes<'_>, influence: &mut [f64], influence_difference: &mut [f64], room: &mut [f64]) {
        let (n, group) = (self.hidden, self.group());
        let ((z, slopes), (z_difference, slope_difference)) = (step.tape.split_at(group), step.difference.split_at(group));
        let (first, room) = room.split_at_mut(n);
        let (second, room) = room.split_at_mut(n);
        let (moved, room) = room.split_at_mut(n);
        for (i, (slope, change)) in slopes.iter().zip(slope_difference).enumerate() {
            (first[i], second[i], moved[i]) = (self.scale * slope, self.scale * (slope + change), self.scale * change);
        }
        pairs::carry_pair(self.rows(), group, RowFactors { first, second, moved }, influence, influence_difference, room);
        pairs::add_own_groups([z, z_difference], [slopes, slope_difference], influence, influence_difference);
    }

    fn far_room_len(&self, steps: usize) -> usize {
        let square = self.hidden * self.hidden;
        (3 * steps + 7) * square + pairs::room(self.hidden)
    }

    /// With `Ψ_τ = I` and `ΔΨ_τ = 0`, from the last step backwards
    ///
    /// ```text
    /// M_s = Ψ_s ∘ σ'_s,   K_s = Ψ′_s ∘ σ'(u′)_s,   C_s = Ψ′_s ∘ Δσ'_s + ΔΨ_s ∘ σ'_s
    /// Ψ_{s−1} = N^{−β} M_s B,   ΔΨ_{s−1} = N^{−β} C_s B,   Ψ′ = Ψ + ΔΨ
    /// V_τ = Ψ_0 V_0 + Σ_s M_s z_s,   ΔV_τ = Ψ′_0 ΔV_0 + ΔΨ_0 V_0 + Σ_s (K_s Δz_s + C_s z_s)
    /// ```
    ///
    /// where a vector multiplies columns and `(M z)_{r,(i,a)} = M_ri z_a`.
    fn carry_pair_far(&self, tapes: TwoTapes<'_>, influence: &mut [f64], influence_difference: &mut [f64], room: &mut [f64]) {
        let (n, group, len) = (self.hidden, self.group(), self.tape_len());
        let (square, steps) = (n * n, tapes.tape.len() / len);
        let (weights, room) = room.split_at_mut(square);
        self.scaled_recurrence(&vec![1.0; n], weights);
        let (propagators, room) = room.split_at_mut(3 * square);
        let (factors, room) = room.split_at_mut(3 * square);
        let (injected, room) = room.split_at_mut(3 * steps * square);
        let (first, rest) = propagators.split_at_mut(square);
        let (second, moved) = rest.split_at_mut(square);
        [&mut *first, &mut *second, &mut *moved].into_iter().for_each(|matrix| matrix.fill(0.0));
        (0..n).for_each(|i| (first[i * (n + 1)], second[i * (n + 1)]) = (1.0, 1.0));
        for s in (0..steps).rev() {
            let (slopes, changes) = (&tapes.tape[s * len + group..][..n], &tapes.difference[s * len + group..][..n]);
            let (of_first, rest) = factors.split_at_mut(square);
            let (of_second, of_moved) = rest.split_at_mut(square);
            for r in 0..n {
                let row = r * n..(r + 1) * n;
                for (place, (slope, change)) in row.clone().zip(slopes.iter().zip(changes)) {
                    of_first[place] = first[place] * slope;
                    of_second[place] = second[place] * (slope + change);
                    of_moved[place] = second[place].mul_add(*change, moved[place] * slope);
                }
                // A row's factors of all steps stand together.
                for (kind, matrix) in [&*of_first, &*of_second, &*of_moved].into_iter().enumerate() {
                    injected[((kind * n + r) * steps + s) * n..][..n].copy_from_slice(&matrix[row.clone()]);
                }
            }
            dense::multiply(of_first, weights, first, n);
            dense::multiply(of_moved, weights, moved, n);
            second.iter_mut().zip(&*first).zip(&*moved).for_each(|((second, first), moved)| *second = first + moved);
        }
        far::carry_pair_far(far::Propagators { first, second, moved }, influence, influence_difference, room);
        let width = n * group;
        for r in 0..n {
            let own = |kind: usize| &injected[(kind * n + r) * steps * n..][..steps * n];
            let (v, difference) = (&mut influence[r * width..][..width], &mut influence_difference[r * width..][..width]);
            outers::add_outers(own(0), tapes.tape, len, v, group);
            outers::add_outers(own(1), tapes.difference, len, difference, group);
            outers::add_outers(own(2), tapes.tape, len, difference, group);
        }
    }

    fn carry(&self, tape: &[f64], influence: &mut [f64], room: &mut [f64]) {
        let (z, slopes) = tape.split_at(self.group());
        let (jacobian, room) = room.split_at_mut(self.hidden * self.hidden);
        self.scaled_recurrence(slopes, jacobian);
        far::carry_far(jacobian, influence, room);
        self.add_immediate(z, slopes, influence);
    }

    /// The first copy of [`PairSteps::carry_pair_far`].
    fn carry_far(&self, tapes: &[f64], influence: &mut [f64], room: &mut [f64]) {
        let (n, group, len) = (self.hidden, self.group(), self.tape_len());
        let (square, steps) = (n * n, tapes.len() / len);
        let (weights, room) = room.split_at_mut(square);
        self.scaled_recurrence(&vec![1.0; n], weights);
        let (propagator, room) = room.split_at_mut(square);
        let (factors, room) = room.split_at_mut(square);
        let (injected, room) = room.split_at_mut(steps * square);
        propagator.fill(0.0);
        propagator.iter_mut().step_by(n + 1).for_each(|one| *one = 1.0);
        for s in (0..steps).rev() {
            let slopes = &tapes[s * len + group..][..n];
            for (r, (row, from)) in factors.chunks_exact_mut(n).zip(propagator.chunks_exact(n)).enumerate() {
                row.iter_mut().zip(from.iter().zip(slopes)).for_each(|(to, (from, slope))| *to = from * slope);
                injected[(r * steps + s) * n..][..n].copy_from_slice(row);
            }
            dense::multiply(factors, weights, propagator, n);
        }
        far::carry_far(propagator, influence, room);
        for (own, v) in injected.chunks_exact(steps * n).zip(influence.chunks_exact_mut(n * group)) {
            outers::add_outers(own, tapes, len, v, group);
        }
    }
}
