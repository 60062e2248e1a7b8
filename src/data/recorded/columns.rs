//! Inputs and targets aligned in time and brought to unit variance.

use super::Table;
use crate::data::InputError;
use ndarray::Array2;

/// Fewest aligned rows that a study can be run on.
const FEWEST_ROWS: usize = 100;

/// How a table becomes a series.
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

/// Aligned inputs and targets.
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
    /// Aligns and standardises a table.
    ///
    /// # Errors
    /// [`InputError`] with too few rows, or a constant column that is to be standardised.
    pub fn aligned(table: &Table, alignment: Alignment) -> Result<Self, InputError> {
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
            scaling.push(if alignment.standardise { scale(seen).ok_or_else(|| constant(table, name))? } else { (0.0, 1.0) });
        }
        let entry = |column: usize, row: usize| (table.columns[column][row] - scaling[column].0) / scaling[column].1;
        let outputs = table.columns.len() - alignment.inputs;
        Ok(Series {
            inputs: Array2::from_shape_fn((rows, alignment.inputs), |(t, column)| entry(column, t)),
            targets: Array2::from_shape_fn((rows, outputs), |(t, column)| entry(alignment.inputs + column, t + alignment.horizon)),
            scaling,
        })
    }
}

fn constant(table: &Table, name: &str) -> InputError {
    InputError::new(&table.place, "the column is constant, so it cannot be standardised", "leave it out, or choose standardise = false")
        .on(format!("column {name}"))
}

/// Mean and standard deviation, `None` for a constant column.
fn scale(column: &[f64]) -> Option<(f64, f64)> {
    let n = column.len() as f64;
    let mean = column.iter().sum::<f64>() / n;
    let deviation = (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    (deviation > 1e-12 * mean.abs().max(f64::MIN_POSITIVE)).then_some((mean, deviation))
}
