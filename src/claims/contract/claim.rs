//! What every claim must bring: premises, units of work, a judgement, and a case built to break it.

use crate::claims::contract::gated_violation;
use crate::claims::{Budget, Case, Finding, Footprint, GatedCell, Knob, Part, Question, Record, Records};
use crate::stats::Undefined;
use crate::theory::Certificate;

/// Independent units of work of one kind; what they share is prepared once, by the first that needs
/// it.
///
/// ```
/// let claim = rtrl_lab::claims::named("data_ergodicity").unwrap();
/// let case = claim.violation(1);
/// let work = claim.work(&case);
/// assert_eq!((work.len(), work[0].part), (1, "pairs"));
/// assert_eq!(work[0].run(1), work[0].run(1));
/// ```
pub struct Work<'c> {
    /// Name of the part.
    pub part: &'static str,
    /// Number of units.
    pub count: usize,
    /// Memory that one unit takes.
    pub footprint: Footprint,
    run: Box<dyn Fn(usize) -> Record + Send + Sync + 'c>,
}

impl<'c> Work<'c> {
    /// `count` units, each a pure function of its number.
    ///
    /// ```
    /// use rtrl_lab::claims::{Footprint, Work};
    /// let work = Work::new("later", 3, Footprint::default(), |_| panic!("nobody asked for it"));
    /// assert_eq!((work.part, work.count), ("later", 3));
    /// ```
    pub fn new(part: &'static str, count: usize, footprint: Footprint, run: impl Fn(usize) -> Record + Send + Sync + 'c) -> Self {
        Work { part, count, footprint, run: Box::new(run) }
    }

    /// Does one unit.
    ///
    /// ```
    /// use rtrl_lab::claims::{Footprint, Name, Record, Work};
    /// let square = |i| Record::default().with(Name::new("square"), 1, vec![(i * i) as f64]);
    /// let work = Work::new("squares", 4, Footprint::default(), square);
    /// assert_eq!(work.run(3).series["square"].values, [9.0]);
    /// ```
    pub fn run(&self, index: usize) -> Record {
        (self.run)(index)
    }

    /// Does all of them, on this thread.
    ///
    /// ```
    /// use rtrl_lab::claims::{Footprint, Name, Record, Work};
    /// let number = |i| Record::default().with(Name::new("number"), 1, vec![i as f64]);
    /// let part = Work::new("numbers", 5, Footprint::default(), number).records();
    /// assert_eq!(part.stacked(Name::new("number")).unwrap().sum(), 10.0);
    /// ```
    pub fn records(&self) -> Part {
        Part((0..self.count).map(|index| self.run(index)).collect())
    }
}

/// A claim of the theory. A unit of [`Work`] is a pure function of (case, part, index); a judgement
/// is a pure function of (case, records).
///
/// ```
/// use rtrl_lab::claims::{Alternative, Outcome, Records, named, premises};
/// let claim = named("hidden_contraction").unwrap();
/// let case = claim.violation(1);
/// let question = claim.question(&case);
/// assert_eq!((question.margin, question.right_side), (0.98, Alternative::Below));
/// assert_eq!(claim.premises(), [premises::SMOOTH_ACTIVATION]);
/// assert_eq!(claim.finding(&case, &Records::default()).outcome(), Outcome::Undefined);
/// ```
pub trait Claim: Send + Sync {
    /// The claim's name.
    fn id(&self) -> &'static str;

    /// The claim in a few words, as a sentence may hold them: "the hidden state forgets its start".
    fn short(&self) -> &'static str {
        self.statement()
    }

    /// The claim in one sentence.
    fn statement(&self) -> &'static str;

    /// What the margin is, in one phrase.
    fn margin_meaning(&self) -> &'static str;

    /// Names of the premises: other claims, or structural ones of [`crate::claims::premises`].
    fn premises(&self) -> &'static [&'static str];

    /// Whether a study has to name the claim, by a `[claims.NAME]` section or by `--only`, for it
    /// to be asked for.
    fn on_request(&self) -> bool {
        false
    }

    /// The default budget.
    fn budget(&self) -> Budget;

    /// Further numbers that a study may state for this claim alone.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// Whether every part of the work is made of independent replicas of one law, so that some of
    /// them answer as all do, less sharply: a study may then state `until`, the width of the
    /// interval at which a run of this claim ends.
    fn stops_early(&self) -> bool {
        false
    }

    /// Steps that rates need on a chain with this certificate, where that is known beforehand; 0
    /// where the default will do.
    fn horizon(&self, _certificate: &Certificate) -> usize {
        0
    }

    /// The default budget on a chain with this certificate: a burn-in no shorter than its
    /// [`Certificate::forgetting_time`], steps no fewer than its [`Claim::horizon`].
    fn budget_for(&self, certificate: &Certificate) -> Budget {
        let budget = self.budget();
        let burn_in = if budget.burn_in > 0 { budget.burn_in.max(certificate.forgetting_time()) } else { 0 };
        Budget { burn_in, steps: budget.steps.max(self.horizon(certificate)), ..budget }
    }

    /// The work in this case: nothing is done and nothing large is made until a unit runs.
    fn work<'c>(&self, case: &'c Case) -> Vec<Work<'c>>;

    /// What is asked of a case: a quantity, and the margin on whose side it must lie.
    fn question(&self, case: &Case) -> Question;

    /// Weighs the records.
    ///
    /// # Errors
    /// [`Undefined`] where they answer nothing.
    fn judge(&self, case: &Case, records: &Records) -> Result<Finding, Undefined>;

    /// Weighs the records; where they answer nothing the finding is undefined and says why.
    fn finding(&self, case: &Case, records: &Records) -> Finding {
        self.judge(case, records).unwrap_or_else(|why| Finding::undefined(self.question(case), why))
    }

    /// A small case in which the claim is false.
    fn violation(&self, seed: u64) -> Case;

    /// A case like it, in which the claim is false of a gated cell.
    fn violation_on(&self, cell: GatedCell, seed: u64) -> Case {
        gated_violation::gated(self.violation(seed), cell)
    }
}
