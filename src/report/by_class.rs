//! Recorded series side by side, by the kind of series that they are.

use super::drawing::drawing;
use super::format::number;
use super::table::scrolling;
use crate::claims::{Number, Verdict, audited};
use crate::data::SeriesClass;
use crate::figures::{Axis, Figure, FigureError, Layer, Mark, Panel, Role};
use crate::study::{BY_CLASS, CaseOutcome, StudyOutcome};
use maud::{Markup, html};

/// What is put side by side: the claim, its number where it is not its estimate, and what it is.
const SHOWN: [(&str, Option<&str>, &str); 4] = [
    ("data_ergodicity", None, "distance of the halves"),
    ("hidden_contraction", Some("pathwise_rate"), "rate of the hidden state, typical path"),
    ("geometric_ergodicity", None, "rate of the joint chain"),
    ("derivative_moments", None, "rate of the moment of order 4"),
];

/// A recorded case and its kind: that of the column whose halves lie farthest apart.
struct Classed<'o> {
    case: &'o CaseOutcome,
    column: String,
    class: SeriesClass,
}

impl Classed<'_> {
    fn verdict(&self, id: &str) -> Option<&Verdict> {
        self.case.verdicts.iter().find(|verdict| verdict.id == id)
    }

    /// Value and interval of what is shown.
    fn interval(&self, (id, name, _): (&str, Option<&str>, &str)) -> Option<[f64; 3]> {
        let verdict = self.verdict(id)?;
        match name {
            None => verdict.estimate.as_ref().map(|estimate| [estimate.value, estimate.lower, estimate.upper]),
            Some(name) => match verdict.numbers.get(name)? {
                Number::Interval(estimate) => Some([estimate.value, estimate.lower, estimate.upper]),
                _ => None,
            },
        }
    }
}

/// The recorded cases in the order of their kinds; none where there are fewer than two.
fn classed(outcome: &StudyOutcome) -> Vec<Classed<'_>> {
    let of = |case: &'_ CaseOutcome| -> Option<(String, SeriesClass)> {
        let data = case.verdicts.iter().find(|verdict| verdict.id == "data_ergodicity")?;
        let drift = |name: &str| match data.numbers.get(&format!("split_half[{name}]")) {
            Some(Number::Interval(estimate)) => estimate.value,
            Some(Number::Exact(value)) => *value,
            _ => f64::NEG_INFINITY,
        };
        audited(&case.case, &case.verdicts).into_iter().max_by(|a, b| drift(&a.0).total_cmp(&drift(&b.0)))
    };
    let mut all: Vec<Classed<'_>> = outcome.cases.iter().filter_map(|case| of(case).map(|(column, class)| Classed { case, column, class })).collect();
    all.sort_by_key(|one| SeriesClass::ALL.iter().position(|class| *class == one.class));
    if all.len() < 2 { Vec::new() } else { all }
}

/// The table and the figure.
///
/// # Errors
/// [`FigureError`] where the figure cannot be drawn.
pub(super) fn section(outcome: &StudyOutcome) -> Result<Markup, FigureError> {
    let all = classed(outcome);
    let figure = class_figure(outcome).map(|figure| drawing(&figure, Some("figures/"))).transpose()?;
    Ok(html! {
        @if !all.is_empty() {
            section {
                h2 id="by-class" { "By the kind of series" }
                p { "The kind of a record is that of the column whose halves lie farthest apart. A claim's word is what its measurement says on the record; whether more may be expected of the source is the first column's." }
                (scrolling(&html! { table {
                    thead { tr {
                        th scope="col" { "kind" } th scope="col" { "case" } th scope="col" { "by column" }
                        @for (id, _, what) in SHOWN { th scope="col" { (id) ": " (what) } }
                        th scope="col" { "other claims" }
                    } }
                    tbody { @for one in &all { tr {
                        td { (one.class.words()) }
                        th scope="row" { (one.case.case.name) }
                        td { (one.column) }
                        @for shown in SHOWN { td {
                            @if let Some(verdict) = one.verdict(shown.0) { (verdict.alone().0.word().replace('_', " ")) }
                            @if let Some([value, low, high]) = one.interval(shown) { ": " (number(value)) " [" (number(low)) ", " (number(high)) "]" }
                        } }
                        td { @for verdict in one.case.verdicts.iter().filter(|verdict| SHOWN.iter().all(|shown| shown.0 != verdict.id)) {
                            (verdict.id) ": " (verdict.alone().0.word().replace('_', " ")) br;
                        } }
                    } } }
                } }))
                @if let Some(figure) = &figure { (figure) }
            }
        }
    })
}

/// The same numbers as a grid of panels, the cases in the order of their kinds; none for fewer than
/// two records.
pub(super) fn class_figure(outcome: &StudyOutcome) -> Option<Figure> {
    let all = classed(outcome);
    let kinds: Vec<SeriesClass> = SeriesClass::ALL.into_iter().filter(|class| all.iter().any(|one| one.class == *class)).collect();
    let panel = |shown: (&str, Option<&str>, &str)| {
        let layers = kinds.iter().enumerate().filter_map(|(role, kind)| {
            let points: Vec<Mark> = (0..all.len())
                .filter(|index| all[*index].class == *kind)
                .filter_map(|index| {
                    let [y, low, high] = all[index].interval(shown)?;
                    Some(Mark { x: (index + 1) as f64, y, interval: Some([low, high]) })
                })
                .collect();
            (!points.is_empty()).then(|| Layer::Points { label: kind.words().into(), role: Role::Rival(role as u8), points })
        });
        let mut layers: Vec<Layer> = layers.collect();
        let threshold = all.iter().find_map(|one| one.verdict(shown.0).map(|verdict| verdict.margin)).filter(|_| shown.1.is_none());
        layers.extend(threshold.map(|at| Layer::Rule { label: "margin".into(), role: Role::Margin, at }));
        Panel {
            title: shown.0.into(),
            x: Axis::named("case", all.iter().map(|one| one.case.case.name.as_str())),
            y: Axis::linear(shown.2),
            layers,
            note: None,
        }
    };
    (!all.is_empty()).then(|| Figure {
        id: BY_CLASS.into(),
        title: "What holds on which kind of record?".into(),
        caption: "Every recorded case, beside those of its kind. Intervals of the claims; a case without a number has no mark.".into(),
        panels: SHOWN.into_iter().map(panel).filter(|panel| panel.layers.iter().any(|layer| matches!(layer, Layer::Points { .. }))).collect(),
    })
}
