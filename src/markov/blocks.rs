//! The blocks of a joint state, data, hidden and derivative, and distances on them.

use std::ops::Range;

/// A distance between two states of one kernel.
pub trait Metric: Send + Sync {
    /// The distance of `a` and `b`; NaN where a coordinate is NaN.
    fn distance(&self, a: &[f64], b: &[f64]) -> f64;
}

/// The plain Euclidean distance of all coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Euclidean;

impl Metric for Euclidean {
    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        squared(a, b).sqrt()
    }
}

/// A named part of the joint state.
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
    pub fn len(&self) -> usize {
        self.data + self.hidden + self.derivative
    }

    /// Whether the joint state has no coordinate at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Euclidean distances of every block, in the order of [`Block::ALL`].
    ///
    /// ```
    /// use rtrl_lab::markov::Blocks;
    /// let blocks = Blocks { data: 1, hidden: 1, derivative: 2 };
    /// let distances = blocks.distances(&[3.0, 0.0, 0.0, 2.0], &[0.0, 4.0, 0.0, 2.0]);
    /// assert_eq!(distances, [3.0, 4.0, 0.0, 5.0]);
    /// ```
    pub fn distances(&self, a: &[f64], b: &[f64]) -> [f64; 4] {
        let [d, s, v] = [Block::Data, Block::Hidden, Block::Derivative].map(|block| {
            let range = self.range(block);
            squared(&a[range.clone()], &b[range])
        });
        [d.sqrt(), s.sqrt(), v.sqrt(), (d + s + v).sqrt()]
    }
}

/// Squared Euclidean distance, in eight running sums that are added in order: the same bits whatever the vector width.
fn squared(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    for (x, y) in a.chunks(8).zip(b.chunks(8)) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            let difference = x - y;
            *sum += difference * difference;
        }
    }
    sums.iter().sum()
}
