//! The verdicts on a recorded series and a network as answers to what its user asks.

mod holds;

use super::judging::names::RATE;
use super::{Case, Claim, Number, Outcome, Verdict};
use super::{data_ergodicity, derivative_moments, geometric_ergodicity, hidden_contraction, stationary_point, truncation_bias};
use crate::data::SeriesClass;

/// Part of a difference of starts that counts as forgotten.
const FORGOTTEN: f64 = 0.01;
/// Part of a start that a burn-in may leave.
const BURNT: f64 = 0.001;

/// One answer.
///
/// ```
/// use rtrl_lab::claims::Answer;
/// let because = "the rate is 0.5".to_string();
/// let answer = Answer {
///     question: "How long?".into(),
///     answer: "7 steps".into(),
///     because,
///     claim: "hidden_contraction".into(),
/// };
/// assert_eq!(answer.clone(), answer);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// What is asked.
    pub question: String,
    /// The answer, with its interval where it has one.
    pub answer: String,
    /// What it rests on.
    pub because: String,
    /// The claim that holds the evidence.
    pub claim: String,
}

/// The answers on a case of recorded data, the sum of them first; none for drawn data.
///
/// Every number is a number of a verdict, or follows from one: at a rate r a difference has fallen
/// to the share s after `ln s/ln r` steps.
pub(crate) fn answers(case: &Case, verdicts: &[Verdict]) -> Vec<Answer> {
    let Some(columns) = case.data.columns() else { return Vec::new() };
    let asked = Asked { verdicts, pace: columns.seconds };
    [
        asked.holds(&columns.names),
        asked.memory(),
        asked.truncation(),
        asked.burn_in(),
        asked.step(),
        asked.variance(),
        asked.horizon(&columns.names, columns.rows()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The class of every recorded column, as the verdict on the data has it.
pub(crate) fn audited(case: &Case, verdicts: &[Verdict]) -> Vec<(String, SeriesClass)> {
    let asked = Asked { verdicts, pace: None };
    let names = case.data.columns().map_or(&[][..], |columns| &columns.names);
    names.iter().filter_map(|name| Some((name.clone(), asked.class(name)?))).collect()
}

/// The truncation length at which the gradient is wrong by at most a tenth, the upper end of its
/// interval: of the mean gradient where it is known, else of that of a single step.
pub(crate) fn truncation_length(verdicts: &[Verdict]) -> Option<usize> {
    use truncation_bias::names::{LEAST_LENGTH, LEAST_LENGTH_EXACT, LEAST_LENGTH_OF_A_STEP};
    let (asked, id) = (Asked { verdicts, pace: None }, truncation_bias::TruncationBias.id());
    let found = [LEAST_LENGTH_EXACT, LEAST_LENGTH, LEAST_LENGTH_OF_A_STEP].iter().find_map(|name| asked.interval(id, &name.at("10%")));
    found.map(|[.., most]| most as usize)
}

/// What is asked first.
pub(crate) const HOLDS: &str = "Does the theory hold?";

struct Asked<'a> {
    verdicts: &'a [Verdict],
    /// Seconds between rows, where a time column tells.
    pace: Option<f64>,
}

impl Asked<'_> {
    fn verdict(&self, id: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.id == id)
    }

    fn number(&self, id: &str, name: &super::Name) -> Option<&Number> {
        self.verdict(id)?.numbers.get(name.as_str())
    }

    fn exact(&self, id: &str, name: &super::Name) -> Option<f64> {
        match self.number(id, name)? {
            Number::Exact(value) => Some(*value),
            _ => None,
        }
    }

    /// Value and interval.
    fn interval(&self, id: &str, name: &super::Name) -> Option<[f64; 3]> {
        match self.number(id, name)? {
            Number::Interval(estimate) => Some([estimate.value, estimate.lower, estimate.upper]),
            Number::Exact(value) => Some([*value; 3]),
            Number::Undefined { .. } => None,
        }
    }

    /// The class of a column.
    fn class(&self, name: &str) -> Option<SeriesClass> {
        data_ergodicity::series_audit::class_of(self.number(data_ergodicity::DataErgodicity.id(), &data_ergodicity::names::CLASS.at(name)))
    }

    /// So many steps, with the time that they take.
    fn steps(&self, steps: f64) -> String {
        let word = if steps == 1.0 { "step" } else { "steps" };
        match self.pace {
            Some(seconds) => format!("{steps} {word} ({})", duration(steps * seconds)),
            None => format!("{steps} {word}"),
        }
    }

    /// Steps until a difference of hidden states has fallen to a hundredth.
    fn memory(&self) -> Option<Answer> {
        let (id, certified) = (
            hidden_contraction::HiddenContraction.id(),
            self.exact(hidden_contraction::HiddenContraction.id(), &hidden_contraction::names::CERTIFIED_RATE),
        );
        let measured = self.interval(id, &hidden_contraction::names::PATHWISE_RATE).filter(|rate| rate[2] < 1.0);
        let bound = certified.filter(|rate| *rate < 1.0).map(|rate| lasting(rate, FORGOTTEN));
        let (answer, because) = match (measured, bound) {
            (Some([rate, low, high]), bound) => {
                let [typical, least, most] = [rate, low, high].map(|rate| lasting(rate, FORGOTTEN));
                let more = bound.map_or(String::new(), |steps| format!("; certified never to be more than {}", self.steps(steps)));
                (
                    format!("{} [{least}, {most}] until a difference has fallen to 1 %{more}", self.steps(typical)),
                    format!("a difference is multiplied by {rate:.3} [{low:.3}, {high:.3}] at each step of a typical path"),
                )
            }
            (None, Some(steps)) => (
                format!("at most {} until a difference has fallen to 1 %", self.steps(steps)),
                format!("the weights certify a rate of {:.3}", certified?),
            ),
            (None, None) => ("no end is seen: two copies do not come together on these inputs".into(), self.verdict(id)?.reason.clone()),
        };
        Some(Answer { question: "How long is the network's memory?".into(), answer, because, claim: id.into() })
    }

    /// Shortest windows of truncation for a gradient that is wrong by 10, 1 and 0.1 %: the mean
    /// gradient where its bias is told, else that of a single step in the root mean square. At a
    /// stationary point the mean is zero, and no bias is small beside it.
    fn truncation(&self) -> Option<Answer> {
        use truncation_bias::names::{LEAST_LENGTH, LEAST_LENGTH_EXACT, LEAST_LENGTH_OF_A_STEP};
        const OF_A_STEP: &str = " for a single step";
        let id = truncation_bias::TruncationBias.id();
        let verdict = self.verdict(id)?;
        let of = |share: &str| {
            let known = |name: &super::Name, what: &str| {
                let [value, low, high] = self.interval(id, &name.at(share))?;
                Some(if low == high { format!("{share}: {value}{what}") } else { format!("{share}: {value} [{low}, {high}]{what}") })
            };
            let exact = self.exact(id, &LEAST_LENGTH_EXACT.at(share)).map(|length| format!("{share}: {length} (exact)"));
            let told = exact.or_else(|| known(&LEAST_LENGTH, "")).or_else(|| known(&LEAST_LENGTH_OF_A_STEP, OF_A_STEP));
            told.unwrap_or_else(|| match self.number(id, &LEAST_LENGTH_OF_A_STEP.at(share)) {
                Some(Number::Undefined { undefined }) => format!("{share}: not known ({undefined})"),
                _ => format!("{share}: not known"),
            })
        };
        let lengths = ["10%", "1%", "0.1%"].map(of).join("; ");
        let mut kind = "steps of rolling TBPTT, in the recurrent parameters".to_string();
        if lengths.contains(OF_A_STEP) {
            kind += "; for a single step: the root mean square error of its gradient, where the bias of the mean gradient is not told";
        }
        Some(Answer {
            question: "Which truncation length is enough, for a gradient that is wrong by at most …?".into(),
            answer: format!("{lengths} ({kind})"),
            because: verdict.alone().1.to_string(),
            claim: id.into(),
        })
    }

    /// Steps after which a start does not matter any more, derivatives included.
    fn burn_in(&self) -> Option<Answer> {
        let id = geometric_ergodicity::GeometricErgodicity.id();
        let verdict = self.verdict(id)?;
        let certified = self.exact(id, &geometric_ergodicity::names::CERTIFIED_RATE).filter(|rate| *rate < 1.0);
        let measured = self.interval(id, &RATE).map(|rate| rate[2]).filter(|rate| *rate < 1.0);
        let (rate, how) = match (measured, certified) {
            (Some(measured), Some(certified)) if measured > certified => (certified, "certified"),
            (Some(measured), _) => (measured, "at most, by its interval"),
            (None, Some(certified)) => (certified, "certified"),
            (None, None) => {
                let answer =
                    "not known: no interval of the rate lies below 1 and none is certified, so that no burn-in is long enough for certain".into();
                return Some(Answer { question: "How long a burn-in?".into(), answer, because: verdict.alone().1.to_string(), claim: id.into() });
            }
        };
        Some(Answer {
            question: "How long a burn-in?".into(),
            answer: format!("{} until a start has fallen to 0.1 %, hidden state and derivatives", self.steps(lasting(rate, BURNT))),
            because: format!("a difference of the joint chain is multiplied by {rate:.3} at each step ({how})"),
            claim: id.into(),
        })
    }

    /// The largest stable step and a step to begin with.
    fn step(&self) -> Option<Answer> {
        use stationary_point::names::{LARGEST_STABLE_STEP, PROPOSED_STEP, SMALLEST_UNSTABLE_STEP};
        let id = stationary_point::StationaryPoint.id();
        self.verdict(id)?;
        let answer = match (self.exact(id, &LARGEST_STABLE_STEP), self.exact(id, &PROPOSED_STEP)) {
            (Some(stable), Some(proposed)) => {
                let above = self
                    .exact(id, &SMALLEST_UNSTABLE_STEP)
                    .map_or("no larger one that was tried was unstable".into(), |step| format!("{} was not", three_digits(step)));
                format!("begin with {}; {} was stable from three places of the record, {above}", three_digits(proposed), three_digits(stable))
            }
            _ => match self.number(id, &LARGEST_STABLE_STEP) {
                Some(Number::Undefined { undefined }) => format!("not known: {undefined}"),
                _ => "not known".into(),
            },
        };
        Some(Answer {
            question: "Which step size?".into(),
            answer,
            because: "a run is unstable whose late loss is ten times that of not learning, and a quarter of the largest stable step is proposed"
                .into(),
            claim: id.into(),
        })
    }

    /// Whether the gradient has a variance.
    fn variance(&self) -> Option<Answer> {
        let id = derivative_moments::DerivativeMoments.id();
        let verdict = self.verdict(id)?;
        let (index, above) = (self.number(id, &derivative_moments::names::TAIL_INDEX), self.exact(id, &derivative_moments::names::TAIL_INDEX_ABOVE));
        let answer = match (index, above) {
            (Some(Number::Interval(index)), _) if index.lower > 2.0 => {
                format!("yes: tail index {:.1} [{:.1}, {:.1}], above 2", index.value, index.lower, index.upper)
            }
            (Some(Number::Interval(index)), _) if index.upper < 2.0 => {
                format!("no: tail index {:.1} [{:.1}, {:.1}], below 2", index.value, index.lower, index.upper)
            }
            (Some(Number::Interval(index)), _) => format!("open: tail index {:.1} [{:.1}, {:.1}] about 2", index.value, index.lower, index.upper),
            (_, Some(above)) if above >= 2.0 => format!("yes: the tail index of the derivatives lies above {above:.1}"),
            (Some(Number::Undefined { undefined }), _) if undefined.starts_with("every moment exists") => format!("yes: {undefined}"),
            (Some(Number::Undefined { undefined }), _) => format!("open: {undefined}"),
            _ => "not known".into(),
        };
        // The tail index is one of the things that the claim asks for.
        let (word, _) = verdict.alone();
        let answer = match (answer.starts_with("yes"), word) {
            (true, Outcome::Supported | Outcome::Slow) | (false, _) => answer,
            (true, word) => format!("{answer}; by that alone, since the claim asks for more and is {}", word.word().replace('_', " ")),
        };
        Some(Answer { question: "Does the gradient have a variance here?".into(), answer, because: verdict.alone().1.to_string(), claim: id.into() })
    }

    /// How far back the law holds, and until when.
    fn horizon(&self, names: &[String], rows: usize) -> Option<Answer> {
        use data_ergodicity::names::{LAW_AHEAD, LAW_BACK};
        let id = data_ergodicity::DataErgodicity.id();
        let verdict = self.verdict(id)?;
        let least = |name: &super::Name| {
            let all = names.iter().filter_map(|column| Some((self.exact(id, &name.at(column))?, column)));
            all.reduce(|least, next| if next.0 < least.0 { next } else { least })
        };
        let (back, column) = least(&LAW_BACK)?;
        let held = if back >= rows as f64 {
            format!("for the whole record, {}", self.steps(back))
        } else {
            format!("for the last {}, by `{column}`", self.steps(back))
        };
        let refit = least(&LAW_AHEAD).map_or_else(
            || "no change is seen up to half of the record".to_string(),
            |(ahead, column)| format!("refit after {}, when `{column}` has changed by more than the margin", self.steps(ahead)),
        );
        Some(Answer {
            question: "How far back does the law hold, and for how long ahead?".into(),
            answer: format!("{held}; {refit}"),
            because: verdict.alone().1.to_string(),
            claim: id.into(),
        })
    }
}

/// Steps in which a difference falls to a share at a rate.
fn lasting(rate: f64, share: f64) -> f64 {
    if rate <= 0.0 { 1.0 } else { (libm::log(share) / libm::log(rate)).ceil().max(1.0) }
}

/// Three significant digits, with a power of ten where there would be many zeros.
fn three_digits(value: f64) -> String {
    if !(1e-3..1e4).contains(&value) {
        return format!("{value:.2e}");
    }
    let digits = (2.0 - libm::floor(libm::log10(value))).max(0.0) as usize;
    format!("{value:.digits$}")
}

/// A length of time in the largest unit of which there is at least one and a half.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 5] = [(365.25 * 86_400.0, "years"), (86_400.0, "days"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];
    let (size, unit) = UNITS.into_iter().find(|(size, _)| seconds >= 1.5 * size).unwrap_or((1.0, "s"));
    let count = seconds / size;
    let digits = if count >= 10.0 || count.fract() == 0.0 {
        0
    } else if count >= 0.1 {
        1
    } else {
        4
    };
    format!("{count:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_times_read_as_a_user_says_them() {
        assert_eq!([lasting(0.5, 0.01), lasting(0.0, 0.01), lasting(0.999, 0.001)], [7.0, 1.0, 6905.0]);
        let of = |steps: f64, pace| Asked { verdicts: &[], pace }.steps(steps);
        assert_eq!([of(7.0, None), of(1.0, None)], ["7 steps", "1 step"]);
        assert_eq!(
            [of(7.0, Some(3600.0)), of(90.0, Some(3600.0)), of(3.0, Some(0.01))],
            ["7 steps (7 h)", "90 steps (3.8 days)", "3 steps (0.0300 s)"]
        );
        assert_eq!([0.1414, 0.001, 12.34, 5000.0, 4.5e-4].map(three_digits), ["0.141", "0.00100", "12.3", "5000", "4.50e-4"]);
    }
}
