//! What every finished run leaves: verdicts, measurements, figures, page; and the summary on the
//! terminal.

use super::Failure;
use super::figures::ALL;
use super::told::answer;
use crate::data::shown;
use crate::figures::{Figure, Style};
use crate::report::{Sheet, SheetForm, measurements_csv, page, study_figures, summary_table, verdict_sheets};
use crate::study::{RunDirectory, StudyOutcome, write_whole};
use clap::ValueEnum;
use rayon::prelude::*;
use std::io::IsTerminal;
use std::path::Path;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Machine(error.to_string())
}

/// Names of the page, and of that of an unfinished run.
pub(super) const PAGE: &str = "report.html";
pub(super) const INTERIM: &str = "interim.html";

/// What a run holds beside them: how to make all of it again, and how to cite it.
const BESIDE: [(&str, &str); 2] = [("reproduce.sh", include_str!("reproduce.sh")), ("CITATION.cff", include_str!("citation.cff"))];

/// Name of the file that marks a finished run.
pub(super) const VERDICTS: &str = "verdicts.json";

fn verdicts_json(outcome: &StudyOutcome) -> Result<Vec<u8>, Failure> {
    json(&outcome.verdicts_file())
}

/// A value as a JSON file.
pub(super) fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec_pretty(value).map_err(failed)?;
    text.push(b'\n');
    Ok(text)
}

/// A file by its name in a folder.
pub(super) type File = (&'static str, Vec<u8>);

/// Writes files into a folder, in their order.
pub(super) fn into_folder(folder: &Path, files: &[File]) -> Result<(), Failure> {
    files.iter().try_for_each(|(name, bytes)| write_whole(&folder.join(name), bytes)).map_err(Into::into)
}

/// The files that a folder lacks or holds otherwise.
pub(super) fn differing(folder: &Path, files: &[File]) -> Vec<String> {
    let differs = |(name, bytes): &File| match std::fs::read(folder.join(name)) {
        Err(_) => Some(format!("{name} (missing)")),
        Ok(stored) => (stored != *bytes).then(|| name.to_string()),
    };
    files.iter().filter_map(differs).collect()
}

/// A figure's files: three drawings and the data behind them.
fn drawn(figure: &Figure) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    ALL.into_iter().map(|form| form.of(figure, &Style::default()).map_err(failed)).collect()
}

/// Writes a figure in all its forms into a folder, which is made where it is missing.
pub(super) fn figure(folder: &Path, figure: &Figure) -> Result<(), Failure> {
    for (name, bytes) in drawn(figure)? {
        write_whole(&folder.join(name), &bytes)?;
    }
    Ok(())
}

/// Everything that is made of records, by path in the run directory, the mark of a finished run
/// last.
pub(super) fn files(outcome: &StudyOutcome) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let whole = study_figures(outcome);
    let figures: Vec<&Figure> = outcome.cases.iter().flat_map(|case| &case.figures).chain(&whole).collect();
    let drawings: Result<Vec<_>, Failure> = figures.into_par_iter().map(drawn).collect();
    let mut files: Vec<(String, Vec<u8>)> = drawings?.into_iter().flatten().map(|(name, bytes)| (format!("figures/{name}"), bytes)).collect();
    files.push(("measurements.csv".into(), measurements_csv(outcome).map_err(failed)?));
    files.push((PAGE.into(), page(outcome).map_err(failed)?.into_bytes()));
    files.extend(BESIDE.map(|(name, text)| (name.to_string(), text.as_bytes().to_vec())));
    files.push((VERDICTS.into(), verdicts_json(outcome)?));
    Ok(files)
}

/// Writes everything that is made of records into the run directory. Until all of it is there the
/// run does not count as finished.
pub(super) fn write(directory: &RunDirectory, outcome: &StudyOutcome) -> Result<(), Failure> {
    let files = files(outcome)?;
    let is_marked = files.iter().any(|(name, bytes)| name == VERDICTS && directory.read(name).is_ok_and(|old| old == *bytes));
    if !is_marked {
        directory.remove(VERDICTS)?;
    }
    for (name, bytes) in &files {
        directory.write(name, bytes)?;
    }
    directory.remove(INTERIM)?;
    Ok(())
}

/// Writes the page of an unfinished run.
pub(super) fn write_interim(directory: &RunDirectory, outcome: &StudyOutcome) -> Result<(), Failure> {
    Ok(directory.write(INTERIM, page(outcome).map_err(failed)?.as_bytes())?)
}

/// How a command tells what came out.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Telling {
    /// Print what the command says as JSON
    #[arg(long)]
    pub json: bool,
    /// Print the tables for a text instead
    #[arg(long, value_name = "FORM", conflicts_with = "json")]
    pub table: Option<TableForm>,
}

/// The forms of `--table`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableForm {
    /// Markdown
    Md,
    /// LaTeX, with the package booktabs
    Latex,
}

/// Prints tables for a text.
pub(super) fn sheets(sheets: &[Sheet], form: TableForm) -> Result<(), Failure> {
    let form = match form {
        TableForm::Md => SheetForm::Markdown,
        TableForm::Latex => SheetForm::Latex,
    };
    answer(sheets.iter().map(|sheet| sheet.text(form)).collect::<Vec<_>>().join("\n").trim_end())
}

/// Prints the table, or the verdicts as JSON, or the tables for a text; the exit code.
pub(super) fn tell(directory: &RunDirectory, outcome: &StudyOutcome, page: &str, telling: Telling) -> Result<u8, Failure> {
    if let Some(form) = telling.table {
        sheets(&verdict_sheets(outcome), form)?;
    } else if telling.json {
        answer(String::from_utf8_lossy(&verdicts_json(outcome)?).trim_end())?;
    } else {
        for case in &outcome.cases {
            for given in case.answers() {
                answer(format!("{}\n  {}\n  because {} ({})\n", given.question, shown(&given.answer), shown(&given.because), given.claim))?;
            }
        }
        answer(summary_table(outcome, std::io::stdout().is_terminal()))?;
        for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts).filter(|verdict| !verdict.as_expected || outcome.only_stated) {
            let word = if verdict.as_expected { verdict.verdict.word() } else { "unexpected" };
            answer(format!("{word}: {} in case {}: {}", verdict.id, verdict.case, shown(&verdict.reason)))?;
        }
        for note in &outcome.notes {
            answer(format!("note: {note}"))?;
        }
        answer(format!("\nreport: {}", directory.root().join(page).display()))?;
    }
    Ok(u8::from(!outcome.as_expected()))
}
