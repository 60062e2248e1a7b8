//! The verdicts of a study in one sentence, and how many say what.

use crate::claims::{Claim, Outcome, Verdict, data_ergodicity::DataErgodicity, premises};
use crate::data::listed;
use std::collections::BTreeSet;

/// Claims or cases that a sentence names, at most.
const NAMED: usize = 4;

/// So many claims that hold are named in the counts, at most.
const FEW: usize = 2;

/// How a sentence names a claim that holds or fails.
const QUOTED: [&str; 2] = ["“", "”"];

/// How a sentence names a claim that is left open.
const WHETHER: [&str; 2] = ["whether ", ""];

/// The verdicts of a study by what they say; each is in one list.
pub(super) struct Sorted<'o> {
    /// Those that hold, the slow ones too.
    holding: Vec<&'o Verdict>,
    /// Those that are contradicted.
    wrong: Vec<&'o Verdict>,
    /// Those that lack a premise which is among the contradicted ones.
    resting: Vec<&'o Verdict>,
    /// Those that lack another premise.
    without: Vec<&'o Verdict>,
    /// Those that nothing is known of.
    open: Vec<&'o Verdict>,
    /// The claims of every case.
    cases: Vec<usize>,
}

impl<'o> Sorted<'o> {
    pub(super) fn of(verdicts: impl Iterator<Item = &'o Verdict>) -> Self {
        let mut sorted =
            Sorted { holding: Vec::new(), wrong: Vec::new(), resting: Vec::new(), without: Vec::new(), open: Vec::new(), cases: Vec::new() };
        let mut last = None;
        for verdict in verdicts {
            if last != Some(&verdict.case) {
                sorted.cases.push(0);
                last = Some(&verdict.case);
            }
            *sorted.cases.last_mut().expect("a case was begun") += 1;
            match verdict.verdict {
                Outcome::Supported | Outcome::Slow => sorted.holding.push(verdict),
                Outcome::Contradicted => sorted.wrong.push(verdict),
                Outcome::PremiseFailed => sorted.without.push(verdict),
                Outcome::Inconclusive | Outcome::Undefined => sorted.open.push(verdict),
            }
        }
        // Premises come before what rests on them.
        for verdict in std::mem::take(&mut sorted.without) {
            let rests = rests_on(verdict, &sorted.wrong) || rests_on(verdict, &sorted.resting);
            if rests { sorted.resting.push(verdict) } else { sorted.without.push(verdict) }
        }
        sorted
    }

    fn count(&self) -> usize {
        self.cases.iter().sum()
    }

    /// The claims of a case, where they are as many in all of them.
    fn in_each(&self) -> Option<usize> {
        let first = *self.cases.first()?;
        self.cases.iter().all(|case| *case == first).then_some(first)
    }

    /// The verdict that weighs most.
    pub(super) fn weighs(&self) -> Outcome {
        let lists = [(Outcome::Contradicted, &self.wrong), (Outcome::PremiseFailed, &self.without), (Outcome::Inconclusive, &self.open)];
        let none = if self.holding.is_empty() { Outcome::Undefined } else { Outcome::Supported };
        lists.into_iter().find(|(_, verdicts)| !verdicts.is_empty()).map_or(none, |(word, _)| word)
    }

    /// The verdict that weighs most where what the data fail only says how far the others go.
    pub(super) fn weighs_on_a_record(&self, drifting: bool) -> Outcome {
        let data = |verdict: &Verdict| verdict.id == DataErgodicity.id();
        let refuted = |verdict: &&&Verdict| verdict.alone().0 == Outcome::Contradicted && !data(verdict);
        let all = [&self.wrong, &self.resting, &self.without];
        match self.weighs() {
            _ if all.into_iter().flatten().any(|verdict| refuted(&verdict)) => Outcome::Contradicted,
            Outcome::Contradicted => Outcome::PremiseFailed,
            Outcome::Supported if drifting => Outcome::PremiseFailed,
            word => word,
        }
    }

    /// The answer: what is contradicted first, then what is not promised or not known.
    pub(super) fn sentence(&self) -> String {
        if self.count() == 0 {
            return "Nothing was asked.".into();
        }
        if self.holding.len() == self.count() {
            return format!("Yes: {}.", self.counts(false));
        }
        let mut parts = Vec::new();
        if !self.wrong.is_empty() {
            let told = named_claims(&self.wrong, self.cases.len(), QUOTED);
            let (claims, fail) = if told.len() == 1 { ("claim", "fails") } else { ("claims", "fail") };
            parts.push(format!("No: the {claims} {} {fail}", listed(&told, NAMED)));
        }
        if !self.without.is_empty() {
            parts.push(self.not_promised());
        }
        if !self.open.is_empty() {
            let begin = if parts.is_empty() && !self.holding.is_empty() { "In part: it is left open" } else { "It is left open" };
            parts.push(format!("{begin} {}", listed(&named_claims(&self.open, self.cases.len(), WHETHER), NAMED)));
        }
        format!("{}. {}.", parts.join(". "), begun(&self.counts(false)))
    }

    /// How many claims hold and how many do not, which sum up to all of them. Where few hold they
    /// are named; those that fail or are left open are named where `open_too`.
    pub(super) fn counts(&self, open_too: bool) -> String {
        if self.holding.len() == self.count() {
            return self.all_hold();
        }
        let verb = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let names = |verdicts: &[&Verdict], wanted: bool, how: [&str; 2]| {
            if wanted { format!(": {}", listed(&named_claims(verdicts, self.cases.len(), how), NAMED)) } else { String::new() }
        };
        let few = self.holding.iter().map(|verdict| &verdict.id).collect::<BTreeSet<_>>().len() <= FEW;
        let (holding, wrong, open) = (self.holding.len(), self.wrong.len(), self.open.len());
        let (without, resting) = (self.without.len(), self.resting.len());
        let them = if resting == 1 { "it" } else { "them" };
        let told = [
            (holding, verb(holding, "holds", "hold") + &names(&self.holding, few, QUOTED)),
            (wrong, verb(wrong, "fails", "fail") + &names(&self.wrong, open_too, QUOTED)),
            (open, verb(open, "is left open", "are left open") + &names(&self.open, open_too, WHETHER)),
            (without, verb(without, "is not promised", "are not promised")),
            (resting, verb(resting, "depends", "depend") + &format!(" on what fails, so that nothing is promised for {them}")),
        ];
        let told: Vec<String> = told.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words).collect();
        let among = match (self.cases.len(), self.in_each()) {
            (0 | 1, _) => String::new(),
            (cases, Some(each)) => format!(" ({each} in each of {cases} cases)"),
            (cases, None) => format!(" in {cases} cases"),
        };
        format!("of {}{among} {}", verb(self.count(), "claim", "claims"), told.join("; "))
    }

    fn all_hold(&self) -> String {
        let where_ = match (self.cases.len(), self.in_each()) {
            (1, _) => String::new(),
            (2, Some(_)) => " in both cases".into(),
            (cases, Some(_)) => format!(" in all {cases} cases"),
            (cases, None) => format!(" in {cases} cases"),
        };
        let slow = self.holding.iter().filter(|verdict| verdict.verdict == Outcome::Slow).count();
        let slowly = match (self.count(), slow) {
            (_, 0) => String::new(),
            (1, _) => ", more slowly than the margin allows".into(),
            (count, slow) if self.cases.len() > 1 => format!(", {slow} of {count} times more slowly than the margin allows"),
            (_, slow) => format!(", {slow} of them more slowly than the margin allows"),
        };
        match self.in_each().unwrap_or_else(|| self.count()) {
            1 => format!("the one claim that was checked holds{where_}{slowly}"),
            2 => format!("both claims that were checked hold{where_}{slowly}"),
            count => format!("all {count} claims that were checked hold{where_}{slowly}"),
        }
    }

    /// What a failed premise leaves: what is seen on this record or run, and nothing beyond. What
    /// fails already is not told again as a premise.
    fn not_promised(&self) -> String {
        let without = &self.without;
        let seen = without.iter().filter(|verdict| verdict.alone().0 == Outcome::Supported).count();
        // Of every case the first premise that failed; cases with the same one stand together.
        let mut failed: Vec<(&str, Vec<String>)> = Vec::new();
        for verdict in without {
            // One that is contradicted itself says more than one that lacks a premise.
            let contradicted = verdict.premises.iter().find(|premise| premise.verdict == Outcome::Contradicted);
            let Some(premise) = contradicted.or_else(|| verdict.premises.iter().find(|premise| premise.failed())) else { continue };
            if failed.iter().any(|(_, cases)| cases.contains(&verdict.case)) {
                continue;
            }
            let words = premises::in_short(&premise.id);
            match failed.iter_mut().find(|(known, _)| *known == words) {
                Some((_, cases)) => cases.push(verdict.case.clone()),
                None => failed.push((words, vec![verdict.case.clone()])),
            }
        }
        let in_cases = |cases: &[String]| match (self.cases.len(), cases) {
            (1, _) => String::new(),
            (_, [one]) => format!(" in case {one}"),
            (_, several) => format!(" in cases {}", listed(several, NAMED)),
        };
        let told: Vec<String> = failed.iter().map(|(words, cases)| format!("it does not hold{} that {words}", in_cases(cases))).collect();
        let because = if told.is_empty() { String::new() } else { format!(": {}", listed(&told, NAMED)) };
        let begin = if self.wrong.is_empty() { "Not promised" } else { "The theory promises nothing" };
        let here = if seen > 0 { format!("; what was measured here supports {seen} of these {}", without.len()) } else { String::new() };
        format!("{begin} for {} of the claims{because}{here}", without.len())
    }
}

/// The text with a capital letter.
pub(super) fn begun(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Whether a premise for which a verdict promises nothing is among those of a list.
fn rests_on(verdict: &Verdict, known: &[&Verdict]) -> bool {
    verdict
        .premises
        .iter()
        .filter(|premise| premise.failed())
        .any(|premise| known.iter().any(|other| other.id == premise.id && other.case == verdict.case))
}

/// The claims in a few words each, between the two texts of `how`, with their cases where `all` of
/// them are several.
fn named_claims(verdicts: &[&Verdict], all: usize, how: [&str; 2]) -> Vec<String> {
    let mut claims: Vec<(&str, Vec<String>)> = Vec::new();
    for verdict in verdicts {
        match claims.iter_mut().find(|(id, _)| *id == verdict.id) {
            Some((_, cases)) => cases.push(verdict.case.clone()),
            None => claims.push((&verdict.id, vec![verdict.case.clone()])),
        }
    }
    let words = |(id, cases): (&str, Vec<String>)| {
        let short = premises::in_short(id);
        let cases = match (cases.len(), all) {
            (_, 1) => String::new(),
            (2, 2) => " (both cases)".into(),
            (those, all) if those == all => format!(" (all {all} cases)"),
            (1, _) => format!(" (case: {})", cases[0]),
            _ => format!(" (cases: {})", listed(&cases, NAMED)),
        };
        format!("{}{short}{}{cases}", how[0], how[1])
    };
    claims.into_iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::Sorted;
    use crate::claims::{Outcome, Premise, Verdict};

    fn outcome(word: &str) -> Outcome {
        serde_json::from_value(word.into()).unwrap()
    }

    /// The claims of a case; `lacking` names the premise that fails, and with which word.
    fn verdict(case: &str, id: &str, word: &str, lacking: Option<(&str, &str)>) -> Verdict {
        let premises: Vec<Premise> =
            lacking.into_iter().map(|(id, word)| Premise { id: id.into(), verdict: outcome(word), estimate: None, reason: "r".into() }).collect();
        Verdict { premises, ..Verdict::plain(case, id, outcome(word)) }
    }

    fn sentence(verdicts: &[Verdict]) -> String {
        Sorted::of(verdicts.iter()).sentence()
    }

    fn in_cases(cases: &[&str], words: &[(&str, &str)]) -> Vec<Verdict> {
        cases.iter().flat_map(|case| words.iter().map(|(id, word)| verdict(case, id, word, None))).collect()
    }

    #[test]
    fn claims_that_hold_are_counted_within_a_case() {
        let [hidden, gradient, data] = ["hidden_contraction", "gradient_identity", "data_ergodicity"].map(|id| (id, "supported"));
        let slow = ("data_ergodicity", "slow");
        assert_eq!(sentence(&[]), "Nothing was asked.");
        assert_eq!(sentence(&in_cases(&["a"], &[slow])), "Yes: the one claim that was checked holds, more slowly than the margin allows.");
        assert_eq!(sentence(&in_cases(&["a", "b"], &[hidden])), "Yes: the one claim that was checked holds in both cases.");
        assert_eq!(sentence(&in_cases(&["a", "b", "c"], &[hidden, gradient])), "Yes: both claims that were checked hold in all 3 cases.");
        let slowly = ", 1 of them more slowly than the margin allows.";
        assert_eq!(sentence(&in_cases(&["a"], &[hidden, gradient, slow])), format!("Yes: all 3 claims that were checked hold{slowly}"));
        let uneven = [in_cases(&["a"], &[hidden, slow]), in_cases(&["b"], &[data])].concat();
        assert_eq!(sentence(&uneven), "Yes: all 3 claims that were checked hold in 2 cases, 1 of 3 times more slowly than the margin allows.");
    }

    #[test]
    fn what_fails_is_told_once_and_what_rests_on_it_is_counted() {
        let unstable = |case: &str| {
            [
                verdict(case, "data_ergodicity", "slow", None),
                verdict(case, "hidden_contraction", "contradicted", Some(("data_ergodicity", "slow"))),
                verdict(case, "geometric_ergodicity", "premise_failed", Some(("hidden_contraction", "contradicted"))),
                verdict(case, "noise_decomposition", "premise_failed", Some(("geometric_ergodicity", "premise_failed"))),
            ]
        };
        let counts = "1 holds: “the data settle into one law”; 1 fails; 2 depend on what fails, so that nothing is promised for them.";
        assert_eq!(sentence(&unstable("a")), format!("No: the claim “the hidden state forgets its start” fails. Of 4 claims {counts}"));
        let both = [unstable("a"), unstable("b")].concat();
        let begin = "No: the claim “the hidden state forgets its start” (both cases) fails. Of 8 claims (4 in each of 2 cases) 2 hold";
        assert!(sentence(&both).starts_with(begin), "{}", sentence(&both));
        // A case beside it with a premise of its own.
        let kinked = verdict("b", "hidden_contraction", "premise_failed", Some(("smooth_activation", "contradicted")));
        let told = sentence(&[&unstable("a")[..], &[kinked]].concat());
        let premise = "it does not hold in case b that the activation is twice continuously differentiable with bounded derivatives";
        assert!(
            told.contains(&format!("fails. The theory promises nothing for 1 of the claims: {premise}. Of 5 claims in 2 cases 1 holds")),
            "{told}"
        );
        assert!(told.ends_with("1 fails; 1 is not promised; 2 depend on what fails, so that nothing is promised for them."), "{told}");
    }

    #[test]
    fn what_is_left_open_is_named_and_many_are_counted() {
        let open = in_cases(&["a", "b"], &[("hidden_contraction", "undefined"), ("gradient_identity", "inconclusive")]);
        let told = "It is left open whether the hidden state forgets its start (both cases) and whether the average gradient is the true one (both cases). \
            Of 4 claims (2 in each of 2 cases) 4 are left open.";
        assert_eq!(sentence(&open), told);
        let cases: Vec<String> = (0..7).map(|k| format!("c{k}")).collect();
        let many: Vec<Verdict> = cases
            .iter()
            .enumerate()
            .map(|(k, case)| verdict(case, "hidden_contraction", if k == 0 { "supported" } else { "contradicted" }, None))
            .collect();
        assert!(sentence(&many).starts_with("No: the claim “the hidden state forgets its start” (cases: c1, c2, c3, c4 and 2 more) fails. "));
    }

    #[test]
    fn on_a_record_what_the_data_fail_weighs_less_than_what_the_network_fails() {
        let of = |verdicts: &[Verdict], drifting| Sorted::of(verdicts.iter()).weighs_on_a_record(drifting);
        let [data, hidden] = ["data_ergodicity", "hidden_contraction"].map(|id| verdict("a", id, "supported", None));
        let against = verdict("a", "data_ergodicity", "contradicted", None);
        let resting = verdict("a", "gradient_identity", "premise_failed", Some(("data_ergodicity", "contradicted")));
        assert_eq!(of(&[data.clone(), hidden.clone()], false), Outcome::Supported);
        assert_eq!(of(&[data.clone(), hidden.clone()], true), Outcome::PremiseFailed);
        assert_eq!(of(&[against.clone(), hidden.clone(), resting.clone()], true), Outcome::PremiseFailed);
        let measured = crate::claims::Measured { word: Outcome::Contradicted, reason: "r".into() };
        assert_eq!(of(&[against, hidden, Verdict { measured: Some(measured), ..resting }], true), Outcome::Contradicted);
        assert_eq!(of(&[data, verdict("a", "hidden_contraction", "inconclusive", None)], false), Outcome::Inconclusive);
    }
}
