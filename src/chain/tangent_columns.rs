//! Tangents of many chains side by side: one call of the cell steps them all.

use super::TangentChain;
use crate::markov::norm;
use crate::network::Columns;
use crate::simd::columns::TOGETHER;
use crate::simd::elementary::log_all;

/// Data one member after the other; hidden states and tangents by columns: entry k of member m at
/// `k · width + m`.
pub(super) struct TangentColumns<'k> {
    cell: &'k dyn Columns,
    count: usize,
    /// Members, rounded up to whole registers.
    width: usize,
    data: [Vec<f64>; 2],
    hidden: [Vec<f64>; 2],
    tangent: [Vec<f64>; 2],
    input: Vec<f64>,
    tape: Vec<f64>,
    sizes: Vec<f64>,
}

/// The range in which a sum of squares neither overflows nor loses small numbers.
const SAFE: std::ops::Range<f64> = 1e-280..1e280;

impl<'k> TangentColumns<'k> {
    /// From states of the chain.
    pub(super) fn of(chain: &TangentChain<'_>, cell: &'k dyn Columns, states: &[Vec<f64>]) -> Self {
        let (q, n, count) = (chain.data.state_len(), chain.cell.state_len(), states.len());
        let width = count.next_multiple_of(TOGETHER);
        let room = |rows: usize| [vec![0.0; rows * width], vec![0.0; rows * width]];
        let mut members = TangentColumns {
            cell,
            count,
            width,
            data: [states.iter().flat_map(|state| &state[..q]).copied().collect(), vec![0.0; count * q]],
            hidden: room(n),
            tangent: room(n),
            input: vec![0.0; chain.data.inputs() * width],
            tape: vec![0.0; cell.column_tape_len() * width],
            sizes: vec![0.0; width],
        };
        for (m, state) in states.iter().enumerate() {
            let (hidden, tangent) = state[q..].split_at(n);
            for k in 0..n {
                members.hidden[0][k * width + m] = hidden[k];
                members.tangent[0][k * width + m] = tangent[k];
            }
        }
        members.tangent.reverse();
        members.normalise();
        members.tangent.reverse();
        members
    }

    /// Steps hidden states and tangents into the second places, brings every tangent to length 1
    /// and adds `order` times the logarithm of what its length was to its weight.
    pub(super) fn step(&mut self, chain: &TangentChain<'_>, order: f64, weights: &mut [f64]) {
        let (q, width) = (chain.data.state_len(), self.width);
        let mut input = vec![0.0; chain.data.inputs()];
        for m in 0..self.count {
            chain.data.input(&self.data[0][m * q..(m + 1) * q], &mut input);
            self.input[m..].iter_mut().step_by(width).zip(&input).for_each(|(to, x)| *to = *x);
        }
        let ([hidden, next_hidden], [tangent, next_tangent]) = (&mut self.hidden, &mut self.tangent);
        self.cell.step_columns(width, hidden, &self.input, next_hidden, &mut self.tape);
        self.cell.push_columns(width, &self.tape, tangent, next_tangent);
        self.normalise();
        let logarithms = &mut self.sizes[..self.count];
        log_all(logarithms);
        weights.iter_mut().zip(logarithms).for_each(|(weight, size)| *weight += order * *size);
    }

    /// Brings the tangents in the second places to length 1 and keeps what their lengths were; 0
    /// stays.
    fn normalise(&mut self) {
        let (width, [_, tangent]) = (self.width, &mut self.tangent);
        self.sizes.fill(0.0);
        for row in tangent.chunks_exact(width) {
            self.sizes.iter_mut().zip(row).for_each(|(size, x)| *size += x * x);
        }
        for (m, size) in self.sizes[..self.count].iter_mut().enumerate() {
            *size = if SAFE.contains(size) { size.sqrt() } else { norm(&tangent[m..].iter().step_by(width).copied().collect::<Vec<f64>>()) };
        }
        for row in tangent.chunks_exact_mut(width) {
            for (x, size) in row.iter_mut().zip(&self.sizes[..self.count]) {
                *x /= if *size > 0.0 { *size } else { 1.0 };
            }
        }
    }

    /// Puts a child of `parents[m]` where member m stands and steps its data.
    pub(super) fn follow(&mut self, chain: &TangentChain<'_>, parents: &[usize], innovations: &[f64]) {
        let (q, width) = (chain.data.state_len(), self.width);
        let still = parents.iter().enumerate().all(|(m, parent)| m == *parent);
        for [now, next] in [&mut self.hidden, &mut self.tangent] {
            if still {
                std::mem::swap(now, next);
                continue;
            }
            for (to, from) in now.chunks_exact_mut(width).zip(next.chunks_exact(width)) {
                to.iter_mut().zip(parents).for_each(|(to, parent)| *to = from[*parent]);
            }
        }
        let draws = innovations.len() / self.count.max(1);
        let [now, next] = &mut self.data;
        for (m, parent) in parents.iter().enumerate() {
            let own = &innovations[m * draws..(m + 1) * draws];
            chain.data.step(&now[parent * q..(parent + 1) * q], own, &mut next[m * q..(m + 1) * q], &mut []);
        }
        std::mem::swap(now, next);
    }
}
