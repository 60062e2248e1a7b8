//! The influence matrix of a small cell, carried step by step where it stands.

use super::Carried;
use crate::network::{Cell, PairSteps};
use crate::simd::dense;

/// `V ← A V + E` at every step, for a cell that does so where the matrix stands.
///
/// For few units that is less work than blocks of steps are: the matrix stays in the first cache
/// and a column of it in registers.
#[derive(Clone, Debug)]
pub(crate) struct InPlace {
    influence: Vec<f64>,
    room: Vec<f64>,
}

/// Units up to which it is faster than blocks of steps.
const FEW: usize = 16;

fn steps(cell: &dyn Cell) -> Option<&dyn PairSteps> {
    cell.differences()?.pairs()
}

impl InPlace {
    /// Whether it is the better way for a cell.
    pub(crate) fn suits(cell: &dyn Cell) -> bool {
        cell.state_len() <= FEW && steps(cell).is_some()
    }

    /// `V = 0`, for a cell that it suits.
    pub(crate) fn zero(cell: &dyn Cell) -> Self {
        let room = steps(cell).map_or(0, |steps| steps.far_room_len(1));
        InPlace { influence: vec![0.0; cell.influence_layout().len()], room: vec![0.0; room] }
    }
}

impl Carried for InPlace {
    fn advance(&mut self, cell: &dyn Cell, tape: &[f64]) {
        if let Some(steps) = steps(cell) {
            steps.carry(tape, &mut self.influence, &mut self.room);
        }
    }

    fn add_gradient(&mut self, _cell: &dyn Cell, adjoint: &[f64], gradient: &mut [f64]) {
        dense::add_transposed(&self.influence, adjoint, gradient);
    }

    fn formed(&self, _cell: &dyn Cell) -> Vec<f64> {
        self.influence.clone()
    }
}
