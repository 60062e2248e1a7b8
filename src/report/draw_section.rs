//! The part of a calibration's page that shows a draw of random systems.

use super::calibration_page::{percent, promise, verdict_mark};
use super::format::number;
use crate::calibration::{Drawing, DrawnInterval, DrawnWords};
use maud::{Markup, html};

/// Coverage and words of a draw, estimator by estimator and claim by claim.
pub(super) fn drawn(drawing: &Drawing) -> Markup {
    html! {
        p {
            (drawing.systems) " systems of every family, drawn from the seed " (drawing.seed) ", with the default budgets. The rows “all” pool the families."
            @for (family, count) in &drawing.without_answer { " " (count) " of " (family) " had no exact answer and were left out." }
        }
        (intervals(&drawing.intervals))
        (words(&drawing.words))
    }
}

fn intervals(rows: &[DrawnInterval]) -> Markup {
    html! {
        div class="scroll" { table {
            caption {
                "Coverage of nominal 95 % intervals. Asked for are 93 to 97 % of all families together (of a bound, 93 % or more), 90 % or more of every family as far as its number of \
                 systems can tell, and no more than 2.5 % of upper limits of a distance below the exact distance."
            }
            thead { tr {
                @for head in ["estimator", "promise", "family", "systems", "undefined", "coverage", "95 % interval", "below the truth", "above it", "median width", ""] {
                    th scope="col" { (head) }
                }
            } }
            tbody { @for row in rows { tr {
                td { (row.estimator) } td { (promise(row.kind)) } td { (row.family) } td { (row.systems) }
                td { (row.undefined) (because(&row.reasons)) }
                td { (row.coverage.map_or("undefined".into(), percent)) }
                td { (percent(row.coverage_between[0])) " – " (percent(row.coverage_between[1])) }
                td { (row.below) } td { (row.above) } td { (row.width.map_or("one-sided".into(), number)) } td { (verdict_mark(row.passes)) }
            } } }
        } }
    }
}

fn words(rows: &[DrawnWords]) -> Markup {
    html! {
        div class="scroll" { table {
            caption {
                "Words after premises and the correction for many claims. False words must be no more than chance at a rate of 1 % gives; a word may be left open (inconclusive or undefined) on \
                 no more than 10 % of the systems whose exact answer is clear of the margin by 0.02."
            }
            thead { tr {
                @for head in ["claim", "family", "systems", "falsely supported", "falsely contradicted", "open where clear", ""] { th scope="col" { (head) } }
            } }
            tbody { @for row in rows { tr {
                td { (row.claim) } td { (row.family) } td { (row.systems) }
                td { (row.falsely_supported) " of " (row.false_systems) }
                td { (row.falsely_contradicted) " of " (row.true_systems) }
                td { (row.open) " of " (row.clear) (because(&row.reasons)) }
                td { (verdict_mark(row.passes)) }
            } } }
        } }
    }
}

/// The reasons under a fold, the most frequent first.
fn because(reasons: &std::collections::BTreeMap<String, usize>) -> Markup {
    let mut sorted: Vec<(&String, &usize)> = reasons.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    html! { @if !sorted.is_empty() { details { summary { "why" } ul { @for (reason, count) in sorted { li { (count) ": " (reason) } } } } } }
}
