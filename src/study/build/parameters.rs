//! The blocks of a network that are given, in the study or in an NPZ file, and those that the study
//! states to be drawn.

use super::imported::{self, Arrays, Check, Imported};
use super::layouts::{self, LAYOUTS};
use crate::data::arrays::ArrayFile;
use crate::data::section::Located;
use crate::data::{InputError, did_you_mean};
use crate::network::kind::BlockSpec;
use crate::study::config::ParametersSection;
use ndarray::Array2;
use std::path::Path;

/// A block of a network: its name and shape.
pub(super) struct Wanted {
    pub name: &'static str,
    pub rows: usize,
    pub columns: usize,
}

/// The blocks of the readout, in the order of their description.
pub(super) const READOUT: [&str; 2] = ["C", "c"];

/// Where the given blocks come from.
enum Source<'a> {
    /// None is given: all are drawn.
    Nothing,
    Study(&'a ParametersSection),
    File(Box<ArrayFile>, String),
    Torch(Box<Imported>, String),
}

/// The given blocks.
pub(super) struct Given<'a> {
    source: Source<'a>,
    at: Located<'a>,
    /// The blocks of the cell and then those of the readout.
    names: Vec<&'static str>,
}

fn listed(names: &[&str]) -> String {
    names.join(", ")
}

/// How to save a network of these blocks.
fn remedy(names: &[&str]) -> String {
    let saved = names.iter().map(|name| format!("{name}={name}")).collect::<Vec<_>>().join(", ");
    format!("save arrays named {}, in NumPy by np.savez(\"network.npz\", {saved})", listed(names))
}

impl<'a> Given<'a> {
    /// Looks at what a section gives of a cell with blocks called `cell`: every block must be given
    /// or stated as drawn, and not both.
    ///
    /// # Errors
    /// [`InputError`] at the study's key, or at the array of the file.
    pub(super) fn of(
        section: Option<&'a ParametersSection>,
        (kind, cell): (&str, &[&'static str]),
        at: Located<'a>,
        base: &Path,
    ) -> Result<Given<'a>, InputError> {
        let names: Vec<&'static str> = cell.iter().copied().chain(READOUT).collect();
        let Some(section) = section else { return Ok(Given { source: Source::Nothing, at, names }) };
        if let Some(unknown) = section.blocks.keys().find(|key| !names.contains(&key.as_str())) {
            let known: Vec<&str> = names.iter().copied().chain(["file", "layout", "drawn"]).collect();
            let hint = did_you_mean(unknown, known.iter().copied());
            return Err(at.error(&format!("parameters.{unknown}"), "unknown key", format!("{hint}known keys here: {}", listed(&known))));
        }
        let stated = section.drawn.as_deref().unwrap_or_default();
        for name in stated {
            at.word("parameters.drawn", name, &names)?;
        }
        if section.layout.is_some() && section.file.is_none() {
            return Err(at.error("parameters.layout", "there is no file whose layout this is", "name a file, or take the key out"));
        }
        let source = match &section.file {
            None => Source::Study(section),
            Some(_) if !section.blocks.is_empty() => {
                return Err(at.error("parameters.file", "blocks are given in a file and in the study", "give them in one place"));
            }
            Some(file) => {
                let path = base.join(file);
                if let Err(error) = std::fs::metadata(&path) {
                    let problem = format!("{} cannot be opened ({error})", path.display());
                    return Err(at.error("parameters.file", problem, "check the path, relative to the study"));
                }
                let place = path.display().to_string();
                let layout = section.layout.as_deref().map(|layout| at.word("parameters.layout", layout, &LAYOUTS)).transpose()?;
                let imported = |arrays: Arrays, place: String| {
                    let arrays = layouts::of_layout(layout.unwrap_or(LAYOUTS[0]), kind, arrays, &place)?;
                    let imported = imported::translated(kind, arrays, &place)?;
                    let given = Given { source: Source::Torch(Box::new(imported), place), at, names: names.clone() };
                    given.complete(stated)?;
                    Ok(given)
                };
                if path.extension().is_some_and(|extension| extension == "safetensors") {
                    return imported(imported::of_safetensors(&path)?, place);
                }
                let opened = ArrayFile::open(&path, &remedy(&names))?;
                if !opened.is_archive() {
                    return Err(InputError::new(place, format!("it holds one array, and this network has {}", names.len()), remedy(&names)));
                }
                if layout.is_some() || imported::is_torch(opened.arrays().iter().map(|array| array.name.as_str())) {
                    return imported(imported::of_npz(opened)?, place);
                }
                let has = |ending: &str| opened.arrays().iter().any(|array| array.name.ends_with(ending));
                if has("data.pkl") {
                    let remedy = "write the state_dict as NPZ or safetensors instead, as docs/networks.md shows";
                    return Err(InputError::new(place, "it is a file of torch.save, which only PyTorch can read", remedy));
                }
                // Flax's kernels stand within a named layer; Keras's recurrent one has a name of
                // its own.
                let layouts = [("keras", has("recurrent_kernel")), ("flax", has("/kernel") || has(".kernel"))];
                if let Some((layout, _)) = layouts.iter().find(|(_, is_meant)| *is_meant) {
                    let problem = format!("its arrays look like {}'s", if *layout == "keras" { "Keras" } else { "Flax" });
                    return Err(InputError::new(place, problem, format!("say layout = \"{layout}\" (analyze: --layout {layout})")));
                }
                if let Some(unknown) = opened.arrays().iter().find(|array| !names.contains(&array.name.as_str())) {
                    return Err(InputError::new(
                        place,
                        format!("it holds an array `{}` that this network does not have", unknown.name),
                        remedy(&names),
                    ));
                }
                Source::File(Box::new(opened), place)
            }
        };
        let given = Given { source, at, names };
        given.complete(stated)?;
        Ok(given)
    }

    fn complete(&self, stated: &[String]) -> Result<(), InputError> {
        if let Some(name) = stated.iter().find(|name| self.has(name)) {
            return Err(self.at.error("parameters.drawn", format!("block {name} is given, and stated to be drawn"), "do one of the two"));
        }
        let missing: Vec<&str> = self.names.iter().copied().filter(|name| !self.has(name) && !stated.iter().any(|stated| stated == name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (what, names) = (if missing.len() == 1 { "block" } else { "blocks" }, missing.join(", "));
        let quoted = missing.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let problem = format!("the network lacks the {what} {names}");
        let remedy = |whence: &str| format!("{whence}; weights are drawn only where [network.parameters] states it: drawn = [{quoted}]");
        Err(match &self.source {
            Source::File(_, place) | Source::Torch(_, place) => {
                InputError::new(place, problem, remedy(&format!("save all of {}", listed(&self.names))))
            }
            _ => self.at.error("parameters", problem, remedy(&format!("give all of {}", listed(&self.names)))),
        })
    }

    /// Of a network from PyTorch: where it came from, and the inputs and outputs that tell whether
    /// its gates were read in the right order.
    pub(super) fn check(&self) -> Option<(&str, Option<&Check>)> {
        match &self.source {
            Source::Torch(imported, place) => Some((place, imported.check.as_ref())),
            _ => None,
        }
    }

    /// Whether a block is given.
    pub(super) fn has(&self, name: &str) -> bool {
        match &self.source {
            Source::Nothing => false,
            Source::Study(section) => section.blocks.contains_key(name),
            Source::File(file, _) => file.named(name).is_some(),
            Source::Torch(imported, _) => imported.blocks.contains_key(name),
        }
    }

    /// The number of units that the first given block of the cell implies.
    pub(super) fn units(&self, cell: &[BlockSpec]) -> Option<usize> {
        cell.iter().find_map(|block| match &self.source {
            Source::Nothing => None,
            Source::Study(section) => {
                let rows = section.blocks.get(block.name)?.as_array()?;
                // A column may be written as one row.
                let one_row = rows.first().filter(|_| block.columns == 1 && rows.len() == 1).and_then(toml::Value::as_array);
                Some(one_row.unwrap_or(rows).len())
            }
            Source::Torch(imported, _) => imported.blocks.get(block.name).map(Array2::nrows),
            Source::File(file, _) => {
                let shape = file.named(block.name)?.shape().ok()?;
                let all = shape.iter().fold(1usize, |product, len| product.saturating_mul(*len));
                Some(if block.columns == 1 { all } else { shape.first().copied().unwrap_or(1) })
            }
        })
    }

    /// Holds the arrays of a file against the shapes that data and units fix, before any is read.
    ///
    /// An array may leave out axes of length 1 or have them elsewhere: `W` as (N,) where there is
    /// one input, `c` as a number where there is one target.
    ///
    /// # Errors
    /// [`InputError`] at the array.
    pub(super) fn fit(&self, wanted: &[Wanted]) -> Result<(), InputError> {
        if let Source::Torch(imported, place) = &self.source {
            for Wanted { name, rows, columns } in wanted {
                let Some(block) = imported.blocks.get(name).filter(|block| block.dim() != (*rows, *columns)) else { continue };
                let problem = format!("it makes a block {name} of {} × {}, not {rows} × {columns}", block.nrows(), block.ncols());
                return Err(InputError::new(place.as_str(), problem, "save the network that was made for these inputs and targets"));
            }
        }
        let Source::File(file, place) = &self.source else { return Ok(()) };
        let axes = |shape: &[usize]| shape.iter().copied().filter(|len| *len != 1).collect::<Vec<_>>();
        for &Wanted { name, rows, columns } in wanted {
            let Some(array) = file.named(name) else { continue };
            let refused = |problem: String, remedy: String| InputError::new(place.as_str(), problem, remedy).on(name);
            let shape = array.shape().map_err(|why| refused(why.to_string(), format!("save numbers, as {name}.astype(np.float64)")))?;
            if axes(shape) != axes(&[rows, columns]) {
                let wanted = if columns == 1 { format!("{rows}") } else { format!("{rows} × {columns}") };
                let found = if shape.is_empty() { "1".to_string() } else { shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ") };
                let remedy = format!("save {name} with the shape ({rows}, {columns}), which the data and the other blocks fix");
                return Err(refused(format!("it holds {found} numbers, not {wanted}"), remedy));
            }
        }
        Ok(())
    }

    /// A given block, as a matrix of the wanted shape; `None` where it is to be drawn. Those of a
    /// file are the shape that [`Given::fit`] has seen.
    ///
    /// # Errors
    /// [`InputError`] at the block.
    pub(super) fn block(&mut self, name: &str, rows: usize, columns: usize) -> Result<Option<Array2<f64>>, InputError> {
        match &mut self.source {
            Source::Nothing => Ok(None),
            Source::Torch(imported, _) => Ok(imported.blocks.remove(name)),
            Source::Study(section) => of_study(section, self.at, name, (rows, columns)),
            Source::File(file, place) => {
                if file.named(name).is_none() {
                    return Ok(None);
                }
                let read = file.read(name, u64::MAX)?;
                match read.iter().find(|value| !value.is_finite()) {
                    Some(value) => Err(InputError::new(place.as_str(), format!("{value} is not a finite number"), "save finite numbers").on(name)),
                    None => Ok(read.into_shape_with_order((rows, columns)).ok()),
                }
            }
        }
    }
}

/// A block that the study itself gives, by rows; a column as one list, or as rows of one number
/// each, or as one row.
fn of_study(section: &ParametersSection, at: Located, name: &str, (rows, columns): (usize, usize)) -> Result<Option<Array2<f64>>, InputError> {
    let Some(given) = section.blocks.get(name) else { return Ok(None) };
    let key = format!("parameters.{name}");
    if let Some(list) = numbers(given).filter(|_| columns == 1) {
        at.vector(&key, &list, rows)?;
        return Ok(Array2::from_shape_vec((rows, 1), list).ok());
    }
    let given = given.as_array().and_then(|rows| rows.iter().map(numbers).collect::<Option<Vec<Vec<f64>>>>());
    let Some(given) = given else {
        let wanted = if columns == 1 { "a list of numbers" } else { "a list of rows of numbers" };
        return Err(at.error(&key, format!("expected {wanted}"), "give the key a value of the expected type"));
    };
    let laid = if columns == 1 && given.len() == 1 { (1, rows) } else { (rows, columns) };
    Ok(at.matrix(&key, &given, (Some(laid.0), Some(laid.1)))?.into_shape_with_order((rows, columns)).ok())
}

/// The numbers of a list that holds nothing else.
fn numbers(value: &toml::Value) -> Option<Vec<f64>> {
    let number = |value: &toml::Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    value.as_array()?.iter().map(number).collect()
}
