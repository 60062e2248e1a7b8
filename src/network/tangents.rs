//! Tangents `V r` of the hidden state along fixed directions of the parameters, carried without the
//! influence matrix.

/// Directions `r_j = u_j ⊗ w_j` of the parameters of a cell whose parameters are grouped by unit:
/// `u_j` over the units, `w_j` inside a group.
///
/// ```
/// use rtrl_lab::network::RankOne;
/// let directions = RankOne::new(1, vec![1.0, -1.0], vec![2.0, 0.0, 3.0]);
/// let flat = |unit: usize, k: usize| directions.unit(0)[unit] * directions.group(0)[k];
/// assert_eq!((flat(0, 0), flat(1, 2)), (2.0, -3.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RankOne {
    count: usize,
    units: Vec<f64>,
    groups: Vec<f64>,
}

impl RankOne {
    /// Directions from their unit parts (N numbers a direction, one direction after the other) and
    /// their group parts (P/N numbers a direction).
    ///
    /// ```
    /// use rtrl_lab::network::RankOne;
    /// let two = RankOne::new(2, vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0]);
    /// assert_eq!((two.unit(1), two.group(1)), (&[3.0, 4.0][..], &[6.0][..]));
    /// ```
    pub fn new(count: usize, units: Vec<f64>, groups: Vec<f64>) -> Self {
        assert!(count == 0 || (units.len().is_multiple_of(count) && groups.len().is_multiple_of(count)), "every direction has one length");
        RankOne { count, units, groups }
    }

    /// `count` directions of zeros: the tangents then follow `v' = A v`.
    ///
    /// ```
    /// use rtrl_lab::network::RankOne;
    /// let none = RankOne::zeros(2, 3, 5);
    /// assert_eq!((none.unit(1), none.group(1)), (&[0.0; 3][..], &[0.0; 5][..]));
    /// ```
    pub fn zeros(count: usize, hidden: usize, group: usize) -> Self {
        RankOne { count, units: vec![0.0; count * hidden], groups: vec![0.0; count * group] }
    }

    /// Number of directions `k`.
    ///
    /// ```
    /// use rtrl_lab::network::RankOne;
    /// assert_eq!(RankOne::new(2, vec![1.0; 6], vec![1.0; 10]).count(), 2);
    /// ```
    pub fn count(&self) -> usize {
        self.count
    }

    /// `u_j`.
    ///
    /// ```
    /// use rtrl_lab::network::RankOne;
    /// let three = RankOne::new(3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![0.0; 3]);
    /// assert_eq!(three.unit(2), [5.0, 6.0]);
    /// ```
    pub fn unit(&self, direction: usize) -> &[f64] {
        let len = self.units.len() / self.count;
        &self.units[direction * len..(direction + 1) * len]
    }

    /// `w_j`.
    ///
    /// ```
    /// use rtrl_lab::network::RankOne;
    /// let two = RankOne::new(2, vec![0.0; 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// assert_eq!(two.group(1), [4.0, 5.0, 6.0]);
    /// ```
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
///
/// ```
/// # use rtrl_lab::network::{Elman, RankOne, TangentStep, Tangents, activation};
/// # let linear = activation::named("identity").unwrap();
/// # let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, linear).unwrap();
/// let directions = &RankOne::new(1, vec![1.0], vec![0.0, 0.0, 1.0]);
/// let (mut s, mut v) = ([0.0], [0.0]);
/// let (next, next_tangents, difference) = (&mut s[..], &mut v[..], None);
/// let (state, input, tangents) = (&[4.0][..], &[3.0][..], &[10.0][..]);
/// let step = TangentStep { directions, state, input, tangents, next, next_tangents, difference };
/// cell.step_tangents(&mut [step]);
/// assert_eq!((s, v), ([0.5 * 4.0 + 2.0 * 3.0 + 1.0], [0.5 * 10.0 + 1.0]));
/// ```
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
///
/// ```
/// # use rtrl_lab::network::{Elman, RankOne, TangentDifference, TangentStep, Tangents, activation};
/// # let linear = activation::named("identity").unwrap();
/// # let cell = Elman::new(&[0.5], &[2.0], &[1.0], 0.0, linear).unwrap();
/// # let directions = &RankOne::new(1, vec![1.0], vec![1.0, 0.0, 0.0]);
/// # let (mut s, mut v, mut ds, mut dv) = ([0.0], [0.0], [0.0], [0.0]);
/// # let (state, input, tangents) = (&[4.0][..], &[3.0][..], &[0.0][..]);
/// let (next, next_tangents) = (&mut ds[..], &mut dv[..]);
/// let moved = TangentDifference { state: &[1e-30], input: &[0.0], tangents, next, next_tangents };
/// let (next, next_tangents, difference) = (&mut s[..], &mut v[..], Some(moved));
/// let step = TangentStep { directions, state, input, tangents, next, next_tangents, difference };
/// cell.step_tangents(&mut [step]);
/// assert_eq!((ds, dv), ([0.5e-30], [1e-30]));
/// ```
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
///
/// ```
/// # use rtrl_lab::network::{Cell, Elman, RankOne, TangentStep, activation::TANH};
/// # let cell = Elman::new(&[0.5], &[2.0], &[0.0], 0.0, TANH).unwrap();
/// assert_eq!(cell.tangents().unwrap().group_len(), 1 + 1 + 1);
/// let (directions, mut next, mut image) = (&RankOne::zeros(1, 1, 3), [1.0; 2], [0.0; 2]);
/// let both = next.chunks_mut(1).zip(image.chunks_mut(1)).zip([&[8.0][..], &[-6.0][..]]);
/// # let (state, input) = (&[4.0][..], &[-1.0][..]);
/// let step = |((next, next_tangents), tangents)| TangentStep {
///     directions, state, input, tangents, next, next_tangents, difference: None
/// };
/// cell.tangents().unwrap().step_tangents(&mut both.map(step).collect::<Vec<_>>());
/// assert_eq!((next, image), ([0.0; 2], [4.0, -3.0]));
/// ```
pub trait Tangents: Send + Sync {
    /// Parameters a unit, `P/N`.
    fn group_len(&self) -> usize;

    /// Does all steps.
    fn step_tangents(&self, steps: &mut [TangentStep<'_>]);
}
