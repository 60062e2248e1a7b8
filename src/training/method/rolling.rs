//! Rolling truncated backpropagation: every step is differentiated through the last τ applications
//! of the cell.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::data::Segment;
use crate::gradient::{Summed, bptt, rolling_truncated};
use crate::network::{Cell, Network};
use crate::random::Noise;
use std::collections::VecDeque;

/// Windows of the last τ steps, or of all.
pub(super) struct Windows {
    /// Whether the steps are kept as they were stored, or recomputed at the current parameters.
    stored: bool,
    /// Whether the window is never cut.
    whole: bool,
}

/// The last τ steps recomputed at the current parameters.
pub(super) const RECOMPUTED: Windows = Windows { stored: false, whole: false };

/// The last τ steps as they were stored.
pub(super) const STORED: Windows = Windows { stored: true, whole: false };

/// All steps since the start, recomputed at the current parameters.
pub(super) const WHOLE: Windows = Windows { stored: false, whole: true };

/// Most steps of a run with windows that are never cut.
const MOST_WHOLE: usize = 20_000;

impl MethodKind for Windows {
    fn id(&self) -> &'static str {
        match (self.whole, self.stored) {
            (true, _) => "bptt",
            (false, true) => "rolling-stale-tbptt",
            (false, false) => "rolling-tbptt",
        }
    }

    fn words(&self) -> &'static str {
        match (self.whole, self.stored) {
            (true, _) => "backpropagation through all steps so far at the current parameters, for short runs",
            (false, true) => "the last τ steps as stored",
            (false, false) => "the last τ steps recomputed at the current parameters",
        }
    }

    fn name(&self, length: usize) -> String {
        match (self.whole, self.stored) {
            (true, _) => "BPTT".into(),
            (false, true) => format!("rolling-stale TBPTT({length})"),
            (false, false) => format!("rolling TBPTT({length})"),
        }
    }

    fn is_truncated(&self) -> bool {
        !self.whole
    }

    fn is_exact(&self) -> bool {
        self.whole
    }

    fn most_steps(&self) -> Option<usize> {
        self.whole.then_some(MOST_WHOLE)
    }

    fn windows(&self, length: usize) -> Vec<usize> {
        if self.whole { Vec::new() } else { vec![length] }
    }

    fn frozen(&self, length: usize, network: &Network, segment: &Segment, start: &[f64], warm: usize, _choices: Noise) -> Summed {
        if self.whole {
            return bptt(network, segment, start, warm);
        }
        rolling_truncated(network, segment, start, warm, &[length]).remove(0)
    }

    fn work(&self, length: usize) -> usize {
        if self.whole { MOST_WHOLE / 2 } else { length }
    }

    fn flops(&self, length: usize, cell: &dyn Cell) -> f64 {
        let steps = self.work(length) as f64;
        if self.stored {
            let n = cell.state_len() as f64;
            return super::forward_flops(cell) + n * n + steps * (2.0 * n * n + 2.0 * cell.parameters().len() as f64);
        }
        steps * (super::forward_flops(cell) + super::pull_flops(cell))
    }

    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        let n = cell.state_len();
        let jacobian = if self.stored { n * n } else { 0 };
        let kept = if self.whole { MOST_WHOLE } else { length };
        kept.saturating_mul(n + cell.inputs() + cell.tape_len() + jacobian)
    }

    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>, _choices: Noise) -> Box<dyn Rule> {
        Box::new(Rolling::start(if self.whole { usize::MAX } else { length }, self.stored, network, hidden))
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

    fn forget(&mut self) {
        self.hidden.fill(0.0);
        self.window.clear();
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
