//! Published numbers, recomputed: as a page and as a CSV file.

use super::format::{interval, number};
use super::sheet::Sheet;
use super::style::head;
use super::table::table;
use crate::data::shown_lines;
use crate::figures::digits;
use crate::study::{PrintedRow, PrintedTable};
use maud::{DOCTYPE, html};

/// The tables as one HTML file.
pub(crate) fn published_page(tables: &[PrintedTable]) -> String {
    let heads = ["quantity", "printed", "here", "difference", "in words"];
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head("rtrl-lab: published numbers, recomputed"))
            body {
                header {
                    h1 { "Published numbers, recomputed" }
                    p class="headline" { span { (sentence(tables)) } }
                    p { "Differences are ours less theirs. A number that follows from a formula agrees where the difference is at most half a unit of the last printed digit." }
                }
                main {
                    @for printed in tables {
                        h2 { (printed.title) }
                        p { "Source: " (printed.source) "." }
                        p { (printed.note) }
                        (table("printed", &html! {}, &heads, printed.rows.iter().map(|row| {
                            let [printed, ours, difference] = cells(row);
                            let class = if row.printed_spread.is_some() || row.agrees() { "" } else { "word inconclusive" };
                            vec![html! { (row.quantity) }, html! { (printed) }, html! { (ours) }, html! { (difference) }, html! { span class=(class) { (row.word) } }]
                        }).collect()))
                    }
                }
                footer { p {
                    "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) ". " code { "rtrl-lab check FOLDER" } " makes every number of this folder again; "
                    code { "rtrl-lab train STUDY --check FOLDER" } " does the training runs behind the losses again."
                } }
            }
        }
    };
    shown_lines(&markup.into_string()).into_owned()
}

/// How many numbers agree.
pub(crate) fn sentence(tables: &[PrintedTable]) -> String {
    let rows = || tables.iter().flat_map(|table| &table.rows);
    let (exact, measured): (Vec<&PrintedRow>, Vec<&PrintedRow>) = rows().partition(|row| row.printed_spread.is_none());
    let agree = exact.iter().filter(|row| row.agrees()).count();
    let furthest = tables.iter().filter_map(PrintedTable::furthest).fold(0.0, f64::max);
    let mut said = format!("{agree} of {} numbers that follow from formulas are met to the printed digits", exact.len());
    if agree < exact.len() {
        said.push_str(&format!("; the others differ by at most {furthest:.1} half units of the last printed digit"));
    }
    said.push('.');
    if !measured.is_empty() {
        let shown = measured.iter().filter(|row| row.interval.is_some() && !row.agrees()).count();
        let chance = 0.05 * measured.len() as f64;
        said.push_str(&format!(
            " Of {} published losses {shown} show a difference to ours; about {chance:.1} would by chance if there were none.",
            measured.len()
        ));
    }
    said
}

/// A printed number to its own digits.
fn to_digits(value: f64, rounding: f64) -> String {
    let decimals = (-(2.0 * rounding).log10()).round().clamp(0.0, 12.0) as usize;
    if value != 0.0 && value.abs() < 1e-3 { number(value) } else { format!("{value:.decimals$}") }
}

/// Printed, ours, difference.
fn cells(row: &PrintedRow) -> [String; 3] {
    let spread = |mean: f64, spread: Option<(f64, usize)>| match spread {
        Some((deviation, seeds)) => format!("{} ± {} ({seeds} seeds)", number(mean), number(deviation)),
        None => number(mean),
    };
    let undefined = || "undefined".to_string();
    if row.printed_spread.is_some() {
        let difference = row.difference.zip(row.interval).map_or_else(undefined, |(value, [low, high])| interval(value, low, high));
        return [spread(row.printed, row.printed_spread), row.ours.map_or_else(undefined, |ours| spread(ours, row.spread)), difference];
    }
    // Two digits more than were printed.
    let ours = row.ours.map_or_else(undefined, |ours| if row.rounding >= 0.5 { number(ours) } else { to_digits(ours, row.rounding / 100.0) });
    [to_digits(row.printed, row.rounding), ours, row.difference.map_or_else(undefined, |difference| format!("{difference:+.1e}"))]
}

/// A row a number: table, quantity, what was printed with its rounding or its spread over seeds,
/// ours, the difference with its interval, and what it says in a word.
///
/// # Errors
/// The CSV writer's error.
pub(crate) fn published_csv(tables: &[PrintedTable]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "table",
        "quantity",
        "printed",
        "rounding",
        "printed_deviation",
        "printed_seeds",
        "ours",
        "deviation",
        "seeds",
        "difference",
        "lower",
        "upper",
        "word",
    ])?;
    let text = |x: Option<f64>| x.map_or(String::new(), digits);
    for (table, row) in tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row))) {
        let pair = |spread: Option<(f64, usize)>| spread.map_or([String::new(), String::new()], |(d, n)| [digits(d), n.to_string()]);
        let [their_deviation, their_seeds] = pair(row.printed_spread);
        let [deviation, seeds] = pair(row.spread);
        let rounding = if row.printed_spread.is_some() { String::new() } else { digits(row.rounding) };
        writer.write_record([
            table.title.clone(),
            row.quantity.clone(),
            digits(row.printed),
            rounding,
            their_deviation,
            their_seeds,
            text(row.ours),
            deviation,
            seeds,
            text(row.difference),
            text(row.interval.map(|ends| ends[0])),
            text(row.interval.map(|ends| ends[1])),
            row.word.clone(),
        ])?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

/// The tables for a text.
pub(crate) fn published_sheets(tables: &[PrintedTable]) -> Vec<Sheet> {
    let sheet = |printed: &PrintedTable| Sheet {
        caption: format!("{}. Source: {}.", printed.title, printed.source),
        heads: ["quantity", "printed", "here", "difference", "word"].map(String::from).to_vec(),
        rows: printed
            .rows
            .iter()
            .map(|row| {
                let [printed, ours, difference] = cells(row);
                vec![row.quantity.clone(), printed, ours, difference, row.word.clone()]
            })
            .collect(),
    };
    tables.iter().map(sheet).collect()
}
