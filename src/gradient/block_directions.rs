//! Gradients of many parameters seen along random directions of every block: along them forward
//! derivatives and differences of the loss cost no more than some hundred runs of the network.

use super::finite_difference::summed_loss;
use crate::data::Segment;
use crate::network::{NamedBlock, Network};
use crate::random::Noise;
use std::ops::Range;

/// Directions that lie in one block each.
///
/// A block of more entries than directions has independent normal ones of variance 1/K an entry, so
/// that for every vector x of the block
///
/// ```text
/// Σ_k (r_k · x)² = ‖x‖² χ²_K / K
/// ```
///
/// in law. A smaller block has its coordinates themselves, which lose nothing.
pub(crate) struct BlockDirections {
    parts: Vec<Part>,
}

struct Part {
    block: NamedBlock,
    /// One after the other, as long as the block.
    directions: Vec<Vec<f64>>,
}

/// Steps whose tapes are kept at once.
const TOGETHER: usize = 64;

impl BlockDirections {
    /// At most `most` directions of every block.
    pub(crate) fn draw(network: &Network, most: usize, noise: &mut Noise) -> Self {
        let of = |block: &NamedBlock| {
            let len = block.rows * block.columns;
            let unit = |k: usize| (0..len).map(|entry| f64::from(u8::from(entry == k))).collect();
            let mut normal = || {
                let mut direction = noise.normal_vector(len);
                direction.iter_mut().for_each(|r| *r /= (most as f64).sqrt());
                direction
            };
            let directions = if len <= most { (0..len).map(unit).collect() } else { (0..most).map(|_| normal()).collect() };
            Part { block: block.clone(), directions }
        };
        BlockDirections { parts: network.layout().blocks().iter().map(of).collect() }
    }

    /// Numbers that the directions of a network hold, and what is carried along them.
    pub(crate) fn numbers(network: &Network, most: usize) -> usize {
        let (cell, blocks) = (&*network.cell, network.layout().blocks().len());
        let kept = TOGETHER.saturating_mul(cell.tape_len() + cell.state_len());
        most.saturating_mul(network.len() + blocks * cell.state_len()).saturating_add(kept)
    }

    /// The numbers of the directions of every block.
    pub(crate) fn blocks(network: &Network, most: usize) -> Vec<Range<usize>> {
        let mut end = 0;
        let of = |block: &NamedBlock| {
            let start = end;
            end += (block.rows * block.columns).min(most);
            start..end
        };
        network.layout().blocks().iter().map(of).collect()
    }

    /// `r_k · x` for every direction.
    pub(crate) fn along(&self, vector: &[f64]) -> Vec<f64> {
        let of = |part: &Part| {
            let values = part.block.values(vector);
            part.directions.iter().map(|r| r.iter().zip(&values).map(|(r, x)| r * x).sum()).collect::<Vec<f64>>()
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// Every direction, as long as all parameters.
    fn whole(&self, network: &Network) -> impl Iterator<Item = Vec<f64>> {
        let len = network.len();
        let all = self.parts.iter().flat_map(|part| part.directions.iter().map(move |direction| (&part.block, direction)));
        all.map(move |(block, direction)| {
            let mut whole = vec![0.0; len];
            block.fill(&mut whole, direction);
            whole
        })
    }

    /// The summed loss's derivative along every direction, carried forward with the state:
    /// `V r ← A V r + E r`.
    pub(crate) fn forward(&self, network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Vec<f64> {
        let (cell, recurrent) = (&*network.cell, network.recurrent_len());
        let (n, len) = (cell.state_len(), cell.tape_len());
        let together = TOGETHER.min(segment.len());
        let (mut tapes, mut adjoints) = (vec![0.0; together * len], vec![0.0; together * n]);
        let (mut state, mut next, mut image) = (start.to_vec(), vec![0.0; n], vec![0.0; n]);
        let (mut error, mut of_readout) = (vec![0.0; network.readout.outputs()], vec![0.0; network.readout.parameters().len()]);
        let count = self.parts.iter().map(|part| part.directions.len()).sum::<usize>();
        let (mut sums, mut tangents) = (vec![0.0; count], vec![0.0; count * n]);
        for first in (0..segment.len()).step_by(together.max(1)) {
            let steps = together.min(segment.len() - first);
            let (tapes, adjoints) = (&mut tapes[..steps * len], &mut adjoints[..steps * n]);
            adjoints.fill(0.0);
            for (t, (tape, adjoint)) in (first..).zip(tapes.chunks_exact_mut(len).zip(adjoints.chunks_exact_mut(n))) {
                cell.step(&state, segment.input(t), &mut next, tape);
                std::mem::swap(&mut state, &mut next);
                if t >= warm {
                    network.readout.backward(&state, segment.target(t), &mut error, adjoint, &mut of_readout);
                }
            }
            for ((sum, tangent), direction) in sums.iter_mut().zip(tangents.chunks_exact_mut(n)).zip(self.whole(network)) {
                for (tape, adjoint) in tapes.chunks_exact(len).zip(adjoints.chunks_exact(n)) {
                    cell.push(tape, Some(tangent), Some(&direction[..recurrent]), &mut image);
                    tangent.copy_from_slice(&image);
                    *sum += tangent.iter().zip(adjoint).map(|(v, a)| v * a).sum::<f64>();
                }
            }
        }
        let in_readout = |direction: Vec<f64>| direction[recurrent..].iter().zip(&of_readout).map(|(r, g)| r * g).sum::<f64>();
        sums.iter_mut().zip(self.whole(network).map(in_readout)).for_each(|(sum, own)| *sum += own);
        sums
    }

    /// Central differences of the summed loss along every direction, moved by `width` of the length
    /// of the parameters, at least of 1.
    pub(crate) fn differences(&self, network: &Network, segment: &Segment, start: &[f64], warm: usize, width: f64) -> Vec<f64> {
        let centre = network.parameters();
        let length = |vector: &[f64]| vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let along = |direction: Vec<f64>| {
            let size = length(&direction);
            let h = width * length(&centre).max(1.0) / size;
            let loss_at = |h: f64| {
                let moved: Vec<f64> = centre.iter().zip(&direction).map(|(theta, r)| h.mul_add(*r, *theta)).collect();
                summed_loss(&network.at(&moved), segment, start, warm)
            };
            (loss_at(h) - loss_at(-h)) / (2.0 * h)
        };
        self.whole(network).map(along).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::{bptt, rtrl};
    use crate::network::{Elman, Readout, activation};
    use crate::random::RngKey;

    #[test]
    fn forward_backward_and_differences_agree_along_every_direction() {
        let mut noise = Noise::at(RngKey::root(2));
        let mut scaled = |count: usize, factor: f64| noise.normal_vector(count).iter().map(|x| factor * x).collect::<Vec<f64>>();
        let cell = Elman::new(&scaled(36, 0.3), &scaled(12, 0.5), &scaled(6, 0.1), 0.0, activation::TANH).unwrap();
        let network = Network { cell: Box::new(cell), readout: Readout::new(&scaled(6, 0.5), &[0.1], 6) };
        let segment = Segment::given(scaled(40, 1.0), 2, scaled(20, 1.0), 1);
        let directions = BlockDirections::draw(&network, 5, &mut Noise::at(RngKey::root(3)));
        // B, W, b and C have five each, c its coordinate.
        assert_eq!(BlockDirections::blocks(&network, 5), [0..5, 5..10, 10..15, 15..20, 20..21]);
        let start = [0.1; 6];
        let forward = directions.forward(&network, &segment, &start, 4);
        let differences = directions.differences(&network, &segment, &start, 4, 1e-5);
        assert_eq!(forward.len(), 21);
        for whole in [bptt(&network, &segment, &start, 4).gradient, rtrl(&network, &segment, &start, 4).gradient] {
            for (k, exact) in directions.along(&whole).into_iter().enumerate() {
                let size = exact.abs().max(0.1);
                assert!((forward[k] - exact).abs() < 1e-12 * size && (differences[k] - exact).abs() < 1e-7 * size, "{k}: {exact}");
            }
        }
    }

    #[test]
    fn the_square_along_directions_is_that_of_the_vector_on_average() {
        let cell = Elman::new(&[0.1; 64], &[0.1; 8], &[0.1; 8], 0.0, activation::TANH).unwrap();
        let network = Network { cell: Box::new(cell), readout: Readout::new(&[0.1; 8], &[0.1], 8) };
        let vector: Vec<f64> = (0..network.len()).map(|k| (k % 5) as f64 - 1.0).collect();
        let square = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let seen = |seed: u64| square(&BlockDirections::draw(&network, 6, &mut Noise::at(RngKey::root(seed))).along(&vector));
        let mean = (0..4000).map(seen).sum::<f64>() / 4000.0;
        // One draw has a relative deviation of at most √(2/6); 4.5 standard errors of the mean are
        // passed by chance less than once in 1e5 seeds.
        assert!((mean / square(&vector) - 1.0).abs() < 4.5 * (2.0f64 / 6.0 / 4000.0).sqrt(), "{mean} {}", square(&vector));
    }
}
