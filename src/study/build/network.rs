//! The network of a case: explicit parameters, parameters from a file, or parameters drawn from the seed.

use super::located::Located;
use super::parameters::Given;
use crate::data::InputError;
use crate::linalg::{Norm, operator_norm};
use crate::network::{Activation, Cell, Diagonal, Elman, Network, Readout, activation};
use crate::random::{Address, Noise, stream};
use crate::study::config::NetworkSection;
use crate::study::memory::in_bytes;
use ndarray::Array2;
use std::path::Path;

/// What a network section comes to.
pub(super) struct BuiltNetwork {
    pub cell: BuiltCell,
    pub network: Network,
    pub c_matrix: Array2<f64>,
    pub readout_bias: Vec<f64>,
}

/// The cell by its kind.
pub(super) enum BuiltCell {
    Elman(Elman),
    Diagonal(Diagonal),
}

impl BuiltCell {
    /// The activation.
    pub fn activation(&self) -> &'static dyn Activation {
        match self {
            BuiltCell::Elman(cell) => cell.activation(),
            BuiltCell::Diagonal(cell) => cell.activation(),
        }
    }
}

/// Sizes and scales that are stated or by default.
struct Plan<'a> {
    at: Located<'a>,
    diagonal: bool,
    hidden: usize,
    /// Whether the study states the number of units.
    stated: bool,
    inputs: usize,
    outputs: usize,
    beta: f64,
    activation: &'static dyn Activation,
}

const CELLS: [&str; 2] = ["elman", "diagonal"];

/// Builds the network for data of `sizes` inputs and targets; drawn parameters come from `address`,
/// and its norms may take `limit` operations.
pub(super) fn build(
    section: &NetworkSection,
    at: Located,
    sizes: (usize, usize),
    (address, limit): (Address, f64),
    base: &Path,
) -> Result<BuiltNetwork, InputError> {
    let diagonal = at.word("cell", section.cell.as_deref().unwrap_or("elman"), &CELLS)? == "diagonal";
    let offered: Vec<&str> = activation::ALL.iter().map(|activation| activation.name()).collect();
    let name = at.word("activation", section.activation.as_deref().unwrap_or("tanh"), &offered)?;
    let activation = activation::named(name).ok_or_else(|| at.error("activation", "no such activation", "see `rtrl-lab list`"))?;
    let beta = section.beta.unwrap_or(0.0);
    if ![0.0, 0.5, 1.0].contains(&beta) {
        return Err(at.error("beta", format!("{beta} is no mean-field exponent"), "choose 0, 0.5 or 1"));
    }
    if diagonal && beta != 0.0 {
        return Err(at.error("beta", "units that do not see each other have no mean field", "take it out"));
    }
    let given = Given::of(section.parameters.as_ref(), at, base)?;
    let hidden = match (section.hidden, given.hidden(diagonal)) {
        (Some(hidden), _) => at.count("hidden", hidden, (1, MOST_HIDDEN))?,
        (None, Some(hidden)) => at.count("parameters", hidden, (1, MOST_HIDDEN))?,
        (None, None) => return Err(at.error("", "`hidden` is missing", "give the number of hidden units, or explicit parameters")),
    };
    let plan = Plan { at, diagonal, hidden, stated: section.hidden.is_some(), inputs: sizes.0, outputs: sizes.1, beta, activation };
    given.fit([
        ("B", hidden, if diagonal { 1 } else { hidden }),
        ("W", hidden, sizes.0),
        ("b", hidden, 1),
        ("C", sizes.1, hidden),
        ("c", sizes.1, 1),
    ])?;
    plan.affordable(limit)?;
    assemble(section, given, &plan, address)
}

/// Most hidden units, of a diagonal cell; the memory of the machine ends earlier on most.
const MOST_HIDDEN: usize = 1_000_000_000;
/// Copies of all parameters that are held while a network is made: as drawn or read, in the cell,
/// and in its clone.
const COPIES: f64 = 3.0;

impl Plan<'_> {
    /// Refuses a network that this machine does not hold, or whose norms take more operations than
    /// `limit`; nothing has been drawn or read by then.
    fn affordable(&self, limit: f64) -> Result<(), InputError> {
        let (n, d, m) = (self.hidden as f64, self.inputs as f64, self.outputs as f64);
        let numbers = n * if self.diagonal { 1.0 } else { n } + n * d + n + m * n + m;
        let bytes = COPIES * 8.0 * numbers;
        let key = if self.stated { "hidden" } else { "parameters" };
        let fewer = if self.diagonal { "take fewer units" } else { "take fewer units, or cell = \"diagonal\"" };
        if crate::study::machine_memory().is_some_and(|there| bytes > there as f64) {
            let problem = format!("the weights of {} units would take {} to make, more than this machine has", self.hidden, in_bytes(bytes));
            return Err(self.at.error(key, problem, fewer));
        }
        let operations = n * n * n;
        if !self.diagonal && operations > limit {
            let problem =
                format!("the norm of a matrix of {0} × {0} takes about {operations:.0e} operations, more than the limit of {limit:.0e}", self.hidden);
            return Err(self.at.error(key, problem, format!("{fewer}, or raise `work_limit` under [study]")));
        }
        Ok(())
    }
}

fn assemble(section: &NetworkSection, mut given: Given<'_>, plan: &Plan, address: Address) -> Result<BuiltNetwork, InputError> {
    let at = plan.at;
    let (n, d, m) = (plan.hidden, plan.inputs, plan.outputs);
    let norm = at.number("recurrent_norm", section.recurrent_norm.unwrap_or(0.8), (0.0, 1e6), false)?;
    let scale = |key: &str, value: Option<f64>, default: f64| at.number(key, value.unwrap_or(default), (0.0, 1e6), false);
    let input_scale = scale("input_scale", section.input_scale, 1.0)? / (d as f64).sqrt();
    let bias_scale = scale("bias_scale", section.bias_scale, 0.1)?;
    let readout_scale = scale("readout_scale", section.readout_scale, 1.0)? / (n as f64).sqrt();
    let recurrent_drawn = !given.has("B");
    // Every block has a stream of its own, so that stating one does not change the others.
    let mut block = |name: &str, rows: usize, columns: usize, scale: f64| -> Result<Array2<f64>, InputError> {
        if let Some(given) = given.block(name, rows, columns)? {
            return Ok(given);
        }
        let mut values = Noise::at(address.within(name).stream(stream::PARAMETERS)).normal_vector(rows * columns);
        values.iter_mut().for_each(|value| *value *= scale);
        Ok(Array2::from_shape_vec((rows, columns), values).expect("as many numbers as entries"))
    };
    let mut b_matrix = block("B", n, if plan.diagonal { 1 } else { n }, 1.0)?;
    let w_matrix = block("W", n, d, input_scale)?;
    let flat = |matrix: &Array2<f64>| matrix.iter().copied().collect::<Vec<f64>>();
    let bias = flat(&block("b", n, 1, bias_scale)?);
    let c_matrix = block("C", m, n, readout_scale)?;
    let readout_bias = flat(&block("c", m, 1, 0.0)?);
    if recurrent_drawn {
        let largest = operator_norm(b_matrix.view(), if plan.diagonal { Norm::Infinity } else { Norm::Spectral });
        b_matrix *= norm * libm::pow(n as f64, plan.beta) / largest;
    }
    let b_rows = b_matrix.into_raw_vec_and_offset().0;
    let refused = |error: crate::network::ElmanError| at.error("", error.to_string(), "correct the sizes");
    let readout = Readout::new(&flat(&c_matrix), &readout_bias, n);
    let (cell, boxed): (BuiltCell, Box<dyn Cell>) = if plan.diagonal {
        let cell = Diagonal::new(&b_rows, &flat(&w_matrix), &bias, plan.activation).map_err(refused)?;
        (BuiltCell::Diagonal(cell.clone()), Box::new(cell))
    } else {
        let cell = Elman::new(&b_rows, &flat(&w_matrix), &bias, plan.beta, plan.activation).map_err(refused)?;
        (BuiltCell::Elman(cell.clone()), Box::new(cell))
    };
    Ok(BuiltNetwork { cell, network: Network { cell: boxed, readout }, c_matrix, readout_bias })
}
