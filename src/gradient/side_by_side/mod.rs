//! Full backpropagation through time over many segments of one length, side by side.

mod rolling;

use super::{Summed, bptt};
use crate::data::Segment;
use crate::network::{Columns, Network};
use crate::simd::{columns, dense};

pub(crate) use rolling::{rolling_numbers, rolling_together, rolling_truncated_all};

/// Numbers of a tape that is kept whole; a longer one is played again in chunks.
const KEPT: usize = 1 << 20;
/// Numbers of a chunk's tape.
const CHUNK: usize = 1 << 15;
/// Most columns that go together.
const MOST: usize = 32;
/// Steps whose immediate gradients are added at once.
const AT_ONCE: usize = 16;

/// Sums loss and gradient over the steps `t ≥ warm` of every segment, each from its own hidden
/// state, as [`bptt()`] does of one: side by side where the cell has such steps and the segments
/// have one length, the same up to rounding and several times faster.
///
/// Cost of a segment and step: `2 P + 2 N² + 2 P` flops and N activations; a third more where the
/// tape is not kept. What a segment sums up to does not depend on its neighbours.
pub(crate) fn bptt_all(network: &Network, segments: &[(Segment, Vec<f64>)], warm: usize) -> Vec<Summed> {
    let Some(cell) = network.cell.columns().filter(|_| are_alike(segments)) else {
        return segments.iter().map(|(segment, start)| bptt(network, segment, start, warm)).collect();
    };
    let together = segments.first().map_or(1, |(first, _)| together(cell, first.len()));
    segments.chunks(together).flat_map(|segments| Batch::new(network, cell, segments).backward(warm)).collect()
}

/// Whether segments have one length.
fn are_alike(segments: &[(Segment, Vec<f64>)]) -> bool {
    segments.windows(2).all(|pair| pair[0].0.len() == pair[1].0.len())
}

/// Segments that go together.
fn together(cell: &dyn Columns, steps: usize) -> usize {
    let tape = steps * cell.column_tape_len();
    [MOST, MOST / 2].into_iter().find(|count| count * tape <= KEPT).unwrap_or(columns::TOGETHER)
}

/// Steps of a chunk whose tape is kept.
fn chunk(steps: usize, tape: usize) -> usize {
    if steps * tape <= KEPT { steps } else { (CHUNK / tape).max(AT_ONCE) }.max(1)
}

/// Numbers that `count` segments of `steps` steps take at most, the segments included.
pub(crate) fn numbers(network: &Network, cell: &dyn Columns, steps: usize, count: usize) -> usize {
    let (n, inputs, outputs) = (network.cell.state_len(), network.cell.inputs(), network.readout.outputs());
    let columns = together(cell, steps).min(count).next_multiple_of(columns::TOGETHER);
    let chunk = chunk(steps, cell.column_tape_len() * columns);
    let a_column = steps * inputs + steps.div_ceil(chunk) * n + chunk.min(steps) * (n + cell.column_tape_len());
    let sums = network.len() + (AT_ONCE + 3) * (n + outputs);
    count.saturating_mul(steps).saturating_mul(inputs + 2 * outputs).saturating_add(columns.saturating_mul(a_column + sums))
}

/// A few segments and what their chains leave.
struct Batch<'a> {
    network: &'a Network,
    cell: &'a dyn Columns,
    /// Segments, and columns: a multiple of eight, of which the last may be idle.
    segments: &'a [(Segment, Vec<f64>)],
    columns: usize,
    /// Steps of a chunk.
    chunk: usize,
    /// Inputs of every step, d × M each.
    inputs: Vec<f64>,
    /// States at the start of every chunk, N × M each.
    starts: Vec<f64>,
    /// States of a chunk after each of its steps, and its tapes.
    states: Vec<f64>,
    tapes: Vec<f64>,
}

impl<'a> Batch<'a> {
    fn new(network: &'a Network, cell: &'a dyn Columns, segments: &'a [(Segment, Vec<f64>)]) -> Self {
        let columns = segments.len().next_multiple_of(columns::TOGETHER);
        let (steps, n, d) = (segments[0].0.len(), network.cell.state_len(), network.cell.inputs());
        let tape = cell.column_tape_len() * columns;
        let chunk = chunk(steps, tape);
        let mut inputs = vec![0.0; steps * d * columns];
        let mut starts = vec![0.0; steps.div_ceil(chunk) * n * columns];
        for (column, (segment, start)) in segments.iter().enumerate() {
            for t in 0..steps {
                for (j, x) in segment.input(t).iter().enumerate() {
                    inputs[(t * d + j) * columns + column] = *x;
                }
            }
            start.iter().enumerate().for_each(|(i, s)| starts[i * columns + column] = *s);
        }
        let length = chunk.min(steps);
        Batch { network, cell, segments, columns, chunk, inputs, starts, states: vec![0.0; length * n * columns], tapes: vec![0.0; length * tape] }
    }

    fn steps(&self) -> usize {
        self.segments[0].0.len()
    }

    /// Plays chunk number `chunk`.
    fn play(&mut self, chunk: usize) {
        let (n, d) = (self.network.cell.state_len() * self.columns, self.network.cell.inputs() * self.columns);
        let tape = self.cell.column_tape_len() * self.columns;
        for t in chunk * self.chunk..((chunk + 1) * self.chunk).min(self.steps()) {
            let at = t - chunk * self.chunk;
            let (before, after) = self.states.split_at_mut(at * n);
            let state = if at == 0 { &self.starts[chunk * n..][..n] } else { &before[(at - 1) * n..] };
            self.cell.step_columns(self.columns, state, &self.inputs[t * d..][..d], &mut after[..n], &mut self.tapes[at * tape..][..tape]);
        }
    }

    /// Plays all chunks, the last one last; says how many there are.
    fn forward(&mut self) -> usize {
        let n = self.network.cell.state_len() * self.columns;
        let chunks = self.steps().div_ceil(self.chunk);
        for chunk in 0..chunks {
            self.play(chunk);
            if chunk + 1 < chunks {
                let end = self.states.len() - n;
                self.starts[(chunk + 1) * n..][..n].copy_from_slice(&self.states[end..]);
            }
        }
        chunks
    }

    fn backward(mut self, warm: usize) -> Vec<Summed> {
        let steps = self.steps();
        let chunks = self.forward();
        let mut sums = Sums::new(self.network, self.columns, self.segments.len());
        for chunk in (0..chunks).rev() {
            if chunk + 1 < chunks {
                self.play(chunk);
            }
            let first = chunk * self.chunk;
            let mut end = (first + self.chunk).min(steps);
            while end > first {
                let begin = end.saturating_sub(AT_ONCE).max(first);
                self.part(first, begin..end, warm, &mut sums);
                end = begin;
            }
        }
        sums.finish(self.segments.len())
    }

    /// A few steps of the chunk that begins at `first`, backwards.
    fn part(&self, first: usize, steps: std::ops::Range<usize>, warm: usize, sums: &mut Sums<'_>) {
        let n = self.network.cell.state_len() * self.columns;
        let tape = self.cell.column_tape_len() * self.columns;
        let begin = steps.start;
        for t in steps.clone().rev() {
            let adjoint = &mut sums.adjoints[(t - begin) * n..][..n];
            adjoint.copy_from_slice(&sums.carried);
            if t >= warm {
                let state = &self.states[(t - first) * n..][..n];
                sums.readout.add(self.segments, t, state, adjoint, t - begin);
            } else {
                sums.readout.nothing(t - begin);
            }
            self.cell.pull_columns(self.columns, &self.tapes[(t - first) * tape..][..tape], adjoint, &mut sums.carried, &mut sums.work);
        }
        let (from, to) = (begin - first, steps.end - first);
        let count = to - from;
        sums.readout.gather(&self.states[from * n..to * n], count);
        self.cell.immediates_of_columns(self.columns, &self.tapes[from * tape..to * tape], &mut sums.adjoints[..count * n], &mut sums.recurrent);
    }
}

/// What is summed up, and the adjoints on their way.
struct Sums<'a> {
    columns: usize,
    carried: Vec<f64>,
    adjoints: Vec<f64>,
    work: Vec<f64>,
    /// P × M.
    recurrent: Vec<f64>,
    readout: Head<'a>,
}

impl<'a> Sums<'a> {
    fn new(network: &'a Network, columns: usize, segments: usize) -> Self {
        let n = network.cell.state_len() * columns;
        Sums {
            columns,
            carried: vec![0.0; n],
            adjoints: vec![0.0; AT_ONCE * n],
            work: vec![0.0; n],
            recurrent: vec![0.0; network.recurrent_len() * columns],
            readout: Head::new(network, columns, segments),
        }
    }

    fn finish(self, segments: usize) -> Vec<Summed> {
        let of = |column: usize| {
            let recurrent = self.recurrent.chunks_exact(self.columns).map(|entry| entry[column]);
            let gradient = recurrent.chain(self.readout.of(column)).collect();
            Summed { loss: self.readout.losses[column], gradient }
        };
        (0..segments).map(of).collect()
    }
}

/// The readout of all columns.
struct Head<'a> {
    network: &'a Network,
    columns: usize,
    weights: Vec<f64>,
    bias: Vec<f64>,
    losses: Vec<f64>,
    /// Errors of a few steps, m × M each.
    errors: Vec<f64>,
    /// Gradients in C (m × N × M) and in c (m × M).
    in_weights: Vec<f64>,
    in_bias: Vec<f64>,
    pulled: Vec<f64>,
    single: Vec<f64>,
}

impl<'a> Head<'a> {
    fn new(network: &'a Network, columns: usize, segments: usize) -> Self {
        let (m, n) = (network.readout.outputs(), network.cell.state_len());
        let visible = network.readout.weights();
        // A state may have numbers that the readout does not see.
        let weights = (0..m * n).map(|place| visible.get((place / n, place % n)).copied().unwrap_or(0.0)).collect();
        Head {
            network,
            columns,
            weights,
            bias: network.readout.bias(),
            losses: vec![0.0; segments],
            errors: vec![0.0; AT_ONCE * m * columns],
            in_weights: vec![0.0; m * n * columns],
            in_bias: vec![0.0; m * columns],
            pulled: vec![0.0; n * columns],
            single: vec![0.0; m],
        }
    }

    /// Loss and error of step `t` of every segment, whose place among the errors is `at`; adds
    /// `Cᵀ e` to the adjoint.
    fn add(&mut self, segments: &[(Segment, Vec<f64>)], t: usize, state: &[f64], adjoint: &mut [f64], at: usize) {
        let (m, n) = (self.bias.len(), self.network.cell.state_len());
        let errors = &mut self.errors[at * m * self.columns..][..m * self.columns];
        dense::multiply(&self.weights, state, errors, n);
        for (column, (segment, _)) in segments.iter().enumerate() {
            for (output, prediction) in self.single.iter_mut().enumerate() {
                *prediction = errors[output * self.columns + column] + self.bias[output];
            }
            self.losses[column] += self.network.readout.loss().value_and_slope(&mut self.single, segment.target(t));
            for (output, error) in self.single.iter().enumerate() {
                errors[output * self.columns + column] = *error;
            }
        }
        for idle in errors.chunks_exact_mut(self.columns) {
            idle[segments.len()..].fill(0.0);
        }
        dense::multiply_transposed(&self.weights, n, errors, &mut self.pulled, m);
        adjoint.iter_mut().zip(&self.pulled).for_each(|(adjoint, own)| *adjoint += own);
    }

    fn nothing(&mut self, at: usize) {
        let len = self.bias.len() * self.columns;
        self.errors[at * len..][..len].fill(0.0);
    }

    /// Adds the gradients of `count` steps, whose states are given.
    fn gather(&mut self, states: &[f64], count: usize) {
        let (m, n) = (self.bias.len(), self.network.cell.state_len());
        let errors = &self.errors[..count * m * self.columns];
        columns::add_products(errors, (states, n * self.columns), &mut self.in_weights, (m, n, self.columns));
        for errors in errors.chunks_exact(m * self.columns) {
            self.in_bias.iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
        }
    }

    /// The gradient of a column, rows of (C, c) one after the other.
    fn of(&self, column: usize) -> impl Iterator<Item = f64> {
        let (m, n) = (self.bias.len(), self.network.cell.state_len());
        let visible = self.network.cell.visible_len();
        (0..m).flat_map(move |output| {
            let weights = (0..visible).map(move |k| self.in_weights[(output * n + k) * self.columns + column]);
            weights.chain([self.in_bias[output * self.columns + column]])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Autoregression, LinearTarget, Var};
    use crate::network::{Elman, Readout, activation, loss};
    use crate::random::{Noise, RngKey};
    use ndarray::arr2;

    /// Whole tapes and chunks, full registers and idle columns, both losses, two outputs.
    #[test]
    fn side_by_side_is_one_by_one() {
        let target = LinearTarget::new(vec![vec![0.3, -1.0], vec![1.0, 0.2]], 0.1);
        let (transition, noise_factor) = (arr2(&[[0.7, 0.1], [0.0, 0.5]]), arr2(&[[1.0, 0.0], [0.2, 0.9]]));
        let data = Var(Autoregression { transition, noise_factor, inputs: vec![1, 0], target });
        for (n, count, steps, loss) in [(1, 3, 7, "squared"), (4, 8, 40, "huber"), (5, 13, 100, "squared"), (24, 9, 3000, "squared")] {
            let mut noise = Noise::at(RngKey::root(n as u64));
            let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
            let cell = Elman::new(&scaled(n * n, 0.5), &scaled(2 * n, 0.5), &scaled(n, 0.1), 0.5, activation::TANH).unwrap();
            let readout = Readout::new(&scaled(2 * n, 0.5), &scaled(2, 0.5), n).under(loss::named(loss).unwrap());
            let network = Network { cell: Box::new(cell), readout };
            let segments: Vec<(Segment, Vec<f64>)> = (0..count)
                .map(|k| {
                    let key = RngKey::root(9).replicate(k);
                    let (mut innovations, mut observations) = (Noise::at(key.stream(1)), Noise::at(key.stream(2)));
                    (Segment::follow(&data, vec![1.0, -1.0], steps, &mut innovations, &mut observations).0, vec![0.1 * k as f64; n])
                })
                .collect();
            let together = bptt_all(&network, &segments, 5);
            assert_eq!(together.len(), count);
            for (together, (segment, start)) in together.iter().zip(&segments) {
                let alone = bptt(&network, segment, start, 5);
                let size = alone.gradient.iter().fold(0.0f64, |top, g| top.max(g.abs()));
                assert!((together.loss / alone.loss - 1.0).abs() < 1e-12, "N = {n}");
                for (a, b) in together.gradient.iter().zip(&alone.gradient) {
                    assert!((a - b).abs() < 1e-12 * size, "N = {n}: {a} {b}");
                }
            }
            // A segment's sums do not depend on those beside it.
            assert_eq!(bptt_all(&network, &segments[count - 1..], 5)[0].gradient[..2], together[count - 1].gradient[..2], "N = {n}");
        }
    }
}
