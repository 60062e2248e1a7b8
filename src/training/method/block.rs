//! Blocks of steps, each differentiated within itself: of one length, of growing lengths, or of
//! lengths that chance sets.

use super::block_lanes::BlockLanes;
use super::{LaneRule, MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{Summed, block_truncated};
use crate::network::{Cell, Network};
use crate::random::Noise;

/// Where blocks end.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// After τ steps.
    Regular,
    /// After `τ + ⌊√t⌋` steps, t the step that the block begins with.
    Growing,
    /// With probability 1/τ after every step; the adjoint that goes on within a block is divided by
    /// `1 − 1/τ`.
    Random,
}

/// State carried from block to block, one update a block.
pub(super) struct Block {
    ends: Ends,
}

/// Block truncated backpropagation.
pub(super) const REGULAR: Block = Block { ends: Ends::Regular };

/// Truncated backpropagation with growing blocks. Source: Massé and Ollivier (2020),
/// arXiv:2005.05645, whose theorem asks for lengths that grow like a power of the time.
pub(super) const GROWING: Block = Block { ends: Ends::Growing };

/// Anticipated reweighted truncated backpropagation, whose mean is the whole gradient. Source:
/// Tallec and Ollivier (2017), arXiv:1705.08209.
pub(super) const RANDOM: Block = Block { ends: Ends::Random };

impl MethodKind for Block {
    fn id(&self) -> &'static str {
        match self.ends {
            Ends::Regular => "block-tbptt",
            Ends::Growing => "growing-tbptt",
            Ends::Random => "artbp",
        }
    }

    fn words(&self) -> &'static str {
        match self.ends {
            Ends::Regular => "blocks of τ steps, one update a block",
            Ends::Growing => "blocks of τ + ⌊√t⌋ steps, one update a block",
            Ends::Random => "ARTBP: blocks of random length, τ in the mean, reweighted to be right in the mean",
        }
    }

    fn name(&self, length: usize) -> String {
        match self.ends {
            Ends::Regular => format!("block TBPTT({length})"),
            Ends::Growing => format!("growing TBPTT({length} + √t)"),
            Ends::Random => format!("ARTBP({length})"),
        }
    }

    /// A block of τ steps takes in windows of 1 to τ applications of the cell, one each.
    fn windows(&self, length: usize) -> Vec<usize> {
        if self.ends == Ends::Regular { (1..=length).collect() } else { Vec::new() }
    }

    fn is_unbiased(&self) -> bool {
        self.ends == Ends::Random
    }

    fn frozen(&self, length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize, choices: Noise) -> Summed {
        if self.ends == Ends::Regular {
            return block_truncated(network, segment, start, warm, length);
        }
        super::run_frozen(&mut *self.start(length, network, start.to_vec(), choices), network, segment, warm)
    }

    fn is_regular(&self) -> bool {
        self.ends != Ends::Random
    }

    fn side_by_side(&self, length: usize, network: &Network, lanes: usize) -> Option<Box<dyn LaneRule>> {
        BlockLanes::start(network, lanes, length, self.ends == Ends::Growing).filter(|_| self.is_regular()).map(|rule| Box::new(rule) as _)
    }

    fn period(&self, length: usize) -> usize {
        length
    }

    fn last_period(&self, length: usize, steps: usize) -> usize {
        block_length(length, self.ends == Ends::Growing, steps)
    }

    fn flops(&self, _length: usize, cell: &dyn Cell) -> f64 {
        super::forward_flops(cell) + super::pull_flops(cell)
    }

    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        // A random block is longer than 30 τ once in 10¹³ blocks; one that grows is as long as a
        // run of 10⁸ steps makes it.
        let most = match self.ends {
            Ends::Regular => length,
            Ends::Growing => length.saturating_add(10_000),
            Ends::Random => length.saturating_mul(30),
        };
        // Tapes and adjoints, and what sums up immediate gradients, of no more numbers a step.
        most.saturating_mul(2 * (cell.tape_len() + cell.state_len()))
    }

    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule> {
        let (next, previous) = (vec![0.0; hidden.len()], vec![0.0; hidden.len()]);
        let slopes = Slopes::of(network);
        let (tapes, adjoints) = (Vec::new(), Vec::new());
        Box::new(Running { ends: self.ends, length, choices, steps: 0, until: length, hidden, next, slopes, previous, count: 0, tapes, adjoints })
    }
}

/// Steps of the block that begins with step t.
pub(super) fn block_length(length: usize, grows: bool, t: usize) -> usize {
    length + if grows { t.isqrt() } else { 0 }
}

struct Running {
    ends: Ends,
    length: usize,
    choices: Noise,
    /// Steps so far, and the step that the present block ends with.
    steps: usize,
    until: usize,
    hidden: Vec<f64>,
    next: Vec<f64>,
    slopes: Slopes,
    previous: Vec<f64>,
    /// Steps of the block so far, with their tapes and adjoints one after the other.
    count: usize,
    tapes: Vec<f64>,
    adjoints: Vec<f64>,
}

impl Running {
    /// Factor of the adjoint that goes on from one step of a block to the one before.
    fn factor(&self) -> f64 {
        if self.ends == Ends::Random { 1.0 / (1.0 - 1.0 / self.length as f64) } else { 1.0 }
    }

    /// Whether the block ends with the step that was just taken.
    fn ended(&mut self) -> bool {
        match self.ends {
            Ends::Random => self.choices.uniform() * (self.length as f64) < 1.0,
            _ => self.steps == self.until,
        }
    }

    fn clear(&mut self) {
        self.count = 0;
        self.tapes.clear();
        self.adjoints.clear();
    }

    /// Pulls the block's adjoints back and begins the next block.
    fn close(&mut self, network: &Network, gradient: &mut [f64]) {
        let (factor, cell, len, n) = (self.factor(), &*network.cell, network.cell.tape_len(), self.hidden.len());
        for step in (1..self.count).rev() {
            let (before, after) = self.adjoints.split_at_mut(step * n);
            cell.pull_state(&self.tapes[step * len..(step + 1) * len], &after[..n], &mut self.previous);
            before[(step - 1) * n..].iter_mut().zip(&self.previous).for_each(|(own, carried)| *own += factor * carried);
        }
        cell.immediates(&self.tapes, &mut self.adjoints, &mut gradient[..network.recurrent_len()]);
        self.clear();
        self.until = self.steps + block_length(self.length, self.ends == Ends::Growing, self.steps);
    }
}

impl Rule for Running {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        let place = self.tapes.len();
        self.tapes.resize(place + cell.tape_len(), 0.0);
        cell.step(&self.hidden, input, &mut self.next, &mut self.tapes[place..]);
        std::mem::swap(&mut self.hidden, &mut self.next);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        self.adjoints.extend_from_slice(&self.slopes.adjoint);
        self.count += 1;
        self.steps += 1;
        if !self.ended() {
            return Taken { loss, weight: 0.0 };
        }
        // The mean over the steps of a block; where their number is random, over the expected one,
        // which the gradient does not depend on.
        let steps = if self.ends == Ends::Random { self.length } else { self.count };
        self.close(network, gradient);
        Taken { loss, weight: 1.0 / steps as f64 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn finish(&mut self, network: &Network, gradient: &mut [f64]) {
        self.close(network, gradient);
    }

    fn forget(&mut self) {
        self.hidden.fill(0.0);
        self.clear();
        self.until = self.steps + self.length;
    }
}
