//! Two runs side by side: what their studies differ in, which verdicts changed, and the difference
//! of every number with its interval.

use super::{Difference, StudyOutcome, differences};
use crate::claims::{NamedEstimate, Number, Outcome, Verdict};
use crate::stats::{Dependence, Estimate, difference};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A run as it takes part in a comparison.
///
/// An example is at [`SideBySide`].
pub struct ComparedRun<'a> {
    /// Its folder, as a reader finds it.
    pub folder: String,
    /// Fingerprint of its study.
    pub fingerprint: String,
    /// Its study with all defaults.
    pub study: &'a Value,
    /// Whether it plays recorded data.
    pub recorded: bool,
    /// Version of the program that made it, and whether it was a quick look.
    pub made: (String, bool),
    /// What came out.
    pub outcome: &'a StudyOutcome,
}

/// Which run a column is of.
///
/// ```
/// use rtrl_lab::study::RunName;
/// let (folder, study) = ("runs/a".to_string(), "a".to_string());
/// let (version, fingerprint) = ("0.1.0".to_string(), String::new());
/// let run = RunName { folder, study, seed: 5, version, quick: false, fingerprint };
/// assert_eq!(serde_json::to_value(&run).unwrap()["seed"], 5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunName {
    /// Its folder.
    pub folder: String,
    /// Name of its study.
    pub study: String,
    /// Its seed.
    pub seed: u64,
    /// Version of the program that made it.
    pub version: String,
    /// Whether it was a quick look.
    pub quick: bool,
    /// Fingerprint of its study.
    pub fingerprint: String,
}

/// A difference, second less first, with its interval.
///
/// ```
/// use rtrl_lab::study::Change;
/// let change = Change { value: -0.1, lower: -0.2, upper: -0.05, level: 0.95 };
/// assert!(change.has_sign());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Second less first.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Level of the interval.
    pub level: f64,
}

/// A claim that both runs weighed.
///
/// ```
/// use rtrl_lab::{claims::Outcome, study::ClaimBeside};
/// let (cases, claim) = (["a".to_string(), "a".to_string()], "staleness".to_string());
/// let verdicts = [Outcome::Supported, Outcome::Inconclusive];
/// let beside = ClaimBeside { cases, claim, verdicts, estimates: [None, None], change: None };
/// assert_eq!(serde_json::to_value(&beside).unwrap()["verdicts"][1], "inconclusive");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimBeside {
    /// Its case, in the first and in the second run.
    pub cases: [String; 2],
    /// The claim.
    pub claim: String,
    /// What each run says.
    pub verdicts: [Outcome; 2],
    /// What each estimates.
    pub estimates: [Option<NamedEstimate>; 2],
    /// The difference of the estimates, where both estimate the same.
    pub change: Option<Change>,
}

/// A number that both runs have.
///
/// ```
/// use rtrl_lab::{claims::Number, study::NumberBeside};
/// let (cases, claim) = (["a".to_string(), "a".to_string()], "staleness".to_string());
/// let (name, numbers) = ("bias".to_string(), [Number::Exact(1.0), Number::Exact(2.0)]);
/// let beside = NumberBeside { cases, claim, name, numbers, change: None };
/// assert_eq!(serde_json::to_value(&beside).unwrap()["numbers"][1], 2.0);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberBeside {
    /// Its case, in the first and in the second run.
    pub cases: [String; 2],
    /// The claim.
    pub claim: String,
    /// The number.
    pub name: String,
    /// What each run has.
    pub numbers: [Number; 2],
    /// Their difference; without an interval where neither has one. Absent where one is undefined.
    pub change: Option<Change>,
}

/// Two runs side by side. Runs of two seeds on drawn data are independent; all others may share
/// noise or data, and intervals of their differences are wider: see [`difference`].
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, ComparedRun, DEFAULT, Prepared, SideBySide};
/// # let only = ["data_ergodicity".to_string()];
/// # let run = |text: &str| {
/// #     let scale = BudgetScale::Quick;
/// #     let prepared = Prepared::new(text, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// #     let folder = tempfile::tempdir().unwrap();
/// #     let directory = prepared.directory(folder.path());
/// #     prepared.run(&directory, (1, 1), &()).unwrap();
/// #     let outcome = prepared.judge(&directory).unwrap();
/// #     (prepared, outcome)
/// # };
/// # let first = run(DEFAULT);
/// # let second = run(&DEFAULT.replace("[0.8, 0.1]", "[0.7, 0.1]"));
/// # type Run = (Prepared, rtrl_lab::study::StudyOutcome);
/// # let of = |(prepared, outcome): &'static Run| ComparedRun {
/// #     folder: "runs/a".into(),
/// #     fingerprint: prepared.fingerprint(),
/// #     study: &prepared.study.origin.resolved,
/// #     recorded: false,
/// #     made: ("0.1.0".into(), true),
/// #     outcome,
/// # };
/// # let (first, second) = (&*Box::leak(Box::new(first)), &*Box::leak(Box::new(second)));
/// // The built-in study, and the same with 0.7 for 0.8 in the matrix of its data.
/// let beside = SideBySide::of(&of(first), &of(second));
/// let change = beside.claims[0].change.unwrap();
/// assert!((change.value + 0.1).abs() < 1e-6 && change.upper < 0.0);
/// assert_eq!(beside.studies[0].path, "data/transition/0/0");
/// assert!(beside.sentence.starts_with("Both verdicts are the same."));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideBySide {
    /// Version of this form.
    pub schema_version: u32,
    /// The runs.
    pub runs: [RunName; 2],
    /// In which keys the studies differ, as they were written.
    #[serde(serialize_with = "keys")]
    pub studies: Vec<Difference>,
    /// Whether no noise and no data of the one are in the other.
    pub independent: bool,
    /// Cases whose networks have other weights in the second run.
    pub other_weights: Vec<String>,
    /// What a reader should know, in a few sentences.
    pub sentence: String,
    /// Claims that both weighed.
    pub claims: Vec<ClaimBeside>,
    /// Numbers that both have.
    pub numbers: Vec<NumberBeside>,
    /// Claims and cases that one run alone has.
    pub alone: [Vec<String>; 2],
}

fn keys<S: serde::Serializer>(found: &[Difference], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(found.iter().map(|d| serde_json::json!({ "key": d.path, "first": d.first, "second": d.second })))
}

impl SideBySide {
    /// The comparison.
    ///
    /// Cases are matched by their names; where each run has one case, the two are matched whatever
    /// they are called.
    ///
    /// ```
    /// # use rtrl_lab::study::{ComparedRun, SideBySide, StudyOutcome};
    /// # let outcome = StudyOutcome {
    /// #     name: "none".into(), seed: 1, description: String::new(), level: 0.95, notes: vec![],
    /// #     only_stated: false, cases: vec![], violations: vec![],
    /// # };
    /// # let study = serde_json::json!({ "written": {} });
    /// # let run = || ComparedRun {
    /// #     folder: "a".into(), fingerprint: String::new(), study: &study, recorded: false,
    /// #     made: ("0.1.0".into(), false), outcome: &outcome,
    /// # };
    /// // Two runs in which nothing was asked.
    /// let beside = SideBySide::of(&run(), &run());
    /// assert!(beside.sentence.contains("nothing can be compared") && !beside.independent);
    /// ```
    pub fn of(first: &ComparedRun<'_>, second: &ComparedRun<'_>) -> Self {
        let (one, other) = (first.outcome, second.outcome);
        let independent = one.seed != other.seed && !first.recorded && !second.recorded;
        let dependence = if independent { Dependence::Independent } else { Dependence::Unknown };
        let pairs = matched(one, other);
        let claims: Vec<ClaimBeside> = pairs.iter().map(|pair| claim(*pair, dependence)).collect();
        let numbers: Vec<NumberBeside> = pairs.iter().flat_map(|pair| numbers(*pair, dependence)).collect();
        let alone =
            [alone(one, &pairs.iter().map(|(a, _)| *a).collect::<Vec<_>>()), alone(other, &pairs.iter().map(|(_, b)| *b).collect::<Vec<_>>())];
        let weights = |run: &ComparedRun<'_>, case: &str| run.study["cases"][case]["parameters"].clone();
        let named: BTreeSet<(&String, &String)> = pairs.iter().map(|(a, b)| (&a.case, &b.case)).collect();
        let other_weights: Vec<String> = named.into_iter().filter(|(a, b)| weights(first, a) != weights(second, b)).map(|(_, b)| b.clone()).collect();
        let sentence = sentence(&claims, &alone, &other_weights, independent);
        SideBySide {
            schema_version: 1,
            runs: [name(first), name(second)],
            studies: differences(&first.study["written"], &second.study["written"]),
            independent,
            other_weights,
            sentence,
            claims,
            numbers,
            alone,
        }
    }
}

fn name(run: &ComparedRun<'_>) -> RunName {
    RunName {
        folder: run.folder.clone(),
        study: run.outcome.name.clone(),
        seed: run.outcome.seed,
        version: run.made.0.clone(),
        quick: run.made.1,
        fingerprint: run.fingerprint.clone(),
    }
}

/// The verdicts of one claim in one case of both runs.
fn matched<'a>(one: &'a StudyOutcome, other: &'a StudyOutcome) -> Vec<(&'a Verdict, &'a Verdict)> {
    let single = one.cases.len() == 1 && other.cases.len() == 1;
    let verdicts = |outcome: &'a StudyOutcome| outcome.cases.iter().flat_map(|case| &case.verdicts);
    verdicts(one).filter_map(|a| Some((a, verdicts(other).find(|b| a.id == b.id && (single || a.case == b.case))?))).collect()
}

/// What of a run has no partner.
fn alone(outcome: &StudyOutcome, matched: &[&Verdict]) -> Vec<String> {
    let verdicts = outcome.cases.iter().flat_map(|case| &case.verdicts);
    verdicts.filter(|verdict| !matched.iter().any(|other| std::ptr::eq(*other, *verdict))).map(|v| format!("{}/{}", v.case, v.id)).collect()
}

fn change(first: &Estimate, second: &Estimate, dependence: Dependence) -> Change {
    let Estimate { value, lower, upper, level, .. } = difference(first, second, dependence);
    Change { value, lower, upper, level }
}

fn claim((first, second): (&Verdict, &Verdict), dependence: Dependence) -> ClaimBeside {
    let estimate = |e: &NamedEstimate| Estimate { value: e.value, standard_error: 0.0, lower: e.lower, upper: e.upper, level: e.level };
    let both = first.estimate.as_ref().zip(second.estimate.as_ref()).filter(|(a, b)| a.name == b.name);
    ClaimBeside {
        cases: [first.case.clone(), second.case.clone()],
        claim: first.id.clone(),
        verdicts: [first.verdict, second.verdict],
        estimates: [first.estimate.clone(), second.estimate.clone()],
        change: both.map(|(a, b)| change(&estimate(a), &estimate(b), dependence)),
    }
}

fn numbers((first, second): (&Verdict, &Verdict), dependence: Dependence) -> Vec<NumberBeside> {
    let known = |number: &Number| match number {
        Number::Interval(estimate) => Some(*estimate),
        Number::Exact(value) => Some(Estimate::exact(*value)),
        Number::Undefined { .. } => None,
    };
    let pair = |(name, a): (&String, &Number)| {
        let b = second.numbers.get(name)?;
        Some(NumberBeside {
            cases: [first.case.clone(), second.case.clone()],
            claim: first.id.clone(),
            name: name.clone(),
            numbers: [a.clone(), b.clone()],
            change: known(a).zip(known(b)).map(|(a, b)| change(&a, &b, dependence)),
        })
    };
    first.numbers.iter().filter_map(pair).collect()
}

impl Change {
    /// Whether the interval leaves out zero.
    ///
    /// ```
    /// use rtrl_lab::study::Change;
    /// let change = Change { value: 0.1, lower: 0.0, upper: 0.2, level: 0.95 };
    /// assert!(!change.has_sign() && Change { lower: 0.05, ..change }.has_sign());
    /// ```
    pub fn has_sign(&self) -> bool {
        self.lower > 0.0 || self.upper < 0.0
    }
}

fn sentence(claims: &[ClaimBeside], alone: &[Vec<String>; 2], other_weights: &[String], independent: bool) -> String {
    if claims.is_empty() {
        return "The runs have no claim in a case of one name in common; nothing can be compared.".into();
    }
    let changed: Vec<&ClaimBeside> = claims.iter().filter(|claim| claim.verdicts[0] != claim.verdicts[1]).collect();
    let mut parts = vec![match (claims.len(), changed.len()) {
        (1, 0) => "The one verdict is the same.".to_string(),
        (2, 0) => "Both verdicts are the same.".to_string(),
        (all, 0) => format!("All {all} verdicts are the same."),
        (all, other) => {
            let said: Vec<String> = changed
                .iter()
                .map(|claim| {
                    let [before, after] = claim.verdicts.map(|verdict| verdict.word().replace('_', " "));
                    format!("{} of {}: {before}, then {after}", claim.claim, claim.cases[1])
                })
                .collect();
            format!("{other} of {all} verdicts differ ({}).", said.join("; "))
        }
    }];
    let changes: Vec<&Change> = claims.iter().filter_map(|claim| claim.change.as_ref()).collect();
    let moved = changes.iter().filter(|change| change.has_sign()).count();
    // As many intervals would leave out zero if nothing differed, at most.
    let by_chance: f64 = changes.iter().map(|change| 1.0 - change.level).sum();
    if !changes.is_empty() {
        let most = if independent { "about" } else { "at most" };
        parts.push(format!(
            "{moved} of {} estimates differ by more than their intervals; {most} {by_chance:.1} would by chance if nothing differed.",
            changes.len()
        ));
    }
    match other_weights {
        [] => {}
        [one] => parts.push(format!("The network of case {one} has other weights in the second run, so that a difference may be theirs.")),
        [first, ..] => parts.push(format!(
            "The networks of {} cases, {first} among them, have other weights in the second run, so that a difference may be theirs.",
            other_weights.len()
        )),
    }
    let only = alone[0].len() + alone[1].len();
    match only {
        0 => {}
        1 => parts.push("One verdict is in one run alone.".into()),
        only => parts.push(format!("{only} verdicts are in one run alone.")),
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(verdicts: [Outcome; 2], change: Option<Change>) -> ClaimBeside {
        ClaimBeside { cases: ["a".into(), "a".into()], claim: "staleness".into(), verdicts, estimates: [None, None], change }
    }

    #[test]
    fn the_sentence_says_what_changed_and_what_chance_would() {
        let same = [Outcome::Supported; 2];
        let change = Change { value: 0.1, lower: 0.05, upper: 0.15, level: 0.95 };
        let claims = [
            beside(same, Some(change)),
            beside([Outcome::Supported, Outcome::PremiseFailed], Some(Change { lower: -0.1, ..change })),
            beside(same, None),
        ];
        let said = sentence(&claims, &[vec!["a/phase".into()], Vec::new()], &["a".into()], true);
        let told = "1 of 3 verdicts differ (staleness of a: supported, then premise failed). 1 of 2 estimates differ by more than their intervals; \
                    about 0.1 would by chance if nothing differed. The network of case a has other weights in the second run, so that a difference may be \
                    theirs. One verdict is in one run alone.";
        assert_eq!(said, told);
        assert!(sentence(&[], &[Vec::new(), Vec::new()], &[], true).contains("nothing can be compared"));
    }
}
