//! What a claim's own measurement says, held against its margin.

use crate::claims::{Name, Number, Outcome, Premise};
use crate::figures::Figure;
use crate::stats::{Estimate, Undefined};
use std::collections::BTreeMap;

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
    pub right_side: Alternative,
    /// The limit up to which the statement itself is true, beyond the margin: 1 for a rate. `None`
    /// where the margin is all there is.
    pub limit: Option<f64>,
    /// Whether the statement itself is proved, so that an interval on the wrong side of the margin
    /// is slow wherever it ends.
    pub proved: bool,
    /// Premises of other claims that this measurement settles (see [`crate::claims::premises`]).
    pub settles: Vec<Premise>,
    /// The size of the effect, with what it is.
    pub effect: Option<f64>,
    /// Further conditions that must hold for `supported`, each with its word.
    pub conditions: Vec<Condition>,
    /// Whether the estimate is still on its way to a limit that another measurement bounds: on the
    /// wrong side of the margin it then says nothing yet.
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
pub enum Alternative {
    /// Below.
    Below,
    /// Above.
    Above,
}

/// What a measurement is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Name of the estimate.
    pub quantity: &'static str,
    /// The margin, in the estimate's unit.
    pub margin: f64,
    /// On which side of the margin the claim holds.
    pub right_side: Alternative,
}

impl Question {
    /// Whether the quantity lies below the margin.
    pub fn below(quantity: &'static str, margin: f64) -> Self {
        Question { quantity, margin, right_side: Alternative::Below }
    }

    /// Whether it lies above.
    pub fn above(quantity: &'static str, margin: f64) -> Self {
        Question { quantity, margin, right_side: Alternative::Above }
    }
}

impl Finding {
    /// A finding that could not be had.
    pub fn undefined(question: Question, why: Undefined) -> Self {
        Self::new(question, Err(why))
    }

    /// The estimate, held against the question; the reason is that of an undefined estimate, or
    /// still to be said.
    pub fn new(Question { quantity, margin, right_side }: Question, estimate: Result<Estimate, Undefined>) -> Self {
        let reason = estimate.as_ref().err().map_or_else(String::new, |why| why.reason.clone());
        Finding {
            quantity,
            estimate,
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

    /// Adds a number in place.
    pub fn insert(&mut self, name: Name, number: impl Into<Number>) {
        self.numbers.insert(name.to_string(), number.into());
    }

    /// The number of this name; `None` where the claim gives none.
    pub fn number(&self, name: &Name) -> Option<&Number> {
        self.numbers.get(name.as_str())
    }

    /// The number of this name, where it is one without an interval.
    pub fn exact(&self, name: &Name) -> Option<f64> {
        match self.number(name) {
            Some(Number::Exact(value)) => Some(*value),
            _ => None,
        }
    }

    /// The number of this name, where it has an interval.
    pub fn interval(&self, name: &Name) -> Option<Estimate> {
        match self.number(name) {
            Some(Number::Interval(estimate)) => Some(*estimate),
            _ => None,
        }
    }

    /// Adds a number.
    pub fn with(mut self, name: Name, number: impl Into<Number>) -> Self {
        self.numbers.insert(name.to_string(), number.into());
        self
    }

    /// The word that the interval alone gives.
    pub(crate) fn by_interval(&self) -> Outcome {
        let Ok(estimate) = &self.estimate else { return Outcome::Undefined };
        let (right, wrong) = match self.right_side {
            Alternative::Below => (estimate.upper < self.margin, estimate.lower > self.margin),
            Alternative::Above => (estimate.lower > self.margin, estimate.upper < self.margin),
        };
        let true_all_the_same = match (self.limit, self.right_side) {
            (None, _) => false,
            (Some(limit), Alternative::Below) => estimate.upper < limit,
            (Some(limit), Alternative::Above) => estimate.lower > limit,
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
    pub(crate) fn conditions_in_words(&self, word: Outcome) -> Option<String> {
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

    /// One-sided normal p-value of "the estimand is on the wrong side of the margin"
    /// (`for_support`) or "on the right side" (otherwise).
    pub fn p_value(&self, for_support: bool) -> Option<f64> {
        let estimate = self.estimate.as_ref().ok()?;
        // The interval may be wider than its resampling error (systematic parts), so the half-width
        // on the margin's side sets the scale.
        let towards = if self.margin >= estimate.value { estimate.upper - estimate.value } else { estimate.value - estimate.lower };
        let scale = towards / crate::stats::normal_quantile(0.5 + estimate.level / 2.0);
        let distance = match self.right_side {
            Alternative::Below => self.margin - estimate.value,
            Alternative::Above => estimate.value - self.margin,
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
