//! From an estimate and its premises to a word: what is slow, and what an open premise leaves open.

use rtrl_lab::claims::{self, Claim, Finding, Judged, Outcome, Premise, Question, Verdict, decide};
use rtrl_lab::stats::{Estimate, Undefined};

const MARGIN: f64 = 0.98;

fn rate(lower: f64, upper: f64) -> Finding {
    let (value, half) = (0.5 * (lower + upper), 0.5 * (upper - lower));
    let estimate = Estimate { value, standard_error: half / 1.96, lower, upper, level: 0.95 };
    Finding { limit: Some(1.0), ..Finding::new(Question::below("rate", MARGIN), Ok(estimate)) }
}

fn judged(id: &str, finding: Finding) -> Judged {
    Judged { claim: claims::named(id).unwrap(), finding, violation: None, expected: None, asked: true }
}

fn verdicts(judged: &[Judged]) -> Vec<Verdict> {
    let mut case = claims::named("hidden_contraction").unwrap().violation(1);
    case.budgets.extend(judged.iter().map(|judged| (judged.claim.id().to_string(), judged.claim.budget())));
    decide(&case, judged).0
}

#[test]
fn a_rate_surely_below_one_and_above_its_margin_is_slow_and_one_that_reaches_one_is_not() {
    let words = [(0.5, 0.6), (0.984, 0.986), (0.985, 1.0001), (1.01, 1.02), (0.97, 0.99)].map(|(lower, upper)| rate(lower, upper).outcome());
    assert_eq!(words, [Outcome::Supported, Outcome::Slow, Outcome::Contradicted, Outcome::Contradicted, Outcome::Inconclusive]);
    // Without a limit of its own the margin is all there is.
    assert_eq!(Finding { limit: None, ..rate(0.984, 0.986) }.outcome(), Outcome::Contradicted);
}

#[test]
fn a_slow_premise_holds_and_a_contradicted_one_does_not() {
    let words = |first: Finding| -> Vec<Outcome> {
        let both = [judged("data_ergodicity", first), judged("unique_stationary_law", rate(0.1, 0.2))];
        verdicts(&both).into_iter().map(|verdict| verdict.verdict).collect()
    };
    assert_eq!(words(rate(0.984, 0.986)), [Outcome::Slow, Outcome::Supported]);
    assert_eq!(words(rate(1.01, 1.02)), [Outcome::Contradicted, Outcome::PremiseFailed]);
}

/// A claim that rests on a second moment, and whatever the claim about moments settles.
struct Resting;

impl Claim for Resting {
    fn id(&self) -> &'static str {
        "resting"
    }
    fn statement(&self) -> &'static str {
        "a distance of order 2 falls"
    }
    fn margin_meaning(&self) -> &'static str {
        "the rate lies below it"
    }
    fn premises(&self) -> &'static [&'static str] {
        &[claims::premises::SECOND_MOMENT]
    }
    fn budget(&self) -> claims::Budget {
        claims::named("hidden_contraction").unwrap().budget()
    }
    fn work<'c>(&self, _case: &'c claims::Case) -> Vec<claims::Work<'c>> {
        vec![]
    }
    fn question(&self, _case: &claims::Case) -> claims::Question {
        claims::Question::below("a rate", 0.98)
    }
    fn judge(&self, _case: &claims::Case, _records: &claims::Records) -> Result<Finding, Undefined> {
        Ok(rate(0.1, 0.2))
    }
    fn violation(&self, seed: u64) -> claims::Case {
        claims::named("hidden_contraction").unwrap().violation(seed)
    }
}

#[test]
fn a_number_that_need_not_exist_is_not_supported() {
    let word = |settled: Option<Outcome>| {
        let settles =
            settled.map(|verdict| Premise { id: claims::premises::SECOND_MOMENT.to_string(), verdict, estimate: None, reason: String::new() });
        let moments = Finding { settles: settles.into_iter().collect(), ..rate(0.1, 0.2) };
        let resting = Judged { claim: &Resting, finding: rate(0.1, 0.2), violation: None, expected: None, asked: true };
        verdicts(&[judged("derivative_moments", moments), resting]).remove(1)
    };
    assert_eq!(word(Some(Outcome::Supported)).verdict, Outcome::Supported);
    assert_eq!(word(Some(Outcome::Contradicted)).verdict, Outcome::PremiseFailed);
    // A premise that nothing settled is as open as one that a measurement left open.
    for open in [Some(Outcome::Inconclusive), Some(Outcome::Undefined), None] {
        let verdict = word(open);
        assert_eq!(verdict.verdict, Outcome::Inconclusive, "{open:?}");
        assert_eq!(verdict.decided_by.as_deref(), Some("a premise is open: second_moment"));
        assert!(verdict.reason.contains("the measurement alone would say supported"), "{}", verdict.reason);
    }
}
