//! Steps of many chains of one gated cell, side by side.

use super::gated::{Gated, UnitRule};
use super::unit_rule::with_room;
use super::{Cell, Columns};
use crate::simd::columns;

impl<R: UnitRule> Columns for Gated<R> {
    fn column_tape_len(&self) -> usize {
        self.tape_len()
    }

    fn step_columns(&self, columns: usize, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        self.step_all(columns, state, input, next, tape);
    }

    fn push_columns(&self, columns: usize, tape: &[f64], tangent: &[f64], image: &mut [f64]) {
        self.push_all(columns, tape, Some(tangent), None, image);
    }

    fn pull_columns(&self, columns: usize, tape: &[f64], adjoint: &[f64], previous: &mut [f64], work: &mut [f64]) {
        let step = self.taped(columns, tape);
        let entries = self.units * columns;
        with_room(R::GATES.len() * entries, |pulled| {
            self.pulled(columns, &step, adjoint, pulled);
            self.previous(columns, &step, adjoint, pulled, previous, &mut work[..entries]);
        });
    }

    fn immediates_of_columns(&self, columns: usize, tapes: &[f64], adjoints: &mut [f64], gradient: &mut [f64]) {
        let (entries, gates, len) = (self.units * columns, R::GATES.len(), self.column_tape_len() * columns);
        let steps = tapes.len() / len;
        with_room(gates * entries * (steps + 1), |room| {
            // What was pulled, of every gate and unit through all steps.
            let (sorted, pulled) = room.split_at_mut(gates * entries * steps);
            for (t, (tape, adjoint)) in tapes.chunks_exact(len).zip(adjoints.chunks_exact(entries * R::ROWS)).enumerate() {
                self.pulled(columns, &self.taped(columns, tape), adjoint, pulled);
                for (place, pulled) in pulled.chunks_exact(columns).enumerate() {
                    sorted[(place * steps + t) * columns..][..columns].copy_from_slice(pulled);
                }
            }
            for (g, gate, place) in self.gates() {
                let [of_hidden, of_input, of_bias] = self.widths(gate);
                for i in 0..self.units {
                    let pulled = &sorted[(g * self.units + i) * steps * columns..][..steps * columns];
                    let own = &mut gradient[(i * self.group() + place) * columns..][..(of_hidden + of_input + of_bias) * columns];
                    let (hidden, rest) = own.split_at_mut(of_hidden * columns);
                    let (input, bias) = rest.split_at_mut(of_input * columns);
                    if of_hidden > 0 {
                        columns::add_products(pulled, (tapes, len), hidden, (1, of_hidden, columns));
                    }
                    if of_input > 0 {
                        columns::add_products(pulled, (&tapes[entries * R::ROWS..], len), input, (1, of_input, columns));
                    }
                    for pulled in pulled.chunks_exact(columns).take(if of_bias > 0 { steps } else { 0 }) {
                        bias.iter_mut().zip(pulled).for_each(|(bias, pulled)| *bias += pulled);
                    }
                }
            }
        });
    }
}
