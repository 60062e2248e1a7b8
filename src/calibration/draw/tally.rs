//! What a draw came to, family by family: coverage of intervals, and words that are wrong or left
//! open.

use crate::calibration::Kind;
use crate::stats::clopper_pearson;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that a draw measured.
///
/// ```
/// let drawing = rtrl_lab::calibration::Calibration::measured().unwrap().drawing.unwrap();
/// // Four claims, on eleven families and on all of them together.
/// assert_eq!((drawing.systems, drawing.words.len()), (200, 4 * (11 + 1)));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The seed that the systems follow from.
    pub seed: u64,
    /// Systems a family.
    pub systems: usize,
    /// Systems without an exact answer, by family, which were left out.
    pub without_answer: BTreeMap<String, usize>,
    /// Coverage by estimator and family; the family `all` pools them.
    pub intervals: Vec<DrawnInterval>,
    /// Words by claim and family; the family `all` pools them.
    pub words: Vec<DrawnWords>,
    /// Whether every row is within its bounds.
    pub passed: bool,
    /// Every interval and word that is wrong, to be looked at one by one; a table that ships leaves
    /// them out.
    #[serde(default, skip_serializing)]
    pub wrong: Vec<DrawnError>,
}

/// An interval without the exact answer, or a false word.
///
/// ```
/// use rtrl_lab::calibration::DrawnError;
/// let (family, of, said) = ("linear".into(), "rate".into(), "[0.6, 0.7]".into());
/// let error = DrawnError { family, system: 3, of, exact: Some(0.5), said };
/// assert_eq!(serde_json::to_value(error).unwrap()["exact"], 0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnError {
    /// The family.
    pub family: String,
    /// The index of the system within its family.
    pub system: usize,
    /// The estimator, or the claim.
    pub of: String,
    /// The exact answer of an interval; none of a word.
    pub exact: Option<f64>,
    /// What was said.
    pub said: String,
}

/// Coverage of the 95 % intervals of one estimator over the systems of a family.
///
/// ```
/// let drawing = rtrl_lab::calibration::Calibration::measured().unwrap().drawing.unwrap();
/// // What misses lies on one side or the other.
/// assert!(drawing.intervals.iter().all(|row| {
///     let (defined, missed) = (row.systems - row.undefined, row.below + row.above);
///     row.coverage.is_none_or(|share| share == (defined - missed) as f64 / defined as f64)
/// }));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnInterval {
    /// The estimator.
    pub estimator: String,
    /// The family, or `all`.
    pub family: String,
    /// What the interval promises.
    pub kind: Kind,
    /// Systems on which there is an exact answer.
    pub systems: usize,
    /// Of them, those on which the estimator said undefined.
    pub undefined: usize,
    /// Share of the defined intervals that hold the exact answer; null without one.
    pub coverage: Option<f64>,
    /// Clopper and Pearson's 95 % interval of that share.
    pub coverage_between: [f64; 2],
    /// Intervals that lie below the exact answer.
    pub below: usize,
    /// Intervals that lie above it.
    pub above: usize,
    /// Median width of an interval that has two finite ends.
    pub width: Option<f64>,
    /// Why the estimator said undefined, with how often.
    pub reasons: BTreeMap<String, usize>,
    /// Whether the coverage is within its bounds.
    pub passes: bool,
}

/// The words of one claim over the systems of a family.
///
/// ```
/// let drawing = rtrl_lab::calibration::Calibration::measured().unwrap().drawing.unwrap();
/// let all = drawing.words.iter().filter(|row| row.family == "all");
/// assert_eq!(all.clone().count(), 4, "one row a claim");
/// assert!(all.into_iter().all(|row| row.true_systems + row.false_systems == row.systems));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnWords {
    /// The claim.
    pub claim: String,
    /// The family, or `all`.
    pub family: String,
    /// Systems.
    pub systems: usize,
    /// Systems on which the claim is false or its rate above the margin, and the word is
    /// `supported`.
    pub falsely_supported: usize,
    /// Systems on which the claim is not true with its margin.
    pub false_systems: usize,
    /// Systems on which the claim is true with its margin, and the word is `contradicted`,
    /// `premise_failed` or `slow`.
    pub falsely_contradicted: usize,
    /// Systems on which the claim is true with its margin.
    pub true_systems: usize,
    /// Systems whose exact answer is clear of the margin by 0.02.
    pub clear: usize,
    /// Of them, those left `undefined` or `inconclusive`.
    pub open: usize,
    /// What was said where the word was left open, with how often.
    pub reasons: BTreeMap<String, usize>,
    /// Whether errors and open words are within their bounds.
    pub passes: bool,
}

/// The name that pools all families.
pub(crate) const ALL: &str = "all";
/// The lower end of what is asked for of a pooled 95 % interval, and the upper end where it does
/// not promise more.
const POOLED: [f64; 2] = [0.93, 0.97];
/// Intervals from which the pooled share itself is asked for.
const MANY: usize = 2000;
/// The least coverage of a family, and the intervals from which on no chance is allowed for.
const LEAST: f64 = 0.90;
const WHOLE: usize = 200;
/// The largest share of upper limits of a distance below the exact distance.
const UPPER_MISSED: f64 = 0.025;
/// Rate of false words, and the largest share of open ones where the answer is clear.
const FALSE: f64 = 0.01;
const OPEN: f64 = 0.10;

/// All intervals and words of a family, each beside what is exact; a draw of many families may be
/// made in parts.
///
/// ```
/// let text = r#"{ "family": "linear", "seed": 7, "systems": 1, "answered": 1, "tried": 3,
///     "hits": [{ "system": 2, "estimator": "rate", "kind": "bound", "truth": 0.5,
///         "ends": { "Ok": [0.6, null] } }], "words": [] }"#;
/// let family: rtrl_lab::calibration::DrawnFamily = serde_json::from_str(text).unwrap();
/// let drawing = rtrl_lab::calibration::Drawing::of(&[family]);
/// assert_eq!((drawing.wrong[0].system, drawing.without_answer["linear"]), (2, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawnFamily {
    /// The family.
    pub family: String,
    /// The seed that the systems follow from.
    pub seed: u64,
    /// Systems that were asked for.
    pub systems: usize,
    /// Systems with an exact answer.
    pub answered: usize,
    /// Systems that were drawn.
    pub tried: usize,
    pub(super) hits: Vec<Hit>,
    pub(super) words: Vec<Word>,
}

/// One interval beside its truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hit {
    /// The index of the system within its family.
    pub system: usize,
    pub estimator: String,
    pub kind: Kind,
    pub truth: f64,
    /// Ends, of which an infinite one is null, or why there are none.
    #[serde(with = "ends")]
    pub ends: Result<[f64; 2], String>,
}

/// JSON has no infinite numbers.
mod ends {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(ends: &Result<[f64; 2], String>, serializer: S) -> Result<S::Ok, S::Error> {
        ends.as_ref().map(|ends| ends.map(|end| end.is_finite().then_some(end))).map_err(String::clone).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Result<[f64; 2], String>, D::Error> {
        let ends: Result<[Option<f64>; 2], String> = Deserialize::deserialize(deserializer)?;
        Ok(ends.map(|[low, high]| [low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY)]))
    }
}

/// One word beside its truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Word {
    /// The index of the system within its family.
    pub system: usize,
    pub claim: String,
    /// Whether the claim is true with its margin.
    pub holds: bool,
    /// Whether the truth is clear of the margin.
    pub clear: bool,
    pub said: Said,
    /// The reason, where the word was left open.
    pub reason: String,
}

impl Hit {
    /// Whether the interval lies below the exact answer, and whether above.
    fn misses(&self) -> [bool; 2] {
        self.ends.as_ref().map_or([false; 2], |[low, high]| [*high < self.truth, *low > self.truth])
    }

    /// The error, where it is one.
    pub(super) fn error(&self, family: &str) -> Option<DrawnError> {
        let [low, high] = *self.ends.as_ref().ok().filter(|_| self.misses() != [false; 2])?;
        let said = format!("[{low:.6e}, {high:.6e}]");
        Some(DrawnError { family: family.into(), system: self.system, of: self.estimator.clone(), exact: Some(self.truth), said })
    }
}

impl Word {
    /// The error, where it is one.
    pub(super) fn error(&self, family: &str) -> Option<DrawnError> {
        let said = match self.said {
            Said::For if !self.holds => "supported",
            Said::Against if self.holds => "contradicted",
            _ => return None,
        };
        Some(DrawnError { family: family.into(), system: self.system, of: self.claim.clone(), exact: None, said: format!("{said}: {}", self.reason) })
    }
}

/// What a word comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Said {
    For,
    Against,
    Open,
}

impl DrawnInterval {
    /// The row of hits of one estimator.
    pub(super) fn of(estimator: &str, family: &str, hits: &[&Hit]) -> Self {
        let defined: Vec<(&&Hit, [f64; 2])> = hits.iter().filter_map(|hit| Some((hit, *hit.ends.as_ref().ok()?))).collect();
        let (mut below, mut above, mut widths) = (0, 0, Vec::new());
        for (hit, [low, high]) in &defined {
            let [lies_below, lies_above] = hit.misses();
            below += usize::from(lies_below);
            above += usize::from(lies_above);
            widths.extend(Some(high - low).filter(|width| width.is_finite()));
        }
        let n = defined.len();
        let held = n - below - above;
        let (low, high) = clopper_pearson(held, n, 0.95);
        let mut reasons = BTreeMap::new();
        hits.iter().filter_map(|hit| hit.ends.as_ref().err()).for_each(|why| *reasons.entry(short(why)).or_insert(0) += 1);
        let kind = hits[0].kind;
        let share = held as f64 / n.max(1) as f64;
        let upper_end = if kind == Kind::Bound { 1.0 } else { POOLED[1] };
        // A share of few intervals may fall short by chance: its own interval must reach what is
        // asked for.
        let passes = match (n, family) {
            // No interval is no coverage.
            (0, _) => false,
            (MANY.., ALL) => (POOLED[0]..=upper_end).contains(&share),
            (_, ALL) => high >= POOLED[0] && low <= upper_end,
            (WHOLE.., _) => share >= LEAST,
            _ => share >= LEAST || high >= POOLED[0],
        };
        let passes = passes && (!estimator.starts_with("upper") || clopper_pearson(below, n, 0.95).0 <= UPPER_MISSED);
        DrawnInterval {
            estimator: estimator.to_string(),
            family: family.to_string(),
            kind,
            systems: hits.len(),
            undefined: hits.len() - n,
            coverage: (n > 0).then_some(share),
            coverage_between: [low, high],
            below,
            above,
            width: (!widths.is_empty()).then(|| crate::stats::median(widths)),
            reasons,
            passes,
        }
    }
}

impl DrawnWords {
    /// The row of words of one claim.
    pub(super) fn of(claim: &str, family: &str, words: &[&Word]) -> Self {
        let count = |of: &dyn Fn(&Word) -> bool| words.iter().filter(|word| of(word)).count();
        let (true_systems, clear) = (count(&|word| word.holds), count(&|word| word.clear));
        let falsely_supported = count(&|word| !word.holds && word.said == Said::For);
        let falsely_contradicted = count(&|word| word.holds && word.said == Said::Against);
        let open = count(&|word| word.clear && word.said == Said::Open);
        let mut reasons = BTreeMap::new();
        words.iter().filter(|word| word.clear && word.said == Said::Open).for_each(|word| *reasons.entry(short(&word.reason)).or_insert(0) += 1);
        // More than chance at the nominal rate would give: the lower 99 % limit of the share lies
        // above it.
        let beyond = |hits: usize, of: usize, rate: f64| of > 0 && clopper_pearson(hits, of, 0.98).0 > rate;
        let false_systems = words.len() - true_systems;
        let passes =
            !beyond(falsely_supported, false_systems, FALSE) && !beyond(falsely_contradicted, true_systems, FALSE) && !beyond(open, clear, OPEN);
        DrawnWords {
            claim: claim.to_string(),
            family: family.to_string(),
            systems: words.len(),
            falsely_supported,
            false_systems,
            falsely_contradicted,
            true_systems,
            clear,
            open,
            reasons,
            passes,
        }
    }
}

/// A reason without its numbers, so that the same one is counted once.
fn short(reason: &str) -> String {
    let mut out = String::new();
    let mut digits = false;
    for c in reason.chars().take(160) {
        let number = c.is_ascii_digit() || (digits && matches!(c, '.' | 'e' | '-' | '+'));
        if !number {
            out.push(c);
        } else if !digits {
            out.push('#');
        }
        digits = number;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(ends: &[[f64; 2]]) -> Vec<Hit> {
        ends.iter().map(|ends| Hit { system: 0, estimator: "rate".into(), kind: Kind::Confidence, truth: 1.0, ends: Ok(*ends) }).collect()
    }

    #[test]
    fn misses_are_counted_by_side_and_fail_the_row() {
        let good: Vec<Hit> = hits(&[[0.9, 1.1]; 19]).into_iter().chain(hits(&[[1.1, 1.2]])).collect();
        let row = DrawnInterval::of("rate", ALL, &good.iter().collect::<Vec<_>>());
        assert!(row.passes && row.above == 1 && row.below == 0 && row.coverage == Some(0.95));
        let bad: Vec<Hit> = hits(&[[0.9, 1.1]; 80]).into_iter().chain(hits(&[[0.8, 0.9]; 20])).collect();
        let row = DrawnInterval::of("rate", ALL, &bad.iter().collect::<Vec<_>>());
        assert!(!row.passes && row.below == 20);
        // Nine of ten of a family are within what chance allows, and of two thousand of all
        // families they are not.
        let some: Vec<Hit> = hits(&[[0.9, 1.1]; 90]).into_iter().chain(hits(&[[0.8, 0.9]; 10])).collect();
        assert!(DrawnInterval::of("rate", "linear", &some.iter().collect::<Vec<_>>()).passes);
        let too_few: Vec<Hit> = hits(&[[0.9, 1.1]; 178]).into_iter().chain(hits(&[[0.8, 0.9]; 22])).collect();
        assert!(!DrawnInterval::of("rate", "linear", &too_few.iter().collect::<Vec<_>>()).passes);
        let many: Vec<&Hit> = std::iter::repeat_n(&some, 20).flatten().collect();
        assert!(!DrawnInterval::of("rate", ALL, &many).passes);
        let half: Vec<Hit> = hits(&[[0.9, 1.1]; 50]).into_iter().chain(hits(&[[0.8, 0.9]; 50])).collect();
        assert!(!DrawnInterval::of("rate", "linear", &half.iter().collect::<Vec<_>>()).passes);
    }

    #[test]
    fn words_err_by_what_is_true() {
        let word = |holds, said| Word { system: 0, claim: "c".into(), holds, clear: true, said, reason: "7 of 12 pairs".into() };
        let words: Vec<Word> = (0..100).map(|i| word(i % 2 == 0, if i % 2 == 0 { Said::For } else { Said::Against })).collect();
        let row = DrawnWords::of("c", ALL, &words.iter().collect::<Vec<_>>());
        assert!(row.passes && row.falsely_supported + row.falsely_contradicted + row.open == 0 && row.true_systems == 50);
        let wrong: Vec<Word> = (0..100).map(|i| word(i % 2 == 0, if i % 10 == 1 { Said::For } else { Said::Open })).collect();
        let row = DrawnWords::of("c", ALL, &wrong.iter().collect::<Vec<_>>());
        assert_eq!((row.falsely_supported, row.open, row.passes), (10, 90, false));
        assert_eq!(row.reasons, BTreeMap::from([("# of # pairs".to_string(), 90)]));
    }

    #[test]
    fn a_family_is_read_as_it_was_written() {
        let mut hits = hits(&[[0.9, f64::INFINITY], [f64::NEG_INFINITY, 0.3]]);
        hits[1].ends = Err("too few".into());
        let words = vec![Word { system: 3, claim: "c".into(), holds: true, clear: false, said: Said::Open, reason: "why".into() }];
        let family = DrawnFamily { family: "linear".into(), seed: u64::MAX, systems: 2, answered: 2, tried: 3, hits, words };
        let text = serde_json::to_string(&family).unwrap();
        assert_eq!(serde_json::from_str::<DrawnFamily>(&text).unwrap(), family);
    }
}
