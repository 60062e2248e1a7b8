//! A recorded series as a data process: the state is the row, the rows are played in a cycle.

use super::kind::{DataKind, Made};
use super::recorded::{
    Alignment, Calendar, FEWEST_ROWS, Missing, Reading, RecordedColumns, Series, Shaped, Shaping, Table, TimeColumn, UNITS, standardised,
};
use super::section::{Entry, Keys};
use super::{DataProcess, InputError, SeriesClass, is_count_up_to};
use crate::markov::Kernel;
use crate::network::loss::Targets;
use crate::random::Noise;
use ndarray::{Array2, s};
use std::collections::BTreeMap;
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
/// let columns = RecordedColumns { names: vec![], columns: vec![], seconds: None };
/// let (inputs, targets) = (array![[5.0], [6.0], [7.0]], array![[0.0], [1.0], [2.0]]);
/// let series = RecordedSeries { inputs, targets, columns, held_out: None };
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
    /// Rows behind them that are never played.
    pub held_out: Option<HeldOut>,
}

/// Rows at the end of a record that no learning run sees.
///
/// ```
/// use rtrl_lab::data::HeldOut;
/// let held = HeldOut { inputs: ndarray::array![[1.0, 2.0]], targets: ndarray::array![[3.0]] };
/// assert_eq!((held.inputs.nrows(), held.targets.ncols()), (1, 1));
/// ```
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Inputs, a row a time.
    pub inputs: Array2<f64>,
    /// Targets, a row a time.
    pub targets: Array2<f64>,
}

impl RecordedSeries {
    /// The rows but for the last `held_out`, which are kept apart.
    pub(super) fn split(series: Series, mut columns: RecordedColumns, held_out: usize) -> Self {
        let Series { inputs, targets, .. } = series;
        if held_out == 0 {
            return RecordedSeries { inputs, targets, columns, held_out: None };
        }
        let rows = inputs.nrows() - held_out;
        let parts = |all: &Array2<f64>| (all.slice(s![..rows, ..]).to_owned(), all.slice(s![rows.., ..]).to_owned());
        let ((inputs, inputs_held), (targets, targets_held)) = (parts(&inputs), parts(&targets));
        columns.columns.iter_mut().for_each(|column| column.truncate(rows));
        RecordedSeries { inputs, targets, columns, held_out: Some(HeldOut { inputs: inputs_held, targets: targets_held }) }
    }

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

    fn admits(&self, state: &[f64]) -> bool {
        is_count_up_to(state[0], self.inputs.nrows().saturating_sub(1))
    }

    fn cycle(&self) -> Option<usize> {
        Some(self.inputs.nrows())
    }

    fn columns(&self) -> Option<&RecordedColumns> {
        Some(&self.columns)
    }

    fn held_out(&self) -> Option<&HeldOut> {
        self.held_out.as_ref()
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

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::needed("file", "\"series.csv\"", "a CSV file with one header row, relative to the study"),
                Entry::needed("input_columns", "[\"a\"]", "columns that the network sees"),
                Entry::needed("target_columns", "[\"b\"]", "columns that are asked for"),
                Entry::absent("horizon", "1", "rows that a target lies ahead (1 where a target is an input too, else 0)"),
                Entry::filled("standardise", "true", "columns to mean 0 and variance 1"),
                Entry::filled("missing", "\"error\"", "cells without a number: refuse, leave the row out, or take the previous value")
                    .one_of(&["error", "drop", "previous"]),
                Entry::filled("decimal_comma", "false", "numbers are written 3,14"),
                Entry::absent("scale_rows", "1000", "mean and variance of the first rows alone (of all)"),
                Entry::absent(
                    "scales",
                    "{ a = [0.0, 1.0], b = [0.0, 1.0] }",
                    "mean and standard deviation of every column, as a network was trained on (those of the rows)",
                ),
                Entry::absent("rows", "1000", "the first rows alone (all)"),
                Entry::absent("last_rows", "1000", "the last rows alone (all)"),
                Entry::filled("held_out", "0", "rows at the end that nothing is learnt from"),
                Entry::absent("time_column", "\"time\"", "the column of times; answers come in hours and days too"),
                Entry::absent("time_unit", "\"s\"", "unit of times that are numbers").one_of(&["s", "ms", "us", "ns", "min", "h", "d"]),
                Entry::absent("time_order", "\"rising\"", "times must rise, or rows stand as they are (rising)").one_of(&["rising", "rows"]),
                Entry::filled("difference", "false", "changes from row to row"),
                Entry::absent("seasonal_difference", "24", "changes over so many rows (none)"),
                Entry::filled("lags", "1", "values of every input, with those before"),
                Entry::absent("calendar", "[\"day\"]", "phases as inputs: any of day, week, year; needs `time_column` (none)"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "file = \"series.csv\"\ninput_columns = [\"a\"]\ntarget_columns = [\"b\"]"
    }

    fn known(&self) -> &'static str {
        "what its audit says; played in a cycle, so that nothing is forgotten"
    }

    fn class(&self) -> Option<SeriesClass> {
        None
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
        let (time, shaping) = (time_column(keys)?, shaping(keys)?);
        let table = Table::read_first(&keys.base.join(&file), &names, reading, first.unwrap_or(usize::MAX), time.as_ref())?;
        if let Some(rows) = first.filter(|rows| *rows > table.rows()) {
            let problem = format!("{rows} rows are asked for, and {file} has {}", table.rows());
            return Err(keys.error("rows", problem, "ask for as many at most, or take the key out"));
        }
        if let Some(rows) = shaping.last_rows.filter(|rows| rows + shaping.lost() > table.rows()) {
            let problem = format!("the last {rows} rows are asked for, and {} are there", table.rows().saturating_sub(shaping.lost()));
            return Err(keys.error("last_rows", problem, "ask for as many at most, or take the key out"));
        }
        let horizon = keys.get("horizon")?.unwrap_or(usize::from(targets.iter().any(|target| inputs.contains(target))));
        let Shaped { table, inputs: input_count, origins } = shaping.of(table, inputs.len());
        let held = held_out(keys, table.rows().saturating_sub(horizon))?;
        let (mut alignment, stated) = scaling(keys, (table.rows(), &names), input_count, horizon)?;
        alignment.before(held, table.rows() - horizon.min(table.rows()), stated.is_some());
        let of_column = |origin: &Option<usize>| match origin {
            None => Some((0.0, 1.0)),
            Some(column) => stated.as_ref().and_then(|scales| scales.get(&names[*column])).map(|[mean, deviation]| (*mean, *deviation)),
        };
        let scales: Vec<Option<(f64, f64)>> = origins.iter().map(of_column).collect();
        let series = Series::aligned(&table, alignment, &scales)?;
        let mut columns = RecordedColumns { names: Vec::new(), columns: Vec::new(), seconds: table.seconds_between() };
        for (index, name) in table.names.iter().enumerate() {
            // Past values are those of the column itself, and a phase is known beforehand.
            let own = origins[index].is_some_and(|column| names[column] == *name);
            if own && !columns.names.contains(name) {
                columns.names.push(name.clone());
                columns.columns.push(table.columns[index].iter().map(|x| standardised(*x, series.scaling[index])).collect());
            }
        }
        let mut notes = notes(&file, &table, alignment, stated.is_some());
        if let Some(rows) = first {
            notes.push(format!("the first {rows} rows of {file} are played, as `rows` says"));
        }
        notes.extend(shaping.words().into_iter().map(|words| format!("{file}: {words}")));
        notes.extend(irregular(&file, &table));
        notes.extend(held_words(held).map(|words| format!("{file}: {words}")));
        let process = Arc::new(RecordedSeries::split(series, columns, held));
        Ok(Made { process, source: Some((file, table.checksum)), notes })
    }
}

/// The time column that the keys name.
pub(super) fn time_column(keys: Keys<'_>) -> Result<Option<TimeColumn>, InputError> {
    let Some(name) = keys.get::<String>("time_column")? else {
        for key in ["time_unit", "time_order", "calendar"] {
            if keys.values.contains_key(key) {
                return Err(keys.error(key, "there is no time column", "name one by `time_column` (--time)"));
            }
        }
        return Ok(None);
    };
    let unit = match keys.get::<String>("time_unit")? {
        None => None,
        Some(word) => {
            let word = keys.at.word("time_unit", &word, &UNITS.map(|(word, _)| word))?;
            UNITS.iter().find(|(known, _)| *known == word).map(|(_, seconds)| *seconds)
        }
    };
    let order: String = keys.get("time_order")?.unwrap_or_else(|| "rising".into());
    let any_order = keys.at.word("time_order", &order, &["rising", "rows"])? == "rows";
    Ok(Some(TimeColumn { name, unit, any_order }))
}

/// Rows that are kept apart, of so many that could be played.
pub(super) fn held_out(keys: Keys<'_>, rows: usize) -> Result<usize, InputError> {
    let Some(held) = keys.get::<usize>("held_out")? else { return Ok(0) };
    if held + FEWEST_ROWS > rows {
        let problem = format!("{held} rows are to be held out of {rows}, and learning needs {FEWEST_ROWS}");
        return Err(keys.error("held_out", problem, "hold fewer rows out"));
    }
    Ok(held)
}

/// What is said of rows that are kept apart.
pub(super) fn held_words(held: usize) -> Option<String> {
    (held > 0).then(|| format!("the last {held} rows are held out: nothing is learnt, audited or scaled by them"))
}

/// What is made of the columns before they are aligned.
fn shaping(keys: Keys<'_>) -> Result<Shaping, InputError> {
    let count = |key: &str, range: (usize, usize)| keys.get(key)?.map(|count| keys.at.count(key, count, range)).transpose();
    let mut calendar = Vec::new();
    for word in keys.get::<Vec<String>>("calendar")?.unwrap_or_default() {
        let word = keys.at.word("calendar", &word, &["day", "week", "year"])?;
        calendar.extend(Calendar::named(word).filter(|part| !calendar.contains(part)));
    }
    Ok(Shaping {
        difference: keys.get("difference")?.unwrap_or(false),
        seasonal: count("seasonal_difference", (1, 1 << 30))?,
        calendar,
        lags: count("lags", (1, 10_000))?.unwrap_or(1),
        last_rows: count("last_rows", (2, 1 << 40))?,
    })
}

/// Mean and standard deviation by column.
type Scales = BTreeMap<String, [f64; 2]>;

/// How the table is aligned and scaled, with the scales that the user states.
fn scaling(keys: Keys<'_>, (rows, names): (usize, &[String]), inputs: usize, horizon: usize) -> Result<(Alignment, Option<Scales>), InputError> {
    let (standardise, scale_rows) = (keys.get("standardise")?.unwrap_or(true), keys.get("scale_rows")?);
    let stated = keys.get::<Scales>("scales")?;
    if let Some(scaled) = scale_rows {
        if !standardise {
            let remedy = "take it out, or take out standardise = false";
            return Err(keys.error("scale_rows", "columns are kept as they are, so no scale is taken", remedy));
        }
        keys.at.count("scale_rows", scaled, (2, rows))?;
    }
    if let Some(scales) = &stated {
        if !standardise || scale_rows.is_some() {
            return Err(keys.error(
                "scales",
                "a scale is stated, and another way of scaling too",
                "keep one of scales, scale_rows and standardise = false",
            ));
        }
        if let Some(name) = scales.keys().find(|name| !names.contains(name)) {
            return Err(keys.error("scales", format!("`{name}` is no column of this study"), format!("the columns are {}", names.join(", "))));
        }
        if let Some(name) = names.iter().find(|name| !scales.contains_key(*name)) {
            let remedy = "give [mean, standard deviation] for every column, or leave scales out";
            return Err(keys.error("scales", format!("`{name}` has no scale"), remedy));
        }
        if let Some((name, _)) = scales.iter().find(|(_, [mean, deviation])| !(mean.is_finite() && deviation.is_finite() && *deviation > 0.0)) {
            return Err(keys.error("scales", format!("the scale of `{name}` is none"), "give a finite mean and a standard deviation above 0"));
        }
    }
    Ok((Alignment { inputs, horizon, standardise, scale_rows }, stated))
}

/// What the times of the rows tell.
fn irregular(file: &str, table: &Table) -> Option<String> {
    let usual = table.seconds_between()?;
    // Months differ by a tenth.
    let odd = table.times.windows(2).filter(|pair| ((pair[1] - pair[0]) / usual - 1.0).abs() > 0.15).count();
    (odd > 0).then(|| {
        let all = table.times.len() - 1;
        format!("{file}: rows are {usual} s apart as a rule, and {odd} of {all} steps are not; a step is a row, whatever time it takes")
    })
}

/// What was left out, filled and scaled, where anything was.
fn notes(file: &str, table: &Table, alignment: Alignment, stated: bool) -> Vec<String> {
    let rows = table.rows();
    let mut notes = Vec::new();
    let s = |count: usize| if count == 1 { "" } else { "s" };
    if table.rows_dropped > 0 {
        let (dropped, all, gaps) = (table.rows_dropped, rows + table.rows_dropped, table.gaps);
        notes.push(format!(
            "{dropped} of {all} rows {} missing values and {} left out; at {gaps} place{} two rows follow that are more than one step apart",
            if dropped == 1 { "has" } else { "have" },
            if dropped == 1 { "was" } else { "were" },
            s(gaps)
        ));
    }
    if table.cells_filled > 0 {
        let (filled, all) = (table.cells_filled, rows * table.distinct());
        notes.push(format!(
            "{filled} of {all} cells {} missing and took the value of the row before, which makes the series calmer than it is",
            if filled == 1 { "was" } else { "were" }
        ));
    }
    if alignment.standardise && !stated {
        notes.push(match alignment.scale_rows {
            None => format!("columns were brought to mean 0 and variance 1 over all {rows} rows; a network trained on another scale needs that one (scale_rows, or standardise = false)"),
            Some(first) => format!("columns were brought to mean 0 and variance 1 by their first {first} of {rows} rows"),
        });
    }
    notes.into_iter().map(|note| format!("{file}: {note}")).collect()
}
