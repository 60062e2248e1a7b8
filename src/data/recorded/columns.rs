//! Inputs and targets aligned in time and brought to unit variance.

use super::Table;
use crate::data::InputError;
use crate::stats::{constant_to_rounding, mean_and_deviation};
use ndarray::Array2;

/// Fewest aligned rows that a study can be run on.
pub(in crate::data) const FEWEST_ROWS: usize = 100;

/// How a table becomes a series.
///
/// ```
/// # use rtrl_lab::data::recorded::{Alignment, Missing, Reading, Series, Table};
/// let text = (0..103).fold("x".to_string(), |text, t| format!("{text}\n{t}"));
/// let (names, reading) = (["x", "x"].map(String::from), Reading::plain(Missing::Error));
/// let table = Table::parse(text.as_bytes(), "x.csv", &names, reading).unwrap();
/// // To foretell x three rows ahead.
/// let ahead = Alignment { inputs: 1, horizon: 3, standardise: false, scale_rows: None };
/// let series = Series::aligned(&table, ahead, &[]).unwrap();
/// assert_eq!((series.inputs[[99, 0]], series.targets[[99, 0]]), (99.0, 102.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// The first so many columns are inputs, the rest targets.
    pub inputs: usize,
    /// Row t holds the inputs of row t and the targets of row t + horizon.
    pub horizon: usize,
    /// Whether every column is brought to mean 0 and variance 1 (in memory).
    pub standardise: bool,
    /// Rows, from the first, over which mean and variance are taken; all of them without.
    pub scale_rows: Option<usize>,
}

impl Alignment {
    /// Takes scales, where none are stated, from the rows before those that are held out.
    pub(in crate::data) fn before(&mut self, held_out: usize, rows: usize, stated: bool) {
        if held_out > 0 && self.standardise && !stated {
            let first = rows - held_out;
            self.scale_rows = Some(self.scale_rows.map_or(first, |asked| asked.min(first)));
        }
    }
}

/// Aligned inputs and targets.
///
/// ```
/// # use rtrl_lab::data::recorded::{Alignment, Missing, Reading, Series, Table};
/// let row = |text: String, t| format!("{text}\n{};{t}", if t % 2 == 0 { 10 } else { 14 });
/// let text = (0..100).fold("x;y".to_string(), row);
/// # let (names, reading) = (["x", "y"].map(String::from), Reading::plain(Missing::Error));
/// # let table = Table::parse(text.as_bytes(), "x.csv", &names, reading).unwrap();
/// let alignment = Alignment { inputs: 1, horizon: 0, standardise: true, scale_rows: None };
/// let series = Series::aligned(&table, alignment, &[]).unwrap();
/// // The column 10, 14, 10, … has mean 12 and deviation 2.
/// assert_eq!((series.scaling[0], series.inputs[[0, 0]]), ((12.0, 2.0), -1.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Inputs (T × d).
    pub inputs: Array2<f64>,
    /// Targets (T × m).
    pub targets: Array2<f64>,
    /// Mean and standard deviation of each column of the table, as used.
    pub scaling: Vec<(f64, f64)>,
}

impl Series {
    /// Aligns and standardises a table; mean and standard deviation of a column
    /// may be stated, in the order of the columns.
    ///
    /// ```
    /// # use rtrl_lab::data::recorded::{Alignment, Missing, Reading, Series, Table};
    /// # let text = (0..102).fold("x".to_string(), |text, t| format!("{text}\n{t}"));
    /// # let (names, reading) = (["x", "x"].map(String::from), Reading::plain(Missing::Error));
    /// # let table = Table::parse(text.as_bytes(), "x.csv", &names, reading).unwrap();
    /// // A table of 102 rows, of which 100 have to be left.
    /// let rows = |horizon| {
    ///     let alignment = Alignment { inputs: 1, horizon, standardise: true, scale_rows: None };
    ///     Series::aligned(&table, alignment, &[]).map(|series| series.targets.nrows())
    /// };
    /// assert!(rows(2) == Ok(100) && rows(3).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] with too few rows, or a column that is to be standardised and is constant,
    /// exactly or up to the rounding of its values.
    pub fn aligned(table: &Table, alignment: Alignment, stated: &[Option<(f64, f64)>]) -> Result<Self, InputError> {
        let rows = table.rows().saturating_sub(alignment.horizon);
        if rows < FEWEST_ROWS {
            return Err(InputError::new(
                &table.place,
                format!("{rows} usable rows are too few (of {} read, {} dropped)", table.rows() + table.rows_dropped, table.rows_dropped),
                format!("a study needs at least {FEWEST_ROWS} rows after alignment"),
            ));
        }
        let mut scaling = Vec::with_capacity(table.columns.len());
        for (name, column) in table.names.iter().zip(&table.columns) {
            let seen = &column[..alignment.scale_rows.map_or(column.len(), |rows| rows.min(column.len()))];
            let given = stated.get(scaling.len()).copied().flatten();
            scaling.push(match given {
                Some(given) => given,
                None if alignment.standardise => scale(table, name, seen)?,
                None => (0.0, 1.0),
            });
        }
        let entry = |column: usize, row: usize| standardised(table.columns[column][row], scaling[column]);
        let outputs = table.columns.len() - alignment.inputs;
        Ok(Series {
            inputs: Array2::from_shape_fn((rows, alignment.inputs), |(t, column)| entry(column, t)),
            targets: Array2::from_shape_fn((rows, outputs), |(t, column)| entry(alignment.inputs + column, t + alignment.horizon)),
            scaling,
        })
    }
}

/// A value in standard deviations from the mean, where the two are `scaling`; halves are taken
/// first where a difference could overflow.
///
/// ```
/// use rtrl_lab::data::recorded::standardised;
/// assert_eq!(standardised(7.0, (3.0, 2.0)), 2.0);
/// assert_eq!(standardised(1.5e308, (-1.5e308, 1e308)), 3.0);
/// ```
pub fn standardised(value: f64, (mean, deviation): (f64, f64)) -> f64 {
    let difference = value - mean;
    if difference.is_finite() { difference / deviation } else { (0.5 * value - 0.5 * mean) / (0.5 * deviation) }
}

/// Mean and standard deviation of a column that is to be standardised.
fn scale(table: &Table, name: &str, column: &[f64]) -> Result<(f64, f64), InputError> {
    let refused = |what: &str| {
        InputError::new(&table.place, format!("{what}, so it cannot be standardised"), "leave it out, or choose standardise = false")
            .on(format!("column {name}"))
    };
    let (mean, deviation) = mean_and_deviation(column);
    if deviation == 0.0 {
        return Err(refused("the column is constant"));
    }
    if constant_to_rounding(column) {
        return Err(refused("the values of the column differ by rounding alone"));
    }
    Ok((mean, deviation))
}

/// A recorded series as its tests see it: one column a named series.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::data::{DataProcess, RecordedSeries, recorded::RecordedColumns};
/// let (names, columns) = (vec!["x".into()], vec![vec![1.0, 4.0]]);
/// let columns = RecordedColumns { names, columns, seconds: None };
/// let (inputs, targets) = (array![[1.0]], array![[4.0]]);
/// let series = RecordedSeries { inputs, targets, columns, held_out: None };
/// assert_eq!(series.columns().unwrap().columns[0][1], 4.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedColumns {
    /// Names, inputs first.
    pub names: Vec<String>,
    /// The columns.
    pub columns: Vec<Vec<f64>>,
    /// Seconds from row to row, where a time column tells.
    pub seconds: Option<f64>,
}

impl RecordedColumns {
    /// Rows.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::RecordedColumns;
    /// let (names, columns) = (vec!["x".into()], vec![vec![1.0, 4.0]]);
    /// assert_eq!(RecordedColumns { names, columns, seconds: None }.rows(), 2);
    /// ```
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}
