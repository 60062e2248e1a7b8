//! A recorded series as a data process: the state is the row, the rows are played in a cycle.

use super::kind::{DataKind, Made};
use super::recorded::{Alignment, Missing, Reading, RecordedColumns, Series, Table, standardised};
use super::section::Keys;
use super::{DataProcess, InputError};
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;
use ndarray::Array2;
use std::sync::Arc;

/// A recorded series of inputs (T × d) and targets (T × m), played row by row and again from the
/// first after the last.
///
/// There is no noise: two copies that start at the same row see the same inputs for ever. So a
/// playback shows whether the *network* forgets on these inputs; whether the *data* forget is a
/// question of stationarity that only tests on the series address.
///
/// ```
/// use ndarray::array;
/// use rtrl_lab::{data::{RecordedSeries, recorded::RecordedColumns}, markov::Walk};
/// let columns = RecordedColumns { names: vec![], columns: vec![] };
/// let (inputs, targets) = (array![[5.0], [6.0], [7.0]], array![[0.0], [1.0], [2.0]]);
/// let series = RecordedSeries { inputs, targets, columns };
/// let mut walk = Walk::from(&series, vec![1.0]);
/// (0..5).for_each(|_| walk.step(&[]));
/// assert_eq!(walk.state(), [0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct RecordedSeries {
    /// Inputs, a row a time.
    pub inputs: Array2<f64>,
    /// Targets, a row a time.
    pub targets: Array2<f64>,
    /// The columns behind them, each once.
    pub columns: RecordedColumns,
}

impl RecordedSeries {
    fn row(state: &[f64]) -> usize {
        state[0] as usize
    }
}

impl Kernel for RecordedSeries {
    fn state_len(&self) -> usize {
        1
    }

    fn innovation_len(&self) -> usize {
        0
    }

    fn step(&self, now: &[f64], _innovation: &[f64], next: &mut [f64], _work: &mut [f64]) {
        next[0] = ((Self::row(now) + 1) % self.inputs.nrows()) as f64;
    }

    /// Rows are counted in whole numbers.
    fn keeps_differences(&self) -> bool {
        true
    }
}

impl DataProcess for RecordedSeries {
    fn inputs(&self) -> usize {
        self.inputs.ncols()
    }

    fn outputs(&self) -> usize {
        self.targets.ncols()
    }

    fn observation_len(&self) -> usize {
        0
    }

    fn input(&self, state: &[f64], input: &mut [f64]) {
        for (x, value) in input.iter_mut().zip(self.inputs.row(Self::row(state))) {
            *x = *value;
        }
    }

    fn target(&self, state: &[f64], _observation_noise: &[f64], target: &mut [f64]) {
        for (y, value) in target.iter_mut().zip(self.targets.row(Self::row(state))) {
            *y = *value;
        }
    }

    fn input_bounds(&self) -> Vec<f64> {
        self.inputs.columns().into_iter().map(|column| column.iter().fold(0.0, |top: f64, x| top.max(x.abs()))).collect()
    }

    fn targets(&self) -> Targets {
        let rows: Vec<Vec<f64>> = self.targets.rows().into_iter().map(|row| row.to_vec()).collect();
        Targets::of(rows.iter().map(Vec::as_slice))
    }

    fn start(&self, _spread: f64, replicate: usize, replicates: usize, _noise: &mut Noise, state: &mut [f64]) {
        state[0] = (replicate * self.inputs.nrows() / replicates.max(1)) as f64;
    }

    fn cycle(&self) -> Option<usize> {
        Some(self.inputs.nrows())
    }

    fn columns(&self) -> Option<&RecordedColumns> {
        Some(&self.columns)
    }
}

/// `kind = "recorded"`.
pub(super) struct Recorded;

impl DataKind for Recorded {
    fn name(&self) -> &'static str {
        "recorded"
    }

    fn formula(&self) -> &'static str {
        "columns of a CSV file, played in a cycle"
    }

    fn keys(&self) -> &'static [&'static str] {
        &["file", "input_columns", "target_columns", "horizon", "standardise", "missing", "decimal_comma", "scale_rows", "rows"]
    }

    fn example(&self) -> &'static str {
        "file = \"series.csv\"\ninput_columns = [\"a\"]\ntarget_columns = [\"b\"]"
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let file: String = keys.required("file", "name a CSV file, relative to the study")?;
        let list = |key: &str| match keys.get::<Vec<String>>(key)? {
            Some(names) if !names.is_empty() => Ok(names),
            _ => Err(keys.error(key, "no column is named", "list at least one column of the file")),
        };
        let (inputs, targets) = (list("input_columns")?, list("target_columns")?);
        let missing: String = keys.get("missing")?.unwrap_or_else(|| "error".into());
        let missing = Missing::named(keys.at.word("missing", &missing, &["error", "drop", "previous"])?).unwrap_or(Missing::Error);
        let names: Vec<String> = inputs.iter().chain(&targets).cloned().collect();
        let reading = Reading { missing, decimal_comma: keys.get("decimal_comma")?.unwrap_or(false) };
        let first = keys.get("rows")?.map(|rows| keys.at.count("rows", rows, (2, 1 << 40))).transpose()?;
        let table = Table::read_first(&keys.base.join(&file), &names, reading, first.unwrap_or(usize::MAX))?;
        if let Some(rows) = first.filter(|rows| *rows > table.rows()) {
            let problem = format!("{rows} rows are asked for, and {file} has {}", table.rows());
            return Err(keys.error("rows", problem, "ask for as many at most, or take the key out"));
        }
        let horizon = keys.get("horizon")?.unwrap_or(usize::from(targets.iter().any(|target| inputs.contains(target))));
        let (standardise, scale_rows) = (keys.get("standardise")?.unwrap_or(true), keys.get("scale_rows")?);
        if let Some(rows) = scale_rows {
            if !standardise {
                let remedy = "take it out, or take out standardise = false";
                return Err(keys.error("scale_rows", "columns are kept as they are, so no scale is taken", remedy));
            }
            keys.at.count("scale_rows", rows, (2, table.rows()))?;
        }
        let alignment = Alignment { inputs: inputs.len(), horizon, standardise, scale_rows };
        let series = Series::aligned(&table, alignment)?;
        let mut columns = RecordedColumns { names: Vec::new(), columns: Vec::new() };
        for (index, name) in names.iter().enumerate() {
            if !columns.names.contains(name) {
                columns.names.push(name.clone());
                columns.columns.push(table.columns[index].iter().map(|x| standardised(*x, series.scaling[index])).collect());
            }
        }
        let mut notes = notes(&file, &table, alignment);
        if let Some(rows) = first {
            notes.push(format!("the first {rows} rows of {file} are played, as `rows` says"));
        }
        let process = Arc::new(RecordedSeries { inputs: series.inputs, targets: series.targets, columns });
        Ok(Made { process, source: Some((file, table.checksum)), notes })
    }
}

/// What was left out, filled and scaled, where anything was.
fn notes(file: &str, table: &Table, alignment: Alignment) -> Vec<String> {
    let rows = table.rows();
    let mut notes = Vec::new();
    let s = |count: usize| if count == 1 { "" } else { "s" };
    if table.rows_dropped > 0 {
        let (dropped, all, gaps) = (table.rows_dropped, rows + table.rows_dropped, table.gaps);
        notes.push(format!(
            "{dropped} of {all} rows have missing values and were left out; at {gaps} place{} two rows follow that are more than one step apart",
            s(gaps)
        ));
    }
    if table.cells_filled > 0 {
        let (filled, all) = (table.cells_filled, rows * table.distinct());
        notes.push(format!("{filled} of {all} cells were missing and took the value of the row before, which makes the series calmer than it is"));
    }
    if alignment.standardise {
        notes.push(match alignment.scale_rows {
            None => format!("columns were brought to mean 0 and variance 1 over all {rows} rows; a network trained on another scale needs that one (scale_rows, or standardise = false)"),
            Some(first) => format!("columns were brought to mean 0 and variance 1 by their first {first} of {rows} rows"),
        });
    }
    notes.into_iter().map(|note| format!("{file}: {note}")).collect()
}
