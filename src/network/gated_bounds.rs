//! Certificates of contraction of gated cells, and derivatives of units that do not see each other.

use super::gated::{Gated, Hidden, Taped, UnitRule};
use super::unit_rule::Bounded;
use super::{Cell, CellBounds};
use crate::linalg::{Norm, NormedRate};
use crate::simd::dense;

/// Rounds in which the weights of the norm settle.
const ROUNDS: usize = 200;

impl<R: UnitRule> Gated<R> {
    /// Whether no gate reads hidden values.
    pub(super) const SEPARATE: bool = {
        let (mut g, mut separate) = (0, true);
        while g < R::GATES.len() {
            separate = separate && matches!(R::GATES[g].hidden, Hidden::None);
            g += 1;
        }
        separate
    };

    /// The rate that [`UnitRule`]'s bounds certify.
    ///
    /// ```text
    /// |A| ≤ M entry by entry,   M_{(r,i),(q,j)} = direct_{rq} δ_ij + [q = 0] Σ_g κ_{rg} |U_g|_{ij}
    /// rate = min over w > 0 of max_{(r,i)} (M w)_{(r,i)}/w_{(r,i)}
    /// ```
    ///
    /// in the ∞-norm with weights `1/w`, where every row takes the worst of its corners.
    pub(super) fn certified(&self, inputs: &[f64]) -> CellBounds {
        let gates: Vec<_> = self.gates().collect();
        let bias = |unit: usize, gate: usize| {
            let (_, kind, place) = gates[gate];
            let [of_hidden, of_input, of_bias] = self.widths(kind);
            if of_bias == 0 { 0.0 } else { self.parameters()[unit * self.group() + place + of_hidden + of_input] }
        };
        if Self::SEPARATE {
            let rate =
                (0..self.units).map(|unit| self.rule().separate_rate(&|gate| bias(unit, gate))).try_fold(0.0, |top: f64, rate| Some(top.max(rate?)));
            return rate.map_or(CellBounds::NONE, |rate| CellBounds { contraction: NormedRate { rate, norm: Norm::Spectral }, slope: 1.0 });
        }
        let reach = |gate: usize, unit: usize| {
            let (_, kind, place) = gates[gate];
            let [of_hidden, of_input, _] = self.widths(kind);
            let own = &self.parameters()[unit * self.group() + place..];
            let hidden: f64 = own[..of_hidden].iter().map(|b| b.abs()).sum();
            // No weight, no reach, however far the input comes.
            let weighed = own[of_hidden..of_hidden + of_input].iter().zip(inputs).filter(|(w, _)| **w != 0.0);
            hidden + weighed.map(|(w, x)| w.abs() * x).sum::<f64>() + bias(unit, gate).abs()
        };
        let bounds: Option<Vec<Bounded>> = (0..self.units).map(|unit| self.rule().comparison(&reach, unit)).collect();
        let Some(bounds) = bounds else { return CellBounds::NONE };
        let rate = self.smallest_rate(&bounds);
        // A bound that is no number certifies nothing.
        let rate = if rate.is_nan() { f64::INFINITY } else { rate };
        CellBounds { contraction: NormedRate { rate, norm: Norm::Weighted }, slope: 1.0 }
    }

    /// The smallest rate over the weights that an iteration to Perron's vector goes through: a
    /// bound at any of them.
    fn smallest_rate(&self, bounds: &[Bounded]) -> f64 {
        let width = self.units * R::ROWS;
        let (mut weights, mut best) = (vec![1.0; width], f64::INFINITY);
        for _ in 0..ROUNDS {
            let image = self.image(bounds, &weights);
            best = best
                .min(image.iter().zip(&weights).map(|(a, w)| a / w).fold(0.0, |top: f64, ratio| if ratio.is_nan() { ratio } else { top.max(ratio) }));
            let next: Vec<f64> = image.iter().zip(&weights).map(|(a, w)| a + 0.5 * w).collect();
            let top = next.iter().fold(f64::MIN_POSITIVE, |top, x| top.max(*x));
            weights = next.iter().map(|x| (x / top).max(1e-12)).collect();
        }
        best
    }

    /// `M w`, every row at its worst corner.
    fn image(&self, bounds: &[Bounded], weights: &[f64]) -> Vec<f64> {
        let (n, gates, rows) = (self.units, R::GATES.len(), R::ROWS);
        let mut image = vec![0.0; n * rows];
        for (i, own) in self.parameters().chunks_exact(self.group()).enumerate() {
            let seen: Vec<f64> = self
                .gates()
                .map(|(_, gate, place)| own[place..place + self.widths(gate)[0]].iter().zip(weights).map(|(b, w)| b.abs() * w).sum())
                .collect();
            for r in 0..rows {
                let at = |corner: &super::unit_rule::Corner| -> f64 {
                    let direct: f64 = (0..rows).map(|q| corner.direct[r * rows + q] * weights[q * n + i]).sum();
                    direct + corner.slopes[r * gates..(r + 1) * gates].iter().zip(&seen).map(|(slope, seen)| slope * seen).sum::<f64>()
                };
                image[r * n + i] = bounds[i].corners.iter().map(at).fold(0.0, |top: f64, x| if x.is_nan() { x } else { top.max(x) });
            }
        }
        image
    }

    /// `A V + E` whole: `A V`, and in each row the entries of its unit's own group.
    pub(super) fn advance_whole(&self, tape: &[f64], influence: &[f64], next: &mut [f64], work: &mut [f64]) {
        let (n, rows, group, step) = (self.units, R::ROWS, self.group(), self.taped(1, tape));
        let width = n * rows;
        let jacobian = &mut work[..width * width];
        self.jacobian(tape, jacobian);
        dense::multiply(jacobian, influence, next, width);
        for (i, r) in (0..n).flat_map(|i| (0..rows).map(move |r| (i, r))) {
            let row = &mut next[(r * n + i) * n * group + i * group..][..group];
            for (g, gate, place) in self.gates() {
                self.add_outer(gate, self.slope(&step, i, r, g), &step, &mut row[place..]);
            }
        }
    }

    /// The same of units that do not see each other, each in its own group alone.
    pub(super) fn advance_by_unit(&self, step: &Taped<'_>, influence: &[f64], next: &mut [f64]) {
        let (n, rows, group) = (self.units, R::ROWS, self.group());
        next.fill(0.0);
        for (i, r) in (0..n).flat_map(|i| (0..rows).map(move |r| (i, r))) {
            let row = &mut next[(r * n + i) * group..][..group];
            for q in 0..rows {
                dense::add_scaled(step.direct[(r * rows + q) * n + i], &influence[(q * n + i) * group..][..group], row);
            }
            for (g, gate, place) in self.gates() {
                self.add_outer(gate, self.slope(step, i, r, g), step, &mut row[place..]);
            }
        }
    }
}
