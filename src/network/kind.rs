//! The kinds of cells on offer: what a study calls them, which blocks they take, how they are made.

use super::{Activation, Cell, ElmanError, diagonal, elman, gru, minimal_gated};
use ndarray::Array2;

/// Sizes that fix the shape of every block of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Units `N`.
    pub units: usize,
    /// Inputs `d`.
    pub inputs: usize,
}

/// How a block that is not given is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Normal entries, the whole block then brought to the stated norm: the spectral one, or the
    /// largest entry of a column.
    Recurrent,
    /// Normal entries times the input scale over `√d`.
    Input,
    /// Normal entries times the bias scale.
    Bias,
}

/// A block of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSpec {
    /// Its name in studies and files.
    pub name: &'static str,
    /// Columns; the rows are the units.
    pub columns: usize,
    /// How it is drawn.
    pub drawn: Drawn,
}

/// What a study states beside the blocks.
#[derive(Clone, Copy)]
pub struct CellOptions {
    /// The activation.
    pub activation: &'static dyn Activation,
    /// The mean-field exponent `β`.
    pub beta: f64,
}

/// A kind of cell.
pub trait CellKind: Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// The formula, for lists.
    fn formula(&self) -> &'static str;

    /// Its blocks, each with a row a unit.
    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec>;

    /// Whether the study chooses its activation.
    fn takes_activation(&self) -> bool {
        true
    }

    /// Whether it has a mean-field exponent.
    fn takes_beta(&self) -> bool {
        false
    }

    /// The cell with the given blocks, in the order of [`CellKind::blocks`].
    ///
    /// # Errors
    /// [`ElmanError`] where the blocks do not fit.
    fn build(&self, blocks: &[Array2<f64>], options: CellOptions) -> Result<Box<dyn Cell>, ElmanError>;
}

/// Every kind that a study can name; the first is that of a study that names none.
pub const ALL: [&dyn CellKind; 4] = [&elman::Kind, &diagonal::Kind, &gru::Kind, &minimal_gated::Kind];

/// The kind called `name`.
///
/// ```
/// use rtrl_lab::network::kind::{self, Sizes};
/// let blocks = kind::named("diagonal").unwrap().blocks(Sizes { units: 3, inputs: 2 });
/// assert_eq!(
///     blocks.iter().map(|block| (block.name, block.columns)).collect::<Vec<_>>(),
///     [("B", 1), ("W", 2), ("b", 1)]
/// );
/// assert!(kind::named("hopfield").is_none());
/// ```
pub fn named(name: &str) -> Option<&'static dyn CellKind> {
    ALL.into_iter().find(|kind| kind.name() == name)
}

/// The numbers of a block by rows.
pub(super) fn numbers(block: &Array2<f64>) -> Vec<f64> {
    block.iter().copied().collect()
}
