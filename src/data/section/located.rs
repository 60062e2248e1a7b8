//! Errors in a section of a study, with the line of the key.

use super::KeyIndex;
use crate::data::InputError;
use ndarray::Array2;

/// A section: where its keys are in the file.
///
/// ```
/// use rtrl_lab::data::section::{KeyIndex, Located};
/// let index = KeyIndex::of("[case.slow.data]\ngain = -1", "study.toml");
/// let refused = Located { index: &index, section: "case.slow.data" }
///     .number("gain", -1.0, (0.0, 1.0), false)
///     .unwrap_err();
/// assert_eq!((refused.line, refused.item.as_deref()), (Some(2), Some("case.slow.data.gain")));
/// ```
#[derive(Clone, Copy)]
pub struct Located<'a> {
    /// Where the keys of the file stand.
    pub index: &'a KeyIndex,
    /// Dotted path of the section, for example `case.slow.data`.
    pub section: &'a str,
}

impl Located<'_> {
    /// An error at a key of the section; at the section itself where `key` is empty.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let index = KeyIndex::of("\n[data]\ngain = 2", "study.toml");
    /// let at = Located { index: &index, section: "data" };
    /// let lines = ["", "gain"].map(|key| at.error(key, "wrong", "mend it").line);
    /// assert_eq!(lines, [Some(2), Some(3)]);
    /// ```
    pub fn error(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> InputError {
        let path = if key.is_empty() { self.section.to_string() } else { format!("{}.{key}", self.section) };
        InputError::new(self.index.file(), problem, remedy).at(self.index.line(&path)).on(path)
    }

    /// A rectangular matrix of finite numbers.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let (index, shape) = (KeyIndex::default(), (None, Some(2)));
    /// let at = Located { index: &index, section: "data" };
    /// let matrix = at.matrix("target", &[vec![1.0, 2.0]], shape).unwrap();
    /// assert_eq!(matrix, ndarray::array![[1.0, 2.0]]);
    /// assert!(at.matrix("target", &[vec![1.0, f64::NAN]], shape).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key otherwise.
    pub fn matrix(&self, key: &str, rows: &[Vec<f64>], shape: (Option<usize>, Option<usize>)) -> Result<Array2<f64>, InputError> {
        let columns = rows.first().map_or(0, Vec::len);
        if rows.is_empty() || columns == 0 {
            return Err(self.error(key, "the matrix is empty", "give its rows, each a list of numbers"));
        }
        if let Some(row) = rows.iter().position(|row| row.len() != columns) {
            return Err(self.error(
                key,
                format!("row {} has {} entries and row 1 has {columns}", row + 1, rows[row].len()),
                "give every row the same length",
            ));
        }
        let wanted = (shape.0.unwrap_or(rows.len()), shape.1.unwrap_or(columns));
        if wanted != (rows.len(), columns) {
            return Err(self.error(
                key,
                format!("the matrix is {} × {columns}, not {} × {}", rows.len(), wanted.0, wanted.1),
                "give it the shape that the other keys fix",
            ));
        }
        self.finite(key, rows.iter().flatten())?;
        Ok(Array2::from_shape_fn(wanted, |(i, j)| rows[i][j]))
    }

    /// A vector of finite numbers of a given length.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let index = KeyIndex::default();
    /// let at = Located { index: &index, section: "data" };
    /// assert_eq!(at.vector("bias", &[1.0, 2.0], 2), Ok(()));
    /// let refused = at.vector("bias", &[1.0, 2.0], 3).unwrap_err();
    /// assert_eq!(refused.problem, "the list has 2 numbers, not 3");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key otherwise.
    pub fn vector(&self, key: &str, values: &[f64], len: usize) -> Result<(), InputError> {
        if values.len() != len {
            return Err(self.error(key, format!("the list has {} numbers, not {len}", values.len()), "give it the length that the other keys fix"));
        }
        self.finite(key, values.iter())
    }

    fn finite<'v>(&self, key: &str, mut values: impl Iterator<Item = &'v f64>) -> Result<(), InputError> {
        match values.find(|value| !value.is_finite()) {
            Some(value) => Err(self.error(key, format!("{value} is not a finite number"), "give finite numbers")),
            None => Ok(()),
        }
    }

    /// A number in a range, both ends included unless `open`.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let index = KeyIndex::default();
    /// let at = Located { index: &index, section: "data" };
    /// assert_eq!(at.number("gain", 1.0, (0.0, 1.0), false), Ok(1.0));
    /// let refused = at.number("gain", 1.0, (0.0, 1.0), true).unwrap_err();
    /// assert_eq!(refused.remedy, "give a number in (0, 1)");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key otherwise.
    pub fn number(&self, key: &str, value: f64, range: (f64, f64), open: bool) -> Result<f64, InputError> {
        let inside = if open { value > range.0 && value < range.1 } else { value >= range.0 && value <= range.1 };
        if inside {
            return Ok(value);
        }
        let (left, right) = if open { ('(', ')') } else { ('[', ']') };
        Err(self.error(key, format!("{value} is out of range"), format!("give a number in {left}{}, {}{right}", range.0, range.1)))
    }

    /// A count between two ends, both included.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let index = KeyIndex::default();
    /// let at = Located { index: &index, section: "budget" };
    /// assert_eq!(at.count("chains", 2, (2, 1000)), Ok(2));
    /// assert_eq!(at.count("chains", 1, (2, 1000)).unwrap_err().remedy, "give at least 2");
    /// assert_eq!(at.count("chains", 1001, (2, 1000)).unwrap_err().remedy, "give at most 1000");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key otherwise.
    pub fn count(&self, key: &str, value: usize, (least, most): (usize, usize)) -> Result<usize, InputError> {
        if value < least {
            return Err(self.error(key, format!("{value} is too few"), format!("give at least {least}")));
        }
        if value > most {
            return Err(self.error(key, format!("{value} is more than a run can do"), format!("give at most {most}")));
        }
        Ok(value)
    }

    /// A word among those on offer.
    ///
    /// ```
    /// use rtrl_lab::data::section::{KeyIndex, Located};
    /// let index = KeyIndex::default();
    /// let at = Located { index: &index, section: "data" };
    /// assert_eq!(at.word("missing", "drop", &["drop", "error"]), Ok("drop"));
    /// let refused = at.word("missing", "dorp", &["drop", "error"]).unwrap_err();
    /// assert_eq!(refused.remedy, "did you mean \"drop\"? choose one of drop, error");
    /// ```
    ///
    /// # Errors
    /// [`InputError`] at the key otherwise.
    pub fn word<'w>(&self, key: &str, written: &str, offered: &[&'w str]) -> Result<&'w str, InputError> {
        offered.iter().copied().find(|word| *word == written).ok_or_else(|| {
            let hint = crate::data::nearest(written, offered.iter().copied()).map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
            self.error(key, format!("\"{written}\" is not on offer"), format!("{hint}choose one of {}", offered.join(", ")))
        })
    }
}
