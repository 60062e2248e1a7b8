//! Where each named parameter block lies in the flat parameter vector.

/// A matrix-shaped block inside a flat vector: entry (i, j) is at `offset + i·stride + j`.
///
/// ```
/// use rtrl_lab::network::NamedBlock;
/// let block = NamedBlock { name: "W", rows: 2, columns: 2, offset: 1, stride: 4 };
/// let vector = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
/// assert_eq!(block.values(&vector), [1.0, 2.0, 5.0, 6.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBlock {
    /// The field's name of the block: `B`, `W`, `b`, `C`, `c`.
    pub name: &'static str,
    /// Rows.
    pub rows: usize,
    /// Columns; 1 for a vector.
    pub columns: usize,
    /// Position of entry (0, 0).
    pub offset: usize,
    /// Distance of two rows.
    pub stride: usize,
}

impl NamedBlock {
    /// The positions of the block's entries, by rows.
    ///
    /// ```
    /// use rtrl_lab::network::NamedBlock;
    /// let column = NamedBlock { name: "b", rows: 3, columns: 1, offset: 2, stride: 3 };
    /// assert_eq!(column.positions().collect::<Vec<_>>(), [2, 5, 8]);
    /// ```
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows).flat_map(move |i| (0..self.columns).map(move |j| self.offset + i * self.stride + j))
    }

    /// The block's entries of `vector`, by rows.
    ///
    /// ```
    /// use rtrl_lab::network::NamedBlock;
    /// let row = NamedBlock { name: "C", rows: 1, columns: 3, offset: 1, stride: 4 };
    /// assert_eq!(row.values(&[9.0, 8.0, 7.0, 6.0, 5.0]), [8.0, 7.0, 6.0]);
    /// ```
    pub fn values(&self, vector: &[f64]) -> Vec<f64> {
        self.positions().map(|position| vector[position]).collect()
    }

    /// Writes `values`, given by rows, into the block's entries of `vector`.
    ///
    /// ```
    /// use rtrl_lab::network::NamedBlock;
    /// let mut vector = [0.0; 6];
    /// let column = NamedBlock { name: "b", rows: 2, columns: 1, offset: 2, stride: 3 };
    /// column.fill(&mut vector, &[1.0, 2.0]);
    /// assert_eq!(vector, [0.0, 0.0, 1.0, 0.0, 0.0, 2.0]);
    /// ```
    pub fn fill(&self, vector: &mut [f64], values: &[f64]) {
        assert_eq!(values.len(), self.rows * self.columns, "block {} takes {} × {} values", self.name, self.rows, self.columns);
        for (position, value) in self.positions().zip(values) {
            vector[position] = *value;
        }
    }

    /// The same block in a vector that carries `shift` entries before.
    ///
    /// ```
    /// use rtrl_lab::network::NamedBlock;
    /// let block = NamedBlock { name: "c", rows: 2, columns: 1, offset: 1, stride: 2 };
    /// assert_eq!(block.shifted(10).positions().collect::<Vec<_>>(), [11, 13]);
    /// ```
    pub fn shifted(&self, shift: usize) -> NamedBlock {
        NamedBlock { offset: self.offset + shift, ..self.clone() }
    }
}

/// The named blocks that tile a flat parameter vector.
///
/// ```
/// use rtrl_lab::network::{Cell, Elman, activation::TANH};
/// let layout = Elman::new(&[0.0; 4], &[0.0; 2], &[0.0; 2], 0.0, TANH).unwrap().layout();
/// let mut all: Vec<usize> = layout.blocks().iter().flat_map(|block| block.positions()).collect();
/// all.sort();
/// assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    blocks: Vec<NamedBlock>,
}

impl Layout {
    /// A layout of the given blocks.
    ///
    /// ```
    /// use rtrl_lab::network::{Layout, NamedBlock};
    /// let block = |name, offset| NamedBlock { name, rows: 2, columns: 1, offset, stride: 2 };
    /// let layout = Layout::of(vec![block("a", 0), block("b", 1)]);
    /// assert_eq!(layout.block("b").unwrap().values(&[1.0, 2.0, 3.0, 4.0]), [2.0, 4.0]);
    /// ```
    pub fn of(blocks: Vec<NamedBlock>) -> Self {
        Layout { blocks }
    }

    /// The blocks, in order.
    ///
    /// ```
    /// use rtrl_lab::network::Readout;
    /// let layout = Readout::new(&[0.0; 6], &[0.0; 2], 3).layout();
    /// let shapes = layout.blocks().iter().map(|block| (block.name, block.rows, block.columns));
    /// assert_eq!(shapes.collect::<Vec<_>>(), [("C", 2, 3), ("c", 2, 1)]);
    /// ```
    pub fn blocks(&self) -> &[NamedBlock] {
        &self.blocks
    }

    /// The block called `name`.
    ///
    /// ```
    /// use rtrl_lab::network::{Cell, Diagonal, activation::TANH};
    /// let layout = Diagonal::new(&[0.5], &[1.0, 2.0], &[3.0], TANH).unwrap().layout();
    /// assert_eq!(layout.block("b").unwrap().offset, 3);
    /// assert_eq!(layout.block("C"), None);
    /// ```
    pub fn block(&self, name: &str) -> Option<&NamedBlock> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// Total number of parameters.
    ///
    /// ```
    /// use rtrl_lab::network::{Cell, Elman, activation::TANH};
    /// let cell = Elman::new(&[0.0; 9], &[0.0; 6], &[0.0; 3], 0.0, TANH).unwrap();
    /// assert_eq!(cell.layout().len(), 9 + 6 + 3);
    /// ```
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.rows * block.columns).sum()
    }

    /// Whether there is no parameter at all.
    ///
    /// ```
    /// use rtrl_lab::network::{Layout, Readout};
    /// assert!(Layout::of(vec![]).is_empty());
    /// assert!(!Readout::new(&[1.0], &[0.0], 1).layout().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
