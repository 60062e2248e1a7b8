//! The page of a calibration: how often intervals cover, how often verdicts err, and how power
//! rises.

use super::draw_section::drawn;
use super::drawing::drawing;
use super::format::number;
use super::style::head;
use crate::calibration::{Calibration, CoverageRow, Kind, PowerCurve};
use crate::data::SeriesClass;
use crate::figures::{Axis, Figure, FigureError, Layer, Mark, Panel, Role};
use maud::{DOCTYPE, Markup, html};

/// A calibration as one HTML file.
///
/// # Errors
/// [`FigureError`] where a figure cannot be drawn.
pub(crate) fn calibration_page(table: &Calibration) -> Result<String, FigureError> {
    let curves: Result<Vec<Markup>, FigureError> = table.power.iter().map(|curve| drawing(&figure(curve), None)).collect();
    let curves = curves?;
    let missed = table.coverage().filter(|row| !row.passes()).count();
    let outside = table.coverage().filter(|row| !row.inside()).count();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head("rtrl-lab: how far its numbers can be trusted"))
            body {
                header {
                    h1 { "How far can the numbers be trusted?" }
                    p { "Every interval was asked for many times in settings whose answer is known exactly, and every verdict on cases where its claim is false." }
                    p { strong { @if table.passed { "Every row is within its bounds." } @else { (missed) " row(s) of coverage are outside their bounds; look for ✗." } } }
                    @if outside > missed { p {
                        (outside - missed) " row(s) marked ○ measured a share outside the range that is asked for, by no more than chance allows with so few repeats."
                    } }
                }
                main {
                    @if table.coverage().next().is_some() { h2 { "In short" } (summary(table)) }
                    @if let Some(drawing) = &table.drawing { h2 { "Systems drawn at random" } (drawn(drawing)) }
                    @if table.coverage().next().is_some() { h2 { "Coverage, case by case" } (coverages(table)) }
                    @if !table.systems.is_empty() { h2 { "The rate on random linear systems" } (systems(table)) }
                    @if !table.classes.is_empty() { h2 { "Classes of series" } (classes(table)) }
                    @if table.verdicts().next().is_some() { h2 { "Verdicts" } (verdicts(table)) }
                    @if !curves.is_empty() {
                        h2 { "Power" }
                        @for curve in &curves { (curve) }
                    }
                }
                footer { p {
                    "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) ", seed " (table.plan.seed) ", " (table.plan.repeats) " repeats of light trials, "
                    (table.plan.heavy_repeats) " of heavy ones. The same plan gives the same numbers, bit for bit."
                } }
            }
        }
    };
    Ok(markup.into_string())
}

/// One row an estimator, for any report.
pub(super) fn summary(table: &Calibration) -> Markup {
    let rows = table.by_estimator();
    html! {
        div class="scroll" { table {
            caption {
                "Measured coverage of nominal 95 % intervals. “Exactly”: 93 to 97 % is asked for. “At least”: a bound that allows for more than sampling; 93 % or more is asked for. " (MARKS)
            }
            thead { tr { @for head in ["estimator", "promise", "cases", "coverage, least to largest", "repeats", "undefined, at most", ""] { th scope="col" { (head) } } } }
            tbody { @for (name, rows) in &rows { (summary_row(name, rows)) } }
        } }
    }
}

fn summary_row(name: &str, rows: &[&CoverageRow]) -> Markup {
    let shares: Vec<f64> = rows.iter().filter_map(|row| row.coverage).collect();
    let (low, high) = shares.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let undefined = rows.iter().map(|row| row.undefined).max().unwrap_or(0);
    let marks: Vec<&str> = rows.iter().map(|row| coverage_mark(row)).collect();
    let worst = ["✗", "○"].into_iter().find(|mark| marks.contains(mark)).unwrap_or("✓");
    let outside = marks.iter().filter(|mark| **mark != "✓").count();
    html! { tr {
        td { (name) } td { (promise(rows[0].kind)) } td { (rows.len()) }
        td { @if shares.is_empty() { "undefined" } @else { (percent(low)) @if shares.len() > 1 { " to " (percent(high)) } } }
        td { (rows.iter().map(|row| row.repeats).min().unwrap_or(0)) }
        td { (undefined) }
        td { (worst) @if outside > 0 && rows.len() > 1 { " " (outside) " of " (rows.len()) } }
    } }
}

/// What the marks of a row of coverage mean.
const MARKS: &str = "✓: the share lies there. ○: it does not, but its own 99.9 % interval, Clopper and Pearson's, reaches into it, which is all that is asked for at 90 % and 99 %, and at 95 % of \
                     fewer than 2,000 repeats; so many can tell 93 from 95 % no better. ✗: it does not, or no interval was defined. The share is that of the defined intervals; repeats on which \
                     the estimator said undefined are counted beside it.";

pub(super) fn promise(kind: Kind) -> &'static str {
    match kind {
        Kind::Confidence => "exactly",
        Kind::Bound => "at least",
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share)
}

pub(super) fn verdict_mark(passes: bool) -> &'static str {
    if passes { "✓" } else { "✗" }
}

/// Inside what is asked for, outside by no more than chance, or missed.
fn coverage_mark(row: &CoverageRow) -> &'static str {
    match (row.inside(), row.passes()) {
        (true, _) => verdict_mark(true),
        (false, true) => "○",
        (false, false) => verdict_mark(false),
    }
}

fn coverages(table: &Calibration) -> Markup {
    let row = |row: &CoverageRow| {
        html! { tr {
            td { (row.case) } td { (row.estimator) } td { (promise(row.kind)) } td { (percent(row.level)) }
            td { (row.coverage.map_or("undefined".into(), percent)) }
            td { (percent(row.coverage_lower)) " – " (percent(row.coverage_upper)) }
            td { (row.repeats) } td { (row.undefined) } td { (number(row.bias)) } td { (row.width.map_or("one-sided".into(), number)) }
            td { (coverage_mark(row)) }
        } }
    };
    html! {
        div class="scroll" { table {
            caption {
                "Asked for are 93 to 97 % of a 95 % interval, 87.1 to 93.1 % of a 90 % one and 98.2 to 99.6 % of a 99 % one; of a bound (“at least”) only the lower number counts. "
                (MARKS)
            }
            thead { tr {
                @for head in ["case", "estimator", "promise", "level", "coverage", "99.9 % interval", "repeats", "undefined", "bias", "width", ""] { th scope="col" { (head) } }
            } }
            tbody { @for one in table.coverage() { (row(one)) } }
        } }
    }
}

fn systems(table: &Calibration) -> Markup {
    html! {
        div class="scroll" { table {
            caption { "Spectral radii from 0.3 to 0.99. The straight line through the logarithm of the same curve fails where a factor of t or a second rate bends it." }
            thead { tr {
                @for head in ["spectra", "block", "systems", "undefined", "coverage", "mean error", "largest error", "straight line: mean error", "its largest error", ""] {
                    th scope="col" { (head) }
                }
            } }
            tbody { @for row in &table.systems { tr {
                td { (row.spectra) } td { (row.block) } td { (row.systems) } td { (row.undefined) } td { (percent(row.coverage)) }
                td { (number(row.bias)) } td { (number(row.worst)) } td { (number(row.straight_line_bias)) } td { (number(row.straight_line_worst)) }
                td { (verdict_mark(row.passes)) }
            } } }
        } }
    }
}

/// The confusion table of the audit.
fn classes(table: &Calibration) -> Markup {
    html! {
        div class="scroll" { table {
            caption { "Classes that the audit gave to the first input of every kind of data that can be generated, in its example; the class of the kind is asked for in 95 of 100 series." }
            thead { tr {
                @for head in ["kind of data", "its class", "values", "series"] { th scope="col" { (head) } }
                @for class in SeriesClass::ALL { th scope="col" { (class.words()) } }
                th scope="col" { }
            } }
            tbody { @for row in &table.classes { tr {
                td { (row.kind) } td { (row.class) } td { (row.rows) } td { (row.series) }
                @for class in SeriesClass::ALL { td { @let count = row.counts.get(class.words()).copied().unwrap_or(0); @if count == 0 { "·" } @else if class.words() == row.class { strong { (count) } } @else { (count) } } }
                td { (verdict_mark(row.passes)) }
            } } }
        } }
    }
}

fn verdicts(table: &Calibration) -> Markup {
    html! {
        div class="scroll" { table {
            caption { "On a violation “supported” is an error and “contradicted or premise failed” is power; on a healthy case it is the other way round. Upper limits at 95 %." }
            thead { tr { @for head in ["claim", "case", "repeats", "supported", "contradicted or premise failed", ""] { th scope="col" { (head) } } } }
            tbody { @for row in table.verdicts() { tr {
                td { (row.claim) } td { (row.case) } td { (row.repeats) }
                td { (percent(row.supported)) ", below " (percent(row.supported_upper)) }
                td { (percent(row.contradicted)) ", below " (percent(row.contradicted_upper)) }
                td { (verdict_mark(row.passes)) }
            } } }
        } }
    }
}

fn caption(curve: &PowerCurve) -> String {
    format!("{}: share of {} seeds that say supported or contradicted, with 95 % intervals for the former.", curve.claim, curve.repeats)
}

fn figure(curve: &PowerCurve) -> Figure {
    let marks = curve.points.iter().map(|p| Mark { x: p.at, y: p.supported, interval: Some(p.supported_between) }).collect();
    let line = |of: fn(&crate::calibration::PowerPoint) -> f64| curve.points.iter().map(|p| [p.at, of(p)]).collect::<Vec<[f64; 2]>>();
    let mut layers = vec![
        Layer::Line { label: "supported".into(), role: Role::Measured, points: line(|p| p.supported) },
        Layer::Points { label: String::new(), role: Role::Measured, points: marks },
        Layer::Line { label: "contradicted".into(), role: Role::Rival(0), points: line(|p| p.contradicted) },
    ];
    if curve.turns_at > 0.0 {
        layers.push(Layer::Line {
            label: "false to the right".into(),
            role: Role::Margin,
            points: vec![[curve.turns_at, 0.0], [curve.turns_at, 1.0]],
        });
    }
    Figure {
        id: format!("power-{}", curve.claim),
        title: format!("How surely does {} tell true from false?", curve.claim),
        caption: caption(curve),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear(curve.along.clone()),
            y: Axis::linear("share of seeds").within([-0.02, 1.02]),
            layers,
            note: None,
        }],
    }
}
