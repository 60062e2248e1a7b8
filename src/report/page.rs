//! The page: one file, no network, no script.

use super::by_class;
use super::calibration_page::summary;
use super::format::{interval, reported};
use super::style::head;
use super::terminal::{estimate, informative, margin};
use crate::calibration::Calibration;
use crate::claims::{Outcome, Premise, Verdict, audited, named};
use crate::data::shown_lines;
use crate::figures::FigureError;
use crate::study::{CaseOutcome, StudyOutcome};
use maud::{DOCTYPE, Markup, PreEscaped, html};

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
/// assert_eq!(html.matches("<script").count(), 0);
/// ```
///
/// # Errors
/// [`FigureError`] where a figure cannot be drawn.
pub fn page(outcome: &StudyOutcome) -> Result<String, FigureError> {
    let cases: Result<Vec<Markup>, FigureError> = outcome.cases.iter().map(case_section).collect();
    let cases = cases?;
    let kinds = by_class::section(outcome)?;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("RTRL convergence theory: study {}", outcome.name)))
            body {
                header {
                    h1 { "Does the convergence theory of RTRL hold? Study “" (outcome.name) "”" }
                    @if !outcome.description.is_empty() { p { (outcome.description) } }
                    p { (headline(outcome)) }
                    @for note in &outcome.notes { p { "Note: " (note) "." } }
                    nav aria-label="Contents" {
                        ul {
                            li { a href="#verdicts" { "Verdicts" } }
                            @for case in &outcome.cases { li { a href={ "#case-" (slug(&case.case.name)) } { "Case " (case.case.name) } } }
                            li { a href="#violations" { "Designed violations" } }
                            @if Calibration::measured().is_some() { li { a href="#trust" { "How far the intervals can be trusted" } } }
                            li { a href="#reading" { "How to read this" } }
                        }
                    }
                }
                main {
                    (answer_boxes(outcome))
                    h2 id="verdicts" { "Verdicts" }
                    (verdict_table(outcome))
                    (kinds)
                    @for case in &cases { (case) }
                    (violations(outcome))
                    (trust())
                    (reading(outcome))
                }
                footer {
                    p {
                        "Written by rtrl-lab " (env!("CARGO_PKG_VERSION")) " from the records of the run, seed " (outcome.seed)
                        ". The same study and seed give the same numbers, bit for bit. Theory: Lam, Sirignano and Spiliopoulos, arXiv:2501.08040."
                    }
                }
            }
        }
    };
    Ok(shown_lines(&markup.into_string()).into_owned())
}

/// A case's name as part of an identifier of the page, which may hold no space; a name holds no
/// point, so that no two become one.
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
                                strong { (answer.answer) } "."
                                p { small { "Because " (answer.because) ": " a href={ "#claim-" (slug(&case.case.name)) "-" (answer.claim) } { "see " (answer.claim) } "." } }
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
            div class="scroll" {
                table {
                    thead { tr { th scope="col" { "column" } th scope="col" { "class" } th scope="col" { "what that does to the claims" } th scope="col" { "what would help" } } }
                    tbody {
                        @for (name, class) in &rows { tr { td { (name) } td { (class.words()) } td { (class.consequence()) } td { (class.remedy()) } } }
                    }
                }
            }
            p { small { "The rules and their error rates: " code { "data_ergodicity" } " holds the numbers; a class says what a record shows, not what its source is." } }
        }
    }
}

fn slug(name: &str) -> String {
    name.replace(' ', ".")
}

/// The identifier of a claim's part of the page; those of cases begin otherwise.
fn place(verdict: &Verdict) -> String {
    format!("claim-{}-{}", slug(&verdict.case), verdict.id)
}

/// A verdict by word and symbol, never by colour alone.
fn word(outcome: Outcome) -> Markup {
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

fn headline(outcome: &StudyOutcome) -> String {
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

fn verdict_table(outcome: &StudyOutcome) -> Markup {
    html! {
        div class="scroll" {
            table {
                caption { "Estimates with " (100.0 * outcome.level) " % intervals; margins were stated in advance; p-values are corrected within a case by Holm's method." }
                thead { tr {
                    th scope="col" { "case" } th scope="col" { "claim" } th scope="col" { "verdict" } th scope="col" { "estimate" }
                    th scope="col" { "margin" } th scope="col" { "p, adjusted" } th scope="col" { "violation caught" }
                } }
                tbody {
                    @for case in &outcome.cases {
                        @for verdict in &case.verdicts {
                            tr {
                                td { (verdict.case) }
                                td { a href={ "#" (place(verdict)) } { (verdict.id) } }
                                td { (word(verdict.verdict)) @if !verdict.as_expected { " (unexpected)" } }
                                td { (estimate(verdict)) @if let Some(why) = &verdict.decided_by { br; small { (why) } }
                                    @if let Some(stopping) = &verdict.stopping { br; small { "budget: " (stopping) } } }
                                td { (margin(verdict)) }
                                td { (verdict.p_adjusted.map_or("—".to_string(), |p| if p < 1e-4 { "< 0.0001".into() } else { format!("{p:.4}") })) }
                                td { (informative(verdict)) }
                            }
                        }
                    }
                }
            }
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
                (setting.network.cell.name()) " cell with " (setting.network.cell.state_len()) " hidden units, activation " (setting.network.cell.nonlinearity()) ", " (counted(setting.data.inputs(), "input")) ", "
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
            div class="scroll" {
                table {
                    thead { tr { th scope="col" { "premise" } th scope="col" { "what it asks for" } th scope="col" { "here" } th scope="col" { "measured" } } }
                    tbody { @for row in &rows { tr { td { (row.id) } td { (crate::claims::premises::meaning(&row.id)) } td { (word(row.verdict)) } td { @if let Some(e) = &row.estimate { strong { (interval(e.value, e.lower, e.upper)) } "; " } (row.reason) } } } }
                }
            }
        }
    }
}

fn claim_section(case: &CaseOutcome, verdict: &Verdict) -> Result<Markup, FigureError> {
    let drawings: Result<Vec<(String, String)>, FigureError> =
        case.figures.iter().filter(|figure| verdict.figures.contains(&figure.id)).map(|figure| Ok((figure.svg()?, figure.caption.clone()))).collect();
    let drawings = drawings?;
    let meaning = named(&verdict.id).map_or("", |claim| claim.margin_meaning());
    Ok(html! {
        article class={ "claim " (verdict.verdict.word()) } id=(place(verdict)) {
            h3 { (verdict.id) ": " (word(verdict.verdict)) }
            p { em { "Claim: " } (verdict.statement) "." }
            p { (verdict.reason) "." }
            @if let Some(named) = &verdict.estimate {
                p { (named.name) ": " strong { (estimate(verdict)) } ", margin " (margin(verdict)) " (" (meaning) ")." }
            }
            @for (svg, caption) in &drawings {
                figure { (PreEscaped(svg)) figcaption { (caption) } }
            }
            details {
                summary { "All " (counted(verdict.numbers.len(), "number")) " of this claim" }
                div class="scroll" {
                    table {
                        thead { tr { th scope="col" { "quantity" } th scope="col" { "value" } } }
                        tbody { @for (name, number) in &verdict.numbers { tr { td { code { (name) } } td { (reported(number)) } } } }
                    }
                }
            }
        }
    })
}

fn violations(outcome: &StudyOutcome) -> Markup {
    html! {
        section {
            h2 id="violations" { "Designed violations" }
            p { "Each claim is also put to a small case in which it is false. A claim whose violation is not caught says nothing, and is marked so." }
            div class="scroll" {
                table {
                    thead { tr { th scope="col" { "claim" } th scope="col" { "verdict on the violation" } th scope="col" { "what was seen" } } }
                    tbody { @for (id, found, reason) in &outcome.violations { tr { td { (id) } td { (word(*found)) } td { (reason) } } } }
                }
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

/// A count with its noun: "1 case", "2 cases".
fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
