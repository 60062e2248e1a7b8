//! The data process of a case.

use super::located::Located;
use crate::claims::RecordedColumns;
use crate::data::recorded::{Alignment, Missing, Reading, Series, Table, standardised};
use crate::data::{Autoregression, DataProcess, InputError, LinearTarget, NonlinearAr, Playback, Var};
use crate::linalg::{psd_factor, spectral_radius};
use crate::study::config::{DataSection, TargetRows};
use ndarray::Array2;
use std::path::Path;
use std::sync::Arc;

/// What a data section comes to.
pub(super) struct BuiltData {
    pub process: Arc<dyn DataProcess>,
    /// The autoregression's matrix, whose norms certify.
    pub transition: Option<Array2<f64>>,
    /// The linear process, where it is one.
    pub linear: Option<Autoregression>,
    pub recorded: Option<RecordedColumns>,
    /// File name and checksum of recorded data.
    pub source: Option<(String, String)>,
    /// What a reader should know of how the data were read.
    pub notes: Vec<String>,
}

const SYNTHETIC: [&str; 3] = ["transition", "noise_covariance", "gain"];
const RECORDED: [&str; 8] = ["file", "input_columns", "target_columns", "horizon", "standardise", "missing", "decimal_comma", "scale_rows"];

/// Builds the data process; files are looked up from `base`.
pub(super) fn build(section: &DataSection, at: Located, base: &Path) -> Result<BuiltData, InputError> {
    match at.word("kind", &section.kind, &["var", "nonlinear-ar", "recorded"])? {
        "recorded" => recorded(section, at, base),
        kind => autoregression(section, at, kind),
    }
}

/// Which of some keys a section states.
fn stated(section: &DataSection, names: &[&'static str]) -> Option<&'static str> {
    let given = |name: &str| match name {
        "transition" => section.transition.is_some(),
        "noise_covariance" => section.noise_covariance.is_some(),
        "gain" => section.gain.is_some(),
        "file" => section.file.is_some(),
        "input_columns" => section.input_columns.is_some(),
        "target_columns" => section.target_columns.is_some(),
        "horizon" => section.horizon.is_some(),
        "standardise" => section.standardise.is_some(),
        "decimal_comma" => section.decimal_comma.is_some(),
        "scale_rows" => section.scale_rows.is_some(),
        _ => section.missing.is_some(),
    };
    names.iter().copied().find(|name| given(name))
}

fn foreign(section: &DataSection, at: Located, names: &[&'static str]) -> Result<(), InputError> {
    match stated(section, names) {
        Some(key) => Err(at.error(key, format!("this key means nothing for kind = \"{}\"", section.kind), "take it out, or change the kind")),
        None => Ok(()),
    }
}

fn autoregression(section: &DataSection, at: Located, kind: &str) -> Result<BuiltData, InputError> {
    foreign(section, at, &RECORDED)?;
    let rows = section.transition.as_ref().ok_or_else(|| at.error("", "`transition` is missing", "give the matrix of the autoregression by rows"))?;
    let transition = at.matrix("transition", rows, (Some(rows.len()), Some(rows.len())))?;
    let q = transition.nrows();
    let radius = spectral_radius(transition.view()).map_err(|error| at.error("transition", error.to_string(), "give a finite square matrix"))?;
    if radius >= 1.0 && kind == "var" {
        return Err(at.error(
            "transition",
            format!("the autoregression is unstable: its spectral radius is {radius:.6}"),
            "scale the matrix so that the spectral radius is below 1",
        ));
    }
    let noise_factor = match &section.noise_covariance {
        None => Array2::eye(q),
        Some(rows) => psd_factor(&at.matrix("noise_covariance", rows, (Some(q), Some(q)))?)
            .map_err(|error| at.error("noise_covariance", error.to_string(), "give a symmetric positive semi-definite matrix"))?,
    };
    let inputs = section.inputs.clone().unwrap_or_else(|| (0..q).collect());
    if inputs.is_empty() || inputs.iter().any(|index| *index >= q) {
        return Err(at.error(
            "inputs",
            format!("the inputs {inputs:?} are not coordinates of a data state of length {q}"),
            format!("give numbers from 0 to {}", q - 1),
        ));
    }
    let rows = match &section.target {
        None => return Err(at.error("", "`target` is missing", "give one number a coordinate of the data state: Y = target · D + noise")),
        Some(TargetRows::Row(row)) => vec![row.clone()],
        Some(TargetRows::Rows(rows)) => rows.clone(),
    };
    at.matrix("target", &rows, (None, Some(q)))?;
    let noise = at.number("target_noise", section.target_noise.unwrap_or(0.0), (0.0, 1e12), false)?;
    let linear = Autoregression { transition: transition.clone(), noise_factor, inputs, target: LinearTarget::new(rows, noise) };
    let built = |process: Arc<dyn DataProcess>, linear| BuiltData {
        process,
        transition: Some(transition),
        linear,
        recorded: None,
        source: None,
        notes: vec![],
    };
    if kind == "var" {
        if section.gain.is_some() {
            return Err(at.error("gain", "a linear autoregression has no gain", "take it out, or choose kind = \"nonlinear-ar\""));
        }
        return Ok(built(Arc::new(Var(linear.clone())), Some(linear)));
    }
    let gain = at.number("gain", section.gain.unwrap_or(1.0), (0.0, 1e6), true)?;
    Ok(built(Arc::new(NonlinearAr { linear, gain }), None))
}

fn recorded(section: &DataSection, at: Located, base: &Path) -> Result<BuiltData, InputError> {
    foreign(section, at, &SYNTHETIC)?;
    if section.inputs.is_some() || section.target.is_some() || section.target_noise.is_some() {
        return Err(at.error(
            "",
            "recorded data are named by `input_columns` and `target_columns`",
            "take out `inputs`, `target` and `target_noise`",
        ));
    }
    let file = section.file.as_ref().ok_or_else(|| at.error("", "`file` is missing", "name a CSV file, relative to the study"))?;
    let list = |key: &str, names: &Option<Vec<String>>| match names {
        Some(names) if !names.is_empty() => Ok(names.clone()),
        _ => Err(at.error(key, "no column is named", "list at least one column of the file")),
    };
    let (inputs, targets) = (list("input_columns", &section.input_columns)?, list("target_columns", &section.target_columns)?);
    let missing = section.missing.as_deref().unwrap_or("error");
    let missing = Missing::named(at.word("missing", missing, &["error", "drop", "previous"])?).unwrap_or(Missing::Error);
    let names: Vec<String> = inputs.iter().chain(&targets).cloned().collect();
    let reading = Reading { missing, decimal_comma: section.decimal_comma.unwrap_or(false) };
    let table = Table::read(&base.join(file), &names, reading)?;
    let horizon = section.horizon.unwrap_or(usize::from(targets.iter().any(|target| inputs.contains(target))));
    let standardise = section.standardise.unwrap_or(true);
    if let Some(rows) = section.scale_rows {
        if !standardise {
            return Err(at.error("scale_rows", "columns are kept as they are, so no scale is taken", "take it out, or take out standardise = false"));
        }
        at.count("scale_rows", rows, (2, table.rows()))?;
    }
    let alignment = Alignment { inputs: inputs.len(), horizon, standardise, scale_rows: section.scale_rows };
    let series = Series::aligned(&table, alignment)?;
    let mut columns = RecordedColumns { names: Vec::new(), columns: Vec::new() };
    for (index, name) in names.iter().enumerate() {
        if !columns.names.contains(name) {
            columns.names.push(name.clone());
            columns.columns.push(table.columns[index].iter().map(|x| standardised(*x, series.scaling[index])).collect());
        }
    }
    Ok(BuiltData {
        process: Arc::new(Playback { inputs: series.inputs, targets: series.targets }),
        transition: None,
        linear: None,
        recorded: Some(columns),
        notes: notes(file, &table, alignment),
        source: Some((file.clone(), table.checksum)),
    })
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
