//! How a cell is cut up for the kernel: blocks of rows, panels of columns, packed weights.

use crate::network::{Activation, Cell, Elman};

/// Registers side by side in a panel.
pub(crate) const SIDE: usize = 2;

/// One row of a panel: `SIDE` registers. A cache line where a register holds four numbers.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Row<const W: usize>(pub [[f64; W]; SIDE]);

impl<const W: usize> Row<W> {
    /// A row of zeros.
    pub(crate) const ZERO: Self = Row([[0.0; W]; SIDE]);
}

/// Which numbers share a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// One entry of `V` of several chains: nothing is left over, however small the cell.
    Chains,
    /// Neighbouring columns of one chain: `V` of a panel stays small.
    Columns,
}

/// Hidden size up to which chains share registers.
const SMALL: usize = 12;

/// The sizes of a cell and how its rows and columns are grouped.
///
/// The rows are padded to blocks of six and four: with two registers side by side a block of six
/// keeps twelve sums in registers, enough to hide the latency of fused multiply-add, and leaves
/// room for the operands; 4 × 3 was refused, since it needs all sixteen registers and the compiler
/// then spills one into the loop.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub hidden: usize,
    pub inputs: usize,
    /// Columns of a unit's group, `N + d + 1`.
    pub group: usize,
    /// The same as it stands in the panels: whole registers, so that no register holds columns of
    /// two units.
    pub padded: usize,
    pub scale: f64,
    pub arrangement: Arrangement,
    /// Blocks of six rows; blocks of four follow.
    pub sixes: usize,
    /// Rows with the padding.
    pub rows: usize,
    pub panels: usize,
    /// Row of the immediate Jacobian and place in `z` of every register of a row of `V`, padding
    /// included.
    pub owners: Vec<(u32, u32)>,
    /// Steps τ of a block at whose end alone the derivatives are formed.
    pub block: usize,
}

impl Plan {
    pub(crate) fn of(cell: &Elman, arrangement: Arrangement, width: usize) -> Plan {
        let (hidden, inputs) = (cell.state_len(), cell.inputs());
        let group = hidden + inputs + 1;
        let even = hidden.next_multiple_of(2).max(4);
        let fours = [0, 2, 1][even % 6 / 2];
        let sixes = (even - 4 * fours) / 6;
        // Columns of `V` in a register.
        let lanes = if arrangement == Arrangement::Chains { 1 } else { width };
        let padded = group.next_multiple_of(lanes);
        let registers = hidden * padded / lanes;
        let panels = registers.div_ceil(SIDE);
        // The register of the padding adds the zeros that stand behind z to row 0.
        let owner = |register: usize| if register < registers { (register * lanes / padded, register * lanes % padded) } else { (0, padded) };
        let owners = (0..panels * SIDE).map(owner).map(|(row, place)| (row as u32, place as u32)).collect();
        let block = if hidden <= SMALL { 8 } else { 16 };
        Plan { hidden, inputs, group, padded, scale: cell.scale(), arrangement, sixes, rows: even, panels, owners, block }
    }

    /// The arrangement that suits a hidden size and a number of chains.
    pub(crate) fn arrangement(hidden: usize, chains: usize, width: usize) -> Arrangement {
        if hidden <= SMALL && chains >= width { Arrangement::Chains } else { Arrangement::Columns }
    }

    /// Number of recurrent parameters `P`.
    pub(crate) fn parameters(&self) -> usize {
        self.hidden * self.group
    }

    /// Flops on the derivatives of one chain over `steps` steps in blocks, see
    /// [`super::propagator`]; a block of one step is `2N²P + 2P` too.
    pub(crate) fn flops(&self, steps: usize) -> f64 {
        let (n, p) = (self.hidden as f64, self.parameters() as f64);
        let block = |steps: usize| (2.0 * n * n + 2.0) * p + 2.0 * (steps - 1) as f64 * (n * p + n * n * n);
        let rest = steps % self.block;
        (steps / self.block) as f64 * block(self.block) + if rest > 0 { block(rest) } else { 0.0 }
    }

    /// Calls `visit(place, row, k)` for every place of a packed N × N matrix: blocks of rows, in
    /// each a column after the other.
    pub(crate) fn packed(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let mut place = 0;
        for block in self.blocks() {
            for k in 0..self.hidden {
                for row in block.clone() {
                    visit(place, row, k);
                    place += 1;
                }
            }
        }
    }

    /// Rows of each block.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (sixes, rows) = (self.sixes, self.rows);
        let fours = (rows - 6 * sixes) / 4;
        (0..sixes).map(|b| 6 * b..6 * b + 6).chain((0..fours).map(move |b| 6 * sixes + 4 * b..6 * sixes + 4 * b + 4))
    }

    /// Where column `column` of `V` of the chain in lane `lane` stands: (panel, register, lane of
    /// the register).
    pub(crate) fn place(&self, column: usize, lane: usize, width: usize) -> (usize, usize, usize) {
        match self.arrangement {
            Arrangement::Chains => (column / SIDE, column % SIDE, lane),
            Arrangement::Columns => {
                let column = column / self.group * self.padded + column % self.group;
                (column / (SIDE * width), column % (SIDE * width) / width, column % width)
            }
        }
    }
}

/// What the steps of an ensemble need of its cell.
#[derive(Clone)]
pub(crate) struct Weights {
    /// `(B | W | b)` by rows.
    pub rows: Vec<f64>,
    /// `B` packed, see [`Plan::packed`]; zero in the padding.
    pub packed: Vec<f64>,
    /// `N^{−β} B` by rows.
    pub scaled: Vec<f64>,
    pub activation: &'static dyn Activation,
}

impl Weights {
    pub(crate) fn of(cell: &Elman, plan: &Plan) -> Weights {
        let mut packed = vec![0.0; plan.rows * plan.hidden];
        plan.packed(|place, row, k| {
            if row < plan.hidden {
                packed[place] = cell.parameters()[row * plan.group + k];
            }
        });
        let scaled = cell.parameters().chunks_exact(plan.group).flat_map(|row| row[..plan.hidden].iter().map(|b| plan.scale * b)).collect();
        Weights { scaled, rows: cell.parameters().to_vec(), packed, activation: cell.activation() }
    }
}
