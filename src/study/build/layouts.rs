//! Networks that Keras and Flax saved, turned into the arrays of PyTorch: kernels transposed, gates
//! put in order, biases that are not there set to zero.

use super::imported::Arrays;
use crate::data::InputError;
use ndarray::{Array1, Array2, ArrayD, Axis, concatenate, s};

/// Whose names and shapes a file's arrays have, where the study says so.
pub(super) const LAYOUTS: [&str; 3] = ["pytorch", "keras", "flax"];

const REMEDY: &str = "save one recurrent layer and one dense layer, as docs/networks.md shows";

/// The arrays of a file of the layout `layout` under PyTorch's names; what is no part of the
/// network keeps its name.
///
/// # Errors
/// [`InputError`] for an array that is missing or of another shape, and a cell that the layout does
/// not have.
pub(super) fn of_layout(layout: &str, cell: &str, arrays: Arrays, place: &str) -> Result<Arrays, InputError> {
    if layout == LAYOUTS[0] {
        return Ok(arrays);
    }
    if !["elman", "gru", "lstm"].contains(&cell) {
        return Err(InputError::new(place, format!("{layout} has no cell `{cell}`"), "choose elman, gru or lstm"));
    }
    let mut file = Saved { arrays, place };
    let layer = if layout == "keras" { keras(&mut file, cell)? } else { flax(&mut file, cell)? };
    let readout = file.readout(layer.hidden.ncols())?;
    let mut arrays = file.arrays;
    let named = [
        ("rnn.weight_ih_l0", layer.input.into_dyn()),
        ("rnn.weight_hh_l0", layer.hidden.into_dyn()),
        ("rnn.bias_ih_l0", layer.biases[0].clone().into_dyn()),
        ("rnn.bias_hh_l0", layer.biases[1].clone().into_dyn()),
        ("fc.weight", readout.0.into_dyn()),
        ("fc.bias", readout.1.into_dyn()),
    ];
    for (name, array) in named {
        if arrays.insert(name.to_string(), array).is_some() {
            return Err(InputError::new(place, format!("it holds an array `{name}` beside those of {layout}"), REMEDY));
        }
    }
    Ok(arrays)
}

/// A recurrent layer in PyTorch's form: gates × N rows.
struct Layer {
    input: Array2<f64>,
    hidden: Array2<f64>,
    biases: [Array1<f64>; 2],
}

/// What a file holds still.
struct Saved<'a> {
    arrays: Arrays,
    place: &'a str,
}

impl Saved<'_> {
    fn refused(&self, problem: String) -> InputError {
        InputError::new(self.place, problem, REMEDY)
    }

    /// What stands before `ending` in the one name that ends so, at a border between parts of a
    /// name.
    fn prefix(&self, ending: &str) -> Result<String, InputError> {
        let before = |name: &&String| name.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with(['/', '.']));
        let found: Vec<&String> = self.arrays.keys().filter(before).collect();
        match found[..] {
            [one] => Ok(one[..one.len() - ending.len()].to_string()),
            [] => Err(self.refused(format!("it holds no array whose name ends in `{ending}`"))),
            _ => Err(self.refused(format!("it holds several arrays whose names end in `{ending}`: one recurrent layer is read"))),
        }
    }

    fn take(&mut self, name: &str) -> Result<ArrayD<f64>, InputError> {
        self.arrays.remove(name).ok_or_else(|| self.refused(format!("it lacks the array `{name}`")))
    }

    fn matrix(&mut self, name: &str) -> Result<Array2<f64>, InputError> {
        let array = self.take(name)?;
        let shape = array.shape().to_vec();
        array.into_dimensionality().map_err(|_| self.refused(format!("its shape is {shape:?}, not one of two axes")).on(name))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Array1<f64>, InputError> {
        let array = self.take(name)?;
        let shape = array.shape().to_vec();
        let refused = || self.refused(format!("its shape is {shape:?}, not {len}")).on(name);
        array.into_dimensionality().ok().filter(|vector: &Array1<f64>| vector.len() == len).ok_or_else(refused)
    }

    /// The one dense layer that is left, its kernel N × m.
    fn readout(&mut self, units: usize) -> Result<(Array2<f64>, Array1<f64>), InputError> {
        let prefix = self.prefix("kernel")?;
        let (kernel, bias) = (format!("{prefix}kernel"), format!("{prefix}bias"));
        let weight = self.matrix(&kernel)?;
        if weight.nrows() != units {
            return Err(self.refused(format!("its shape is {:?}, and a readout has a row a unit, {units}", weight.shape())).on(kernel));
        }
        let bias = self.vector(&bias, weight.ncols())?;
        Ok((weight.t().to_owned(), bias))
    }
}

/// Keras stacks the gates in columns: z, r, h of a GRU, whose bias has a row for the inputs and one
/// inside the reset product; i, f, c, o of an LSTM.
fn keras(file: &mut Saved<'_>, cell: &str) -> Result<Layer, InputError> {
    let order: &[usize] = match cell {
        "gru" => &[1, 0, 2],
        "lstm" => &[0, 1, 2, 3],
        _ => &[0],
    };
    let prefix = file.prefix("recurrent_kernel")?;
    let own = |name: &str| format!("{prefix}{name}");
    let (hidden, input) = (file.matrix(&own("recurrent_kernel"))?, file.matrix(&own("kernel"))?);
    let (units, rows) = (hidden.nrows(), order.len() * hidden.nrows());
    for (name, kernel) in [("recurrent_kernel", &hidden), ("kernel", &input)] {
        if kernel.ncols() != rows || units == 0 {
            let problem = format!("its shape is {:?}, and a cell `{cell}` of {units} units has {rows} columns", kernel.shape());
            return Err(file.refused(problem).on(own(name)));
        }
    }
    let biases = if cell == "gru" {
        let both = file.take(&own("bias"))?;
        if both.ndim() == 1 {
            let problem = "this GRU has reset_after = False, which resets before the product: another cell than `gru`";
            return Err(file.refused(problem.into()).on(own("bias")));
        }
        if both.shape() != [2, rows] {
            return Err(file.refused(format!("its shape is {:?}, not 2 × {rows}", both.shape())).on(own("bias")));
        }
        [0, 1].map(|row| both.index_axis(Axis(0), row).iter().copied().collect::<Array1<f64>>())
    } else {
        [file.vector(&own("bias"), rows)?, Array1::zeros(rows)]
    };
    let part = |gate: usize| s![gate * units..(gate + 1) * units, ..];
    let ordered = |kernel: &Array2<f64>| {
        let rows = kernel.t();
        let parts: Vec<_> = order.iter().map(|gate| rows.slice(part(*gate))).collect();
        concatenate(Axis(0), &parts).expect("gates of one width")
    };
    let ordered_bias = |bias: &Array1<f64>| order.iter().flat_map(|gate| bias.slice(s![gate * units..(gate + 1) * units]).to_vec()).collect();
    Ok(Layer { input: ordered(&input), hidden: ordered(&hidden), biases: biases.map(|bias| ordered_bias(&bias)) })
}

/// A gate of Flax: its dense layers of the inputs and of the hidden values, and whether each has a
/// bias.
type FlaxGate = [(&'static str, bool); 2];

/// Flax has a dense layer for every gate and each of inputs and hidden values.
fn flax(file: &mut Saved<'_>, cell: &str) -> Result<Layer, InputError> {
    let gates: &[FlaxGate] = match cell {
        "gru" => &[[("ir", true), ("hr", false)], [("iz", true), ("hz", false)], [("in", true), ("hn", true)]],
        "lstm" => &[[("ii", false), ("hi", true)], [("if", false), ("hf", true)], [("ig", false), ("hg", true)], [("io", false), ("ho", true)]],
        _ => &[[("i", true), ("h", false)]],
    };
    let last = gates[gates.len() - 1][1].0;
    // Flax joins the parts of a name by what the user chose.
    let separated = ["/", "."].into_iter().find(|between| file.prefix(&format!("{last}{between}kernel")).is_ok()).unwrap_or("/");
    let prefix = file.prefix(&format!("{last}{separated}kernel"))?;
    let mut units = None;
    let mut side = |which: usize| -> Result<(Array2<f64>, Array1<f64>), InputError> {
        let (mut kernels, mut biases) = (Vec::new(), Vec::new());
        for gate in gates {
            let (name, biased) = gate[which];
            let of = |part: &str| format!("{prefix}{name}{separated}{part}");
            let kernel = file.matrix(&of("kernel"))?;
            let wanted = *units.get_or_insert(kernel.ncols());
            if kernel.ncols() != wanted || kernel.is_empty() {
                return Err(file.refused(format!("its shape is {:?}, not one with {wanted} columns", kernel.shape())).on(of("kernel")));
            }
            biases.extend(if biased { file.vector(&of("bias"), wanted)?.to_vec() } else { vec![0.0; wanted] });
            kernels.push(kernel.t().to_owned());
        }
        let views: Vec<_> = kernels.iter().map(|kernel| kernel.view()).collect();
        let stacked = concatenate(Axis(0), &views).map_err(|_| file.refused(format!("the kernels of `{cell}` have different numbers of rows")))?;
        Ok((stacked, Array1::from(biases)))
    };
    let ((input, of_input), (hidden, of_hidden)) = (side(0)?, side(1)?);
    Ok(Layer { input, hidden, biases: [of_input, of_hidden] })
}
