//! The learning rules, under their exact names.

use std::fmt;

/// How the gradient of a step is had. τ counts differentiated applications of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Real-time recurrent learning: derivatives carried forward while the parameters move.
    Rtrl,
    /// Rolling TBPTT(τ): the last τ steps recomputed at the current parameters.
    Rolling(usize),
    /// Rolling TBPTT(τ) with the stored hidden states and Jacobians of the last τ steps.
    RollingStale(usize),
    /// Block TBPTT(τ): blocks of τ steps, state carried, one update a block with the block's mean gradient.
    Block(usize),
}

impl Method {
    /// The lengths of the windows whose mean gradient this method follows at frozen parameters; none where it follows the whole gradient.
    ///
    /// A block of τ steps takes in windows of 1 to τ applications of the cell, one each.
    pub fn windows(self) -> Vec<usize> {
        match self {
            Method::Rtrl => Vec::new(),
            Method::Rolling(length) | Method::RollingStale(length) => vec![length],
            Method::Block(length) => (1..=length).collect(),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Rtrl => write!(f, "RTRL"),
            Method::Rolling(length) => write!(f, "rolling TBPTT({length})"),
            Method::RollingStale(length) => write!(f, "rolling-stale TBPTT({length})"),
            Method::Block(length) => write!(f, "block TBPTT({length})"),
        }
    }
}
