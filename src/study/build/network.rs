//! The network of a case: explicit parameters, parameters from a file, or parameters drawn from the seed.

use super::located::Located;
use crate::data::InputError;
use crate::linalg::{Norm, operator_norm};
use crate::network::{Activation, Cell, Diagonal, Elman, Network, Readout, activation};
use crate::random::{Address, Noise, stream};
use crate::study::config::{NetworkSection, ParametersSection};
use ndarray::{Array2, Ix1, Ix2};
use ndarray_npy::NpzReader;
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
    inputs: usize,
    outputs: usize,
    beta: f64,
    activation: &'static dyn Activation,
}

const CELLS: [&str; 2] = ["elman", "diagonal"];

/// Builds the network for data of `inputs` inputs and `outputs` targets; drawn parameters come from `address`.
pub(super) fn build(section: &NetworkSection, at: Located, sizes: (usize, usize), address: Address, base: &Path) -> Result<BuiltNetwork, InputError> {
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
    let mut given = section.parameters.clone().unwrap_or_default();
    if let Some(file) = &given.file {
        given = from_file(&base.join(file), at)?;
    }
    let recurrent_rows = given.B.as_ref().map(|rows| if diagonal && rows.len() == 1 { rows[0].len() } else { rows.len() });
    let implied = recurrent_rows.or(given.b.as_ref().map(Vec::len)).or(given.W.as_ref().map(Vec::len));
    let hidden = match (section.hidden, implied) {
        (Some(hidden), _) => at.count("hidden", hidden, 1)?,
        (None, Some(hidden)) => hidden,
        (None, None) => return Err(at.error("", "`hidden` is missing", "give the number of hidden units, or explicit parameters")),
    };
    let recurrent = 2.0 * 8.0 * hidden as f64 * if diagonal { 1.0 } else { hidden as f64 };
    if crate::study::machine_memory().is_some_and(|bytes| recurrent > bytes as f64) {
        let problem = format!("the recurrent matrix would take {:.0} GB to make, more than this machine has", recurrent / 1e9);
        return Err(at.error("hidden", problem, "take fewer units, or cell = \"diagonal\""));
    }
    let plan = Plan { at, diagonal, hidden, inputs: sizes.0, outputs: sizes.1, beta, activation };
    assemble(section, &given, &plan, address)
}

fn assemble(section: &NetworkSection, given: &ParametersSection, plan: &Plan, address: Address) -> Result<BuiltNetwork, InputError> {
    let at = plan.at;
    let (n, d, m) = (plan.hidden, plan.inputs, plan.outputs);
    let norm = at.number("recurrent_norm", section.recurrent_norm.unwrap_or(0.8), (0.0, 1e6), false)?;
    let scale = |key: &str, value: Option<f64>, default: f64| at.number(key, value.unwrap_or(default), (0.0, 1e6), false);
    let input_scale = scale("input_scale", section.input_scale, 1.0)? / (d as f64).sqrt();
    let bias_scale = scale("bias_scale", section.bias_scale, 0.1)?;
    let readout_scale = scale("readout_scale", section.readout_scale, 1.0)? / (n as f64).sqrt();
    // Every block has a stream of its own, so that stating one does not change the others.
    let drawn = |name: &str, rows: usize, columns: usize, scale: f64| {
        let mut values = Noise::at(address.within(name).stream(stream::PARAMETERS)).normal_vector(rows * columns);
        values.iter_mut().for_each(|value| *value *= scale);
        Array2::from_shape_vec((rows, columns), values).expect("as many numbers as entries")
    };
    let block = |key: &str, given: &Option<Vec<Vec<f64>>>, rows: usize, columns: usize, scale: f64| match given {
        Some(given) => at.matrix(&format!("parameters.{key}"), given, (Some(rows), Some(columns))),
        None => Ok(drawn(key, rows, columns, scale)),
    };
    let vector = |key: &str, given: &Option<Vec<f64>>, len: usize, scale: f64| match given {
        Some(given) => at.vector(&format!("parameters.{key}"), given, len).map(|()| given.clone()),
        None => Ok(drawn(key, len, 1, scale).iter().copied().collect()),
    };
    let mut b_matrix = match &given.B {
        // A file holds the diagonal cell's weights as a vector, which reads as one row.
        Some(rows) if plan.diagonal && rows.len() == 1 && n > 1 => at.matrix("parameters.B", rows, (Some(1), Some(n)))?,
        _ => block("B", &given.B, n, if plan.diagonal { 1 } else { n }, 1.0)?,
    };
    if given.B.is_none() {
        let largest = operator_norm(b_matrix.view(), if plan.diagonal { Norm::Infinity } else { Norm::Spectral });
        b_matrix *= norm * libm::pow(n as f64, plan.beta) / largest;
    }
    let w_matrix = block("W", &given.W, n, d, input_scale)?;
    let bias = vector("b", &given.b, n, bias_scale)?;
    let c_matrix = block("C", &given.C, m, n, readout_scale)?;
    let readout_bias = vector("c", &given.c, m, 0.0)?;
    let flat = |matrix: &Array2<f64>| matrix.iter().copied().collect::<Vec<f64>>();
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

/// Reads the blocks of an NPZ file.
fn from_file(path: &Path, at: Located) -> Result<ParametersSection, InputError> {
    let place = path.display().to_string();
    let unreadable = |why: String| InputError::new(&place, why, "save arrays named B, W, b, C, c in float64 with numpy.savez");
    let file = std::fs::File::open(path)
        .map_err(|error| at.error("parameters.file", format!("{place} cannot be opened ({error})"), "check the path, relative to the study"))?;
    let mut reader = NpzReader::new(file).map_err(|error| unreadable(format!("this is no NPZ file ({error})")))?;
    let names = reader.names().map_err(|error| unreadable(error.to_string()))?;
    let stem = |name: &str| name.trim_end_matches(".npy").to_string();
    if let Some(unknown) = names.iter().map(|name| stem(name)).find(|name| !["B", "W", "b", "C", "c"].contains(&name.as_str())) {
        return Err(unreadable(format!("it holds an array `{unknown}` that no network has")));
    }
    let mut matrix = |name: &str| -> Result<Option<Vec<Vec<f64>>>, InputError> {
        let Some(entry) = names.iter().find(|entry| stem(entry) == name) else { return Ok(None) };
        let array: ndarray::ArrayD<f64> = reader.by_name(entry).map_err(|error| unreadable(format!("array {name}: {error}")))?;
        if let Ok(matrix) = array.clone().into_dimensionality::<Ix2>() {
            return Ok(Some(matrix.rows().into_iter().map(|row| row.to_vec()).collect()));
        }
        match array.into_dimensionality::<Ix1>() {
            Ok(vector) => Ok(Some(vec![vector.to_vec()])),
            Err(_) => Err(unreadable(format!("array {name} has more than two axes"))),
        }
    };
    let (b_matrix, w_matrix, c_matrix) = (matrix("B")?, matrix("W")?, matrix("C")?);
    let (bias, readout_bias) = (matrix("b")?, matrix("c")?);
    let flat = |rows: Option<Vec<Vec<f64>>>| rows.map(|rows| rows.concat());
    Ok(ParametersSection { B: b_matrix, W: w_matrix, b: flat(bias), C: c_matrix, c: flat(readout_bias), file: None })
}
