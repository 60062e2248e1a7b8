//! What is said of a claim, and the rule that turns an interval and a margin into a word.

use crate::claims::Stopping;
use crate::stats::{Estimate, Undefined};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The six words.
///
/// ```
/// use rtrl_lab::claims::Outcome;
/// let text = serde_json::to_string(&Outcome::ALL[4]).unwrap();
/// assert_eq!(text, "\"premise_failed\"");
/// assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), Outcome::PremiseFailed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole interval lies on the right side of the margin.
    Supported,
    /// The whole interval lies on the wrong side.
    Contradicted,
    /// The whole interval lies on the wrong side of the margin and on the right side of the limit
    /// up to which the statement itself is true: a rate that is surely below 1 and surely too near
    /// to it.
    Slow,
    /// Neither, within the budget.
    Inconclusive,
    /// An assumption does not hold here, so the claim says nothing.
    PremiseFailed,
    /// The number cannot be computed honestly.
    Undefined,
}

impl Outcome {
    /// Every word.
    pub const ALL: [Outcome; 6] =
        [Outcome::Supported, Outcome::Contradicted, Outcome::Slow, Outcome::Inconclusive, Outcome::PremiseFailed, Outcome::Undefined];

    /// The word.
    ///
    /// ```
    /// use rtrl_lab::claims::Outcome;
    /// assert_eq!(Outcome::Slow.word(), "slow");
    /// assert_eq!(Outcome::PremiseFailed.to_string(), "premise_failed");
    /// ```
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Supported => "supported",
            Outcome::Contradicted => "contradicted",
            Outcome::Slow => "slow",
            Outcome::Inconclusive => "inconclusive",
            Outcome::PremiseFailed => "premise_failed",
            Outcome::Undefined => "undefined",
        }
    }

    /// The outcome that a word names.
    ///
    /// ```
    /// use rtrl_lab::claims::Outcome;
    /// assert_eq!(Outcome::named("contradicted"), Some(Outcome::Contradicted));
    /// assert_eq!(Outcome::named("refuted"), None);
    /// ```
    pub fn named(word: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A number on a page: alone, or with its interval.
///
/// ```
/// use rtrl_lab::{claims::Number, stats::Estimate};
/// assert_eq!(Number::from(2.5), Number::Exact(2.5));
/// let endless = Estimate { upper: f64::INFINITY, ..Estimate::exact(1.0) };
/// assert!(matches!(Number::from(endless), Number::Undefined { .. }));
/// assert_eq!(serde_json::to_string(&Number::Exact(2.5)).unwrap(), "2.5");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// With an interval.
    Interval(Estimate),
    /// Exact, counted or deterministic.
    Exact(f64),
    /// Not a number: why.
    Undefined {
        /// The reason.
        undefined: String,
    },
}

impl From<Result<Estimate, Undefined>> for Number {
    fn from(result: Result<Estimate, Undefined>) -> Self {
        match result {
            Ok(estimate) => Number::from(estimate),
            Err(undefined) => Number::Undefined { undefined: undefined.reason },
        }
    }
}

impl From<Estimate> for Number {
    fn from(estimate: Estimate) -> Self {
        if [estimate.value, estimate.lower, estimate.upper].iter().all(|x| x.is_finite()) {
            Number::Interval(estimate)
        } else {
            Number::Undefined { undefined: format!("the estimate is not finite: {}", estimate.value) }
        }
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        if value.is_finite() { Number::Exact(value) } else { Number::Undefined { undefined: format!("{value}") } }
    }
}

/// The state of one premise.
///
/// ```
/// use rtrl_lab::claims::{Outcome, Premise};
/// let text = r#"{ "id": "second_moment", "verdict": "contradicted" }"#;
/// let premise: Premise = serde_json::from_str(text).unwrap();
/// assert_eq!((premise.verdict, premise.estimate), (Outcome::Contradicted, None));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Premise {
    /// Name of the premise.
    pub id: String,
    /// What was found.
    pub verdict: Outcome,
    /// The estimate behind it, where it is measured.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// What was seen, in words.
    #[serde(default)]
    pub reason: String,
}

impl Premise {
    /// Whether nothing is promised without it: it is contradicted, or a premise of its own fails.
    /// One that is slow or left open has not failed.
    ///
    /// ```
    /// use rtrl_lab::claims::Premise;
    /// let words = ["supported", "slow", "inconclusive", "contradicted", "premise_failed"];
    /// let failed = words.map(|word| {
    ///     let text = format!(r#"{{ "id": "second_moment", "verdict": "{word}" }}"#);
    ///     serde_json::from_str::<Premise>(&text).unwrap().failed()
    /// });
    /// assert_eq!(failed, [false, false, false, true, true]);
    /// ```
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Outcome::Contradicted | Outcome::PremiseFailed)
    }
}

/// What a measurement says by itself, where a premise decided the word.
///
/// ```
/// use rtrl_lab::claims::{Measured, Outcome};
/// let reason = "the rate is 0.5".to_string();
/// let alone = Measured { word: Outcome::Supported, reason };
/// assert_eq!(alone.clone(), alone);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The word.
    pub word: Outcome,
    /// The reason.
    pub reason: String,
}

/// The budget as `verdicts.json` shows it. Seconds are in the manifest, so that these bytes depend
/// on the seed alone.
///
/// ```
/// use rtrl_lab::claims::SpentBudget;
/// let spent = SpentBudget { chains: 64, steps: 120, seconds: None };
/// let text = serde_json::to_string(&spent).unwrap();
/// assert_eq!(text, r#"{"chains":64,"steps":120,"seconds":null}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpentBudget {
    /// Independent replicas.
    pub chains: usize,
    /// Steps of each.
    pub steps: usize,
    /// Always null here: see `timings` in the manifest.
    pub seconds: Option<f64>,
}

/// The estimate as `verdicts.json` shows it.
///
/// ```
/// let text = r#"{ "name": "rate", "value": 0.5, "lower": 0.25, "upper": 1.0, "level": 0.95 }"#;
/// let rate: rtrl_lab::claims::NamedEstimate = serde_json::from_str(text).unwrap();
/// assert_eq!((rate.name.as_str(), rate.upper - rate.lower), ("rate", 0.75));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedEstimate {
    /// What is estimated.
    pub name: String,
    /// Point.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Nominal level.
    pub level: f64,
}

/// What is said of a claim in one case.
///
/// ```
/// # use rtrl_lab::claims::{Finding, Judged, decide, named};
/// let claim = named("data_ergodicity").unwrap();
/// let case = claim.violation(1);
/// # let rate = rtrl_lab::stats::Estimate::normal(0.49, 0.1, 0.95);
/// # let finding = Finding::new(claim.question(&case), Ok(rate));
/// # let judged = Judged { claim, finding, violation: None, expected: None, asked: true };
/// let verdict = &decide(&case, &[judged]).0[0];
/// let written = serde_json::to_value(verdict).unwrap();
/// assert_eq!([&written["verdict"], &written["right_side"]], ["supported", "below"]);
/// assert_eq!((written["margin"].as_f64(), written.get("decided_by")), (Some(0.98), None));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The claim.
    pub id: String,
    /// The case.
    pub case: String,
    /// The claim in words.
    pub statement: String,
    /// The word.
    pub verdict: Outcome,
    /// What the measurement alone says, where a premise decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// The word the study expects, if it states one.
    pub expected: Option<Outcome>,
    /// Whether the word is as expected; without a stated one, anything but contradicted and
    /// undefined is.
    pub as_expected: bool,
    /// The estimate that decides, null where it is undefined.
    pub estimate: Option<NamedEstimate>,
    /// The margin it was held against.
    pub margin: f64,
    /// On which side of the margin the claim holds: `below` or `above`.
    pub right_side: String,
    /// One-sided p-value of the direction the word takes, null where undefined.
    pub p_value: Option<f64>,
    /// The same after Holm's correction over the claims of the case.
    pub p_adjusted: Option<f64>,
    /// Effect size: the distance of estimate and margin, relative to the margin.
    pub effect: Option<f64>,
    /// What decided where the interval alone did not, in words: a further condition, a premise, the
    /// correction for many claims. Absent where the interval decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What it cost.
    pub budget: SpentBudget,
    /// Where a sequential budget stands, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopping: Option<Stopping>,
    /// The premises.
    pub premises: Vec<Premise>,
    /// Whether the designed violation of this claim was caught; null where it was not run.
    pub informative: Option<bool>,
    /// One sentence that a reader can act on.
    pub reason: String,
    /// Further numbers.
    pub numbers: BTreeMap<String, Number>,
    /// File stems of the figures.
    pub figures: Vec<String>,
}
impl Verdict {
    /// The word and the reason of the measurement alone, whatever the premises.
    ///
    /// ```
    /// # use rtrl_lab::claims::{Finding, Judged, Measured, Outcome, decide, named};
    /// let claim = named("data_ergodicity").unwrap();
    /// let case = claim.violation(1);
    /// # let rate = rtrl_lab::stats::Estimate::normal(0.49, 0.1, 0.95);
    /// # let finding = Finding::new(claim.question(&case), Ok(rate));
    /// # let judged = Judged { claim, finding, violation: None, expected: None, asked: true };
    /// let mut verdict = decide(&case, &[judged]).0.remove(0);
    /// assert_eq!(verdict.alone().0, Outcome::Supported);
    /// verdict.verdict = Outcome::PremiseFailed;
    /// verdict.measured = Some(Measured { word: Outcome::Slow, reason: "it falls".into() });
    /// assert_eq!(verdict.alone(), (Outcome::Slow, "it falls"));
    /// ```
    pub fn alone(&self) -> (Outcome, &str) {
        self.measured.as_ref().map_or((self.verdict, &self.reason), |measured| (measured.word, &measured.reason))
    }
}

#[cfg(test)]
impl Verdict {
    /// A verdict for tests of what reads them: a word and nothing behind it.
    pub(crate) fn plain(case: &str, id: &str, word: Outcome) -> Self {
        Verdict {
            id: id.into(),
            case: case.into(),
            statement: "s".into(),
            verdict: word,
            measured: None,
            expected: None,
            as_expected: true,
            estimate: None,
            margin: 0.98,
            right_side: "below".into(),
            p_value: None,
            p_adjusted: None,
            effect: None,
            decided_by: None,
            budget: SpentBudget { chains: 1, steps: 1, seconds: None },
            stopping: None,
            premises: Vec::new(),
            informative: None,
            reason: "r".into(),
            numbers: BTreeMap::new(),
            figures: Vec::new(),
        }
    }
}
