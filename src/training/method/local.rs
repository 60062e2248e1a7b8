//! Sparse approximations of real-time recurrent learning: derivatives are kept only where a few
//! steps of the network carry them, or fade in place.

use super::{MethodKind, Rule, Slopes, Taken};
use crate::network::{Cell, Immediate, Network};
use crate::random::Noise;
use crate::simd::{dense, traces};

/// What is kept of `A V + E`.
#[derive(Clone, Copy, PartialEq)]
enum Keeps {
    /// Nothing of `A V`.
    Immediate,
    /// The entries that n steps reach.
    Reached,
    /// `(1 − 1/τ) V` in the place of `A V`.
    Faded,
}

pub(super) struct Local {
    keeps: Keeps,
}

/// `V = E`: the derivative of one application of the cell.
pub(super) const IMMEDIATE: Local = Local { keeps: Keeps::Immediate };

/// SnAp-n: `V ← M ∘ (A V + E)`, where the mask `M` keeps the entries `(i, j)` with parameter j
/// within n steps of number i. n = 1 keeps a unit's own parameters; an n that reaches all that the
/// graph reaches is real-time recurrent learning. Source: Menick et al. (2021), arXiv:2006.07232.
pub(super) const SNAP: Local = Local { keeps: Keeps::Reached };

/// RFLO: `V ← (1 − 1/τ) V + E` of a unit's own parameters, with the readout's own weights for the
/// feedback. Source: Murray (2019), doi 10.7554/eLife.43299, where the feedback is random.
pub(super) const RFLO: Local = Local { keeps: Keeps::Faded };

impl MethodKind for Local {
    fn id(&self) -> &'static str {
        match self.keeps {
            Keeps::Immediate => "immediate",
            Keeps::Reached => "snap",
            Keeps::Faded => "rflo",
        }
    }

    fn words(&self) -> &'static str {
        match self.keeps {
            Keeps::Immediate => "the derivative of one application of the cell alone",
            Keeps::Reached => "SnAp-τ: derivatives where τ steps reach, carried forward",
            Keeps::Faded => "RFLO: derivatives in a unit's own parameters, fading with time constant τ",
        }
    }

    fn name(&self, length: usize) -> String {
        match self.keeps {
            Keeps::Immediate => "immediate derivative".into(),
            Keeps::Reached => format!("SnAp-{length}"),
            Keeps::Faded => format!("RFLO({length})"),
        }
    }

    fn is_truncated(&self) -> bool {
        self.keeps != Keeps::Immediate
    }

    fn windows(&self, _length: usize) -> Vec<usize> {
        if self.keeps == Keeps::Immediate { vec![1] } else { Vec::new() }
    }

    fn flops(&self, length: usize, cell: &dyn Cell) -> f64 {
        let groups = Groups::of(cell, length, self.keeps);
        let advanced: f64 = match self.keeps {
            Keeps::Immediate => 0.0,
            Keeps::Reached => groups.kept.iter().map(|kept| 2.0 * (kept.len() * kept.len() * groups.width) as f64).sum(),
            Keeps::Faded => (groups.numbers()) as f64,
        };
        super::forward_flops(cell) + advanced + 4.0 * groups.numbers().max(cell.parameters().len()) as f64
    }

    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        let n = cell.state_len();
        2 * Groups::of(cell, length, self.keeps).numbers() + n * n + cell.tape_len() + cell.parameters().len()
    }

    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>, _choices: Noise) -> Box<dyn Rule> {
        let cell = &*network.cell;
        if self.keeps != Keeps::Immediate && Traces::suits(cell, length, self.keeps) {
            return Box::new(Traces::start(network, hidden, (self.keeps == Keeps::Faded).then(|| fading(length))));
        }
        let groups = Groups::of(cell, length, self.keeps);
        let (numbers, n) = (groups.numbers(), cell.state_len());
        let immediate = vec![0.0; if self.keeps == Keeps::Immediate { 0 } else { cell.parameters().len() }];
        Box::new(Running {
            keeps: self.keeps,
            fading: fading(length),
            next_hidden: vec![0.0; n],
            hidden,
            tape: vec![0.0; cell.tape_len()],
            slopes: Slopes::of(network),
            influence: vec![0.0; numbers],
            next: vec![0.0; numbers],
            jacobian: vec![0.0; if self.keeps == Keeps::Reached { n * n } else { 0 }],
            immediate,
            adjoint: vec![0.0; n],
            groups,
        })
    }
}

/// The factor of RFLO's derivatives from step to step.
fn fading(length: usize) -> f64 {
    1.0 - 1.0 / length.max(1) as f64
}

/// One row of derivatives a unit, in its own parameters, of a cell whose immediate Jacobian is an
/// outer product by groups: carried on and read in one pass.
struct Traces {
    /// The factor from step to step where it is none of the cell's.
    fading: Option<f64>,
    hidden: Vec<f64>,
    next: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    factors: Vec<f64>,
    /// N × group.
    influence: Vec<f64>,
}

impl Traces {
    fn suits(cell: &dyn Cell, length: usize, keeps: Keeps) -> bool {
        let (_, rows, _) = cell.immediate_layout().groups();
        rows == 1 && (length == 1 || keeps == Keeps::Faded) && cell.immediate_by_groups(&vec![0.0; cell.tape_len()]).is_some()
    }

    fn start(network: &Network, hidden: Vec<f64>, fading: Option<f64>) -> Traces {
        let (cell, n) = (&*network.cell, hidden.len());
        let (tape, influence) = (vec![0.0; cell.tape_len()], vec![0.0; cell.parameters().len()]);
        let factors = vec![fading.unwrap_or(0.0); n];
        Traces { fading, next: vec![0.0; n], hidden, tape, slopes: Slopes::of(network), factors, influence }
    }
}

impl Rule for Traces {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next);
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        let Immediate { input: z, slopes } = cell.immediate_by_groups(&self.tape).expect("asked at the start");
        if self.fading.is_none() {
            cell.jacobian_diagonal(&self.tape, &mut self.factors);
        }
        let recurrent = &mut gradient[..network.recurrent_len()];
        traces::carry(&mut self.influence, (&self.factors, slopes), z, &self.slopes.adjoint, recurrent);
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn forget(&mut self) {
        self.hidden.fill(0.0);
        self.influence.fill(0.0);
    }
}

/// Which rows of `V` are kept in every group of parameters.
struct Groups {
    /// Units, one group of parameters each, and numbers of a unit.
    units: usize,
    rows: usize,
    /// Parameters of a group.
    width: usize,
    /// The rows that are kept of each group, in order.
    kept: Vec<Vec<usize>>,
}

impl Groups {
    fn of(cell: &dyn Cell, length: usize, keeps: Keeps) -> Groups {
        let (units, rows, width) = cell.immediate_layout().groups();
        let n = cell.state_len();
        let own = |group: usize| (0..rows).map(move |r| r * units + group).collect::<Vec<usize>>();
        let kept = (0..units).map(|group| match keeps {
            Keeps::Immediate => Vec::new(),
            Keeps::Faded => own(group),
            Keeps::Reached => {
                let mut reached = vec![false; n];
                own(group).into_iter().for_each(|row| reached[row] = true);
                for _ in 1..length.min(n + 1) {
                    let further: Vec<bool> = (0..n).map(|i| reached[i] || (0..n).any(|j| reached[j] && cell.sees(i, j))).collect();
                    if further == reached {
                        break;
                    }
                    reached = further;
                }
                (0..n).filter(|row| reached[*row]).collect()
            }
        });
        Groups { units, rows, width, kept: kept.collect() }
    }

    fn numbers(&self) -> usize {
        self.kept.iter().map(|kept| kept.len() * self.width).sum()
    }
}

struct Running {
    keeps: Keeps,
    fading: f64,
    hidden: Vec<f64>,
    next_hidden: Vec<f64>,
    tape: Vec<f64>,
    slopes: Slopes,
    /// Group after group, the kept rows of `V`.
    influence: Vec<f64>,
    next: Vec<f64>,
    jacobian: Vec<f64>,
    /// Row r of every unit's immediate Jacobian in its own parameters, unit after unit.
    immediate: Vec<f64>,
    adjoint: Vec<f64>,
    groups: Groups,
}

impl Running {
    /// `V ← M ∘ (A V + E)` or `fading V + E`.
    fn advance(&mut self, cell: &dyn Cell) {
        let (n, width) = (cell.state_len(), self.groups.width);
        if self.keeps == Keeps::Faded {
            self.next.iter_mut().zip(&self.influence).for_each(|(next, v)| *next = self.fading * v);
        } else {
            cell.jacobian(&self.tape, &mut self.jacobian);
            let mut at = 0;
            for kept in &self.groups.kept {
                let len = kept.len() * width;
                let (from, to) = (&self.influence[at..at + len], &mut self.next[at..at + len]);
                for (i, next) in kept.iter().zip(to.chunks_exact_mut(width)) {
                    next.fill(0.0);
                    for (k, v) in kept.iter().zip(from.chunks_exact(width)) {
                        dense::add_scaled(self.jacobian[i * n + k], v, next);
                    }
                }
                at += len;
            }
        }
        for r in 0..self.groups.rows {
            self.immediate.fill(0.0);
            self.adjoint.fill(0.0);
            self.adjoint[r * self.groups.units..(r + 1) * self.groups.units].fill(1.0);
            cell.immediate(&self.tape, &self.adjoint, &mut self.immediate);
            let mut at = 0;
            for (group, (kept, own)) in self.groups.kept.iter().zip(self.immediate.chunks_exact(width)).enumerate() {
                let place = kept.iter().position(|row| *row == r * self.groups.units + group).expect("a unit's own rows are kept");
                dense::add(own, &mut self.next[at + place * width..at + (place + 1) * width]);
                at += kept.len() * width;
            }
        }
        std::mem::swap(&mut self.influence, &mut self.next);
    }
}

impl Rule for Running {
    fn learn(&mut self, network: &Network, input: &[f64], target: &[f64], gradient: &mut [f64]) -> Taken {
        let cell = &*network.cell;
        cell.step(&self.hidden, input, &mut self.next_hidden, &mut self.tape);
        std::mem::swap(&mut self.hidden, &mut self.next_hidden);
        if self.keeps != Keeps::Immediate {
            self.advance(cell);
        }
        let loss = self.slopes.read_out(network, &self.hidden, target, gradient);
        let recurrent = &mut gradient[..network.recurrent_len()];
        if self.keeps == Keeps::Immediate {
            cell.immediate(&self.tape, &self.slopes.adjoint, recurrent);
            return Taken { loss, weight: 1.0 };
        }
        let width = self.groups.width;
        let mut rows = self.influence.chunks_exact(width);
        for (kept, own) in self.groups.kept.iter().zip(recurrent.chunks_exact_mut(width)) {
            for (row, v) in kept.iter().zip(&mut rows) {
                dense::add_scaled(self.slopes.adjoint[*row], v, own);
            }
        }
        Taken { loss, weight: 1.0 }
    }

    fn hidden(&self) -> &[f64] {
        &self.hidden
    }

    fn forget(&mut self) {
        self.hidden.fill(0.0);
        self.influence.fill(0.0);
    }
}
