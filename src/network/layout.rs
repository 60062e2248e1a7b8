//! Where each named parameter block lies in the flat parameter vector.

/// A matrix-shaped block inside a flat vector: entry (i, j) is at `offset + i·stride + j`.
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
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows).flat_map(move |i| (0..self.columns).map(move |j| self.offset + i * self.stride + j))
    }

    /// The block's entries of `vector`, by rows.
    pub fn values(&self, vector: &[f64]) -> Vec<f64> {
        self.positions().map(|position| vector[position]).collect()
    }

    /// Writes `values`, given by rows, into the block's entries of `vector`.
    pub fn fill(&self, vector: &mut [f64], values: &[f64]) {
        assert_eq!(values.len(), self.rows * self.columns, "block {} takes {} × {} values", self.name, self.rows, self.columns);
        for (position, value) in self.positions().zip(values) {
            vector[position] = *value;
        }
    }

    /// The same block in a vector that carries `shift` entries before.
    pub fn shifted(&self, shift: usize) -> NamedBlock {
        NamedBlock { offset: self.offset + shift, ..self.clone() }
    }
}

/// The named blocks that tile a flat parameter vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    blocks: Vec<NamedBlock>,
}

impl Layout {
    /// A layout of the given blocks.
    pub fn of(blocks: Vec<NamedBlock>) -> Self {
        Layout { blocks }
    }

    /// The blocks, in order.
    pub fn blocks(&self) -> &[NamedBlock] {
        &self.blocks
    }

    /// The block called `name`.
    pub fn block(&self, name: &str) -> Option<&NamedBlock> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// Total number of parameters.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.rows * block.columns).sum()
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
