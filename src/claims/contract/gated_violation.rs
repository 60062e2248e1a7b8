//! The designed violations once more, by gated cells.

use crate::claims::Case;
use crate::network::kind::{self, CellOptions, Drawn, Sizes};
use crate::network::{Cell, OneLayer, activation};
use ndarray::Array2;

/// A gated cell that takes the place of the Elman cell of a designed violation.
///
/// ```
/// use rtrl_lab::claims::{GatedCell, named};
/// let case = named("hidden_contraction").unwrap().violation_on(GatedCell::Lstm, 1);
/// // Two hidden units and two memory cells.
/// assert_eq!(case.network.cell.state_len(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatedCell {
    /// Gated recurrent units.
    Gru,
    /// Long short-term memory.
    Lstm,
}

impl GatedCell {
    /// Both.
    pub const ALL: [GatedCell; 2] = [GatedCell::Gru, GatedCell::Lstm];

    /// What a study calls it.
    ///
    /// ```
    /// # use rtrl_lab::claims::GatedCell;
    /// assert_eq!(GatedCell::ALL.map(GatedCell::name), ["gru", "lstm"]);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            GatedCell::Gru => "gru",
            GatedCell::Lstm => "lstm",
        }
    }

    /// The block of biases of the gate that keeps the old state.
    fn keeping(self) -> &'static str {
        match self {
            GatedCell::Gru => "b_z",
            GatedCell::Lstm => "b_f",
        }
    }
}

/// Recurrent weights of the gates, a unit's own, and input weights over the candidate's: small, so
/// that the gates move and what the candidate does stays.
const GATE: f64 = 0.2;
/// Logit of a gate that is open but for 2 %.
const OPEN: f64 = 4.0;
/// Logit of a keeping gate that lets the candidate through.
pub(in crate::claims) const FLEETING: f64 = -4.0;

/// What a gated cell does in a violation.
pub(in crate::claims) struct Gated {
    /// Recurrent weights of the candidate: a unit's own.
    pub recurrent: Vec<f64>,
    /// Input weight of every candidate.
    pub input: f64,
    /// Logit of the gate that keeps the old state.
    pub keep: f64,
}

impl Gated {
    /// The candidate is the Elman cell of `case`, and next to nothing is kept.
    fn of(layer: &OneLayer) -> Self {
        Gated { recurrent: layer.recurrent.diag().to_vec(), input: layer.input[[0, 0]], keep: FLEETING }
    }

    fn cell(&self, of: GatedCell) -> Box<dyn Cell> {
        let (n, kind) = (self.recurrent.len(), kind::named(of.name()).expect("gated cells are in the table"));
        let blocks: Vec<Array2<f64>> = kind
            .blocks(Sizes { units: n, inputs: 1 })
            .iter()
            .map(|block| match (block.name, block.drawn) {
                ("B", _) => Array2::from_diag(&ndarray::Array1::from(self.recurrent.clone())),
                ("W", _) => Array2::from_elem((n, 1), self.input),
                ("b" | "b_B", _) => Array2::zeros((n, 1)),
                (name, _) if name == of.keeping() => Array2::from_elem((n, 1), self.keep),
                (_, Drawn::Bias) => Array2::from_elem((n, 1), OPEN),
                (_, Drawn::Recurrent) => Array2::eye(n) * GATE,
                _ => Array2::from_elem((n, 1), GATE * self.input),
            })
            .collect();
        let options = CellOptions { activation: activation::TANH, beta: 0.0, mask: None };
        kind.build(&blocks, options).expect("the kind's own shapes fit")
    }

    /// The case with this cell in the place of its own.
    pub(in crate::claims) fn into(self, case: Case, of: GatedCell) -> Case {
        let cell = self.cell(of);
        let mut case = case;
        if let Some(hidden) = &mut case.start.hidden {
            let units = hidden.clone();
            *hidden = units.iter().cycle().take(cell.state_len()).copied().collect();
        }
        Case { name: format!("{} by {}", case.name, of.name()), ..case.with_cell(cell) }
    }
}

/// The case of an Elman cell with a gated one in its place, whose candidate is that cell.
pub(in crate::claims) fn gated(case: Case, of: GatedCell) -> Case {
    let layer = case.network.cell.one_layer().expect("designed violations have an Elman cell");
    Gated::of(&layer).into(case, of)
}
