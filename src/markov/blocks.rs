//! The blocks of a joint state, data, hidden and derivative, and distances on them.

use crate::simd::dense::{FEW, sum_of_few_squares, sum_of_squares};
use std::ops::Range;

/// A named part of the joint state.
///
/// ```
/// use rtrl_lab::markov::{Block, Blocks};
/// let blocks = Blocks { data: 1, hidden: 2, derivative: 6 };
/// assert_eq!(Block::ALL.map(|block| blocks.range(block).len()), [1, 2, 6, 9]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// The data state `D`.
    Data,
    /// The hidden state `S`.
    Hidden,
    /// The forward derivatives `V`.
    Derivative,
    /// All three together.
    Joint,
}

impl Block {
    /// Every block, in the order of the joint state, the joint one last.
    pub const ALL: [Block; 4] = [Block::Data, Block::Hidden, Block::Derivative, Block::Joint];

    /// The name used in records and reports.
    ///
    /// ```
    /// use rtrl_lab::markov::Block;
    /// assert_eq!(Block::ALL.map(Block::name), ["data", "hidden", "derivative", "joint"]);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Block::Data => "data",
            Block::Hidden => "hidden",
            Block::Derivative => "derivative",
            Block::Joint => "joint",
        }
    }
}

/// Lengths of the three blocks `(D, S, vec V)` of a joint state.
///
/// ```
/// use rtrl_lab::markov::{Block, Blocks};
/// let blocks = Blocks { data: 2, hidden: 1, derivative: 3 };
/// let state = [0.1, 0.2, 0.7, 4.0, 5.0, 6.0];
/// assert_eq!(state[blocks.range(Block::Data)], [0.1, 0.2]);
/// assert_eq!(state[blocks.range(Block::Derivative)], [4.0, 5.0, 6.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Length `q` of the data state.
    pub data: usize,
    /// Length `N` of the hidden state.
    pub hidden: usize,
    /// Length `N P` of the derivatives.
    pub derivative: usize,
}

impl Blocks {
    /// Where a block lies in the joint state.
    ///
    /// ```
    /// use rtrl_lab::markov::{Block, Blocks};
    /// let blocks = Blocks { data: 2, hidden: 3, derivative: 9 };
    /// assert_eq!((blocks.range(Block::Hidden), blocks.range(Block::Joint)), (2..5, 0..14));
    /// ```
    pub fn range(&self, block: Block) -> Range<usize> {
        let (hidden, derivative) = (self.data, self.data + self.hidden);
        let end = derivative + self.derivative;
        match block {
            Block::Data => 0..hidden,
            Block::Hidden => hidden..derivative,
            Block::Derivative => derivative..end,
            Block::Joint => 0..end,
        }
    }

    /// Length of the joint state.
    ///
    /// ```
    /// use rtrl_lab::markov::Blocks;
    /// assert_eq!(Blocks { data: 2, hidden: 3, derivative: 9 }.len(), 14);
    /// ```
    pub fn len(&self) -> usize {
        self.data + self.hidden + self.derivative
    }

    /// Whether the joint state has no coordinate at all.
    ///
    /// ```
    /// use rtrl_lab::markov::Blocks;
    /// assert!(Blocks { data: 0, hidden: 0, derivative: 0 }.is_empty());
    /// assert!(!Blocks { data: 0, hidden: 1, derivative: 0 }.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Euclidean lengths of every block of a vector, in the order of [`Block::ALL`]; right down to
    /// the smallest numbers.
    ///
    /// ```
    /// use rtrl_lab::markov::Blocks;
    /// let blocks = Blocks { data: 1, hidden: 1, derivative: 2 };
    /// assert_eq!(blocks.lengths(&[3.0, 4.0, 0.0, 0.0]), [3.0, 4.0, 0.0, 5.0]);
    /// assert_eq!(blocks.lengths(&[3e-200, 4e-200, 0.0, 0.0])[3], 5e-200);
    /// ```
    pub fn lengths(&self, vector: &[f64]) -> [f64; 4] {
        let [d, s, v] = [Block::Data, Block::Hidden, Block::Derivative].map(|block| norm(&vector[self.range(block)]));
        [d, s, v, norm(&[d, s, v])]
    }
}

/// Euclidean norm, scaled by a power of two where squares would leave the range of numbers.
///
/// ```
/// assert_eq!(rtrl_lab::markov::norm(&[3e-170, 4e-170]), 5e-170);
/// assert!(rtrl_lab::markov::norm(&[f64::NAN, 0.0]).is_nan());
/// ```
pub fn norm(vector: &[f64]) -> f64 {
    const SAFE: std::ops::Range<f64> = 1e-140..1e140;
    // A call for a handful of numbers would take longer than their sum.
    let square = |scale: f64| if vector.len() <= FEW { sum_of_few_squares(vector, scale) } else { sum_of_squares(vector, scale) };
    let plain = square(1.0).sqrt();
    if SAFE.contains(&plain) || plain.is_nan() {
        return plain;
    }
    let largest = vector.iter().fold(0.0f64, |top, x| top.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    let scale = libm::exp2(-libm::floor(libm::log2(largest)).clamp(-1000.0, 1000.0));
    square(scale).sqrt() / scale
}
