//! The table of verdicts: each estimate as a dot with its whiskers against its threshold, with what
//! decided in the row.

use super::format::number;
use super::page::{place, word};
use super::table::table;
use super::terminal::{glance, informative, margin};
use crate::claims::{Verdict, named};
use crate::study::StudyOutcome;
use maud::{Markup, PreEscaped, html};

/// The table over all cases.
pub(super) fn verdict_table(outcome: &StudyOutcome) -> Markup {
    let caption = html! {
        "Estimates with " (100.0 * outcome.level) " % intervals; margins were stated in advance; p-values are corrected within a case by Holm's method. "
        "The dot with its whiskers is the estimate, the upright line the threshold, the shaded side is the right one."
    };
    let mut heads = vec!["claim", "case", "verdict", "estimate", "against its threshold", "threshold", "p, adjusted", "violation"];
    let mut rows: Vec<Vec<Markup>> = outcome.cases.iter().flat_map(|case| &case.verdicts).map(row).collect();
    if outcome.cases.len() == 1 {
        // The heading of the page names the only case.
        heads.remove(1);
        rows.iter_mut().for_each(|row| drop(row.remove(1)));
    }
    html! {
        (filters())
        (table("verdicts", &caption, &heads, rows))
    }
}

fn row(verdict: &Verdict) -> Vec<Markup> {
    let short = named(&verdict.id).map_or("", |claim| claim.short());
    vec![
        html! { a href={ "#" (place(verdict)) } { (verdict.id) } @if !short.is_empty() { small class="short" { (short) } } },
        html! { (verdict.case) },
        html! { (word(verdict.verdict)) @if !verdict.as_expected { " (unexpected)" } },
        html! {
            @for part in glance(verdict).splitn(2, ' ') { span class="number" { (part) } " " }
            @if let Some(why) = &verdict.decided_by { small class="short" { "decided by: " (why) } }
            @if let Some(stopping) = &verdict.stopping { small class="short" { "budget: " (stopping) } }
        },
        html! { @if let Some(drawing) = whisker(verdict) { (PreEscaped(drawing)) } @else { "—" } },
        html! { (margin(verdict)) },
        html! { (verdict.p_adjusted.map_or("—".to_string(), |p| if p < 1e-4 { "< 0.0001".into() } else { format!("{p:.4}") })) },
        html! { (match informative(verdict) { "yes" => "caught", "NO" => "not caught", other => other }) },
    ]
}

/// What a script makes work; without one nothing is shown of it.
fn filters() -> Markup {
    html! {
        form class="filters" hidden aria-label="Filter of verdicts" {
            label { "Show " select name="word" { option value="" { "all verdicts" } @for word in crate::claims::Outcome::ALL { option value=(word.word()) { (word.word().replace('_', " ")) } } } }
            label { " with " input type="search" name="text" placeholder="claim or case"; }
            output name="count" {}
        }
    }
}

/// Width and height of the drawing, and room at its ends.
const SIZE: (f64, f64) = (170.0, 22.0);
const ROOM: f64 = 8.0;
/// An end of an interval beyond so many times the threshold and the estimate is drawn as an arrow.
const FAR: f64 = 3.0;
/// Part of the axis left free on each side.
const RIM: f64 = 0.06;

/// The estimate against its threshold, on an axis of its own that holds both.
fn whisker(verdict: &Verdict) -> Option<String> {
    let estimate = verdict.estimate.as_ref()?;
    let ends = [estimate.value, estimate.lower, estimate.upper];
    if !ends.iter().all(|end| end.is_finite()) || !verdict.margin.is_finite() {
        return None;
    }
    let threshold = verdict.margin;
    let far = FAR * threshold.abs().max(estimate.value.abs()).max(f64::MIN_POSITIVE);
    let low = ends.iter().copied().fold(threshold.min(0.0), f64::min).max(-far);
    let high = ends.iter().copied().fold(threshold.max(0.0), f64::max).min(far);
    let high = if high > low { high } else { low + 1.0 };
    let rim = RIM * (high - low);
    let (low, high) = (low - rim, high + rim);
    let (width, height) = SIZE;
    let x = |value: f64| ROOM + (width - 2.0 * ROOM) * ((value - low) / (high - low)).clamp(0.0, 1.0);
    let (middle, mark) = (0.5 * height, x(threshold));
    let below = verdict.right_side == "below";
    let (from, to) = if below { (0.0, mark) } else { (mark, width) };
    let [dot, left, right] = ends.map(x);
    let arrow = |beyond: bool, at: f64, back: f64| match beyond {
        true => {
            format!("<path class=\"whisker\" d=\"M{:.1},{:.1}L{at:.1},{middle}L{:.1},{:.1}\"/>", at + back, middle - 4.0, at + back, middle + 4.0)
        }
        false => String::new(),
    };
    let said = format!(
        "{} from {} to {}, threshold {} {}",
        number(estimate.value),
        number(estimate.lower),
        number(estimate.upper),
        if below { "below" } else { "above" },
        number(threshold)
    );
    Some(format!(
        "<svg class=\"dot {}\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{said}\">\
         <rect class=\"right\" x=\"{from:.1}\" y=\"2\" width=\"{:.1}\" height=\"{}\"/><line class=\"threshold\" x1=\"{mark:.1}\" x2=\"{mark:.1}\" y1=\"1\" y2=\"{}\"/>\
         <line class=\"whisker\" x1=\"{left:.1}\" x2=\"{right:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>{}{}<circle cx=\"{dot:.1}\" cy=\"{middle}\" r=\"4\"/></svg>",
        verdict.verdict.word(),
        to - from,
        height - 4.0,
        height - 1.0,
        arrow(estimate.lower < low, left, 5.0),
        arrow(estimate.upper > high, right, -5.0),
    ))
}

#[cfg(test)]
mod tests {
    use super::whisker;
    use crate::claims::{NamedEstimate, Outcome, Verdict};

    fn verdict(value: f64, lower: f64, upper: f64) -> Verdict {
        let mut verdict = Verdict::plain("c", "a", Outcome::Supported);
        verdict.estimate = Some(NamedEstimate { name: "n".into(), value, lower, upper, level: 0.95 });
        verdict
    }

    fn number(svg: &str, tag: &str, attribute: &str) -> f64 {
        let from = svg.find(tag).unwrap();
        let at = svg[from..].find(&format!("{attribute}=\"")).unwrap() + from + attribute.len() + 2;
        svg[at..].split('"').next().unwrap().parse().unwrap()
    }

    #[test]
    fn the_dot_lies_on_its_side_of_the_threshold() {
        for (value, lower, upper) in [(0.5, 0.4, 0.6), (1.2, 1.1, 1.3), (-0.2, -0.3, 0.1), (1e-9, 1e-10, 2e-9)] {
            let svg = whisker(&verdict(value, lower, upper)).unwrap();
            let [dot, mark] = [number(&svg, "<circle", "cx"), number(&svg, "\"threshold\"", "x1")];
            assert_eq!(dot < mark, value < 0.98, "{svg}");
            assert!(number(&svg, "\"whisker\"", "x1") <= dot && dot <= number(&svg, "\"whisker\"", "x2"));
        }
    }

    #[test]
    fn what_goes_far_beyond_ends_in_an_arrow() {
        assert!(whisker(&verdict(2.0, 1.0, 1e6)).unwrap().contains("<path"));
        assert!(!whisker(&verdict(1.2, 1.0, 1.5)).unwrap().contains("<path"));
        assert!(whisker(&verdict(f64::NAN, 0.0, 1.0)).is_none());
        // The dot stands apart from the arrow, and from the threshold that it is far from.
        let svg = whisker(&verdict(50.0, 40.0, 1e6)).unwrap();
        let [dot, right, mark] = [number(&svg, "<circle", "cx"), number(&svg, "\"whisker\"", "x2"), number(&svg, "\"threshold\"", "x1")];
        assert!(right - dot > 10.0 && dot - mark > 10.0, "{svg}");
    }
}
