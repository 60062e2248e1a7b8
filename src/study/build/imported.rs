//! Networks saved by PyTorch: names, orders of gates and biases of `torch.nn` turned into blocks.

use crate::data::arrays::ArrayFile;
use crate::data::{InputError, did_you_mean};
use ndarray::{Array2, ArrayD, Axis, s};
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file of either form that is read, in bytes.
const LARGEST: u64 = 16 << 30;
/// Largest header of a safetensors file.
const LARGEST_HEADER: u64 = 100 << 20;

/// Arrays by name.
pub(super) type Arrays = BTreeMap<String, ArrayD<f64>>;

/// A network read from a file, in this library's blocks, with what its outputs should be.
pub(super) struct Imported {
    pub blocks: BTreeMap<&'static str, Array2<f64>>,
    pub check: Option<Check>,
}

/// What a saved network gave from hidden state 0.
pub(super) struct Check {
    /// Inputs (T × d).
    pub inputs: Array2<f64>,
    /// Outputs (T × m).
    pub outputs: Array2<f64>,
}

/// How the rows of PyTorch's stacked gates are called here: of the input weights, of the hidden
/// weights, and of each of the two biases; a bias that stands in two rows is a sum.
struct Gate {
    input: &'static str,
    hidden: &'static str,
    /// Of `bias_ih` and of `bias_hh`.
    biases: [&'static str; 2],
}

/// The gates of a cell in PyTorch's order of rows; none of a cell that PyTorch does not have.
fn gates(cell: &str) -> Option<&'static [Gate]> {
    const fn gate(input: &'static str, hidden: &'static str, bias: &'static str) -> Gate {
        Gate { input, hidden, biases: [bias, bias] }
    }
    const ELMAN: [Gate; 1] = [gate("W", "B", "b")];
    const GRU: [Gate; 3] = [gate("W_r", "B_r", "b_r"), gate("W_z", "B_z", "b_z"), Gate { input: "W", hidden: "B", biases: ["b", "b_B"] }];
    const LSTM: [Gate; 4] = [gate("W_i", "B_i", "b_i"), gate("W_f", "B_f", "b_f"), gate("W", "B", "b"), gate("W_o", "B_o", "b_o")];
    match cell {
        "elman" => Some(&ELMAN),
        "gru" => Some(&GRU),
        "lstm" => Some(&LSTM),
        _ => None,
    }
}

/// The four arrays of a recurrent layer.
const LAYER: [&str; 4] = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];
/// Names that stand beside a network and are not part of it.
const CHECKS: [&str; 2] = ["check_input", "check_output"];
const REMEDY: &str = "save the state of one recurrent layer and one linear layer, as docs/networks.md shows";

/// Whether a file's arrays have PyTorch's names.
pub(super) fn is_torch<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    names.any(|name| name.ends_with(LAYER[0]))
}

/// All arrays of an NPZ file.
pub(super) fn of_npz(mut file: ArrayFile) -> Result<Arrays, InputError> {
    let names: Vec<String> = file.arrays().iter().map(|array| array.name.clone()).collect();
    names.into_iter().map(|name| Ok((name.clone(), file.read(&name, LARGEST)?))).collect()
}

/// All arrays of a safetensors file, of 16-, 32- or 64-bit floats.
pub(super) fn of_safetensors(path: &Path) -> Result<Arrays, InputError> {
    let place = path.display().to_string();
    let refused = |problem: String| InputError::new(&place, problem, "save it by safetensors.torch.save_file");
    let len = std::fs::metadata(path).map_err(|error| refused(format!("the file cannot be read ({error})")))?.len();
    if len > LARGEST {
        return Err(refused(format!("it is larger than {} GB", LARGEST >> 30)));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(format!("the file cannot be read ({error})")))?;
    let header = bytes.first_chunk::<8>().map(|first| u64::from_le_bytes(*first));
    if header.is_none_or(|header| header > LARGEST_HEADER) {
        return Err(refused("this is no safetensors file: its header has no length that one has".into()));
    }
    let tensors = safetensors::SafeTensors::deserialize(&bytes).map_err(|error| refused(format!("this is no safetensors file ({error})")))?;
    let mut arrays = Arrays::new();
    for (name, view) in tensors.iter() {
        let of = |width: usize, value: &dyn Fn(&[u8]) -> f64| view.data().chunks_exact(width).map(value).collect::<Vec<f64>>();
        let eight = |raw: &[u8]| raw.try_into().map_or(f64::NAN, f64::from_le_bytes);
        let four = |raw: &[u8]| raw.try_into().map_or(f64::NAN, |raw| f64::from(f32::from_le_bytes(raw)));
        let values = match view.dtype() {
            safetensors::Dtype::F64 => of(8, &eight),
            safetensors::Dtype::F32 => of(4, &four),
            // The upper half of a 32-bit float.
            safetensors::Dtype::BF16 => of(2, &|raw| four(&[0, 0, raw[0], raw[1]])),
            other => {
                let problem = format!("its elements are of the type {other:?}, and 16-bit (bfloat), 32-bit and 64-bit floats are read");
                return Err(InputError { remedy: "convert it first, in PyTorch by tensor.float()".into(), ..refused(problem) }.on(name));
            }
        };
        let array = ArrayD::from_shape_vec(view.shape().to_vec(), values).map_err(|error| refused(error.to_string()).on(name))?;
        arrays.insert(name.to_string(), array);
    }
    Ok(arrays)
}

/// What stands before [`LAYER`]'s names: the one prefix that the file has.
fn prefix(arrays: &Arrays, place: &str) -> Result<String, InputError> {
    let prefixes: Vec<&str> = arrays.keys().filter_map(|name| name.strip_suffix(LAYER[0])).collect();
    match prefixes[..] {
        [one] => Ok(one.to_string()),
        [] => Err(InputError::new(place, format!("it holds no array whose name ends in `{}`", LAYER[0]), REMEDY)),
        _ => Err(InputError::new(place, format!("it holds several recurrent layers: {}", prefixes.join(", ")), "save one of them alone")),
    }
}

/// What is refused by name: it would change the outputs, and this library has nothing like it.
fn refused_by_name(name: &str) -> Option<&'static str> {
    if name.ends_with("_reverse") {
        Some("a bidirectional layer reads the future, which an online rule does not have")
    } else if name.contains("weight_hr_l") {
        Some("a projected LSTM (proj_size) is not on offer")
    } else if ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"].iter().any(|layer| name.contains(layer))
        && !LAYER.iter().any(|own| name.ends_with(own))
    {
        Some("a layer above the first is not on offer")
    } else {
        None
    }
}

/// Turns a file's arrays into the blocks of a cell and its readout.
///
/// # Errors
/// [`InputError`] for an array that is missing, unknown, of another shape, or not finite.
pub(super) fn translated(cell: &str, mut arrays: Arrays, place: &str) -> Result<Imported, InputError> {
    let Some(gates) = gates(cell) else {
        return Err(InputError::new(place, format!("PyTorch has no cell `{cell}`"), "choose elman (nn.RNN), gru or lstm"));
    };
    for (name, array) in &arrays {
        if let Some(value) = array.iter().find(|value| !value.is_finite()) {
            return Err(InputError::new(place, format!("{value} is not a finite number"), "save finite numbers").on(name));
        }
    }
    let prefix = prefix(&arrays, place)?;
    let mut take = |name: &str, shape: &[Option<usize>]| -> Result<ArrayD<f64>, InputError> {
        let array = arrays.remove(name).ok_or_else(|| InputError::new(place, format!("it lacks the array `{name}`"), REMEDY))?;
        let fits = array.ndim() == shape.len() && array.shape().iter().zip(shape).all(|(len, wanted)| wanted.is_none_or(|wanted| wanted == *len));
        let words = || shape.iter().map(|len| len.map_or("any".into(), |len| len.to_string())).collect::<Vec<String>>().join(" × ");
        if fits { Ok(array) } else { Err(InputError::new(place, format!("its shape is {:?}, not {}", array.shape(), words()), REMEDY).on(name)) }
    };
    let own = |name: &str| format!("{prefix}{name}");
    let recurrent = take(&own(LAYER[1]), &[None, None])?;
    let units = recurrent.shape()[1];
    let rows = gates.len() * units;
    if recurrent.shape()[0] != rows || units == 0 {
        let problem =
            format!("its shape is {:?}, which is no cell `{cell}`: it has {} gates of as many rows as columns", recurrent.shape(), gates.len());
        let fits = |name: &&str| self::gates(name).is_some_and(|gates| gates.len() * units == recurrent.shape()[0]);
        let remedy = ["elman", "gru", "lstm"].iter().find(|name| fits(name)).map_or_else(
            || "name the cell that was saved".to_string(),
            |name| format!("it is that of `{name}`: name that cell (cell = \"{name}\", or --cell {name})"),
        );
        return Err(InputError::new(place, problem, remedy).on(own(LAYER[1])));
    }
    let input = take(&own(LAYER[0]), &[Some(rows), None])?;
    let biases = [take(&own(LAYER[2]), &[Some(rows)])?, take(&own(LAYER[3]), &[Some(rows)])?];
    let mut blocks = BTreeMap::<&'static str, Array2<f64>>::new();
    if let Some((name, why)) = arrays.keys().find_map(|name| Some((name, refused_by_name(name)?))) {
        return Err(InputError::new(place, why, REMEDY).on(name));
    }
    let two = |array: &ArrayD<f64>| array.clone().into_dimensionality::<ndarray::Ix2>().expect("two axes were asked for");
    let column = |array: &ArrayD<f64>| array.clone().into_dimensionality::<ndarray::Ix1>().expect("one axis was asked for").insert_axis(Axis(1));
    for (k, gate) in gates.iter().enumerate() {
        let range = s![k * units..(k + 1) * units, ..];
        blocks.insert(gate.input, two(&input).slice(range).to_owned());
        blocks.insert(gate.hidden, two(&recurrent).slice(range).to_owned());
        for (name, bias) in gate.biases.into_iter().zip(&biases) {
            let own = column(bias).slice(range).to_owned();
            blocks.entry(name).and_modify(|sum| *sum += &own).or_insert(own);
        }
    }
    let check = match CHECKS.map(|name| arrays.remove(name)) {
        [Some(given), Some(wanted)] if given.ndim() == 2 && wanted.ndim() == 2 && given.shape()[0] == wanted.shape()[0] => {
            Some(Check { inputs: two(&given), outputs: two(&wanted) })
        }
        [None, None] => None,
        _ => {
            return Err(InputError::new(
                place,
                "`check_input` and `check_output` are a pair of T × d and T × m numbers",
                "save both, without a batch axis",
            ));
        }
    };
    readout(&mut arrays, units, place)?.into_iter().for_each(|(name, block)| drop(blocks.insert(name, block)));
    if let Some(name) = arrays.keys().next() {
        let hint = did_you_mean(name, LAYER);
        return Err(InputError::new(place, "it is no part of this network", format!("{hint}{REMEDY}")).on(name));
    }
    Ok(Imported { blocks, check })
}

/// The one linear layer of a file: `*.weight` (m × N) and `*.bias`.
fn readout(arrays: &mut Arrays, units: usize, place: &str) -> Result<[(&'static str, Array2<f64>); 2], InputError> {
    let is_readout = |(name, array): (&String, &ArrayD<f64>)| name.ends_with("weight") && array.ndim() == 2 && array.shape()[1] == units;
    let found: Vec<String> = arrays.iter().filter(|entry| is_readout(*entry)).map(|(name, _)| name.clone()).collect();
    let [name] = &found[..] else {
        let what = if found.is_empty() { "it holds no readout".to_string() } else { format!("it holds several readouts: {}", found.join(", ")) };
        return Err(InputError::new(place, format!("{what}: one array `….weight` with {units} columns"), REMEDY));
    };
    let bias = format!("{}bias", name.trim_end_matches("weight"));
    let weight = arrays.remove(name).and_then(|array| array.into_dimensionality::<ndarray::Ix2>().ok()).unwrap_or_default();
    let column = arrays.remove(&bias).ok_or_else(|| InputError::new(place, format!("it lacks the array `{bias}`"), REMEDY))?;
    if column.shape() != [weight.nrows()] {
        return Err(InputError::new(place, format!("its shape is {:?}, not {}", column.shape(), weight.nrows()), REMEDY).on(bias));
    }
    let column = column.into_dimensionality::<ndarray::Ix1>().unwrap_or_default().insert_axis(Axis(1));
    Ok([("C", weight), ("c", column)])
}
