//! Cases side by side: what is estimated in each, and their curves in one panel.

use super::by_class::class_figure;
use super::drawing::drawing;
use crate::claims::{self, Claim};
use crate::figures::{Axis, Figure, FigureError, Layer, Mark, Panel, Role};
use crate::study::{ACROSS, CaseOutcome, StudyOutcome};
use maud::{Markup, html};

/// Fewest cases that make a figure: two stand one below the other on the page.
const FEWEST: usize = 3;
/// Most cases that an axis can name.
const MOST: usize = 24;
/// Most curves that can be told apart in one panel.
const CURVES: usize = 7;

/// Claims whose curves are worth laid over one another, with the part of the figure that is laid:
/// its first panel.
const OVERLAID: [&str; 5] = ["hidden_contraction", "geometric_ergodicity", "truncation_bias", "stationary_point", "derivative_moments"];

/// The figures of a study of several cases: the estimates of every claim, case by case, and the
/// curves of some claims in one panel. None where there are fewer than three cases.
fn across_figures(outcome: &StudyOutcome) -> Vec<Figure> {
    if !(FEWEST..=MOST).contains(&outcome.cases.len()) {
        return Vec::new();
    }
    let overlaid = OVERLAID.into_iter().filter_map(|id| overlay(outcome, id));
    estimates(outcome).into_iter().chain(overlaid).collect()
}

/// A panel a claim: its estimate in every case, with the margin.
fn estimates(outcome: &StudyOutcome) -> Option<Figure> {
    let panel = |claim: &'static dyn Claim| {
        let found: Vec<(Mark, &str)> = outcome.cases.iter().enumerate().filter_map(|(index, case)| estimate(case, index, claim.id())).collect();
        // One axis holds one quantity.
        let (_, quantity) = found.first()?;
        let points: Vec<Mark> = found.iter().filter(|(_, name)| name == quantity).map(|(mark, _)| *mark).collect();
        let margin = outcome.cases.iter().flat_map(|case| &case.verdicts).find(|verdict| verdict.id == claim.id())?.margin;
        let left_out = outcome.cases.len() - points.len();
        (points.len() > 1).then(|| Panel {
            title: claim.id().into(),
            x: Axis::named("case", outcome.cases.iter().map(|case| case.case.name.as_str())),
            y: Axis::linear(*quantity),
            layers: vec![
                Layer::Points { label: "estimate".into(), role: Role::Measured, points },
                Layer::Rule { label: "margin".into(), role: Role::Margin, at: margin },
            ],
            note: (left_out > 0).then(|| format!("{left_out} of {} cases have no such estimate", outcome.cases.len())),
        })
    };
    let panels: Vec<Panel> = claims::ALL.into_iter().filter_map(panel).collect();
    (!panels.is_empty()).then(|| Figure {
        id: format!("estimates-{ACROSS}"),
        title: "What is estimated, case by case".into(),
        caption: "The estimate that decides each claim, with its interval, in every case, and the margin of the first one.".into(),
        panels,
    })
}

/// The measured curve of a claim in every case, in one panel.
fn overlay(outcome: &StudyOutcome, id: &'static str) -> Option<Figure> {
    let found: Vec<(String, &Panel, Layer)> = outcome.cases.iter().filter_map(|case| curve(case, id)).collect();
    let (_, first, _) = found.first()?;
    let (x, y, title, layer) = (first.x.clone(), first.y.clone(), first.title.clone(), found[0].2.label().to_string());
    let alike: Vec<(String, Layer)> = found.into_iter().filter(|(_, panel, _)| panel.title == title).map(|(name, _, layer)| (name, layer)).collect();
    if alike.len() < FEWEST || alike.len() > CURVES {
        return None;
    }
    let layers = alike.into_iter().enumerate().map(|(index, (name, layer))| {
        let role = if index == 0 { Role::Measured } else { Role::Rival(u8::try_from(index - 1).unwrap_or(u8::MAX)) };
        renamed(layer, name, role)
    });
    let what = if layer.is_empty() || layer == "measured" { title.clone() } else { format!("{title}: {layer}") };
    Some(Figure {
        id: format!("{id}-{ACROSS}"),
        title: format!("{id}, case beside case"),
        caption: "The measured curve of every case; each case's own figure has its intervals, fit and references.".into(),
        panels: vec![Panel { title: what, x, y, layers: layers.collect(), note: None }],
    })
}

/// The estimate of a claim in a case, as the mark of that case, and what it is.
fn estimate<'o>(case: &'o CaseOutcome, index: usize, id: &str) -> Option<(Mark, &'o str)> {
    let estimate = case.verdicts.iter().find(|verdict| verdict.id == id)?.estimate.as_ref()?;
    let mark = Mark { x: (index + 1) as f64, y: estimate.value, interval: Some([estimate.lower, estimate.upper]) };
    Some((mark, estimate.name.as_str()))
}

/// The first panel of a claim's figure in a case, and the curve in it that is judged.
fn curve<'o>(case: &'o CaseOutcome, id: &str) -> Option<(String, &'o Panel, Layer)> {
    let name = &case.case.name;
    let panel = case.figures.iter().find(|figure| figure.id == format!("{name}-{id}"))?.panels.first()?;
    let with = |wanted: &dyn Fn(Role, &str) -> bool| {
        panel.layers.iter().rfind(|layer| match layer {
            Layer::Line { label, role, points } => wanted(*role, label) && points.len() > 1,
            Layer::Points { label, role, points } => wanted(*role, label) && points.len() > 1,
            _ => false,
        })
    };
    // Where several blocks of the state are drawn, the last one is judged.
    let own = with(&|role, _| role == Role::Measured).or_else(|| with(&|_, label| label.ends_with(" block")));
    Some((name.clone(), panel, own?.clone()))
}

/// The same curve under another name.
fn renamed(layer: Layer, label: String, role: Role) -> Layer {
    match layer {
        Layer::Line { points, .. } => Layer::Line { label, role, points },
        Layer::Points { points, .. } => Layer::Points { label, role, points },
        other => other,
    }
}

/// The figures of a study as a whole: those of kinds of records, and those across its cases.
pub(crate) fn study_figures(outcome: &StudyOutcome) -> Vec<Figure> {
    class_figure(outcome).into_iter().chain(across_figures(outcome)).collect()
}

/// The figures on the page.
///
/// # Errors
/// [`FigureError`] where one cannot be drawn.
pub(super) fn section(outcome: &StudyOutcome) -> Result<Markup, FigureError> {
    let drawn: Result<Vec<Markup>, FigureError> = across_figures(outcome).iter().map(|figure| drawing(figure, Some("figures/"))).collect();
    let drawn = drawn?;
    Ok(html! {
        @if !drawn.is_empty() {
            section {
                h2 id="across" { "Across the cases" }
                @for figure in &drawn { (figure) }
            }
        }
    })
}
