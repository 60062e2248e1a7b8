//! `published`: numbers that others printed, beside what this program finds.

use super::told::{answer, remark};
use super::written::{File, Telling, differing, into_folder, json, sheets};
use super::{Failure, train};
use crate::data::InputError;
use crate::report::{published_csv, published_page, published_sentence, published_sheets};
use crate::study::{PrintedTable, differing as unlike_its_runs, printed_exact, printed_series, way};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  rtrl-lab published --out runs/published
  rtrl-lab published runs/reproduction-henon runs/reproduction-lorenz --out runs/published
  rtrl-lab check runs/published")]
pub(super) struct Options {
    /// Folders in which `train` has run studies with published losses, as those of
    /// experiments/reproductions
    pub trained: Vec<PathBuf>,
    /// A folder for the page, its data as CSV and JSON
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub telling: Telling,
}

/// The file that marks a folder of published numbers, and holds all of them.
pub(super) const RESULT: &str = "published.json";
const PAGE: &str = "published.html";
const TABLE: &str = "published.csv";

/// All tables: those of formulas, and one a folder.
fn tables(folders: &[PathBuf]) -> Result<(Vec<PrintedTable>, Vec<String>), InputError> {
    let (mut tables, mut other) = (printed_exact(), Vec::new());
    for folder in folders {
        let comparison = train::comparison(folder, "name a folder of `rtrl-lab train STUDY --out FOLDER`")?;
        let found = printed_series(&comparison)
            .ok_or_else(|| InputError::new(folder.display().to_string(), "nothing was published of these methods", "leave the folder out"))?;
        other.extend(unlike_its_runs(&comparison).into_iter().map(|row| format!("{}: {row}", folder.display())));
        tables.push(found);
    }
    Ok((tables, other))
}

/// Every file, the mark last; `folders` are as seen from the folder of the files.
fn files(tables: &[PrintedTable], folders: &[String]) -> Result<[File; 3], Failure> {
    let whole = serde_json::json!({ "schema_version": 1, "sentence": published_sentence(tables), "folders": folders, "tables": tables });
    let csv = published_csv(tables).map_err(|error| Failure::Machine(error.to_string()))?;
    Ok([(PAGE, published_page(tables).into_bytes()), (TABLE, csv), (RESULT, json(&whole)?)])
}

/// Runs `published`.
pub(super) fn run(options: &Options) -> Result<u8, Failure> {
    let (tables, other) = tables(&options.trained)?;
    if let Some(first) = other.first() {
        let problem = format!("{first}: what was written of the published loss does not follow from the runs");
        return Err(InputError::new("published", problem, "train again, or see `rtrl-lab train STUDY --check FOLDER`").into());
    }
    if let Some(folder) = &options.out {
        std::fs::create_dir_all(folder).map_err(|error| Failure::Machine(format!("{}: {error}", folder.display())))?;
        let seen = |other: &PathBuf| way(folder, other).unwrap_or_else(|| other.display().to_string());
        into_folder(folder, &files(&tables, &options.trained.iter().map(seen).collect::<Vec<_>>())?)?;
    }
    if let Some(form) = options.telling.table {
        sheets(&published_sheets(&tables), form)?;
    } else if options.telling.json {
        answer(serde_json::to_string_pretty(&tables).map_err(|error| Failure::Machine(error.to_string()))?)?;
    } else {
        answer(published_sentence(&tables))?;
        for table in &tables {
            let near = table.rows.iter().filter(|row| row.agrees()).count();
            answer(format!("  {near} of {}  {}", table.rows.len(), table.title))?;
        }
        match &options.out {
            Some(folder) => answer(format!("\npage: {}", folder.join(PAGE).display()))?,
            None => remark("`--out FOLDER` writes a page and all numbers; folders of `rtrl-lab train` add published losses"),
        }
    }
    Ok(0)
}

/// Makes the numbers of a folder again: how many, and what differs.
pub(super) fn check(folder: &Path) -> Result<(usize, Vec<String>), Failure> {
    let place = folder.join(RESULT);
    let refused = |problem: String| InputError::new(place.display().to_string(), problem, "make it again with `rtrl-lab published --out FOLDER`");
    let text = std::fs::read(&place).map_err(|error| refused(error.to_string()))?;
    let stored: Value = serde_json::from_slice(&text).map_err(|error| refused(format!("these are no published numbers: {error}")))?;
    let listed = stored["folders"].as_array().ok_or_else(|| refused("it names no folders".into()))?;
    let ways: Vec<String> = listed.iter().filter_map(|way| way.as_str().map(String::from)).collect();
    let folders: Vec<PathBuf> = ways.iter().map(|way| folder.join(way)).collect();
    let (tables, mut other) = tables(&folders)?;
    other.extend(differing(folder, &files(&tables, &ways)?));
    Ok((tables.iter().map(|table| table.rows.len()).sum(), other))
}
