//! What a reader should know after ten seconds: one sentence, and the numbers that matter.

use super::format::{at_a_glance, number};
use super::page::{place, word};
use crate::claims::{HOLDS, Number, Outcome, Verdict, named};
use crate::study::{CaseOutcome, StudyOutcome};
use maud::{Markup, html};

/// Claims that a sentence names, at most.
const NAMED: usize = 4;

/// The answer of a study, as a word and a sentence.
pub(super) struct Headline {
    /// Class of the style sheet: that of the verdict which weighs most.
    pub weighs: Outcome,
    /// The whole answer.
    pub sentence: String,
}

impl Headline {
    /// The answer: what is contradicted first, then what is not promised or not known.
    pub(super) fn of(outcome: &StudyOutcome) -> Self {
        let all: Vec<&Verdict> = outcome.cases.iter().flat_map(|case| &case.verdicts).collect();
        let with = |wanted: &[Outcome]| -> Vec<&Verdict> { all.iter().copied().filter(|verdict| wanted.contains(&verdict.verdict)).collect() };
        let holding = with(&[Outcome::Supported, Outcome::Slow]);
        let wrong = with(&[Outcome::Contradicted]);
        let without = with(&[Outcome::PremiseFailed]);
        let open = with(&[Outcome::Inconclusive, Outcome::Undefined]);
        let several = outcome.cases.len() > 1;
        if all.is_empty() {
            return Headline { weighs: Outcome::Undefined, sentence: "Nothing was asked.".into() };
        }
        if holding.len() == all.len() {
            let where_ = match outcome.cases.len() {
                1 => String::new(),
                2 => " in both cases".into(),
                cases => format!(" in all {cases} cases"),
            };
            let slow = with(&[Outcome::Slow]).len();
            let slowly = if all.len() == 1 && slow == 1 {
                ", more slowly than the margin allows".to_string()
            } else if slow > 0 {
                format!(", {slow} of them more slowly than the margin allows")
            } else {
                String::new()
            };
            return Headline {
                weighs: Outcome::Supported,
                sentence: match all.len() {
                    1 => format!("Yes: the one claim that was checked holds{where_}{slowly}."),
                    count => format!("Yes: {} that were checked hold{where_}{slowly}.", everything(count)),
                },
            };
        }
        let counts = counted(&all, &wrong);
        if let Some(sentence) = on_a_record(outcome, &counts) {
            let weighs = if holding.is_empty() { Outcome::Contradicted } else { Outcome::PremiseFailed };
            return Headline { weighs, sentence };
        }
        let mut parts = Vec::new();
        if !wrong.is_empty() {
            parts.push(format!("No: what fails is that {}", named_claims(&wrong, several, "that")));
        }
        // What fails already is not told again as a premise.
        if !without.iter().all(|verdict| rests_on(verdict, &wrong)) {
            parts.push(not_promised(&without, several, wrong.is_empty()));
        }
        if !open.is_empty() {
            let begin = if parts.is_empty() && !holding.is_empty() { "In part: it is left open whether " } else { "It is left open whether " };
            parts.push(format!("{begin}{}", named_claims(&open, several, "whether")));
        }
        parts.push(counts);
        let weighs = [(Outcome::Contradicted, &wrong), (Outcome::PremiseFailed, &without), (Outcome::Inconclusive, &open)];
        let weighs = weighs.into_iter().find(|(_, verdicts)| !verdicts.is_empty()).map_or(Outcome::Supported, |(word, _)| word);
        Headline { weighs, sentence: parts.join(". ") + "." }
    }
}

/// The answer on one recorded series: what was asked is whether the theory holds for this network
/// and this record, and the answer says how far it goes.
fn on_a_record(outcome: &StudyOutcome, counts: &str) -> Option<String> {
    let [case] = outcome.cases.as_slice() else { return None };
    let answers = case.answers();
    let first = answers.iter().find(|answer| answer.question == HOLDS)?;
    let mut letters = first.answer.chars();
    let begun: String = letters.next()?.to_uppercase().chain(letters).collect();
    Some(format!("{}. {counts}.", begun.replace('`', "")))
}

/// How many claims hold and how many do not, which sum up to all of them.
fn counted(all: &[&Verdict], wrong: &[&Verdict]) -> String {
    let count = |of: &dyn Fn(&Verdict) -> bool| all.iter().filter(|verdict| of(verdict)).count();
    let verb = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let without = |verdict: &Verdict| verdict.verdict == Outcome::PremiseFailed;
    let holding = count(&|verdict| matches!(verdict.verdict, Outcome::Supported | Outcome::Slow));
    let open = count(&|verdict| matches!(verdict.verdict, Outcome::Inconclusive | Outcome::Undefined));
    let resting = count(&|verdict| without(verdict) && rests_on(verdict, wrong));
    let told = [
        (holding, verb(holding, "holds", "hold")),
        (wrong.len(), verb(wrong.len(), "fails", "fail")),
        (open, verb(open, "is left open", "are left open")),
        (count(&without) - resting, verb(count(&without) - resting, "is not promised", "are not promised")),
        (resting, verb(resting, "rests on what fails, and is not promised", "rest on what fails, and are not promised")),
    ];
    let told: Vec<String> = told.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
    format!("Of {} {}", verb(all.len(), "claim", "claims"), told.join("; "))
}

/// Whether the premise for which a verdict promises nothing is itself among those that fail.
fn rests_on(verdict: &Verdict, wrong: &[&Verdict]) -> bool {
    let failed = verdict.premises.iter().find(|premise| premise.verdict != Outcome::Supported);
    failed.is_some_and(|premise| wrong.iter().any(|known| known.id == premise.id && known.case == verdict.case))
}

fn everything(count: usize) -> String {
    match count {
        2 => "both claims".into(),
        count => format!("all {count} claims"),
    }
}

/// The claims in a few words each, with their cases where there are several; every one but the
/// first begins with `joined`.
fn named_claims(verdicts: &[&Verdict], several: bool, joined: &str) -> String {
    let mut claims: Vec<(&str, Vec<&str>)> = Vec::new();
    for verdict in verdicts {
        match claims.iter_mut().find(|(id, _)| *id == verdict.id) {
            Some((_, cases)) => cases.push(&verdict.case),
            None => claims.push((&verdict.id, vec![&verdict.case])),
        }
    }
    let words = |(id, cases): &(&str, Vec<&str>)| {
        let short = named(id).map_or(*id, |claim| claim.short());
        let more = if cases.len() > NAMED { format!(" and {} more", cases.len() - NAMED) } else { String::new() };
        let listed = cases.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if several { format!("{short} ({}: {listed}{more})", if cases.len() == 1 { "case" } else { "cases" }) } else { short.to_string() }
    };
    let told: Vec<String> = claims.iter().take(NAMED).map(words).collect();
    let told = told.join(&format!(", and {joined} "));
    match claims.len().saturating_sub(NAMED) {
        0 => told,
        more => format!("{told}, and {more} more"),
    }
}

/// What a failed premise leaves: what is seen on this record or run, and nothing beyond.
fn not_promised(without: &[&Verdict], several: bool, first: bool) -> String {
    let seen = without.iter().filter(|verdict| verdict.measured.as_ref().is_some_and(|measured| measured.word == Outcome::Supported)).count();
    // Of every case the first premise that failed; cases with the same one stand together.
    let mut failed: Vec<(String, Vec<&str>)> = Vec::new();
    for verdict in without {
        let Some(premise) = verdict.premises.iter().find(|premise| premise.verdict != Outcome::Supported) else { continue };
        if failed.iter().any(|(_, cases)| cases.contains(&verdict.case.as_str())) {
            continue;
        }
        let words = named(&premise.id).map_or(premise.id.replace('_', " "), |claim| claim.short().to_string());
        match failed.iter_mut().find(|(known, _)| *known == words) {
            Some((_, cases)) => cases.push(&verdict.case),
            None => failed.push((words, vec![&verdict.case])),
        }
    }
    let in_cases = |cases: &[&str]| match (several, cases) {
        (false, _) => String::new(),
        (true, [one]) => format!(" in case {one}"),
        (true, several) => format!(" in cases {}", several.join(", ")),
    };
    let told: Vec<String> = failed.iter().take(NAMED).map(|(words, cases)| format!("it does not hold{} that {words}", in_cases(cases))).collect();
    let because = if told.is_empty() { String::new() } else { format!(": {}", told.join(", and ")) };
    let begin = if first { "Not promised" } else { "The theory promises nothing" };
    let here = if seen > 0 { format!("; what was measured here supports {seen} of these {}", without.len()) } else { String::new() };
    format!("{begin} for {} of the claims{because}{here}", without.len())
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
