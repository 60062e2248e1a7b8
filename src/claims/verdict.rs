//! What is said of a claim, and the rule that turns an interval and a margin into a word.

use crate::figures::Figure;
use crate::stats::{Estimate, Undefined};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The six words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole interval lies on the right side of the margin.
    Supported,
    /// The whole interval lies on the wrong side.
    Contradicted,
    /// The whole interval lies on the wrong side of the margin and on the right side of the limit up to
    /// which the statement itself is true: a rate that is surely below 1 and surely too near to it.
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

/// What a claim's own measurement says, before premises and the correction for many claims.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the estimate.
    pub quantity: &'static str,
    /// The estimate that decides.
    pub estimate: Result<Estimate, Undefined>,
    /// The margin, in the estimate's unit.
    pub margin: f64,
    /// On which side of the margin the claim holds.
    pub right_side: RightSide,
    /// The limit up to which the statement itself is true, beyond the margin: 1 for a rate. `None` where the
    /// margin is all there is.
    pub limit: Option<f64>,
    /// Whether the statement itself is proved, so that an interval on the wrong side of the margin is slow wherever it ends.
    pub proved: bool,
    /// Premises of other claims that this measurement settles (see [`super::premises`]).
    pub settles: Vec<Premise>,
    /// The size of the effect, with what it is.
    pub effect: Option<f64>,
    /// Further conditions that must hold for `supported`, each with its word.
    pub conditions: Vec<Condition>,
    /// Whether the estimate is still on its way to a limit that another measurement bounds: on the wrong side of the margin it then says nothing yet.
    pub unsettled: bool,
    /// What the estimate rests on where it is not the claim's own measurement.
    pub rests_on: Option<&'static str>,
    /// One sentence that a reader can act on.
    pub reason: String,
    /// Everything else worth a number.
    pub numbers: BTreeMap<String, Number>,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// A further condition of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What must hold.
    pub name: String,
    /// What was found.
    pub outcome: Outcome,
}

/// On which side of its margin a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightSide {
    /// Below.
    Below,
    /// Above.
    Above,
}

impl Finding {
    /// A finding that could not be had.
    pub fn undefined(quantity: &'static str, margin: f64, right_side: RightSide, why: Undefined) -> Self {
        let reason = why.reason.clone();
        Finding {
            quantity,
            estimate: Err(why),
            margin,
            right_side,
            limit: None,
            proved: false,
            settles: Vec::new(),
            effect: None,
            conditions: Vec::new(),
            unsettled: false,
            rests_on: None,
            reason,
            numbers: BTreeMap::new(),
            figures: Vec::new(),
        }
    }

    /// Adds a number.
    pub fn with(mut self, name: &str, number: impl Into<Number>) -> Self {
        self.numbers.insert(name.to_string(), number.into());
        self
    }

    /// The word that the interval alone gives.
    pub fn by_interval(&self) -> Outcome {
        let Ok(estimate) = &self.estimate else { return Outcome::Undefined };
        let (right, wrong) = match self.right_side {
            RightSide::Below => (estimate.upper < self.margin, estimate.lower > self.margin),
            RightSide::Above => (estimate.lower > self.margin, estimate.upper < self.margin),
        };
        let true_all_the_same = match (self.limit, self.right_side) {
            (None, _) => false,
            (Some(limit), RightSide::Below) => estimate.upper < limit,
            (Some(limit), RightSide::Above) => estimate.lower > limit,
        };
        match (right, wrong) {
            (true, _) => Outcome::Supported,
            (_, true) if self.proved || true_all_the_same => Outcome::Slow,
            (_, true) => Outcome::Contradicted,
            _ => Outcome::Inconclusive,
        }
    }

    /// The word for the measurement alone: the interval's, unless a condition says otherwise.
    pub fn outcome(&self) -> Outcome {
        let any = |word: Outcome| self.conditions.iter().any(|condition| condition.outcome == word);
        match self.by_interval() {
            _ if any(Outcome::Contradicted) => Outcome::Contradicted,
            Outcome::Contradicted if !self.unsettled => Outcome::Contradicted,
            Outcome::Undefined => Outcome::Undefined,
            _ if any(Outcome::Undefined) => Outcome::Undefined,
            word @ (Outcome::Supported | Outcome::Slow) if !any(Outcome::Inconclusive) => word,
            _ => Outcome::Inconclusive,
        }
    }

    /// What decided where the interval alone did not; `None` where it did.
    ///
    /// `word` is the word on the measurement after the correction for many claims.
    pub fn decided_by(&self, word: Outcome) -> Option<String> {
        if word == self.by_interval() {
            return self.rests_on.map(str::to_string);
        }
        if word != self.outcome() {
            return Some("the correction for the number of claims (Holm) leaves it open".into());
        }
        self.conditions_in_words(word)
            .or_else(|| self.unsettled.then(|| "the estimate is still on its way to a limit that another measurement bounds".into()))
    }

    /// The further conditions of a word that is not `supported`, in words.
    pub fn conditions_in_words(&self, word: Outcome) -> Option<String> {
        let names: Vec<String> =
            self.conditions.iter().filter(|condition| condition.outcome == word).map(|condition| format!("“{}”", condition.name)).collect();
        let what = match word {
            Outcome::Contradicted => "does not hold",
            Outcome::Inconclusive => "is left open",
            Outcome::Undefined => "cannot be judged",
            Outcome::Supported | Outcome::Slow | Outcome::PremiseFailed => return None,
        };
        (!names.is_empty()).then(|| format!("a further condition {what}: {}", names.join(", ")))
    }

    /// One-sided normal p-value of "the estimand is on the wrong side of the margin" (`for_support`) or "on the right side" (otherwise).
    pub fn p_value(&self, for_support: bool) -> Option<f64> {
        let estimate = self.estimate.as_ref().ok()?;
        // The interval may be wider than its resampling error (systematic parts), so the half-width on the margin's side sets the scale.
        let towards = if self.margin >= estimate.value { estimate.upper - estimate.value } else { estimate.value - estimate.lower };
        let scale = towards / crate::stats::normal_quantile(0.5 + estimate.level / 2.0);
        let distance = match self.right_side {
            RightSide::Below => self.margin - estimate.value,
            RightSide::Above => estimate.value - self.margin,
        };
        let signed = if for_support { distance } else { -distance };
        Some(if scale > 0.0 {
            crate::stats::normal_tail(signed / scale)
        } else if signed > 0.0 {
            0.0
        } else {
            1.0
        })
    }
}

/// The state of one premise.
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

/// The budget as `verdicts.json` shows it. Seconds are in the manifest, so that these bytes depend on the seed alone.
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
    /// The word the study expects, if it states one.
    pub expected: Option<Outcome>,
    /// Whether the word is as expected; without a stated one, anything but contradicted and undefined is.
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
