//! The page: one file, no network; a script that only sorts and filters.

use super::calibration_page::summary;
use super::drawing::drawing;
use super::format::{interval, reported};
use super::headline::{self, Headline};
use super::style::{head, script};
use super::table::table;
use super::terminal::{estimate, margin};
use super::verdicts::verdict_table;
use super::{across, by_class};
use crate::calibration::Calibration;
use crate::claims::{Outcome, Premise, Verdict, audited, named};
use crate::data::shown_lines;
use crate::figures::FigureError;
use crate::study::{CaseOutcome, StudyOutcome};
use maud::{DOCTYPE, Markup, html};

/// The whole report as HTML.
///
/// ```
/// # use rtrl_lab::{report::page, study::StudyOutcome};
/// let (name, description, level) = ("a < b".to_string(), "One sentence.".to_string(), 0.95);
/// # let (notes, cases, violations, only_stated) = (vec![], vec![], vec![], false);
/// let outcome =
///     StudyOutcome { name, seed: 7, description, level, notes, only_stated, cases, violations };
/// let html = page(&outcome).unwrap();
/// assert!(html.contains("<p>One sentence.</p>") && html.contains("Study “a &lt; b”"));
/// assert!(html.contains("Nothing was asked."));
/// assert!(!html.contains("http://") && !html.contains("src="), "it loads nothing");
/// ```
///
/// # Errors
/// [`FigureError`] where a figure cannot be drawn.
pub fn page(outcome: &StudyOutcome) -> Result<String, FigureError> {
    let cases: Result<Vec<Markup>, FigureError> = outcome.cases.iter().map(case_section).collect();
    let cases = cases?;
    let kinds = by_class::section(outcome)?;
    let across = across::section(outcome)?;
    let several = outcome.cases.len() > 1;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("RTRL convergence theory: study {}", outcome.name)))
            body {
                a class="skip" href="#verdicts" { "To the verdicts" }
                header {
                    h1 { "Does the convergence theory of RTRL hold? Study “" (outcome.name) "”" }
                    @let answer = Headline::of(outcome);
                    @let (first, more) = answer.sentence.split_once(". ").unwrap_or((&answer.sentence, ""));
                    p class={ "headline " (answer.weighs.word()) } {
                        span { (first) @if !more.is_empty() { "." } }
                        @if !more.is_empty() { " " span class="more" { (more) } }
                    }
                    @if !outcome.description.is_empty() { p { (outcome.description) } }
                    @for case in &outcome.cases {
                        @let numbers = headline::numbers(case);
                        @if several && !numbers.0.is_empty() { h2 class="of-case" { "Case " a href={ "#case-" (slug(&case.case.name)) } { (case.case.name) } } }
                        (numbers)
                    }
                    @for note in &outcome.notes { p { "Note: " (prose(note)) "." } }
                }
                div class="layout" {
                    (contents(outcome))
                    main {
                        (answer_boxes(outcome))
                        h2 id="verdicts" { "Verdicts" }
                        p { (counts(outcome)) }
                        (verdict_table(outcome))
                        (kinds)
                        (across)
                        @for case in &cases { (case) }
                        (violations(outcome))
                        (trust())
                        (reading(outcome))
                        (again())
                    }
                }
                footer {
                    p {
                        "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) " from the records of the run, seed " (outcome.seed)
                        ". The same study and seed give the same numbers, bit for bit. Theory: Lam, Sirignano and Spiliopoulos, arXiv:2501.08040."
                    }
                }
                (script())
            }
        }
    };
    Ok(shown_lines(&markup.into_string()).into_owned())
}

/// Answers in words, a box for each case of recorded data; each leads to its evidence.
fn answer_boxes(outcome: &StudyOutcome) -> Markup {
    let several = outcome.cases.len() > 1;
    html! {
        @for case in &outcome.cases {
            @let answers = case.answers();
            @if !answers.is_empty() {
                section class="answers" {
                    h2 { "Answers" @if several { ": case " (case.case.name) } }
                    dl {
                        @for answer in &answers {
                            dt { (answer.question) }
                            dd {
                                strong { (prose(&answer.answer)) } "."
                                p { small { "Because " (prose(&answer.because)) ": " a href={ "#claim-" (slug(&case.case.name)) "-" (answer.claim) } { "see " (answer.claim) } "." } }
                            }
                        }
                    }
                    (audit_table(case))
                }
            }
        }
    }
}

/// The audit of every recorded column.
fn audit_table(case: &CaseOutcome) -> Markup {
    let rows = audited(&case.case, &case.verdicts);
    html! {
        @if !rows.is_empty() {
            h3 { "What kind of series the columns are" }
            (table("audit", &html! {}, &["column", "class", "what that does to the claims", "what would help"], rows.iter().map(|(name, class)| {
                vec![html! { (name) }, html! { (class.words()) }, html! { (class.consequence()) }, html! { (class.remedy()) }]
            }).collect()))
            p { small { "The rules and their error rates: " code { "data_ergodicity" } " holds the numbers; a class says what a record shows, not what its source is." } }
        }
    }
}

/// A case's name as part of an identifier of the page, which may hold no space; a name holds no
/// point, so that no two become one.
fn slug(name: &str) -> String {
    name.replace(' ', ".")
}

/// The identifier of a claim's part of the page; those of cases begin otherwise.
pub(super) fn place(verdict: &Verdict) -> String {
    format!("claim-{}-{}", slug(&verdict.case), verdict.id)
}

/// A verdict by word and symbol, never by colour alone.
pub(super) fn word(outcome: Outcome) -> Markup {
    let symbol = match outcome {
        Outcome::Supported => "✓",
        Outcome::Contradicted => "✗",
        Outcome::Slow => "◔",
        Outcome::Inconclusive => "?",
        Outcome::PremiseFailed => "⊘",
        Outcome::Undefined => "∅",
    };
    html! { span class={ "word " (outcome.word()) } { (symbol) " " (outcome.word().replace('_', " ")) } }
}

/// The contents, which stay in view beside the page where there is room.
fn contents(outcome: &StudyOutcome) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#verdicts" { "Verdicts" } }
                @for case in &outcome.cases {
                    li {
                        a href={ "#case-" (slug(&case.case.name)) } { "Case " (case.case.name) }
                        ul { @for verdict in &case.verdicts { li { a href={ "#" (place(verdict)) } { (verdict.id) } } } }
                    }
                }
                @if !outcome.violations.is_empty() { li { a href="#violations" { "Designed violations" } } }
                @if Calibration::measured().is_some() { li { a href="#trust" { "How far the intervals can be trusted" } } }
                li { a href="#reading" { "How to read this" } }
                li { a href="#again" { "How to make it again" } }
            }
        }
    }
}

/// How many verdicts of each word, and whether any was not expected.
fn counts(outcome: &StudyOutcome) -> String {
    let all: Vec<&Verdict> = outcome.cases.iter().flat_map(|case| &case.verdicts).collect();
    let count = |wanted: Outcome| all.iter().filter(|verdict| verdict.verdict == wanted).count();
    let parts: Vec<String> = Outcome::ALL
        .into_iter()
        .map(|outcome| (count(outcome), outcome.word().replace('_', " ")))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let unexpected = all.iter().filter(|verdict| !verdict.as_expected).count();
    let nothing_expected = outcome.only_stated && all.iter().all(|verdict| verdict.expected.is_none());
    let tail = match unexpected {
        0 if nothing_expected => String::new(),
        0 => "; all as expected".to_string(),
        _ => format!("; {unexpected} not as expected"),
    };
    format!("Of {} in {}: {}{tail}.", counted(all.len(), "claim"), counted(outcome.cases.len(), "case"), parts.join(", "))
}

/// The commands that make the run again and that hold the page against it.
fn again() -> Markup {
    html! {
        section {
            h2 id="again" { "How to make it again" }
            p { "In the folder of this page: " code { "sh reproduce.sh" } " runs the study again and holds the new records against these; " code { "rtrl-lab check ." }
                " computes every number of the page again from the records; " code { "rtrl-lab report ." } " writes the page again." }
            p { "Beside the page lie " a href="verdicts.json" download { "verdicts.json" } ", " a href="measurements.csv" download { "measurements.csv" } " and, for every figure, its SVG, PDF, PNG and the data behind it." }
        }
    }
}

fn case_section(case: &CaseOutcome) -> Result<Markup, FigureError> {
    let claims: Result<Vec<Markup>, FigureError> = case.verdicts.iter().map(|verdict| claim_section(case, verdict)).collect();
    let claims = claims?;
    let setting = &case.case;
    let parameters = setting.network.len();
    Ok(html! {
        section {
            h2 id={ "case-" (slug(&setting.name)) } { "Case " (setting.name) }
            p {
                (setting.network.cell.name()) " cell with " (counted(setting.network.cell.state_len(), "hidden unit")) ", activation " (setting.network.cell.nonlinearity()) ", " (counted(setting.data.inputs(), "input")) ", "
                (parameters) " parameters; learning by " (setting.learning.method) "."
                @match setting.certificate.joint() {
                    Some(rate) => { " Certified rate of the joint chain: " (format!("{rate:.4}")) " (cell in the " (setting.certificate.cell.norm) ")." }
                    None => { " No norm that was tried certifies contraction; the measurement decides." }
                }
            }
            @if setting.data.is_recorded() { (about_records()) }
            (audit(case))
            @for claim in &claims { (claim) }
        }
    })
}

/// What a recorded series can and cannot show.
fn about_records() -> Markup {
    html! {
        div class="note" {
            p { strong { "A recorded series is one path. " }
                "Both copies of a coupled pair read the same rows and differ only in their hidden start. So the decay below shows whether the network forgets its start "
                "on these inputs; it cannot show that another stretch of the same source would give the same law, and the data block has no decay of its own. Whether the series keeps "
                "its law is a question of stationarity, put by the tests under data_ergodicity, which can refute but never prove it. The long-run loss is the average over this record, "
                "played in a cycle; stretches of it are spaced evenly and are not independent in the strict sense, so intervals over stretches are approximate." }
        }
    }
}

/// The premises and what became of them.
fn audit(case: &CaseOutcome) -> Markup {
    let mut rows: Vec<&Premise> = Vec::new();
    for premise in case.verdicts.iter().flat_map(|verdict| &verdict.premises) {
        if !rows.iter().any(|row| row.id == premise.id) {
            rows.push(premise);
        }
    }
    html! {
        @if !rows.is_empty() {
            h3 { "What the theory assumes" }
            (table("premises", &html! {}, &["premise", "what it asks for", "here", "measured"], rows.iter().map(|row| vec![
                html! { (row.id) }, html! { (crate::claims::premises::meaning(&row.id)) }, html! { (word(row.verdict)) },
                html! { @if let Some(e) = &row.estimate { strong { (interval(e.value, e.lower, e.upper)) } "; " } (prose(&row.reason)) },
            ]).collect()))
        }
    }
}

fn claim_section(case: &CaseOutcome, verdict: &Verdict) -> Result<Markup, FigureError> {
    let drawings: Result<Vec<Markup>, FigureError> =
        case.figures.iter().filter(|figure| verdict.figures.contains(&figure.id)).map(|figure| drawing(figure, Some("figures/"))).collect();
    let drawings = drawings?;
    let meaning = named(&verdict.id).map_or("", |claim| claim.margin_meaning());
    Ok(html! {
        article class={ "claim " (verdict.verdict.word()) } id=(place(verdict)) {
            h3 { (verdict.id) ": " (word(verdict.verdict)) }
            p { em { "Claim: " } (verdict.statement) "." }
            p { (prose(&verdict.reason)) "." }
            @if let Some(named) = &verdict.estimate {
                p { (named.name) ": " strong { (estimate(verdict)) } ", margin " (margin(verdict)) " (" (meaning) ")." }
            }
            @for drawing in &drawings { (drawing) }
            details {
                summary { "All " (counted(verdict.numbers.len(), "number")) " of this claim" }
                (table("", &html! {}, &["quantity", "value"], verdict.numbers.iter().map(|(name, number)| vec![html! { code { (name) } }, html! { (reported(number)) }]).collect()))
            }
        }
    })
}

fn violations(outcome: &StudyOutcome) -> Markup {
    let caught = |found: Outcome| match found {
        Outcome::Contradicted | Outcome::PremiseFailed => {
            html! { span class="word supported" { "✓ caught" } small class="short" { "verdict on it: " (found.word().replace('_', " ")) } }
        }
        other => {
            html! { span class="word contradicted" { "✗ not caught" } small class="short" { "verdict on it: " (other.word().replace('_', " ")) } }
        }
    };
    let rows = outcome.violations.iter().map(|(id, found, reason)| vec![html! { (id) }, caught(*found), html! { (prose(reason)) }]).collect();
    html! {
        @if !outcome.violations.is_empty() {
            section {
                h2 id="violations" { "Designed violations" }
                p { "Each claim is also put to a small case in which it is false. A claim whose violation is not caught says nothing, and is marked so." }
                (table("violations", &html! {}, &["claim", "violation", "what was seen"], rows))
            }
        }
    }
}

/// The coverage table that came with this version.
fn trust() -> Markup {
    html! {
        @if let Some(table) = Calibration::measured() {
            section {
                h2 id="trust" { "How far the intervals can be trusted" }
                p {
                    "Measured against exact answers when this version was made: " code { "rtrl-lab calibrate" } ", seed " (table.plan.seed)
                    ", which makes the same table again and shows it case by case, with the error rates of verdicts."
                }
                (summary(&table))
            }
        }
    }
}

fn reading(outcome: &StudyOutcome) -> Markup {
    html! {
        section {
            h2 id="reading" { "How to read this" }
            ul {
                li { (word(Outcome::Supported)) ": the whole interval lies on the right side of the margin stated in advance, after the correction for several claims." }
                li { (word(Outcome::Contradicted)) ": the whole interval lies on the wrong side." }
                li { (word(Outcome::Slow)) ": the statement holds, since the whole interval lies below 1, and the rate is nearer to 1 than the margin allows; what rests on it is still judged." }
                li { (word(Outcome::Inconclusive)) ": neither, within the budget; more chains or steps may decide." }
                li { (word(Outcome::PremiseFailed)) ": an assumption of the theory does not hold here, so the claim says nothing." }
                li { (word(Outcome::Undefined)) ": the number cannot be computed honestly; the reason is given." }
            }
            p {
                "Intervals are at " (100.0 * outcome.level) " %. Rates come from pairs of chains driven by one noise (synchronous coupling), fitted after the transient and above the rounding floor; whole "
                "pairs are resampled, never time points. Squared gradient norms are estimated without their noise bias and can be negative. Nothing that diverged was dropped: it is counted."
            }
        }
    }
}

/// Words in which keys and commands stand between backticks.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // Without its partner a backtick is a letter.
    let whole = parts.len() % 2 == 1;
    html! {
        @if whole { @for (at, part) in parts.iter().enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } } }
        @else { (text) }
    }
}

/// A count with its noun: "1 case", "2 cases".
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(prose("set `a < b` or `c`").into_string(), "set <code>a &lt; b</code> or <code>c</code>");
        assert_eq!(prose("a ` alone").into_string(), "a ` alone");
    }
}
