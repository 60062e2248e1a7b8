//! Rolling truncated backpropagation over many segments of one length, side by side.

use super::{Batch, Head, Summed};
use crate::data::Segment;
use crate::gradient::rolling_truncated;
use crate::network::{Columns, Network};
use crate::simd::dense;

/// Numbers that the sums of all lengths and segments may take; more go one by one.
const MOST_SUMS: usize = 1 << 22;

/// [`rolling_truncated`] of every segment, each from its own hidden state: side by side where the
/// cell has such steps and the segments have one length, the same up to rounding.
///
/// ```text
/// Σ_t Σ_{k<τ} E_{t−k}ᵀ λ_{t,k} = Σ_s E_sᵀ Σ_{k<τ} λ_{s+k,k},   λ_{t,0} = Cᵀ e_t,
///     λ_{t,k+1} = A_{t−k}ᵀ λ_{t,k}
/// ```
///
/// Adjoints of neighbouring lengths are summed before the immediate Jacobian takes them. Cost of a
/// segment and step for R lengths up to τ: `2 τ N² + 2 R P` flops.
pub(crate) fn rolling_truncated_all(network: &Network, segments: &[(Segment, Vec<f64>)], warm: usize, lengths: &[usize]) -> Vec<Vec<Summed>> {
    match network.cell.columns().filter(|_| super::are_alike(segments) && fits(network, segments.len(), lengths)) {
        Some(cell) => {
            let together = segments.first().map_or(1, |(first, _)| super::together(cell, first.len()));
            segments.chunks(together).flat_map(|segments| Rolling::new(network, cell, segments, lengths).backward(warm)).collect()
        }
        None => segments.iter().map(|(segment, start)| rolling_truncated(network, segment, start, warm, lengths)).collect(),
    }
}

fn sums(network: &Network, segments: usize, lengths: &[usize]) -> usize {
    segments.next_multiple_of(8).saturating_mul(network.recurrent_len()).saturating_mul(lengths.len())
}

fn fits(network: &Network, segments: usize, lengths: &[usize]) -> bool {
    sums(network, segments, lengths) <= MOST_SUMS
}

/// Segments of `count` that should go together: all, or one at a time where their sums take much
/// memory.
pub(crate) fn rolling_together(network: &Network, count: usize, lengths: &[usize]) -> usize {
    if network.cell.columns().is_some() && fits(network, count, lengths) { count.max(1) } else { 1 }
}

/// Numbers that so many segments take beside what backpropagation through them does.
pub(crate) fn rolling_numbers(network: &Network, segments: usize, steps: usize, lengths: &[usize]) -> usize {
    let (width, longest) = (network.len(), lengths.iter().copied().max().unwrap_or(0));
    let results = lengths.len().saturating_mul(width).saturating_mul(segments);
    let working = if segments > 1 {
        sums(network, segments, lengths) + segments.next_multiple_of(8) * (2 * longest + 1) * network.cell.state_len()
    } else {
        lengths.len().saturating_mul(width).saturating_add(steps.saturating_mul(network.cell.tape_len()))
    };
    results.saturating_add(working)
}

/// A few segments and the adjoints of their latest errors.
struct Rolling<'a> {
    batch: Batch<'a>,
    lengths: &'a [usize],
    /// Lengths from the shortest on, by their places.
    order: Vec<usize>,
    /// Adjoints of the errors of the last τ steps, N × M each: that of step t at `t mod τ`.
    adjoints: Vec<f64>,
    /// The same a step further back.
    pulled: Vec<f64>,
    longest: usize,
    sum: Vec<f64>,
    /// What the lags between two neighbouring lengths add up to, P × M each.
    bins: Vec<Vec<f64>>,
}

impl<'a> Rolling<'a> {
    fn new(network: &'a Network, cell: &'a dyn Columns, segments: &'a [(Segment, Vec<f64>)], lengths: &'a [usize]) -> Self {
        let batch = Batch::new(network, cell, segments);
        let (width, state) = (network.recurrent_len() * batch.columns, network.cell.state_len() * batch.columns);
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|index| lengths[*index]);
        let longest = lengths.iter().copied().max().unwrap_or(0).clamp(1, batch.steps().max(1));
        let [adjoints, pulled] = [(); 2].map(|()| vec![0.0; longest * state]);
        Rolling { lengths, order, adjoints, pulled, longest, sum: vec![0.0; state], bins: vec![vec![0.0; width]; lengths.len()], batch }
    }

    fn backward(mut self, warm: usize) -> Vec<Vec<Summed>> {
        let mut head = Head::new(self.batch.network, self.batch.columns, self.batch.segments.len());
        let chunks = self.batch.forward();
        // Before this step no error that counts reaches back.
        let first = (warm + 1).saturating_sub(self.longest);
        for chunk in (0..chunks).rev() {
            let begin = chunk * self.batch.chunk;
            let end = (begin + self.batch.chunk).min(self.batch.steps());
            if end <= first {
                break;
            }
            if chunk + 1 < chunks {
                self.batch.play(chunk);
            }
            (first.max(begin)..end).rev().for_each(|t| self.step(t, begin, warm, &mut head));
        }
        self.finish(&head)
    }

    /// Step `t` of the chunk that begins at `begin`, backwards.
    fn step(&mut self, t: usize, begin: usize, warm: usize, head: &mut Head<'_>) {
        let (cell, columns) = (self.batch.cell, self.batch.columns);
        let n = self.batch.network.cell.state_len() * columns;
        let len = cell.column_tape_len() * columns;
        let tape = &self.batch.tapes[(t - begin) * len..][..len];
        let newest = &mut self.adjoints[t % self.longest * n..][..n];
        newest.fill(0.0);
        if t >= warm {
            let state = &self.batch.states[(t - begin) * n..][..n];
            head.add(self.batch.segments, t, state, newest, 0);
            head.gather(state, 1);
        }
        let mut lag = 0;
        for (bin, index) in self.bins.iter_mut().zip(&self.order) {
            let upto = self.lengths[*index].min(self.longest);
            if lag == upto {
                continue;
            }
            self.sum.fill(0.0);
            for lag in lag..upto {
                let adjoint = &self.adjoints[(t + lag) % self.longest * n..][..n];
                dense::add(adjoint, &mut self.sum);
            }
            cell.immediates_of_columns(columns, tape, &mut self.sum, bin);
            lag = upto;
        }
        for (adjoint, pulled) in self.adjoints.chunks_exact(n).zip(self.pulled.chunks_exact_mut(n)) {
            cell.pull_columns(columns, tape, adjoint, pulled, &mut self.sum);
        }
        std::mem::swap(&mut self.adjoints, &mut self.pulled);
    }

    fn finish(self, head: &Head<'_>) -> Vec<Vec<Summed>> {
        let columns = self.batch.columns;
        let of = |column: usize| {
            let readout: Vec<f64> = head.of(column).collect();
            let mut running = vec![0.0; self.batch.network.recurrent_len()];
            let mut results = vec![Summed { loss: head.losses[column], gradient: Vec::new() }; self.lengths.len()];
            for (bin, index) in self.bins.iter().zip(&self.order) {
                running.iter_mut().zip(bin.chunks_exact(columns)).for_each(|(sum, entry)| *sum += entry[column]);
                results[*index].gradient = [&running[..], &readout].concat();
            }
            results
        };
        (0..self.batch.segments.len()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Elman, Readout, activation, loss};
    use crate::random::{Noise, RngKey};

    fn network(n: usize, noise: &mut Noise) -> Network {
        let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
        let cell = Elman::new(&scaled(n * n, 0.7), &scaled(2 * n, 0.5), &scaled(n, 0.1), 0.5, activation::TANH).unwrap();
        let readout = Readout::new(&scaled(2 * n, 0.5), &scaled(2, 0.5), n).under(loss::named("huber").unwrap());
        Network { cell: Box::new(cell), readout }
    }

    /// Whole tapes and chunks, lengths in any order, none, and longer than the segment.
    #[test]
    fn side_by_side_is_one_by_one() {
        let cases: [(usize, usize, usize, usize, &[usize]); 5] =
            [(1, 3, 7, 2, &[1, 2, 3]), (4, 8, 40, 5, &[6, 1, 0, 6, 16]), (5, 13, 50, 0, &[3, 70]), (20, 9, 1500, 1400, &[8, 32]), (3, 2, 9, 0, &[])];
        for (n, count, steps, warm, lengths) in cases {
            let mut noise = Noise::at(RngKey::root(n as u64));
            let network = network(n, &mut noise);
            let mut segment = || (Segment::given(noise.normal_vector(2 * steps), 2, noise.normal_vector(2 * steps), 2), noise.normal_vector(n));
            let segments: Vec<(Segment, Vec<f64>)> = (0..count).map(|_| segment()).collect();
            let together = rolling_truncated_all(&network, &segments, warm, lengths);
            assert_eq!(together.len(), count);
            for (together, (segment, start)) in together.iter().zip(&segments) {
                let alone = rolling_truncated(&network, segment, start, warm, lengths);
                assert_eq!(together.len(), lengths.len());
                for ((together, alone), length) in together.iter().zip(&alone).zip(lengths) {
                    let size = alone.gradient.iter().fold(0.0f64, |top, g| top.max(g.abs()));
                    assert!((together.loss / alone.loss - 1.0).abs() < 1e-12, "N = {n}");
                    for (a, b) in together.gradient.iter().zip(&alone.gradient) {
                        assert!((a - b).abs() < 1e-12 * size, "N = {n}, τ = {length}: {a} {b}");
                    }
                }
            }
        }
    }

    /// Segments of several lengths go one by one.
    #[test]
    fn unlike_segments_are_taken_too() {
        let mut noise = Noise::at(RngKey::root(3));
        let network = network(2, &mut noise);
        let mut segment = |steps: usize| (Segment::given(noise.normal_vector(2 * steps), 2, noise.normal_vector(2 * steps), 2), vec![0.0; 2]);
        let segments = [segment(5), segment(8)];
        let all = rolling_truncated_all(&network, &segments, 1, &[2]);
        for (all, (segment, start)) in all.iter().zip(&segments) {
            assert_eq!(*all, rolling_truncated(&network, segment, start, 1, &[2]));
        }
        assert!(network.cell.columns().is_some() && network.cell.state_len() == 2);
    }
}
