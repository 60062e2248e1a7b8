//! What every finished run leaves: verdicts, measurements, figures, page; and the summary on the terminal.

use super::Failure;
use rtrl_lab::figures::Figure;
use rtrl_lab::report::{measurements_csv, page, summary_table};
use rtrl_lab::study::{RunDirectory, StudyOutcome};
use std::io::{IsTerminal, Write};
use std::path::Path;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Machine(error.to_string())
}

/// The bytes of `verdicts.json`.
pub fn verdicts_json(outcome: &StudyOutcome) -> Result<Vec<u8>, Failure> {
    let mut text = serde_json::to_vec_pretty(&outcome.verdicts_file()).map_err(failed)?;
    text.push(b'\n');
    Ok(text)
}

/// Writes a figure as SVG and as PNG into a folder, which is made where it is missing.
pub fn figure(folder: &Path, figure: &Figure) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(format!("{}.svg", figure.id)), figure.svg().map_err(failed)?)?;
    figure.write_png(&folder.join(format!("{}.png", figure.id))).map_err(failed)
}

/// Writes everything that is made of records into the run directory.
pub fn write(directory: &RunDirectory, outcome: &StudyOutcome) -> Result<(), Failure> {
    directory.write("verdicts.json", &verdicts_json(outcome)?)?;
    directory.write("measurements.csv", &measurements_csv(outcome).map_err(failed)?)?;
    std::fs::create_dir_all(directory.root().join("figures"))?;
    for figure in outcome.cases.iter().flat_map(|case| &case.figures) {
        let stem = figure.id.replace(' ', "-");
        directory.write(&format!("figures/{stem}.svg"), figure.svg().map_err(failed)?.as_bytes())?;
        figure.write_png(&directory.root().join("figures").join(format!("{stem}.png"))).map_err(failed)?;
    }
    directory.write("report.html", page(outcome).map_err(failed)?.as_bytes())?;
    Ok(())
}

/// Prints the table, or the verdicts as JSON; the exit code.
pub fn tell(directory: &RunDirectory, outcome: &StudyOutcome, json: bool) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    if json {
        out.write_all(&verdicts_json(outcome)?)?;
    } else {
        writeln!(out, "{}", summary_table(outcome, out.is_terminal()))?;
        for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts).filter(|verdict| !verdict.as_expected || outcome.only_stated) {
            let word = if verdict.as_expected { verdict.verdict.word() } else { "unexpected" };
            writeln!(out, "{word}: {} in case {}: {}", verdict.id, verdict.case, verdict.reason)?;
        }
        for note in &outcome.notes {
            writeln!(out, "note: {note}")?;
        }
        writeln!(out, "\nreport: {}", directory.root().join("report.html").display())?;
    }
    Ok(u8::from(!outcome.as_expected()))
}
