//! Blocks of steps of several streams at once: their chains share registers.

use super::block::block_length;
use super::{LaneRule, Slopes, Taken};
use crate::network::Network;
use crate::simd::columns::TOGETHER;

/// Fewest streams that go faster together than one by one, with idle columns beside them.
const FEWEST: usize = 4;

/// Block truncated backpropagation of L streams, whose states are the columns of one matrix.
///
/// A block of τ steps costs `2 P τ M` flops forward, as many for the immediate gradients and
/// `2 N² τ M` back, with M the next multiple of eight.
pub(super) struct BlockLanes {
    lanes: usize,
    columns: usize,
    length: usize,
    grows: bool,
    /// Steps so far, the step that the present block ends with, and steps of the block so far.
    steps: usize,
    until: usize,
    count: usize,
    /// N × M, as all that follows stands in columns.
    state: Vec<f64>,
    next: Vec<f64>,
    inputs: Vec<f64>,
    tapes: Vec<f64>,
    adjoints: Vec<f64>,
    previous: Vec<f64>,
    work: Vec<f64>,
    /// P × M.
    sums: Vec<f64>,
    own: Vec<f64>,
    slopes: Slopes,
}

impl BlockLanes {
    pub(super) fn start(network: &Network, lanes: usize, length: usize, grows: bool) -> Option<BlockLanes> {
        network.cell.columns().filter(|_| lanes >= FEWEST)?;
        let columns = lanes.next_multiple_of(TOGETHER);
        let of = |rows: usize| vec![0.0; rows * columns];
        let n = network.cell.state_len();
        Some(BlockLanes {
            lanes,
            columns,
            length,
            grows,
            steps: 0,
            until: length,
            count: 0,
            state: of(n),
            next: of(n),
            inputs: of(network.cell.inputs()),
            tapes: Vec::new(),
            adjoints: Vec::new(),
            previous: of(n),
            work: of(n),
            sums: of(network.recurrent_len()),
            own: vec![0.0; n],
            slopes: Slopes::of(network),
        })
    }

    fn clear(&mut self) {
        self.count = 0;
        self.tapes.clear();
        self.adjoints.clear();
    }

    /// Pulls the block's adjoints back and begins the next block.
    fn close(&mut self, network: &Network, gradient: &mut [f64]) {
        let Some(cell) = network.cell.columns() else { return };
        let (width, tape) = (self.state.len(), cell.column_tape_len() * self.columns);
        for step in (1..self.count).rev() {
            let (before, after) = self.adjoints.split_at_mut(step * width);
            cell.pull_columns(self.columns, &self.tapes[step * tape..][..tape], &after[..width], &mut self.previous, &mut self.work);
            before[(step - 1) * width..].iter_mut().zip(&self.previous).for_each(|(own, carried)| *own += carried);
        }
        self.sums.fill(0.0);
        cell.immediates_of_columns(self.columns, &self.tapes, &mut self.adjoints, &mut self.sums);
        for (g, sums) in gradient.iter_mut().zip(self.sums.chunks_exact(self.columns)) {
            *g += sums.iter().sum::<f64>();
        }
        self.clear();
        self.until = self.steps + block_length(self.length, self.grows, self.steps);
    }
}

impl LaneRule for BlockLanes {
    fn learn(&mut self, network: &Network, inputs: &[f64], targets: &[f64], gradient: &mut [f64]) -> Taken {
        let Some(cell) = network.cell.columns() else { return Taken { loss: f64::NAN, weight: 0.0 } };
        let (columns, d, m) = (self.columns, network.cell.inputs(), network.readout.outputs());
        for (lane, input) in inputs.chunks_exact(d).enumerate() {
            input.iter().enumerate().for_each(|(j, x)| self.inputs[j * columns + lane] = *x);
        }
        let (tape, adjoint) = (self.tapes.len(), self.adjoints.len());
        self.tapes.resize(tape + cell.column_tape_len() * columns, 0.0);
        self.adjoints.resize(adjoint + self.state.len(), 0.0);
        cell.step_columns(columns, &self.state, &self.inputs, &mut self.next, &mut self.tapes[tape..]);
        std::mem::swap(&mut self.state, &mut self.next);
        let mut loss = 0.0;
        for lane in 0..self.lanes {
            self.own.iter_mut().zip(self.state.iter().skip(lane).step_by(columns)).for_each(|(to, from)| *to = *from);
            loss += self.slopes.read_out(network, &self.own, &targets[lane * m..(lane + 1) * m], gradient);
            let adjoints = self.adjoints[adjoint..].iter_mut().skip(lane).step_by(columns);
            adjoints.zip(&self.slopes.adjoint).for_each(|(to, from)| *to = *from);
        }
        self.count += 1;
        self.steps += 1;
        if self.steps < self.until {
            return Taken { loss, weight: 0.0 };
        }
        let steps = self.count;
        self.close(network, &mut gradient[..network.recurrent_len()]);
        Taken { loss, weight: 1.0 / steps as f64 }
    }

    fn hidden(&self, lane: usize) -> Vec<f64> {
        self.state.iter().skip(lane).step_by(self.columns).copied().collect()
    }

    fn forget(&mut self) {
        self.state.fill(0.0);
        self.clear();
        self.until = self.steps + self.length;
    }
}
