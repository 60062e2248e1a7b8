//! Two runs side by side: as a page, as a CSV file, and on the terminal.

use super::format::{interval, number, reported};
use super::measurements::{by_index, split};
use super::sheet::Sheet;
use super::style::head;
use super::table::table;
use crate::claims::{NamedEstimate, Number, Outcome};
use crate::data::{shown, shown_lines, wrapped};
use crate::figures::digits;
use crate::study::{Change, ClaimBeside, NumberBeside, SideBySide};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

/// The comparison as one HTML file.
pub(crate) fn side_by_side_page(beside: &SideBySide) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head("rtrl-lab: two runs side by side"))
            body {
                header {
                    h1 { "Two runs side by side" }
                    p class="headline" { span { (beside.sentence) } }
                    (runs(beside))
                    p { (words(beside)) }
                }
                main {
                    @if !beside.studies.is_empty() { h2 { "What the studies differ in" } (studies(beside)) }
                    h2 { "Claims" }
                    (claims(beside))
                    h2 { "All numbers" }
                    @for of_claim in beside.numbers.chunk_by(|a, b| (&a.claim, &a.cases) == (&b.claim, &b.cases)) { (numbers(of_claim)) }
                    @for (run, list) in ["first", "second"].iter().zip(&beside.alone) {
                        @if !list.is_empty() { h2 { "In the " (run) " run alone" } ul { @for verdict in list { li { (verdict) } } } }
                    }
                }
                footer { p {
                    "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) " from the records of both runs. " code { "rtrl-lab check FOLDER" }
                    " makes every number of this folder again."
                } }
            }
        }
    };
    shown_lines(&markup.into_string()).into_owned()
}

fn runs(beside: &SideBySide) -> Markup {
    let heads = ["run", "folder", "study", "seed", "made by"];
    let rows = ["first", "second"].iter().zip(&beside.runs).map(|(which, run)| {
        let quick = if run.quick { ", a quick look" } else { "" };
        vec![
            html! { (which) },
            html! { code { (run.folder) } },
            html! { (run.study) },
            html! { (run.seed) },
            html! { "rtrl-lab " (run.version) (quick) },
        ]
    });
    table("runs", &html! {}, &heads, rows.collect())
}

/// How the intervals are to be read.
fn words(beside: &SideBySide) -> &'static str {
    if beside.independent {
        "Differences are second less first. The runs have different seeds and no recorded data, so they are independent: the interval of a difference combines the two \
         intervals at their own level (Zou and Donner 2008)."
    } else {
        "Differences are second less first. The runs may share noise or data, so the interval of a difference reaches from the lower end of the one less the upper end of the \
         other to the opposite: whatever they share, it holds at the level that is shown, lower than theirs."
    }
}

fn studies(beside: &SideBySide) -> Markup {
    let rows = beside
        .studies
        .iter()
        .map(|d| vec![html! { code { (d.path.replace('/', ".")) } }, html! { (stated(&d.first)) }, html! { (stated(&d.second)) }]);
    table("studies", &html! {}, &["key", "first", "second"], rows.collect())
}

/// Most letters of a value of a study in the table: more is told by its size.
const LONG: usize = 60;

/// A value of a study as a reader wants it; the whole of it stands in the JSON file.
fn stated(value: &Value) -> String {
    let text = match value {
        Value::Null => "not stated".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(stated).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    };
    match value {
        Value::Array(items) if text.chars().count() > LONG => match items.first() {
            Some(Value::Array(row)) => format!("{} rows of {}", items.len(), row.len()),
            _ => format!("a list of {}", items.len()),
        },
        _ => text,
    }
}

fn case(cases: &[String; 2]) -> String {
    let [first, second] = cases;
    if first == second { first.clone() } else { format!("{first} and {second}") }
}

fn estimate(estimate: Option<&NamedEstimate>) -> String {
    estimate.map_or("undefined".into(), |e| interval(e.value, e.lower, e.upper))
}

fn change(change: Option<&Change>) -> String {
    match change {
        None => "—".into(),
        Some(change) if change.level == 1.0 => number(change.value),
        Some(change) => format!("{} ({:.0} %)", interval(change.value, change.lower, change.upper), 100.0 * change.level),
    }
}

/// Whether a difference has a sign, in words.
fn sign(change: Option<&Change>) -> &'static str {
    match change {
        None => "not compared",
        Some(change) if change.lower > 0.0 => "higher",
        Some(change) if change.upper < 0.0 => "lower",
        Some(change) if change.level == 1.0 => "the same",
        Some(_) => "no difference shown",
    }
}

fn quantity(claim: &ClaimBeside) -> String {
    match claim.estimates.each_ref().map(|estimate| estimate.as_ref().map(|estimate| estimate.name.as_str())) {
        [Some(a), Some(b)] if a != b => format!("{a}, then {b}"),
        [Some(name), _] | [None, Some(name)] => name.to_string(),
        [None, None] => "—".into(),
    }
}

fn claims(beside: &SideBySide) -> Markup {
    let word = |outcome: Outcome| html! { span class={ "word " (outcome.word()) } { (outcome.word().replace('_', " ")) } };
    let heads = ["claim", "case", "first", "second", "quantity", "estimate, first", "estimate, second", "difference", "in words"];
    let rows = beside.claims.iter().map(|claim| {
        vec![
            html! { (claim.claim) },
            html! { (case(&claim.cases)) },
            word(claim.verdicts[0]),
            word(claim.verdicts[1]),
            html! { (quantity(claim)) },
            html! { (estimate(claim.estimates[0].as_ref())) },
            html! { (estimate(claim.estimates[1].as_ref())) },
            html! { (change(claim.change.as_ref())) },
            html! { (sign(claim.change.as_ref())) },
        ]
    });
    table("claims", &html! {}, &heads, rows.collect())
}

/// The numbers of a claim in a case, in the order of their indices.
fn numbers(of_claim: &[NumberBeside]) -> Markup {
    let Some(first) = of_claim.first() else { return html! {} };
    let rows = sorted(of_claim).into_iter().map(|row| {
        let [a, b] = row.numbers.each_ref().map(reported);
        vec![html! { (row.name) }, html! { (a) }, html! { (b) }, html! { (change(row.change.as_ref())) }, html! { (sign(row.change.as_ref())) }]
    });
    let count = of_claim.len();
    html! {
        details {
            summary { (first.claim) ", case " (case(&first.cases)) ": " (count) @if count == 1 { " number" } @else { " numbers" } }
            (table("all", &html! {}, &["number", "first", "second", "difference", "in words"], rows.collect()))
        }
    }
}

fn sorted<'b>(rows: impl IntoIterator<Item = &'b NumberBeside>) -> Vec<&'b NumberBeside> {
    let mut rows: Vec<&NumberBeside> = rows.into_iter().collect();
    rows.sort_by(|a, b| {
        let ((quantity, index), (other, at)) = (split(&a.name), split(&b.name));
        quantity.cmp(&other).then_with(|| by_index(&index, &at))
    });
    rows
}

/// The heads of the CSV file.
const HEADS: [&str; 16] = [
    "case",
    "case_second",
    "claim",
    "quantity",
    "index",
    "first",
    "first_lower",
    "first_upper",
    "second",
    "second_lower",
    "second_upper",
    "difference",
    "lower",
    "upper",
    "level",
    "word",
];

/// Every number of both runs with its difference, in long form: the estimate that decides a claim
/// under its name, then the further numbers.
///
/// # Errors
/// The CSV writer's error.
pub(crate) fn side_by_side_csv(beside: &SideBySide) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADS)?;
    let ends = |number: Option<[f64; 3]>| number.map_or([const { String::new() }; 3], |ends| ends.map(digits));
    let of = |number: &Number| match number {
        Number::Interval(e) => [e.value, e.lower, e.upper].map(digits),
        Number::Exact(value) => [digits(*value), String::new(), String::new()],
        Number::Undefined { .. } => [const { String::new() }; 3],
    };
    let last = |change: Option<&Change>| -> [String; 5] {
        let word = sign(change).to_string();
        match change {
            Some(c) if c.level == 1.0 => [digits(c.value), String::new(), String::new(), String::new(), word],
            Some(c) => [digits(c.value), digits(c.lower), digits(c.upper), digits(c.level), word],
            None => [String::new(), String::new(), String::new(), String::new(), word],
        }
    };
    let mut write = |cases: &[String; 2], claim: &str, (quantity, index): (String, String), pair: [[String; 3]; 2], change: Option<&Change>| {
        let before = [
            shown(&cases[0]).into_owned(),
            shown(&cases[1]).into_owned(),
            claim.to_string(),
            shown(&quantity).into_owned(),
            shown(&index).into_owned(),
        ];
        writer.write_record(before.into_iter().chain(pair.into_iter().flatten()).chain(last(change)))
    };
    for claim in &beside.claims {
        let pair = claim.estimates.each_ref().map(|estimate| ends(estimate.as_ref().map(|e| [e.value, e.lower, e.upper])));
        write(&claim.cases, &claim.claim, (quantity(claim), String::new()), pair, claim.change.as_ref())?;
        for row in sorted(beside.numbers.iter().filter(|row| row.claim == claim.claim && row.cases == claim.cases)) {
            write(&row.cases, &row.claim, split(&row.name), row.numbers.each_ref().map(of), row.change.as_ref())?;
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

/// The claims as a table for a text.
pub(crate) fn side_by_side_sheet(beside: &SideBySide) -> Sheet {
    let [first, second] = beside.runs.each_ref().map(|run| format!("{} (seed {})", run.study, run.seed));
    Sheet {
        caption: format!("{first} and {second} side by side. {}", beside.sentence),
        heads: ["claim", "case", "verdicts", "first", "second", "difference"].map(String::from).to_vec(),
        rows: beside
            .claims
            .iter()
            .map(|claim| {
                let verdicts = claim.verdicts.map(|verdict| verdict.word().replace('_', " "));
                let said = if verdicts[0] == verdicts[1] { verdicts[0].clone() } else { verdicts.join(", then ") };
                let [a, b] = claim.estimates.each_ref().map(|of| estimate(of.as_ref()));
                vec![claim.claim.clone(), case(&claim.cases), said, a, b, change(claim.change.as_ref())]
            })
            .collect(),
    }
}

/// The comparison in lines of eighty columns.
pub(crate) fn side_by_side_words(beside: &SideBySide) -> String {
    use super::terminal::WIDTH;
    let mut lines = wrapped(&shown(&beside.sentence), WIDTH);
    for (which, run) in ["first", "second"].iter().zip(&beside.runs) {
        lines.push(format!("  {which:<8}{} (study {}, seed {})", shown(&run.folder), shown(&run.study), run.seed));
    }
    for difference in beside.studies.iter().take(8) {
        let line = format!("{}: {}, then {}", difference.path.replace('/', "."), difference.first, difference.second);
        lines.extend(wrapped(&shown(&line), WIDTH - 4).iter().map(|line| format!("    {line}")));
    }
    if beside.studies.len() > 8 {
        lines.push(format!("    and {} more keys", beside.studies.len() - 8));
    }
    for claim in &beside.claims {
        let verdicts = claim.verdicts.map(|verdict| verdict.word().replace('_', " "));
        let said = if verdicts[0] == verdicts[1] { format!("{} in both", verdicts[0]) } else { verdicts.join(", then ") };
        lines.push(String::new());
        lines.push(format!("{} of {}: {said}", claim.claim, shown(&case(&claim.cases))));
        let [a, b] = claim.estimates.each_ref().map(|of| estimate(of.as_ref()));
        lines.push(format!("  first       {a}"));
        lines.push(format!("  second      {b}"));
        lines.push(format!("  difference  {}, {}", change(claim.change.as_ref()), sign(claim.change.as_ref())));
    }
    lines.push(String::new());
    lines.extend(wrapped(words(beside), WIDTH));
    lines.join("\n")
}
