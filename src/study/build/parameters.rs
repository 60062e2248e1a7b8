//! The blocks of a network that are given, in the study or in an NPZ file, and those that the study states to be drawn.

use super::located::Located;
use crate::data::InputError;
use crate::data::arrays::ArrayFile;
use crate::study::config::ParametersSection;
use ndarray::Array2;
use std::path::Path;

/// The blocks of every network, in the order of their description.
pub(super) const BLOCKS: [&str; 5] = ["B", "W", "b", "C", "c"];

const REMEDY: &str = "save arrays named B, W, b, C, c, in NumPy by np.savez(\"network.npz\", B=B, W=W, b=b, C=C, c=c)";

/// Where the given blocks come from.
enum Source<'a> {
    /// None is given: all are drawn.
    Nothing,
    Study(&'a ParametersSection),
    File(Box<ArrayFile>, String),
}

/// The given blocks.
pub(super) struct Given<'a> {
    source: Source<'a>,
    at: Located<'a>,
}

impl<'a> Given<'a> {
    /// Looks at what a section gives: every block must be given or stated as drawn, and not both.
    ///
    /// # Errors
    /// [`InputError`] at the study's key, or at the array of the file.
    pub fn of(section: Option<&'a ParametersSection>, at: Located<'a>, base: &Path) -> Result<Given<'a>, InputError> {
        let Some(section) = section else { return Ok(Given { source: Source::Nothing, at }) };
        let stated = section.drawn.as_deref().unwrap_or_default();
        for name in stated {
            at.word("parameters.drawn", name, &BLOCKS)?;
        }
        let source = match &section.file {
            None => Source::Study(section),
            Some(_) if BLOCKS.iter().any(|name| in_study(section, name)) => {
                return Err(at.error("parameters.file", "blocks are given in a file and in the study", "give them in one place"));
            }
            Some(file) => {
                let path = base.join(file);
                if let Err(error) = std::fs::metadata(&path) {
                    let problem = format!("{} cannot be opened ({error})", path.display());
                    return Err(at.error("parameters.file", problem, "check the path, relative to the study"));
                }
                let place = path.display().to_string();
                let opened = ArrayFile::open(&path, REMEDY)?;
                if !opened.is_archive() {
                    return Err(InputError::new(place, "it holds one array, and a network has five", REMEDY));
                }
                if let Some(unknown) = opened.arrays().iter().find(|array| !BLOCKS.contains(&array.name.as_str())) {
                    return Err(InputError::new(place, format!("it holds an array `{}` that no network has", unknown.name), REMEDY));
                }
                Source::File(Box::new(opened), place)
            }
        };
        let given = Given { source, at };
        given.complete(stated)?;
        Ok(given)
    }

    fn complete(&self, stated: &[String]) -> Result<(), InputError> {
        if let Some(name) = stated.iter().find(|name| self.has(name)) {
            return Err(self.at.error("parameters.drawn", format!("block {name} is given, and stated to be drawn"), "do one of the two"));
        }
        let missing: Vec<&str> = BLOCKS.into_iter().filter(|name| !self.has(name) && !stated.iter().any(|stated| stated == name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (what, names) = (if missing.len() == 1 { "block" } else { "blocks" }, missing.join(", "));
        let quoted = missing.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let problem = format!("the network lacks the {what} {names}");
        let remedy = |whence: &str| format!("{whence}; weights are drawn only where [network.parameters] states it: drawn = [{quoted}]");
        Err(match &self.source {
            Source::File(_, place) => InputError::new(place, problem, remedy("save all of B, W, b, C, c")),
            _ => self.at.error("parameters", problem, remedy("give all of B, W, b, C, c")),
        })
    }

    /// Whether a block is given.
    pub fn has(&self, name: &str) -> bool {
        match &self.source {
            Source::Nothing => false,
            Source::Study(section) => in_study(section, name),
            Source::File(file, _) => file.named(name).is_some(),
        }
    }

    /// The number of hidden units that the blocks imply.
    pub fn hidden(&self, diagonal: bool) -> Option<usize> {
        match &self.source {
            Source::Nothing => None,
            Source::Study(section) => {
                let recurrent = section.B.as_ref().map(|rows| if diagonal && rows.len() == 1 { rows[0].len() } else { rows.len() });
                recurrent.or(section.b.as_ref().map(Vec::len)).or(section.W.as_ref().map(Vec::len))
            }
            Source::File(file, _) => {
                let shape = |name: &str| file.named(name).and_then(|array| array.shape().ok());
                let first = |shape: &[usize]| shape.first().copied().unwrap_or(1);
                let all = |shape: &[usize]| shape.iter().fold(1usize, |product, len| product.saturating_mul(*len));
                shape("B").map(if diagonal { all } else { first }).or(shape("b").map(all)).or(shape("W").map(first))
            }
        }
    }

    /// Holds the arrays of a file against the shapes that data and units fix, before any is read.
    ///
    /// An array may leave out axes of length 1 or have them elsewhere: `W` as (N,) where there is
    /// one input, `c` as a number where there is one target.
    ///
    /// # Errors
    /// [`InputError`] at the array.
    pub fn fit(&self, wanted: [(&str, usize, usize); 5]) -> Result<(), InputError> {
        let Source::File(file, place) = &self.source else { return Ok(()) };
        let axes = |shape: &[usize]| shape.iter().copied().filter(|len| *len != 1).collect::<Vec<_>>();
        for (name, rows, columns) in wanted {
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
    pub fn block(&mut self, name: &str, rows: usize, columns: usize) -> Result<Option<Array2<f64>>, InputError> {
        match &mut self.source {
            Source::Nothing => Ok(None),
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

/// A block that the study itself gives, by rows.
fn of_study(section: &ParametersSection, at: Located, name: &str, (rows, columns): (usize, usize)) -> Result<Option<Array2<f64>>, InputError> {
    let key = format!("parameters.{name}");
    if ["b", "c"].contains(&name) {
        let Some(values) = (if name == "b" { &section.b } else { &section.c }) else { return Ok(None) };
        at.vector(&key, values, rows)?;
        return Ok(Some(Array2::from_shape_fn((rows, 1), |(i, _)| values[i])));
    }
    let given = match name {
        "B" => &section.B,
        "W" => &section.W,
        _ => &section.C,
    };
    let Some(given) = given else { return Ok(None) };
    // The diagonal cell's weights may be written as one row.
    let laid = if name == "B" && columns == 1 && given.len() == 1 { (1, rows) } else { (rows, columns) };
    Ok(at.matrix(&key, given, (Some(laid.0), Some(laid.1)))?.into_shape_with_order((rows, columns)).ok())
}

fn in_study(section: &ParametersSection, name: &str) -> bool {
    match name {
        "B" => section.B.is_some(),
        "W" => section.W.is_some(),
        "b" => section.b.is_some(),
        "C" => section.C.is_some(),
        _ => section.c.is_some(),
    }
}
