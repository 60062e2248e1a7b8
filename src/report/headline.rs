//! What a reader should know after ten seconds: one sentence, and the numbers that matter.

use super::format::{at_a_glance, number};
use super::page::{place, word};
use crate::claims::{HOLDS, Number, Outcome, Verdict, named};
use crate::study::{CaseOutcome, StudyOutcome};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Claims that a sentence names, at most.
const NAMED: usize = 4;

/// So many claims that hold are named in the counts, at most.
const FEW: usize = 2;

/// How a sentence names a claim that holds or fails.
const QUOTED: [&str; 2] = ["“", "”"];

/// How a sentence names a claim that is left open.
const WHETHER: [&str; 2] = ["whether ", ""];

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
        let sorted = Sorted::of(outcome);
        let count = sorted.count();
        let cases = outcome.cases.len();
        if count == 0 {
            return Headline { weighs: Outcome::Undefined, sentence: "Nothing was asked.".into() };
        }
        if sorted.holding.len() == count {
            let where_ = match cases {
                1 => String::new(),
                2 => " in both cases".into(),
                _ => format!(" in all {cases} cases"),
            };
            let slow = sorted.holding.iter().filter(|verdict| verdict.verdict == Outcome::Slow).count();
            let slowly = if count == 1 && slow == 1 {
                ", more slowly than the margin allows".to_string()
            } else if slow > 0 {
                format!(", {slow} of them more slowly than the margin allows")
            } else {
                String::new()
            };
            return Headline {
                weighs: Outcome::Supported,
                sentence: match count {
                    1 => format!("Yes: the one claim that was checked holds{where_}{slowly}."),
                    _ => format!("Yes: {} that were checked hold{where_}{slowly}.", everything(count)),
                },
            };
        }
        if let Some(sentence) = on_a_record(outcome, &sorted) {
            let weighs = if sorted.holding.is_empty() { Outcome::Contradicted } else { Outcome::PremiseFailed };
            return Headline { weighs, sentence };
        }
        let counts = sorted.told(&outcome.cases, false);
        let Sorted { holding, wrong, without, open } = sorted;
        let mut parts = Vec::new();
        if !wrong.is_empty() {
            let told = named_claims(&wrong, cases, QUOTED);
            let (claims, fail) = if told.len() == 1 { ("claim", "fails") } else { ("claims", "fail") };
            parts.push(format!("No: the {claims} {} {fail}", listed(&told)));
        }
        // What fails already is not told again as a premise.
        if !without.iter().all(|verdict| rests_on(verdict, &wrong)) {
            parts.push(not_promised(&without, cases > 1, wrong.is_empty()));
        }
        if !open.is_empty() {
            let begin = if parts.is_empty() && !holding.is_empty() { "In part: it is left open " } else { "It is left open " };
            parts.push(format!("{begin}{}", listed(&named_claims(&open, cases, WHETHER))));
        }
        parts.push(counts);
        let weighs = [(Outcome::Contradicted, &wrong), (Outcome::PremiseFailed, &without), (Outcome::Inconclusive, &open)];
        let weighs = weighs.into_iter().find(|(_, verdicts)| !verdicts.is_empty()).map_or(Outcome::Supported, |(word, _)| word);
        Headline { weighs, sentence: parts.join(". ") + "." }
    }
}

/// The answer on one recorded series: what was asked is whether the theory holds for this network
/// and this record, and the answer says how far it goes.
fn on_a_record(outcome: &StudyOutcome, sorted: &Sorted) -> Option<String> {
    let [case] = outcome.cases.as_slice() else { return None };
    let answers = case.answers();
    let first = answers.iter().find(|answer| answer.question == HOLDS)?;
    let mut letters = first.answer.chars();
    let begun: String = letters.next()?.to_uppercase().chain(letters).collect();
    Some(format!("{}. {}.", begun.replace('`', ""), sorted.told(&outcome.cases, true)))
}

/// The verdicts of a study by what they say; each is in one list.
struct Sorted<'o> {
    /// Those that hold, the slow ones too.
    holding: Vec<&'o Verdict>,
    /// Those that are contradicted.
    wrong: Vec<&'o Verdict>,
    /// Those without a premise.
    without: Vec<&'o Verdict>,
    /// Those that nothing is known of.
    open: Vec<&'o Verdict>,
}

impl<'o> Sorted<'o> {
    fn of(outcome: &'o StudyOutcome) -> Self {
        let mut sorted = Sorted { holding: Vec::new(), wrong: Vec::new(), without: Vec::new(), open: Vec::new() };
        for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts) {
            match verdict.verdict {
                Outcome::Supported | Outcome::Slow => sorted.holding.push(verdict),
                Outcome::Contradicted => sorted.wrong.push(verdict),
                Outcome::PremiseFailed => sorted.without.push(verdict),
                Outcome::Inconclusive | Outcome::Undefined => sorted.open.push(verdict),
            }
        }
        sorted
    }

    fn count(&self) -> usize {
        self.holding.len() + self.wrong.len() + self.without.len() + self.open.len()
    }

    /// How many claims hold and how many do not, which sum up to all of them. Where few hold they
    /// are named; those that fail or are left open are named where `open_too`.
    fn told(&self, cases: &[CaseOutcome], open_too: bool) -> String {
        let verb = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let resting = self.without.iter().filter(|verdict| rests_on(verdict, &self.wrong)).count();
        let own = self.without.len() - resting;
        let names = |verdicts: &[&Verdict], wanted: bool, how: [&str; 2]| {
            let named = named_claims(verdicts, cases.len(), how);
            if wanted { format!(": {}", listed(&named)) } else { String::new() }
        };
        let few = |verdicts: &[&Verdict]| verdicts.iter().map(|verdict| &verdict.id).collect::<BTreeSet<_>>().len() <= FEW;
        let told = [
            (self.holding.len(), verb(self.holding.len(), "holds", "hold") + &names(&self.holding, few(&self.holding), QUOTED)),
            (self.wrong.len(), verb(self.wrong.len(), "fails", "fail") + &names(&self.wrong, open_too, QUOTED)),
            (self.open.len(), verb(self.open.len(), "is left open", "are left open") + &names(&self.open, open_too, WHETHER)),
            (own, verb(own, "is not promised", "are not promised")),
            (
                resting,
                format!(
                    "{}, so that nothing is promised for {}",
                    verb(resting, "depends on what fails", "depend on what fails"),
                    if resting == 1 { "it" } else { "them" }
                ),
            ),
        ];
        let told: Vec<String> = told.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
        let among = match cases {
            [] | [_] => String::new(),
            [first, others @ ..] if others.iter().all(|case| case.verdicts.len() == first.verdicts.len()) => {
                format!(" ({} in each of {} cases)", first.verdicts.len(), cases.len())
            }
            _ => format!(" in {} cases", cases.len()),
        };
        format!("Of {}{among} {}", verb(self.count(), "claim", "claims"), told.join("; "))
    }
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

/// The claims in a few words each, between the two texts of `how`, with their cases where `all` of
/// them are several.
fn named_claims(verdicts: &[&Verdict], all: usize, how: [&str; 2]) -> Vec<String> {
    let mut claims: Vec<(&str, Vec<&str>)> = Vec::new();
    for verdict in verdicts {
        match claims.iter_mut().find(|(id, _)| *id == verdict.id) {
            Some((_, cases)) => cases.push(&verdict.case),
            None => claims.push((&verdict.id, vec![&verdict.case])),
        }
    }
    let words = |(id, cases): (&str, Vec<&str>)| {
        let short = named(id).map_or(id, |claim| claim.short());
        let more = if cases.len() > NAMED { format!(" and {} more", cases.len() - NAMED) } else { String::new() };
        let listed = cases.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let cases = match (cases.len(), all) {
            (_, 1) => String::new(),
            (2, 2) => " (both cases)".into(),
            (those, all) if those == all => format!(" (all {all} cases)"),
            (1, _) => format!(" (case: {listed})"),
            _ => format!(" (cases: {listed}{more})"),
        };
        format!("{}{short}{}{cases}", how[0], how[1])
    };
    claims.into_iter().map(words).collect()
}

/// What was named, as a list of which no more than [`NAMED`] are told.
fn listed(told: &[String]) -> String {
    match told {
        [] => String::new(),
        [one] => one.clone(),
        told if told.len() > NAMED => format!("{} and {} more", told[..NAMED].join(", "), told.len() - NAMED),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
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
