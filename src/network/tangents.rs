//! Tangents `V r` of the hidden state along fixed directions of the parameters, carried without the
//! influence matrix.

/// Directions `r_j = u_j ⊗ w_j` of the parameters of a cell whose parameters are grouped by unit:
/// `u_j` over the units, `w_j` inside a group.
#[derive(Clone, Debug, PartialEq)]
pub struct RankOne {
    count: usize,
    units: Vec<f64>,
    groups: Vec<f64>,
}

impl RankOne {
    /// Directions from their unit parts (N numbers a direction, one direction after the other) and
    /// their group parts (P/N numbers a direction).
    pub fn new(count: usize, units: Vec<f64>, groups: Vec<f64>) -> Self {
        assert!(count == 0 || (units.len().is_multiple_of(count) && groups.len().is_multiple_of(count)), "every direction has one length");
        RankOne { count, units, groups }
    }

    /// `count` directions of zeros: the tangents then follow `v' = A v`.
    pub fn zeros(count: usize, hidden: usize, group: usize) -> Self {
        RankOne { count, units: vec![0.0; count * hidden], groups: vec![0.0; count * group] }
    }

    /// Number of directions `k`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `u_j`.
    pub fn unit(&self, direction: usize) -> &[f64] {
        let len = self.units.len() / self.count;
        &self.units[direction * len..(direction + 1) * len]
    }

    /// `w_j`.
    pub fn group(&self, direction: usize) -> &[f64] {
        let len = self.groups.len() / self.count;
        &self.groups[direction * len..(direction + 1) * len]
    }

    /// The directions of `self` and then those of `other`.
    pub(crate) fn followed_by(&self, other: &RankOne) -> RankOne {
        let joined = |a: &[f64], b: &[f64]| [a, b].concat();
        RankOne { count: self.count + other.count, units: joined(&self.units, &other.units), groups: joined(&self.groups, &other.groups) }
    }
}

/// One step of a hidden state with its tangents, and of a second copy's difference from them where
/// there is one. Tangents stand one after the other, N numbers each.
pub struct TangentStep<'a> {
    /// The directions.
    pub directions: &'a RankOne,
    /// `S`.
    pub state: &'a [f64],
    /// `X`.
    pub input: &'a [f64],
    /// `V r_j`.
    pub tangents: &'a [f64],
    /// Receives `S'`.
    pub next: &'a mut [f64],
    /// Receives `A V r_j + E r_j`.
    pub next_tangents: &'a mut [f64],
    /// The second copy less the first.
    pub difference: Option<TangentDifference<'a>>,
}

/// The second copy of a [`TangentStep`] less the first.
pub struct TangentDifference<'a> {
    /// Of the state.
    pub state: &'a [f64],
    /// Of the input.
    pub input: &'a [f64],
    /// Of the tangents.
    pub tangents: &'a [f64],
    /// Receives that of the next state.
    pub next: &'a mut [f64],
    /// Receives that of the next tangents.
    pub next_tangents: &'a mut [f64],
}

/// Cells that step many hidden states with their tangents together.
///
/// ```text
/// v_j ← A v_j + E r_j,   v_j = V r_j
/// ```
///
/// A step costs `O(N²)` a tangent and no N × P matrix. Every result has the same bits whatever
/// other steps it is done together with.
pub trait Tangents: Send + Sync {
    /// Parameters a unit, `P/N`.
    fn group_len(&self) -> usize;

    /// Does all steps.
    fn step_tangents(&self, steps: &mut [TangentStep<'_>]);
}
