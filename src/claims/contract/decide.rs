//! From findings to verdicts: premises, Holm's correction within a case, and the designed
//! violations.

use crate::claims::contract::premises;
use crate::claims::{Alternative, Case, Claim, Finding, Measured, NamedEstimate, Outcome, Premise, SpentBudget, Verdict};
use crate::figures::Figure;
use crate::stats::holm;
use std::collections::BTreeMap;

/// A claim's finding in a case, with what its designed violation came to.
///
/// ```
/// use rtrl_lab::claims::{Finding, Judged, Outcome, decide, named};
/// use rtrl_lab::stats::Estimate;
/// let claim = named("data_ergodicity").unwrap();
/// let case = claim.violation(1);
/// let finding = Finding::new(claim.question(&case), Ok(Estimate::normal(0.9, 0.01, 0.95)));
/// let (violation, expected) = (Some(Outcome::Contradicted), Some(Outcome::Slow));
/// let judged = Judged { claim, finding, violation, expected, asked: true };
/// let verdict = &decide(&case, &[judged]).0[0];
/// assert_eq!((verdict.verdict, verdict.as_expected), (Outcome::Supported, false));
/// assert_eq!(verdict.informative, Some(true));
/// ```
pub struct Judged {
    /// The claim.
    pub claim: &'static dyn Claim,
    /// The finding.
    pub finding: Finding,
    /// The word on the designed violation, where it was run.
    pub violation: Option<Outcome>,
    /// The word the study states, if it states one.
    pub expected: Option<Outcome>,
    /// Whether the study asked for this claim itself, and not only as a premise.
    pub asked: bool,
}

/// The verdicts of one case, in the order of the findings, with the figures of the claims that were
/// asked for.
///
/// The correction runs over every claim that was measured and has a p-value, premises among them:
/// an adjusted p-value above `1 − level` turns `supported` or `contradicted` into `inconclusive`. A
/// premise that is contradicted, or whose own premise failed, turns the word into `premise_failed`;
/// a premise without which the number does not exist turns `supported` into `inconclusive` as long
/// as it is open. A premise that is slow holds.
///
/// ```
/// # use rtrl_lab::claims::{Finding, Judged, Outcome, Question, decide, named};
/// # let case = named("data_ergodicity").unwrap().violation(1);
/// # let two_below = |id: &str| {
/// #     let rate = rtrl_lab::stats::Estimate::normal(0.8, 0.1, 0.95);
/// #     let finding = Finding::new(Question::below("rate", 1.0), Ok(rate));
/// #     let (claim, asked) = (named(id).unwrap(), id == "data_ergodicity");
/// #     Judged { claim, finding, violation: None, expected: None, asked }
/// # };
/// // Each two standard errors below its margin: p = 0.02275.
/// let judged = ["data_ergodicity", "hidden_contraction", "staleness"].map(two_below);
/// let (alone, among) = (&decide(&case, &judged[..1]).0[0], &decide(&case, &judged).0[0]);
/// assert_eq!(alone.verdict, Outcome::Supported);
/// assert_eq!(among.verdict, Outcome::Inconclusive);
/// assert!((among.p_adjusted.unwrap() - 3.0 * 0.022_750_131_948_179_2).abs() < 1e-12);
/// ```
pub fn decide(case: &Case, judged: &[Judged]) -> (Vec<Verdict>, Vec<Figure>) {
    let outcomes: Vec<Outcome> = judged.iter().map(|judged| judged.finding.outcome()).collect();
    let raw: Vec<Option<f64>> = judged
        .iter()
        .zip(&outcomes)
        .map(|(judged, outcome)| judged.finding.p_value(!matches!(outcome, Outcome::Contradicted | Outcome::Slow)))
        .collect();
    let defined: Vec<f64> = raw.iter().flatten().copied().collect();
    let mut adjusted = holm(&defined).into_iter();
    let adjusted: Vec<Option<f64>> = raw.iter().map(|p| p.and_then(|_| adjusted.next())).collect();
    let mut settled: BTreeMap<String, Premise> = BTreeMap::new();
    let (mut verdicts, mut figures) = (Vec::new(), Vec::new());
    for (index, judged) in judged.iter().enumerate() {
        let by_condition = judged.finding.conditions.iter().any(|condition| condition.outcome == Outcome::Contradicted);
        let corrected = match (outcomes[index], adjusted[index]) {
            (Outcome::Supported | Outcome::Slow, Some(p)) if p > 1.0 - case.level => Outcome::Inconclusive,
            (Outcome::Contradicted, Some(p)) if p > 1.0 - case.level && !by_condition => Outcome::Inconclusive,
            (outcome, _) => outcome,
        };
        let found: Vec<Premise> = judged.claim.premises().iter().filter_map(|id| state(id, case, &settled)).collect();
        let failed: Vec<&str> = found.iter().filter(|premise| premise.failed()).map(|premise| premise.id.as_str()).collect();
        let open: Vec<&str> = found
            .iter()
            .filter(|premise| premises::is_existence(&premise.id) && matches!(premise.verdict, Outcome::Inconclusive | Outcome::Undefined))
            .map(|premise| premise.id.as_str())
            .collect();
        let word = match corrected {
            _ if !failed.is_empty() => Outcome::PremiseFailed,
            Outcome::Supported if !open.is_empty() => Outcome::Inconclusive,
            word => word,
        };
        settled.insert(judged.claim.id().to_string(), premise(judged, word));
        settled.extend(judged.finding.settles.iter().map(|premise| (premise.id.clone(), premise.clone())));
        if judged.asked {
            let [failed, open] = [failed, open].map(|ids| ids.into_iter().map(ToString::to_string).collect());
            let stated = Stated { word, measured: corrected, failed, open, p_value: raw[index], p_adjusted: adjusted[index] };
            verdicts.push(verdict(case, judged, stated, found));
            figures.extend(judged.finding.figures.iter().cloned());
        }
    }
    (verdicts, figures)
}

/// What is known of a premise; one without which a number does not exist is undefined where nothing
/// settled it, and a claim that was not measured says nothing.
fn state(id: &str, case: &Case, settled: &BTreeMap<String, Premise>) -> Option<Premise> {
    let unsettled = || {
        let reason = format!("{} settled nothing about it", premises::settled_by(id));
        premises::is_existence(id).then(|| Premise { id: id.to_string(), verdict: Outcome::Undefined, estimate: None, reason })
    };
    premises::structural(id, case).or_else(|| settled.get(id).cloned()).or_else(unsettled)
}

/// A claim as the premise of another.
fn premise(judged: &Judged, verdict: Outcome) -> Premise {
    let finding = &judged.finding;
    Premise { id: judged.claim.id().to_string(), verdict, estimate: finding.estimate.as_ref().ok().copied(), reason: finding.reason.clone() }
}

/// What was decided on a claim, before it is written out.
struct Stated {
    word: Outcome,
    measured: Outcome,
    /// The failed premises.
    failed: Vec<String>,
    /// The open premises without which the number does not exist.
    open: Vec<String>,
    p_value: Option<f64>,
    p_adjusted: Option<f64>,
}

/// The replicas that a finding rests on: all, or the share of them at which a budget ended early.
fn spent(finding: &Finding, chains: usize) -> usize {
    finding.stopping.as_ref().map_or(chains, |stopping| (chains * stopping.units).div_ceil(stopping.of.max(1)))
}

fn verdict(case: &Case, judged: &Judged, stated: Stated, premises: Vec<Premise>) -> Verdict {
    let Stated { word, measured, failed, open, p_value, p_adjusted } = stated;
    let (claim, finding) = (judged.claim, &judged.finding);
    let budget = case.budget(claim.id());
    let mut reason = finding.reason.clone();
    let by_premise = match (failed.is_empty(), word == measured) {
        (false, _) => Some(format!("a premise failed: {}", failed.join(", "))),
        (true, false) => Some(format!("a premise is open: {}", open.join(", "))),
        (true, true) => None,
    };
    if failed.is_empty() && word != measured {
        let open = open.iter().map(|id| format!("{id} ({})", premises::meaning(id))).collect::<Vec<_>>().join(", ");
        reason = format!("left open: {open}; the measurement alone would say {measured}: {reason}");
    }
    if !failed.is_empty() {
        let failed = failed.iter().map(|id| format!("{id} ({})", premises::meaning(id))).collect::<Vec<_>>().join(", ");
        reason = format!("does not hold here: {failed}; the measurement alone would say {measured}: {reason}");
    }
    for words in [Outcome::Contradicted, Outcome::Undefined, Outcome::Inconclusive].into_iter().filter_map(|word| finding.conditions_in_words(word)) {
        reason = format!("{reason}; {words}");
    }
    let caught = judged.violation.map(|outcome| matches!(outcome, Outcome::Contradicted | Outcome::PremiseFailed));
    if caught == Some(false) {
        reason = format!("{reason}; not informative: the case built to break this claim was not caught");
    }
    let as_expected = match judged.expected {
        Some(expected) => word == expected,
        None => !matches!(word, Outcome::Contradicted | Outcome::Undefined),
    };
    Verdict {
        id: claim.id().to_string(),
        case: case.name.clone(),
        statement: claim.statement().to_string(),
        verdict: word,
        measured: (word != measured).then(|| Measured { word: measured, reason: finding.reason.clone() }),
        expected: judged.expected,
        as_expected,
        estimate: finding
            .estimate
            .as_ref()
            .ok()
            .filter(|e| e.value.is_finite() && e.lower.is_finite() && e.upper.is_finite())
            .map(|e| NamedEstimate { name: finding.quantity.to_string(), value: e.value, lower: e.lower, upper: e.upper, level: e.level }),
        margin: finding.margin,
        right_side: if finding.right_side == Alternative::Below { "below" } else { "above" }.to_string(),
        p_value,
        p_adjusted,
        effect: finding.effect.filter(|effect| effect.is_finite()),
        decided_by: by_premise.or_else(|| finding.decided_by(measured)),
        budget: SpentBudget { chains: spent(finding, budget.chains.max(budget.seeds)), steps: budget.steps, seconds: None },
        stopping: finding.stopping.clone(),
        premises,
        informative: caught,
        reason,
        numbers: finding.numbers.clone(),
        figures: finding.figures.iter().map(|figure| figure.id.clone()).collect(),
    }
}
