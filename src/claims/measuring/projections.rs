//! What is kept of a joint state for the Wasserstein bracket: an image in few dimensions, and the
//! coordinates whose means are compared.

use crate::chain::Directions;
use crate::claims::Case;
use crate::claims::measuring::joint_chain_kind::{Derivatives, JointChainKind};
use crate::claims::measuring::pairs;
use crate::markov::{Block, Blocks};
use std::ops::Range;

/// Coordinates of the hidden state whose law is looked at in low dimension.
const HIDDEN_COORDINATES: usize = 6;
/// Most coordinates of a block whose means are compared; of a longer one every k-th is taken, which
/// makes the lower bound smaller and not wrong.
const MEAN_COORDINATES: usize = 16_384;
/// Pairs of one mean where derivatives are sketched.
const SKETCHED_BATCH: usize = 4;

/// The looks of a case. Both maps are 1-Lipschitz: their distances bound those of the whole states
/// from below.
///
/// The image holds the data, some hidden coordinates and some directions of the derivatives, each
/// of length 1: whole derivatives are seen along the sums over their parameter blocks and one
/// vector of random signs, sketched ones along the sums over parameter blocks alone, which the
/// chain carries beside its sketch.
pub(in crate::claims) struct Projections {
    /// Length of the data state.
    data: usize,
    /// How much of it is looked at: the row number of a recorded series is a clock and no value.
    seen: usize,
    hidden: usize,
    derivative: usize,
    directions: Option<Directions>,
    parameter_blocks: usize,
}

impl Projections {
    pub(crate) fn new(case: &Case, claim: &str) -> Self {
        Projections::with(case, claim, case.derivatives == Derivatives::Exact)
    }

    /// The looks of a claim that carries whole derivatives whatever the case says.
    pub(crate) fn whole(case: &Case, claim: &str) -> Self {
        Projections::with(case, claim, true)
    }

    fn with(case: &Case, claim: &str, exact: bool) -> Self {
        let cell = &*case.network.cell;
        let parameter_blocks = cell.layout().blocks().len();
        Projections {
            data: case.data.state_len(),
            seen: seen_data(case),
            hidden: cell.state_len(),
            derivative: derivative_len(case),
            directions: exact.then(|| Directions::of(cell, case.key_of(claim, "directions"))),
            parameter_blocks,
        }
    }

    fn hidden_seen(&self) -> usize {
        self.hidden.min(HIDDEN_COORDINATES)
    }

    /// Length of an image.
    pub(crate) fn width(&self) -> usize {
        self.seen + self.hidden_seen() + self.directions.as_ref().map_or(self.parameter_blocks, Directions::count)
    }

    /// The image of a state.
    pub(crate) fn image(&self, chain: &JointChainKind, state: &[f64]) -> Vec<f64> {
        let mut image = self.data_and_hidden(state);
        match (chain, &self.directions) {
            (JointChainKind::Sketched(chain, _), _) => {
                let norm = 1.0 / (self.hidden as f64).sqrt();
                image.extend(chain.probes(state).chunks_exact(self.hidden).map(|column| norm * column.iter().sum::<f64>()));
            }
            (JointChainKind::Exact(_), _) => return self.image_of_whole(state),
        }
        image
    }

    /// The image of a state with whole derivatives.
    pub(crate) fn image_of_whole(&self, state: &[f64]) -> Vec<f64> {
        let mut image = self.data_and_hidden(state);
        if let Some(directions) = &self.directions {
            image.extend(directions.image(&state[self.data + self.hidden..]));
        }
        image
    }

    fn data_and_hidden(&self, state: &[f64]) -> Vec<f64> {
        [&state[..self.seen], &state[self.data..self.data + self.hidden_seen()]].concat()
    }

    /// Where a block's coordinates are in an image.
    pub(crate) fn range(&self, block: Block) -> Range<usize> {
        let (q, h) = (self.seen, self.seen + self.hidden_seen());
        match block {
            Block::Data => 0..q,
            Block::Hidden => q..h,
            Block::Derivative => h..self.width(),
            Block::Joint => 0..self.width(),
        }
    }

    /// Pairs of one mean.
    pub(crate) fn batch(&self) -> usize {
        if self.directions.is_some() { pairs::BATCH } else { SKETCHED_BATCH }
    }

    /// Lengths of the blocks of the compared means.
    pub(crate) fn compared(&self) -> Blocks {
        thinned(self.seen, self.hidden, self.derivative)
    }

    /// [`Projections::compared`] without the looks themselves.
    pub(crate) fn compared_of(case: &Case) -> Blocks {
        thinned(seen_data(case), case.network.cell.state_len(), derivative_len(case))
    }

    /// The compared coordinates of a state or a difference.
    pub(crate) fn coordinates<'s>(&self, chain: &'s JointChainKind, state: &'s [f64]) -> impl Iterator<Item = f64> + 's {
        let blocks = chain.blocks();
        let derivative = match chain {
            JointChainKind::Exact(_) => &state[blocks.range(Block::Derivative)],
            JointChainKind::Sketched(chain, _) => chain.probes(state),
        };
        let parts = [&state[..self.seen], &state[blocks.range(Block::Hidden)], derivative];
        parts.into_iter().flat_map(|part| part.iter().copied().step_by(stride(part.len())))
    }
}

/// Data coordinates that are values.
fn seen_data(case: &Case) -> usize {
    if case.data.is_recorded() { 0 } else { case.data.state_len() }
}

fn derivative_len(case: &Case) -> usize {
    let cell = &*case.network.cell;
    match case.derivatives {
        Derivatives::Exact => cell.influence_layout().len(),
        Derivatives::Sketched { .. } => cell.state_len() * cell.layout().blocks().len(),
    }
}

fn thinned(data: usize, hidden: usize, derivative: usize) -> Blocks {
    let kept = |len: usize| len.div_ceil(stride(len));
    Blocks { data: kept(data), hidden: kept(hidden), derivative: kept(derivative) }
}

fn stride(len: usize) -> usize {
    len.div_ceil(MEAN_COORDINATES).max(1)
}
