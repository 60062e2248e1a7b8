//! The page of a calibration: how often intervals cover, how often verdicts err, and how power
//! rises.

use super::draw_section::drawn;
use super::drawing::drawing;
use super::format::number;
use super::style::head;
use super::table::{long_table, table as sheet};
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
    let beyond = table.coverage().filter(|row| !row.inside()).count();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head("rtrl-lab: how far its numbers can be trusted"))
            body {
                header {
                    h1 { "How far can the numbers be trusted?" }
                    p { "Every interval was asked for many times in settings whose answer is known exactly, and every verdict on cases where its claim is false." }
                    p { strong { @if table.passed { "Every row is within its bounds." } @else if missed == 0 { "Every row of coverage is within its bounds; another table has rows that are not; look for ✗." } @else { (missed) @if missed == 1 { " row" } @else { " rows" } " of coverage are outside their bounds; look for ✗." } } }
                    @if beyond > missed { p {
                        (beyond - missed) @if beyond - missed == 1 { " row" } @else { " rows" } " marked ○ measured a share outside the range that is asked for, by no more than chance allows with so few repeats."
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

/// One row an estimator, for any report, and every row that is outside what is asked for, with the
/// reason.
pub(super) fn summary(table: &Calibration) -> Markup {
    let heads = ["estimator", "promise", "cases", "coverage, least to largest", "repeats", "undefined, at most", "mark"];
    let caption = html! {
        "Measured coverage of nominal 95 % intervals. “Exactly”: 93 to 97 % is asked for. “At least”: a bound that allows for more than sampling; 93 % or more is asked for. " (MARKS)
    };
    let rows = table.by_estimator().iter().map(|(name, rows)| summary_row(name, rows)).collect();
    html! { (sheet("summary", &caption, &heads, rows)) (outside(table)) }
}

fn summary_row(name: &str, rows: &[&CoverageRow]) -> Vec<Markup> {
    let shares: Vec<f64> = rows.iter().filter_map(|row| row.coverage).collect();
    let (low, high) = shares.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
    let undefined = rows.iter().map(|row| row.undefined).max().unwrap_or(0);
    let marks: Vec<&str> = rows.iter().map(|row| coverage_mark(row)).collect();
    let worst = ["✗", "○"].into_iter().find(|mark| marks.contains(mark)).unwrap_or("✓");
    let other = marks.iter().filter(|mark| **mark != "✓").count();
    vec![
        html! { (name) },
        html! { (promise(rows[0].kind)) },
        html! { (rows.len()) },
        html! { @if shares.is_empty() { "undefined" } @else { (percent(low)) @if shares.len() > 1 { " to " (percent(high)) } } },
        html! { (rows.iter().map(|row| row.repeats).min().unwrap_or(0)) },
        html! { (undefined) },
        html! { (worst) @if other > 0 && rows.len() > 1 { " " (other) " of " (rows.len()) } },
    ]
}

/// The rows of 95 % intervals that are outside what is asked for, each with what explains it.
fn outside(table: &Calibration) -> Markup {
    let rows: Vec<&CoverageRow> = table.coverage().filter(|row| row.level == 0.95 && !row.inside()).collect();
    let heads = ["estimator", "case", "coverage", "99.9 % interval", "why it is outside"];
    let cells = |row: &&CoverageRow| {
        vec![
            html! { (row.estimator) },
            html! { (row.case) },
            html! { (row.coverage.map_or("undefined".into(), percent)) " " (coverage_mark(row)) },
            html! { (percent(row.coverage_lower)) " – " (percent(row.coverage_upper)) },
            html! { (why_outside(row)) },
        ]
    };
    let count = rows.len();
    html! {
        @if !rows.is_empty() {
            details {
                summary { @if count == 1 { "The row outside what is asked for, and why" } @else { "The " (count) " rows outside what is asked for, and why" } }
                (sheet("outside", &html! {}, &heads, rows.iter().map(cells).collect()))
            }
        }
    }
}

/// What explains a share outside the range that is asked for.
fn why_outside(row: &CoverageRow) -> String {
    let (Some(share), Some([low, high])) = (row.coverage, row.asked()) else { return format!("no interval was defined in {} repeats", row.repeats) };
    let side = if share < low { "too low" } else { "too high" };
    let few = format!("{} repeats, {} of them defined", row.repeats, row.repeats - row.undefined);
    match (row.passes(), share < low) {
        (true, _) => format!("chance: of {few}, so that the share cannot be told from {}", percent(if share < low { low } else { high })),
        (false, true) => format!("{side} by more than chance: the interval is too short here ({few})"),
        (false, false) => format!("{side} by more than chance: the interval is wider than it has to be here ({few})"),
    }
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
        vec![
            html! { (row.case) },
            html! { (row.estimator) },
            html! { (promise(row.kind)) },
            html! { (percent(row.level)) },
            html! { (row.coverage.map_or("undefined".into(), percent)) },
            html! { (percent(row.coverage_lower)) " – " (percent(row.coverage_upper)) },
            html! { (row.repeats) },
            html! { (row.undefined) },
            html! { (number(row.bias)) },
            html! { (row.width.map_or("one-sided".into(), number)) },
            html! { (coverage_mark(row)) },
        ]
    };
    let heads = ["case", "estimator", "promise", "level", "coverage", "99.9 % interval", "repeats", "undefined", "bias", "width", "mark"];
    let caption = html! {
        "Asked for are 93 to 97 % of a 95 % interval, 87.1 to 93.1 % of a 90 % one and 98.2 to 99.6 % of a 99 % one; of a bound (“at least”) only the lower number counts. "
        (MARKS)
    };
    long_table("coverage", &caption, &heads, table.coverage().map(row).collect())
}

fn systems(table: &Calibration) -> Markup {
    let heads = [
        "spectra",
        "block",
        "systems",
        "undefined",
        "coverage",
        "mean error",
        "largest error",
        "straight line: mean error",
        "its largest error",
        "mark",
    ];
    let caption = html! {
        "Spectral radii from 0.3 to 0.99. The straight line through the logarithm of the same curve fails where a factor of t or a second rate bends it."
    };
    let rows = table.systems.iter().map(|row| {
        let [spectra, block] = [&row.spectra, &row.block].map(|word| html! { (word) });
        let errors = [row.bias, row.worst, row.straight_line_bias, row.straight_line_worst].map(|error| html! { (number(error)) });
        let counts = [html! { (row.systems) }, html! { (row.undefined) }, html! { (percent(row.coverage)) }];
        [spectra, block].into_iter().chain(counts).chain(errors).chain([html! { (verdict_mark(row.passes)) }]).collect()
    });
    long_table("systems", &caption, &heads, rows.collect())
}

/// The confusion table of the audit.
fn classes(table: &Calibration) -> Markup {
    let heads: Vec<&str> = ["kind of data", "its class", "values", "series"]
        .into_iter()
        .chain(SeriesClass::ALL.iter().map(|class| class.words()))
        .chain(["mark"])
        .collect();
    let caption = html! {
        "Classes that the audit gave to the first input of every kind of data that can be generated, in its example; the class of the kind is asked for in 95 of 100 series."
    };
    let rows = table.classes.iter().map(|row| {
        let before = [html! { (row.kind) }, html! { (row.class) }, html! { (row.rows) }, html! { (row.series) }];
        let of = |class: &SeriesClass| {
            let count = row.counts.get(class.words()).copied().unwrap_or(0);
            html! { @if count == 0 { "·" } @else if class.words() == row.class { strong { (count) } } @else { (count) } }
        };
        before.into_iter().chain(SeriesClass::ALL.iter().map(of)).chain([html! { (verdict_mark(row.passes)) }]).collect()
    });
    long_table("classes", &caption, &heads, rows.collect())
}

fn verdicts(table: &Calibration) -> Markup {
    let heads = ["claim", "case", "repeats", "supported", "contradicted or premise failed", "mark"];
    let caption = html! {
        "On a violation “supported” is an error and “contradicted or premise failed” is power; on a healthy case it is the other way round. Upper limits at 95 %."
    };
    let rows = table.verdicts().map(|row| {
        vec![
            html! { (row.claim) },
            html! { (row.case) },
            html! { (row.repeats) },
            html! { (percent(row.supported)) ", below " (percent(row.supported_upper)) },
            html! { (percent(row.contradicted)) ", below " (percent(row.contradicted_upper)) },
            html! { (verdict_mark(row.passes)) },
        ]
    });
    sheet("words", &caption, &heads, rows.collect())
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
