//! Rolling truncated backpropagation: every step is differentiated through the last τ applications
//! of the cell.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{Summed, rolling_truncated};
use crate::network::{Cell, Network};
use std::collections::VecDeque;

/// Windows of the last τ steps.
pub(super) struct Windows {
    /// Whether the steps are kept as they were stored, or recomputed at the current parameters.
    stored: bool,
}

/// The last τ steps recomputed at the current parameters.
pub(super) const RECOMPUTED: Windows = Windows { stored: false };

/// The last τ steps as they were stored.
pub(super) const STORED: Windows = Windows { stored: true };

impl MethodKind for Windows {
    fn id(&self) -> &'static str {
        if self.stored { "rolling-stale-tbptt" } else { "rolling-tbptt" }
    }

    fn words(&self) -> &'static str {
        if self.stored { "the last τ steps as stored" } else { "the last τ steps recomputed at the current parameters" }
    }

    fn name(&self, length: usize) -> String {
        format!("{} TBPTT({length})", if self.stored { "rolling-stale" } else { "rolling" })
    }

    fn windows(&self, length: usize) -> Vec<usize> {
        vec![length]
    }

    fn frozen(&self, length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize) -> Summed {
        rolling_truncated(network, segment, start, warm, &[length]).remove(0)
    }

    fn work(&self, length: usize) -> usize {
        length
    }

    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        let n = cell.state_len();
        let jacobian = if self.stored { n * n } else { 0 };
        length.saturating_mul(n + cell.inputs() + cell.tape_len() + jacobian)
    }

    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>) -> Box<dyn Rule> {
        Box::new(Rolling::start(length, self.stored, network, hidden))
    }
}

/// One remembered step: the state it left, its input, and the tape and Jacobian of its time.
struct Remembered {
    before: Vec<f64>,
    input: Vec<f64>,
    tape: Vec<f64>,
    jacobian: Vec<f64>,
}

struct Rolling {
    length: usize,
    stored: bool,
    hidden: Vec<f64>,
    slopes: Slopes,
    previous: Vec<f64>,
    window: VecDeque<Remembered>,
}

impl Rolling {
    fn start(length: usize, stored: bool, network: &Network, hidden: Vec<f64>) -> Self {
        Rolling { length, stored, previous: vec![0.0; hidden.len()], hidden, slopes: Slopes::of(network), window: VecDeque::new() }
    }
}

impl Rule for Rolling {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        if self.window.len() >= self.length {
            self.window.pop_front();
        }
        if !self.stored {
            // The state that the window starts from was carried; everything after it is recomputed
            // at the present parameters.
            if let Some(first) = self.window.front() {
                self.hidden.copy_from_slice(&first.before);
            }
            for step in &mut self.window {
                step.before.copy_from_slice(&self.hidden);
                cell.step(&step.before, &step.input, &mut self.hidden, &mut step.tape);
            }
        }
        let n = cell.state_len();
        let mut now = Remembered {
            before: self.hidden.clone(),
            input: input.to_vec(),
            tape: vec![0.0; cell.tape_len()],
            jacobian: vec![0.0; if self.stored { n * n } else { 0 }],
        };
        cell.step(&now.before, input, &mut self.hidden, &mut now.tape);
        if self.stored {
            cell.jacobian(&now.tape, &mut now.jacobian);
        }
        self.window.push_back(now);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        let (recurrent, adjoint) = (&mut gradient[..network.recurrent_len()], &mut self.slopes.adjoint);
        for step in self.window.iter().rev() {
            if self.stored {
                cell.immediate(&step.tape, adjoint, recurrent);
                transposed(&step.jacobian, adjoint, &mut self.previous);
            } else {
                cell.pull(&step.tape, adjoint, &mut self.previous, recurrent);
            }
            std::mem::swap(adjoint, &mut self.previous);
        }
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }
}

/// `previous = Jᵀ λ`.
fn transposed(jacobian: &[f64], adjoint: &[f64], previous: &mut [f64]) {
    previous.fill(0.0);
    for (row, a) in jacobian.chunks_exact(adjoint.len()).zip(adjoint) {
        for (p, j) in previous.iter_mut().zip(row) {
            *p += j * a;
        }
    }
}
