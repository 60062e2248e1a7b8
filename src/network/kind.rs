//! The kinds of cells on offer: what a study calls them, which blocks they take, how they are made.

use super::{Activation, Cell, ElmanError, complex_diagonal, diagonal, elman, gru, lstm, minimal_gated};
use ndarray::Array2;

/// Sizes that fix the shape of every block of a cell.
///
/// ```
/// use rtrl_lab::network::kind::{self, Sizes};
/// let sizes = Sizes { units: 3, inputs: 2 };
/// let blocks = kind::named("elman").unwrap().blocks(sizes);
/// let parameters: usize = blocks.iter().map(|block| sizes.units * block.columns).sum();
/// assert_eq!(parameters, 3 * (3 + 2 + 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Units `N`.
    pub units: usize,
    /// Inputs `d`.
    pub inputs: usize,
}

/// How a block that is not given is drawn.
///
/// ```
/// use rtrl_lab::network::kind::{self, Drawn, Sizes};
/// let blocks = kind::named("gru").unwrap().blocks(Sizes { units: 2, inputs: 1 });
/// let recurrent = blocks.iter().filter(|block| block.drawn == Drawn::Recurrent);
/// assert_eq!(recurrent.map(|block| block.name).collect::<Vec<_>>(), ["B_r", "B_z", "B"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// Normal entries, the whole block then brought to the stated norm: the spectral one, or the
    /// largest entry of a column.
    Recurrent,
    /// Normal entries times the input scale over `√d`.
    Input,
    /// Normal entries times the bias scale.
    Bias,
    /// `ν = ln(−ln |λ|)` with `|λ|` as on a disk, the largest the stated norm.
    Decay,
    /// Angles from 0 to 2π.
    Phase,
}

/// A block of parameters.
///
/// ```
/// use rtrl_lab::network::kind::{self, BlockSpec, Drawn, Sizes};
/// let blocks = kind::named("mgu").unwrap().blocks(Sizes { units: 3, inputs: 2 });
/// assert_eq!(blocks[0], BlockSpec { name: "B_f", columns: 3, drawn: Drawn::Recurrent });
/// assert_eq!(blocks[1], BlockSpec { name: "W_f", columns: 2, drawn: Drawn::Input });
/// ```
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
///
/// ```
/// use ndarray::Array2;
/// use rtrl_lab::network::{activation::TANH, kind::{self, CellOptions}};
/// let blocks = [Array2::zeros((4, 4)), Array2::zeros((4, 1)), Array2::zeros((4, 1))];
/// let options = CellOptions { activation: TANH, beta: 1.0, mask: None };
/// let cell = kind::named("elman").unwrap().build(&blocks, options).unwrap();
/// assert_eq!(cell.one_layer().unwrap().beta, 1.0);
/// ```
#[derive(Clone, Copy)]
pub struct CellOptions<'a> {
    /// The activation.
    pub activation: &'static dyn Activation,
    /// The mean-field exponent `β`.
    pub beta: f64,
    /// Which recurrent weights there are, where not all (N × N).
    pub mask: Option<&'a Array2<bool>>,
}

/// A kind of cell.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::network::{activation, kind::{self, CellOptions}};
/// let linear = activation::named("identity").unwrap();
/// let options = CellOptions { activation: linear, beta: 0.0, mask: None };
/// let blocks = [array![[0.5]], array![[2.0]], array![[1.0]]];
/// let cell = kind::named("diagonal").unwrap().build(&blocks, options).unwrap();
/// let (mut next, mut tape) = ([0.0], vec![0.0; cell.tape_len()]);
/// cell.step(&[4.0], &[3.0], &mut next, &mut tape);
/// assert_eq!(next, [0.5 * 4.0 + 2.0 * 3.0 + 1.0]);
/// ```
pub trait CellKind: Sync {
    /// The name used in study files.
    fn name(&self) -> &'static str;

    /// The formula, for lists.
    fn formula(&self) -> &'static str;

    /// Its blocks, each with a row a unit.
    fn blocks(&self, sizes: Sizes) -> Vec<BlockSpec>;

    /// Numbers that the readout sees of `units` units.
    fn visible(&self, units: usize) -> usize {
        units
    }

    /// Whether the study chooses its activation.
    fn takes_activation(&self) -> bool {
        true
    }

    /// Whether it has a mean-field exponent.
    fn takes_beta(&self) -> bool {
        false
    }

    /// Whether its recurrent matrix may be sparse.
    fn takes_mask(&self) -> bool {
        false
    }

    /// The cell with the given blocks, in the order of [`CellKind::blocks`].
    ///
    /// # Errors
    /// [`ElmanError`] where the blocks do not fit.
    fn build(&self, blocks: &[Array2<f64>], options: CellOptions<'_>) -> Result<Box<dyn Cell>, ElmanError>;
}

/// Every kind that a study can name; the first is that of a study that names none.
pub const ALL: [&dyn CellKind; 6] = [&elman::Kind, &diagonal::Kind, &gru::Kind, &minimal_gated::Kind, &lstm::Kind, &complex_diagonal::Kind];

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
