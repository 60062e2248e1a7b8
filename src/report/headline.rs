//! What a reader should know after ten seconds: one sentence, and the numbers that matter.

use super::answer::{Sorted, begun};
use super::format::{at_a_glance, number};
use super::page::{place, word};
use crate::claims::{HOLDS, Number, Outcome, Verdict, audited};
use crate::data::SeriesClass;
use crate::study::{CaseOutcome, StudyOutcome};
use maud::{Markup, html};

/// The answer of a study, as a word and a sentence.
pub(super) struct Headline {
    /// Class of the style sheet: that of the verdict which weighs most.
    pub weighs: Outcome,
    /// The whole answer.
    pub sentence: String,
}

impl Headline {
    /// The answer on a record, or on what was asked.
    pub(super) fn of(outcome: &StudyOutcome) -> Self {
        let sorted = Sorted::of(outcome.cases.iter().flat_map(|case| &case.verdicts));
        on_a_record(outcome, &sorted).unwrap_or_else(|| Headline { weighs: sorted.weighs(), sentence: sorted.sentence() })
    }
}

/// The answer on one recorded series: what was asked is whether the theory holds for this network
/// and this record, and the answer says how far it goes.
fn on_a_record(outcome: &StudyOutcome, sorted: &Sorted) -> Option<Headline> {
    let [case] = outcome.cases.as_slice() else { return None };
    let answers = case.answers();
    let first = answers.iter().find(|answer| answer.question == HOLDS)?;
    let drifting = audited(&case.case, &case.verdicts).iter().any(|(_, class)| *class != SeriesClass::Stationary);
    let sentence = format!("{}. {}.", begun(&first.answer).replace('`', ""), begun(&sorted.counts(true)));
    Some(Headline { weighs: sorted.weighs_on_a_record(drifting), sentence })
}

/// One headline number.
struct Figure {
    name: &'static str,
    value: String,
    interval: Option<String>,
    claim: &'static str,
}

/// The numbers that practitioners and authors ask for first, of every case.
pub(super) fn numbers(case: &CaseOutcome) -> Markup {
    let found: Vec<Figure> = [memory(case), rate(case), length(case), left(case)].into_iter().flatten().collect();
    html! {
        @if !found.is_empty() {
            dl class="numbers" {
                @for figure in &found {
                    div {
                        dt { (figure.name) }
                        dd { strong { (figure.value) } @if let Some(interval) = &figure.interval { " " span class="interval" { (interval) } } }
                        @if let Some(verdict) = verdict(case, figure.claim) {
                            dd class="from" { a href={ "#" (place(verdict)) } { (figure.claim) } " " (word(verdict.verdict)) }
                        }
                    }
                }
            }
        }
    }
}

fn verdict<'c>(case: &'c CaseOutcome, id: &str) -> Option<&'c Verdict> {
    case.verdicts.iter().find(|verdict| verdict.id == id)
}

/// Value and interval as two texts.
fn shown(number_: &Number, unit: &str) -> Option<(String, Option<String>)> {
    match number_ {
        Number::Interval(e) => {
            let (value, ends) = at_a_glance(e.value, e.lower, e.upper);
            Some((format!("{value}{unit}"), Some(ends)))
        }
        Number::Exact(value) => Some((format!("{}{unit}", number(*value)), None)),
        Number::Undefined { .. } => None,
    }
}

fn memory(case: &CaseOutcome) -> Option<Figure> {
    let of = |claim: &'static str| Some((verdict(case, claim)?.numbers.get("time_to_percent")?, claim));
    let (found, claim) = of("geometric_ergodicity").or_else(|| of("hidden_contraction"))?;
    let name = if claim == "geometric_ergodicity" { "memory with derivatives, to 1 %" } else { "memory of the hidden state, to 1 %" };
    let (value, interval) = shown(found, " steps").unwrap_or_else(|| ("no end seen".into(), None));
    Some(Figure { name, value, interval, claim })
}

fn rate(case: &CaseOutcome) -> Option<Figure> {
    let of = |claim: &'static str| Some((verdict(case, claim)?.estimate.as_ref()?, claim));
    let (found, claim) = of("geometric_ergodicity").or_else(|| of("hidden_contraction"))?;
    let (value, ends) = at_a_glance(found.value, found.lower, found.upper);
    Some(Figure { name: "rate of forgetting, a step", value, interval: Some(ends), claim })
}

fn length(case: &CaseOutcome) -> Option<Figure> {
    const CLAIM: &str = "truncation_bias";
    let (value, interval) = shown(verdict(case, CLAIM)?.numbers.get("least_length[1%]")?, " steps")?;
    Some(Figure { name: "truncation for a gradient within 1 %", value, interval, claim: CLAIM })
}

fn left(case: &CaseOutcome) -> Option<Figure> {
    const CLAIM: &str = "stationary_point";
    let found = verdict(case, CLAIM)?.estimate.as_ref()?;
    let (value, ends) = at_a_glance(found.value, found.lower, found.upper);
    Some(Figure { name: "squared gradient left", value, interval: Some(ends), claim: CLAIM })
}
