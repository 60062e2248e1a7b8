//! `report A B` on runs of two studies: what is different, with intervals.

use super::Failure;
use super::folder::Weighed;
use super::told::{answer, remark};
use super::written::{File, Telling, VERDICTS, differing, into_folder, json, sheets};
use crate::data::InputError;
use crate::report::{side_by_side_csv, side_by_side_page, side_by_side_sheet, side_by_side_words};
use crate::study::{ComparedRun, SideBySide, way};
use serde_json::Value;
use std::path::Path;

/// The file that marks a folder of two runs side by side, and holds all of it.
pub(super) const RESULT: &str = "differences.json";
const PAGE: &str = "differences.html";
const TABLE: &str = "differences.csv";

impl Weighed {
    fn named(&self, folder: String) -> ComparedRun<'_> {
        ComparedRun {
            folder,
            fingerprint: self.manifest.fingerprint.clone(),
            study: &self.prepared.study.origin.resolved,
            recorded: !self.manifest.data.is_empty(),
            made: (self.manifest.version.clone(), self.manifest.quick),
            outcome: &self.outcome,
        }
    }
}

/// The two runs side by side, their folders as seen from `seen_from`.
fn compared(roots: [&Path; 2], base: Option<&Path>, seen_from: &Path) -> Result<SideBySide, Failure> {
    let [first, second] = [Weighed::of(roots[0], base)?, Weighed::of(roots[1], base)?];
    let folder = |root: &Path| way(seen_from, root).unwrap_or_else(|| root.display().to_string());
    Ok(SideBySide::of(&first.named(folder(roots[0])), &second.named(folder(roots[1]))))
}

/// Every file of the comparison, the mark last.
fn files(beside: &SideBySide) -> Result<[File; 3], Failure> {
    let csv = side_by_side_csv(beside).map_err(|error| Failure::Machine(error.to_string()))?;
    Ok([(PAGE, side_by_side_page(beside).into_bytes()), (TABLE, csv), (RESULT, json(beside)?)])
}

/// Compares two finished runs; writes page, CSV and JSON where a folder is named.
pub(super) fn run(roots: [&Path; 2], base: Option<&Path>, out: Option<&Path>, telling: Telling) -> Result<u8, Failure> {
    if let Some(folder) = out {
        usable(folder)?;
        std::fs::create_dir_all(folder).map_err(|error| Failure::Machine(format!("{}: {error}", folder.display())))?;
    }
    let beside = compared(roots, base, out.unwrap_or(Path::new(".")))?;
    if let Some(folder) = out {
        into_folder(folder, &files(&beside)?)?;
    }
    if let Some(form) = telling.table {
        sheets(&[side_by_side_sheet(&beside)], form)?;
    } else if telling.json {
        answer(serde_json::to_string_pretty(&beside).map_err(|error| Failure::Machine(error.to_string()))?)?;
    } else {
        answer(side_by_side_words(&beside))?;
        match out {
            Some(folder) => answer(format!("\npage: {}", folder.join(PAGE).display()))?,
            None => remark("`--out FOLDER` writes a page and tables of all numbers"),
        }
    }
    Ok(0)
}

/// Refuses a folder that holds something else.
fn usable(folder: &Path) -> Result<(), InputError> {
    let taken = [VERDICTS, "manifest.json"].iter().find(|name| folder.join(name).exists());
    let foreign = [PAGE, TABLE].iter().find(|name| folder.join(name).exists() && !folder.join(RESULT).exists());
    match taken.or(foreign) {
        Some(name) => Err(InputError::new(
            folder.display().to_string(),
            format!("the folder holds {name}, which is of no comparison of runs"),
            "name another folder with --out",
        )),
        None => Ok(()),
    }
}

/// Makes a folder's comparison again from the records of both runs: how many numbers, and the files
/// that differ.
pub(super) fn check(folder: &Path, base: Option<&Path>) -> Result<(usize, Vec<String>), Failure> {
    let place = folder.join(RESULT);
    let refused = |problem: String| InputError::new(place.display().to_string(), problem, "make it again with `rtrl-lab report A B --out FOLDER`");
    let text = std::fs::read(&place).map_err(|error| refused(error.to_string()))?;
    let stored: Value = serde_json::from_slice(&text).map_err(|error| refused(format!("it is no comparison of runs: {error}")))?;
    let root = |which: usize| -> Result<std::path::PathBuf, InputError> {
        let way = stored["runs"][which]["folder"].as_str().ok_or_else(|| refused(format!("it does not name run {}", which + 1)))?;
        Ok(folder.join(way))
    };
    let (first, second) = (root(0)?, root(1)?);
    let beside = compared([&first, &second], base, folder)?;
    Ok((beside.claims.len() + beside.numbers.len(), differing(folder, &files(&beside)?)))
}
