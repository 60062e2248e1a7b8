//! The immediate Jacobian of gated cells: adjoints of pre-activations times what the gates saw.

use super::gated::{Gate, Gated, Taped, UnitRule};
use super::unit_rule::with_room;
use crate::simd::{dense, outers};

impl<R: UnitRule> Gated<R> {
    /// Adds `factor z` to the weights of one gate of one unit.
    pub(super) fn add_outer(&self, gate: &Gate, factor: f64, step: &Taped<'_>, row: &mut [f64]) {
        let [of_hidden, of_input, of_bias] = self.widths(gate);
        dense::add_scaled(factor, &step.state[..of_hidden], &mut row[..of_hidden]);
        dense::add_scaled(factor, &step.input[..of_input], &mut row[of_hidden..of_hidden + of_input]);
        row[of_hidden + of_input..of_hidden + of_input + of_bias].iter_mut().for_each(|slot| *slot += factor);
    }

    /// Adds `Eᵀ λ` of one step to `gradient`, for what [`Gated::pulled`] made of the adjoint.
    pub(super) fn add_immediate(&self, step: &Taped<'_>, pulled: &[f64], gradient: &mut [f64]) {
        for (i, gradient) in gradient.chunks_exact_mut(self.group()).enumerate() {
            for (g, gate, place) in self.gates() {
                self.add_outer(gate, pulled[g * self.units + i], step, &mut gradient[place..]);
            }
        }
    }

    /// Adds `Σ_s E_sᵀ λ_s` of several steps to `gradient`: of every gate a sum of outer products,
    /// in registers through all steps.
    pub(super) fn add_immediates(&self, tapes: &[f64], adjoints: &[f64], gradient: &mut [f64]) {
        let (n, d, gates, len) = (self.units, self.inputs, R::GATES.len(), self.taped_len());
        let steps = adjoints.len() / (n * R::ROWS);
        if steps == 0 {
            return;
        }
        let (width, seen) = (gates * n, n + d + 1);
        with_room(steps * (width + seen), |room| {
            let (pulled, z) = room.split_at_mut(steps * width);
            let tapes = tapes.chunks_exact(len);
            for (((tape, adjoint), pulled), z) in
                tapes.zip(adjoints.chunks_exact(n * R::ROWS)).zip(pulled.chunks_exact_mut(width)).zip(z.chunks_exact_mut(seen))
            {
                let step = self.taped(1, tape);
                self.pulled(1, &step, adjoint, pulled);
                z[..n].copy_from_slice(&step.state[..n]);
                z[n..n + d].copy_from_slice(step.input);
                z[n + d] = 1.0;
            }
            let mut add = |g: usize, from: usize, columns: usize, place: usize| {
                if columns > 0 {
                    let to = (&mut gradient[place..], self.group());
                    outers::add_outers_within((&pulled[g * n..], width), (&z[from..], seen), to, (n, columns));
                }
            };
            for (g, gate, place) in self.gates() {
                let [of_hidden, of_input, of_bias] = self.widths(gate);
                // What stands side by side goes together.
                if of_input > 0 {
                    let (from, columns) = if of_hidden > 0 { (0, n + d) } else { (n, d) };
                    add(g, from, columns + of_bias, place);
                } else {
                    add(g, 0, of_hidden, place);
                    add(g, n + d, of_bias, place + of_hidden);
                }
            }
        });
    }
}
