//! How the influence matrix `V = ∂S/∂θ` is stored: the one place that knows.

/// The storage of an influence matrix `V` (N × P).
///
/// ```text
/// Dense:   V by rows, N · P numbers
/// ByUnit:  the `rows` numbers of unit i depend on its own `group` parameters alone: the entries
///          that are not zero for ever, first those of every unit's first number
/// ```
///
/// Whoever needs `Vᵀ λ`, `V w` or a column of `V` asks here, so that no reader can mistake one
/// storage for the other.
///
/// ```
/// use rtrl_lab::network::{Cell, Diagonal, Elman, InfluenceLayout, activation::TANH};
/// let full = Elman::new(&[0.0; 4], &[0.0; 2], &[0.0; 2], 0.0, TANH).unwrap();
/// assert_eq!(full.influence_layout(), InfluenceLayout::Dense { units: 2, parameters: 8 });
/// let separate = Diagonal::new(&[0.0; 2], &[0.0; 2], &[0.0; 2], TANH).unwrap();
/// let own = InfluenceLayout::ByUnit { units: 2, rows: 1, group: 3 };
/// assert_eq!(separate.influence_layout(), own);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfluenceLayout {
    /// All entries.
    Dense {
        /// Hidden size N.
        units: usize,
        /// Number of parameters P.
        parameters: usize,
    },
    /// Every unit's entries in its own parameters.
    ByUnit {
        /// Units.
        units: usize,
        /// Numbers of a unit's state; N is `units · rows`.
        rows: usize,
        /// Parameters of one unit.
        group: usize,
    },
}

impl InfluenceLayout {
    /// How many numbers are stored.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout;
    /// assert_eq!(InfluenceLayout::Dense { units: 2, parameters: 6 }.len(), 12);
    /// assert_eq!(InfluenceLayout::ByUnit { units: 2, rows: 1, group: 3 }.len(), 6);
    /// ```
    pub fn len(&self) -> usize {
        self.units() * self.row_len()
    }

    /// Whether nothing is stored.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout::Dense;
    /// assert!(Dense { units: 2, parameters: 0 }.is_empty());
    /// assert!(!Dense { units: 2, parameters: 1 }.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether all entries are stored, whatever parameter they belong to.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, InfluenceLayout::Dense { .. })
    }

    /// Length N of the state.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout::{ByUnit, Dense};
    /// assert_eq!(Dense { units: 4, parameters: 24 }.units(), 4);
    /// assert_eq!(ByUnit { units: 5, rows: 2, group: 3 }.units(), 10);
    /// ```
    pub fn units(&self) -> usize {
        match *self {
            InfluenceLayout::Dense { units, .. } => units,
            InfluenceLayout::ByUnit { units, rows, .. } => units * rows,
        }
    }

    /// Numbers that are stored of one unit's row.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout::{ByUnit, Dense};
    /// assert_eq!(Dense { units: 4, parameters: 24 }.row_len(), 24);
    /// assert_eq!(ByUnit { units: 5, rows: 2, group: 3 }.row_len(), 3);
    /// ```
    pub fn row_len(&self) -> usize {
        match *self {
            InfluenceLayout::Dense { parameters, .. } => parameters,
            InfluenceLayout::ByUnit { group, .. } => group,
        }
    }

    /// The parameters that the stored part of row `row` belongs to.
    fn columns(&self, row: usize) -> std::ops::Range<usize> {
        match *self {
            InfluenceLayout::Dense { parameters, .. } => 0..parameters,
            InfluenceLayout::ByUnit { units, group, .. } => row % units * group..(row % units + 1) * group,
        }
    }

    /// Units, numbers of a unit and parameters of a unit, where each has parameters of its own;
    /// stored whole, all of them are one unit.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout::{ByUnit, Dense};
    /// assert_eq!(ByUnit { units: 5, rows: 2, group: 3 }.groups(), (5, 2, 3));
    /// assert_eq!(Dense { units: 4, parameters: 24 }.groups(), (1, 4, 24));
    /// ```
    pub fn groups(&self) -> (usize, usize, usize) {
        match *self {
            InfluenceLayout::Dense { units, parameters } => (1, units, parameters),
            InfluenceLayout::ByUnit { units, rows, group } => (units, rows, group),
        }
    }

    /// Whether entry (`row`, `parameter`) is stored.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout;
    /// let by_unit = InfluenceLayout::ByUnit { units: 2, rows: 2, group: 3 };
    /// let holds = |parameter| [0, 1, 2, 3].map(|row| by_unit.holds(row, parameter));
    /// assert_eq!((holds(2), holds(3)), ([true, false, true, false], [false, true, false, true]));
    /// ```
    pub fn holds(&self, row: usize, parameter: usize) -> bool {
        self.columns(row).contains(&parameter)
    }

    /// Adds `Vᵀ λ` to `gradient` (P), for an adjoint `λ` (N).
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout;
    /// // V = [1 2 0 0; 0 0 3 4], whole and by unit.
    /// let (mut whole, mut own) = ([0.0; 4], [0.0; 4]);
    /// let dense = InfluenceLayout::Dense { units: 2, parameters: 4 };
    /// dense.add_transposed(&[1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0], &[1.0, 10.0], &mut whole);
    /// let by_unit = InfluenceLayout::ByUnit { units: 2, rows: 1, group: 2 };
    /// by_unit.add_transposed(&[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0], &mut own);
    /// assert_eq!((whole, own), ([1.0, 2.0, 30.0, 40.0], [1.0, 2.0, 30.0, 40.0]));
    /// ```
    pub fn add_transposed(&self, influence: &[f64], adjoint: &[f64], gradient: &mut [f64]) {
        assert_eq!(influence.len(), self.len(), "the derivatives fit their layout");
        for (unit, (row, a)) in influence.chunks_exact(self.row_len().max(1)).zip(adjoint).enumerate() {
            for (g, v) in gradient[self.columns(unit)].iter_mut().zip(row) {
                *g += a * v;
            }
        }
    }

    /// Writes `V w` (N) for a direction `w` (P) of the parameters.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout;
    /// let mut image = [0.0; 2];
    /// let by_unit = InfluenceLayout::ByUnit { units: 2, rows: 1, group: 2 };
    /// by_unit.apply(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 0.5, 0.0], &mut image);
    /// assert_eq!(image, [3.0, 1.5]);
    /// ```
    pub fn apply(&self, influence: &[f64], direction: &[f64], image: &mut [f64]) {
        assert_eq!(influence.len(), self.len(), "the derivatives fit their layout");
        for (unit, (row, slot)) in influence.chunks_exact(self.row_len().max(1)).zip(image).enumerate() {
            *slot = row.iter().zip(&direction[self.columns(unit)]).map(|(v, w)| v * w).sum();
        }
    }

    /// Where the entries of the column of parameter `parameter` are stored, from the first unit on.
    ///
    /// ```
    /// use rtrl_lab::network::InfluenceLayout;
    /// let places = |layout: InfluenceLayout| layout.places(3).collect::<Vec<_>>();
    /// assert_eq!(places(InfluenceLayout::Dense { units: 2, parameters: 4 }), [3, 7]);
    /// assert_eq!(places(InfluenceLayout::ByUnit { units: 2, rows: 1, group: 2 }), [3]);
    /// ```
    pub fn places(&self, parameter: usize) -> impl Iterator<Item = usize> + use<> {
        let (first, step, count) = match *self {
            InfluenceLayout::Dense { units, parameters } => (parameter, parameters.max(1), units),
            InfluenceLayout::ByUnit { units, rows, group } => (parameter, units * group, rows),
        };
        (0..count).map(move |unit| first + unit * step)
    }
}
