//! The table on the terminal.

use super::format::{interval, number};
use crate::claims::{Outcome, Verdict};
use crate::data::shown;
use crate::study::StudyOutcome;
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

/// The verdicts as a table; colours only where the caller has found a terminal.
pub(crate) fn summary_table(outcome: &StudyOutcome, colours: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if !colours {
        table.force_no_tty().set_width(120);
    }
    table.set_header(["case", "claim", "verdict", "estimate", "margin", "informative"]);
    for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts) {
        let mut word = verdict.verdict.word().to_string();
        if !verdict.as_expected {
            word.push_str(" (unexpected)");
        }
        let mut cell = Cell::new(word);
        if colours {
            cell = cell.fg(colour(verdict.verdict));
        }
        table.add_row([
            Cell::new(shown(&verdict.case)),
            Cell::new(&verdict.id),
            cell,
            Cell::new(decided(verdict)),
            Cell::new(margin(verdict)),
            Cell::new(informative(verdict)),
        ]);
    }
    table.to_string()
}

fn colour(outcome: Outcome) -> Color {
    match outcome {
        Outcome::Supported => Color::Green,
        Outcome::Contradicted => Color::Red,
        Outcome::Inconclusive | Outcome::PremiseFailed | Outcome::Slow => Color::Yellow,
        Outcome::Undefined => Color::Magenta,
    }
}

pub(super) fn estimate(verdict: &Verdict) -> String {
    verdict.estimate.as_ref().map_or("—".into(), |estimate| interval(estimate.value, estimate.lower, estimate.upper))
}

/// The estimate, and below it what decided where its interval did not.
fn decided(verdict: &Verdict) -> String {
    match &verdict.decided_by {
        Some(why) => format!("{}\n{}", estimate(verdict), shown(why)),
        None => estimate(verdict),
    }
}

pub(super) fn margin(verdict: &Verdict) -> String {
    format!("{} {}", if verdict.right_side == "below" { "<" } else { ">" }, number(verdict.margin))
}

pub(super) fn informative(verdict: &Verdict) -> &'static str {
    match verdict.informative {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "—",
    }
}
