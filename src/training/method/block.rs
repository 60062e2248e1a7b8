//! Block truncated backpropagation: blocks of τ steps, each differentiated within itself.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{Summed, block_truncated};
use crate::network::{Cell, Network};

/// State carried from block to block, one update a block with the block's mean gradient.
pub(super) struct Block;

impl MethodKind for Block {
    fn id(&self) -> &'static str {
        "block-tbptt"
    }

    fn words(&self) -> &'static str {
        "blocks of τ steps, one update a block"
    }

    fn name(&self, length: usize) -> String {
        format!("block TBPTT({length})")
    }

    /// A block of τ steps takes in windows of 1 to τ applications of the cell, one each.
    fn windows(&self, length: usize) -> Vec<usize> {
        (1..=length).collect()
    }

    fn frozen(&self, length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Summed {
        block_truncated(network, segment, start, warm, length)
    }

    fn period(&self, length: usize) -> usize {
        length
    }

    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        length.saturating_mul(cell.tape_len() + cell.state_len())
    }

    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>) -> Box<dyn Rule> {
        let (next, previous) = (vec![0.0; hidden.len()], vec![0.0; hidden.len()]);
        Box::new(Running { length, hidden, next, tape: vec![0.0; network.cell.tape_len()], slopes: Slopes::of(network), previous, block: Vec::new() })
    }
}

struct Running {
    length: usize,
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    previous: Vec<f64>,
    /// Tape and adjoint of every step of the block so far.
    block: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Rule for Running {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        self.block.push((self.tape.clone(), self.slopes.adjoint.clone()));
        if self.block.len() < self.length {
            return Taken { loss, weight: 0.0 };
        }
        let recurrent = &mut gradient[..network.recurrent_len()];
        self.previous.fill(0.0);
        for (tape, own) in self.block.drain(..).rev() {
            for ((sum, own), carried) in self.slopes.adjoint.iter_mut().zip(&own).zip(&self.previous) {
                *sum = own + carried;
            }
            cell.pull(&tape, &self.slopes.adjoint, &mut self.previous, recurrent);
        }
        Taken { loss, weight: 1.0 / self.length as f64 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }
}
