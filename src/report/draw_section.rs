//! The part of a calibration's page that shows a draw of random systems.

use super::calibration_page::{percent, promise, verdict_mark};
use super::format::number;
use super::table::scrolling;
use crate::calibration::{ALL_FAMILIES as ALL, Drawing, DrawnInterval, DrawnWords};
use maud::{Markup, html};

/// Coverage and words of a draw, estimator by estimator and claim by claim.
pub(super) fn drawn(drawing: &Drawing) -> Markup {
    html! {
        p {
            (drawing.systems) " systems a family, drawn from the seed " (drawing.seed) ", with the default budgets."
            @for (family, count) in &drawing.without_answer { " " (count) " draws of " (family) " had no exact answer and were left out." }
        }
        (intervals(&drawing.intervals.iter().filter(|row| row.family == ALL).collect::<Vec<_>>(), true))
        (by_family(drawing.intervals.iter().all(|row| row.passes), intervals(&drawing.intervals.iter().filter(|row| row.family != ALL).collect::<Vec<_>>(), false)))
        (words(&drawing.words.iter().filter(|row| row.family == ALL).collect::<Vec<_>>(), true))
        (by_family(drawing.words.iter().all(|row| row.passes), words(&drawing.words.iter().filter(|row| row.family != ALL).collect::<Vec<_>>(), false)))
    }
}

/// A table under a fold, which is open where a row fails.
fn by_family(passes: bool, table: Markup) -> Markup {
    html! { details open[!passes] { summary { "family by family" } (table) } }
}

fn intervals(rows: &[&DrawnInterval], pooled: bool) -> Markup {
    html! {
        (scrolling(&html! { table {
            caption {
                @if pooled {
                    "Coverage of nominal 95 % intervals over all families. Asked for are 93 to 97 % (of a bound, 93 % or more), 90 % or more of every family as far as its number of systems can tell, \
                     and no more than 2.5 % of upper limits of a distance below the exact distance."
                } @else {
                    "Coverage of nominal 95 % intervals in every family."
                }
            }
            thead { tr {
                th scope="col" { "estimator" }
                th scope="col" { "promise" }
                @if !pooled { th scope="col" { "family" } }
                @for head in ["intervals", "undefined", "coverage", "95 % interval", "below the truth", "above it", "median width", "mark"] {
                    th scope="col" { (head) }
                }
            } }
            tbody { @for row in rows { tr {
                td { (row.estimator) } td { (promise(row.kind)) }
                @if !pooled { td { (row.family) } }
                td { (row.systems) }
                td { (row.undefined) (because(&row.reasons)) }
                td { (row.coverage.map_or("undefined".into(), percent)) }
                td { (percent(row.coverage_between[0])) " – " (percent(row.coverage_between[1])) }
                td { (row.below) } td { (row.above) } td { (row.width.map_or("one-sided".into(), number)) } td { (verdict_mark(row.passes)) }
            } } }
        } }))
    }
}

fn words(rows: &[&DrawnWords], pooled: bool) -> Markup {
    html! {
        (scrolling(&html! { table {
            caption {
                @if pooled {
                    "Words after premises and the correction for many claims, over all families. False words must be no more than chance at a rate of 1 % gives; a word may be left open (inconclusive \
                     or undefined) on no more than 10 % of the systems whose exact answer is clear of the margin by 0.02."
                } @else {
                    "Words in every family."
                }
            }
            thead { tr {
                th scope="col" { "claim" }
                @if !pooled { th scope="col" { "family" } }
                @for head in ["systems", "falsely supported", "falsely contradicted", "open where clear", "mark"] { th scope="col" { (head) } }
            } }
            tbody { @for row in rows { tr {
                td { (row.claim) }
                @if !pooled { td { (row.family) } }
                td { (row.systems) }
                td { (row.falsely_supported) " of " (row.false_systems) }
                td { (row.falsely_contradicted) " of " (row.true_systems) }
                td { (row.open) " of " (row.clear) (because(&row.reasons)) }
                td { (verdict_mark(row.passes)) }
            } } }
        } }))
    }
}

/// The reasons under a fold, the most frequent first.
fn because(reasons: &std::collections::BTreeMap<String, usize>) -> Markup {
    let mut sorted: Vec<(&String, &usize)> = reasons.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    html! { @if !sorted.is_empty() { details { summary { "why" } ul { @for (reason, count) in sorted { li { (count) ": " (reason) } } } } } }
}
