//! What a claim's own measurement says, held against its margin.

use crate::claims::{Name, Number, Outcome, Premise, Stopping};
use crate::figures::Figure;
use crate::stats::{Estimate, Undefined};
use std::collections::BTreeMap;

/// What a claim's own measurement says, before premises and the correction for many claims.
///
/// ```
/// use rtrl_lab::claims::{Finding, Outcome, Question};
/// use rtrl_lab::stats::Estimate;
/// let estimate = Ok(Estimate::normal(0.99, 0.002, 0.95));
/// let mut finding = Finding::new(Question::below("rate", 0.98), estimate);
/// assert_eq!(finding.outcome(), Outcome::Contradicted);
/// finding.limit = Some(1.0);
/// assert_eq!(finding.outcome(), Outcome::Slow);
/// ```
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
    /// Where a sequential budget stands, where there is one.
    pub stopping: Option<Stopping>,
}

/// A further condition of a claim.
///
/// ```
/// use rtrl_lab::claims::{Condition, Finding, Outcome, Question};
/// use rtrl_lab::stats::Estimate;
/// let mut finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)));
/// finding.conditions.push(Condition { name: "it rests".into(), outcome: Outcome::Contradicted });
/// assert_eq!(finding.outcome(), Outcome::Contradicted);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What must hold.
    pub name: String,
    /// What was found.
    pub outcome: Outcome,
}

/// On which side of its margin a claim holds.
///
/// ```
/// use rtrl_lab::claims::{Alternative, Finding, Outcome, Question};
/// let words = [Alternative::Below, Alternative::Above].map(|right_side| {
///     let question = Question { quantity: "rate", margin: 0.98, right_side };
///     Finding::new(question, Ok(rtrl_lab::stats::Estimate::exact(0.9))).outcome()
/// });
/// assert_eq!(words, [Outcome::Supported, Outcome::Contradicted]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Below.
    Below,
    /// Above.
    Above,
}

/// What a measurement is held against.
///
/// ```
/// use rtrl_lab::claims::{Finding, Outcome, Question};
/// let question = Question { margin: 0.95, ..Question::below("rate", 0.98) };
/// let rate = rtrl_lab::stats::Estimate::exact(0.97);
/// assert_eq!(Finding::new(question, Ok(rate)).outcome(), Outcome::Contradicted);
/// ```
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
    ///
    /// ```
    /// use rtrl_lab::claims::{Finding, Outcome, Question};
    /// let at = |rate| Ok(rtrl_lab::stats::Estimate::normal(rate, 0.01, 0.95));
    /// let word = |rate| Finding::new(Question::below("rate", 0.98), at(rate)).outcome();
    /// assert_eq!(word(0.9), Outcome::Supported);
    /// assert_eq!(word(0.97), Outcome::Inconclusive);
    /// ```
    pub fn below(quantity: &'static str, margin: f64) -> Self {
        Question { quantity, margin, right_side: Alternative::Below }
    }

    /// Whether it lies above.
    ///
    /// ```
    /// use rtrl_lab::claims::{Finding, Outcome, Question};
    /// let order = rtrl_lab::stats::Estimate::exact(1.0);
    /// let finding = Finding::new(Question::above("order", 0.5), Ok(order));
    /// assert_eq!(finding.outcome(), Outcome::Supported);
    /// ```
    pub fn above(quantity: &'static str, margin: f64) -> Self {
        Question { quantity, margin, right_side: Alternative::Above }
    }
}

impl Finding {
    /// A finding that could not be had.
    ///
    /// ```
    /// use rtrl_lab::claims::{Finding, Outcome, Question};
    /// let why = rtrl_lab::stats::Undefined::because("no pair met");
    /// let finding = Finding::undefined(Question::below("rate", 0.98), why);
    /// assert_eq!(finding.outcome(), Outcome::Undefined);
    /// assert_eq!(finding.reason, "no pair met");
    /// ```
    pub fn undefined(question: Question, why: Undefined) -> Self {
        Self::new(question, Err(why))
    }

    /// The estimate, held against the question; the reason is that of an undefined estimate, or
    /// still to be said.
    ///
    /// ```
    /// use rtrl_lab::claims::{Finding, Question};
    /// let rate = rtrl_lab::stats::Estimate::exact(0.5);
    /// let finding = Finding::new(Question::below("rate", 0.98), Ok(rate));
    /// assert_eq!((finding.margin, finding.limit, finding.reason.as_str()), (0.98, None, ""));
    /// ```
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
            stopping: None,
        }
    }

    /// Adds a number in place.
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Name, Question}, stats::Estimate};
    /// let mut finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)));
    /// finding.insert(Name::new("half_life"), 2.0);
    /// finding.insert(Name::new("half_life"), 1.0);
    /// assert_eq!(finding.exact(&Name::new("half_life")), Some(1.0));
    /// ```
    pub fn insert(&mut self, name: Name, number: impl Into<Number>) {
        self.numbers.insert(name.to_string(), number.into());
    }

    /// The number of this name; `None` where the claim gives none.
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Name, Number, Question}, stats::Estimate};
    /// let finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)))
    ///     .with(Name::new("half_life"), 1.0);
    /// assert_eq!(finding.number(&Name::new("half_life")), Some(&Number::Exact(1.0)));
    /// assert_eq!(finding.number(&Name::new("life")), None);
    /// ```
    pub fn number(&self, name: &Name) -> Option<&Number> {
        self.numbers.get(name.as_str())
    }

    /// The number of this name, where it is one without an interval.
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Name, Question}, stats::Estimate};
    /// let finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)))
    ///     .with(Name::new("window_last"), 40.0)
    ///     .with(Name::new("pathwise_rate"), Estimate::exact(0.4));
    /// let found = ["window_last", "pathwise_rate"].map(|name| finding.exact(&Name::new(name)));
    /// assert_eq!(found, [Some(40.0), None]);
    /// ```
    pub fn exact(&self, name: &Name) -> Option<f64> {
        match self.number(name) {
            Some(Number::Exact(value)) => Some(*value),
            _ => None,
        }
    }

    /// The number of this name, where it has an interval.
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Name, Question}, stats::Estimate};
    /// let (name, estimate) = (Name::new("pathwise_rate"), Estimate::normal(0.7, 0.1, 0.95));
    /// let finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.8)))
    ///     .with(name.clone(), estimate);
    /// assert_eq!((finding.interval(&name), finding.exact(&name)), (Some(estimate), None));
    /// ```
    pub fn interval(&self, name: &Name) -> Option<Estimate> {
        match self.number(name) {
            Some(Number::Interval(estimate)) => Some(*estimate),
            _ => None,
        }
    }

    /// Adds a number.
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Name, Number, Question}, stats::Estimate};
    /// let finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)))
    ///     .with(Name::new("ratio"), f64::INFINITY);
    /// let why = Number::Undefined { undefined: "inf".into() };
    /// assert_eq!(finding.number(&Name::new("ratio")), Some(&why));
    /// ```
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
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Condition, Finding, Outcome, Question}, stats::Estimate};
    /// let mut finding = Finding::new(Question::below("rate", 0.98), Ok(Estimate::exact(0.5)));
    /// assert_eq!(finding.outcome(), Outcome::Supported);
    /// let outcome = Outcome::Inconclusive;
    /// finding.conditions.push(Condition { name: "the paths agree".into(), outcome });
    /// assert_eq!(finding.outcome(), Outcome::Inconclusive);
    /// ```
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
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Outcome, Question}, stats::Estimate};
    /// let estimate = Ok(Estimate::normal(0.8, 0.1, 0.95));
    /// let finding = Finding::new(Question::below("rate", 1.0), estimate);
    /// assert_eq!(finding.decided_by(Outcome::Supported), None);
    /// assert!(finding.decided_by(Outcome::Inconclusive).unwrap().contains("Holm"));
    /// ```
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
    ///
    /// ```
    /// # use rtrl_lab::{claims::{Finding, Question}, stats::Estimate};
    /// let estimate = Ok(Estimate::normal(0.8, 0.1, 0.95));
    /// let finding = Finding::new(Question::below("rate", 1.0), estimate);
    /// let [support, against] = [true, false].map(|side| finding.p_value(side).unwrap());
    /// assert!((support - 0.022_750_131_948_179_2).abs() < 1e-12);
    /// assert!((support + against - 1.0).abs() < 1e-12);
    /// ```
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
