//! Why a cell cannot be made of the blocks that are given.

/// Why a cell could not be built.
///
/// ```
/// use rtrl_lab::network::{Elman, ElmanError, activation};
/// let error = Elman::new(&[0.5, 1.0], &[2.0], &[1.0], 0.0, activation::TANH).err();
/// assert_eq!(error, Some(ElmanError::Shape { block: "B", expected: 1, found: 2 }));
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ElmanError {
    /// A size is zero.
    #[error("a cell needs at least one hidden unit and one input, not {hidden} and {inputs}")]
    Empty {
        /// Hidden units asked for.
        hidden: usize,
        /// Inputs asked for.
        inputs: usize,
    },
    /// A parameter block has the wrong number of entries.
    #[error("block {block} takes {expected} numbers, not {found}")]
    Shape {
        /// Name of the block.
        block: &'static str,
        /// Numbers it takes.
        expected: usize,
        /// Numbers given.
        found: usize,
    },
    /// A weight that the mask takes out is not zero.
    #[error("the mask takes out the weight of B in row {row}, column {column} (from 0), which is not zero")]
    Outside {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
    },
}
