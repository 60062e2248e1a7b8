//! What a run says on the terminal: the answer, the verdicts in eighty columns, and what decided.

use super::format::{glance_beside, interval_beside, number};
use super::headline::Headline;
use crate::claims::{Outcome, Verdict};
use crate::data::{shown, wrapped};
use crate::study::StudyOutcome;

/// Width that every terminal has.
pub(super) const WIDTH: usize = 80;

/// The answer and the verdicts, case by case, in lines of eighty columns; colours only where the
/// caller has found a terminal.
pub(crate) fn summary_table(outcome: &StudyOutcome, colours: bool) -> String {
    let answer = Headline::of(outcome);
    let mut lines: Vec<String> = wrapped(&answer.sentence, WIDTH).iter().map(|line| painted(line, answer.weighs, colours)).collect();
    for case in &outcome.cases {
        lines.push(String::new());
        lines.push(format!("case {}", shown(&case.case.name)));
        let rows: Vec<[String; 4]> = case.verdicts.iter().map(cells).collect();
        let heads = ["claim", "verdict", "estimate", "threshold"].map(String::from);
        let wide: [usize; 4] = std::array::from_fn(|column| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0));
        let line = |row: &[String; 4], outcome: Option<Outcome>| {
            let pad = |column: usize| format!("{}{}", row[column], " ".repeat(wide[column] - row[column].chars().count()));
            let word = outcome.map_or_else(|| pad(1), |outcome| painted(&pad(1), outcome, colours));
            format!("  {}  {word}  {}  {}", pad(0), pad(2), row[3])
        };
        lines.push(line(&heads, None));
        for (verdict, row) in case.verdicts.iter().zip(&rows) {
            lines.push(line(row, Some(verdict.verdict)));
            lines.extend(beside(verdict).iter().flat_map(|why| wrapped(why, WIDTH - 6)).map(|why| format!("      {why}")));
        }
    }
    lines.join("\n")
}

/// Claim, word, estimate and threshold.
fn cells(verdict: &Verdict) -> [String; 4] {
    [verdict.id.clone(), verdict.verdict.word().replace('_', " "), glance(verdict), margin(verdict)]
}

/// What is said below a row: what decided where the interval did not, that it was not expected, and
/// that a designed violation slipped through.
fn beside(verdict: &Verdict) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(verdict.decided_by.as_ref().map(|why| format!("decided by: {}", shown(why))));
    if !verdict.as_expected {
        words.push(match verdict.expected {
            Some(expected) => format!("not as expected: the study expects {expected}"),
            None => "not as expected".into(),
        });
    }
    if verdict.informative == Some(false) {
        words.push("not informative: the case built to break this claim was not caught".into());
    }
    words
}

/// Green holds, red does not, yellow is open, magenta is no number.
fn painted(text: &str, outcome: Outcome, colours: bool) -> String {
    let code = match outcome {
        Outcome::Supported => 32,
        Outcome::Contradicted => 31,
        Outcome::Inconclusive | Outcome::PremiseFailed | Outcome::Slow => 33,
        Outcome::Undefined => 35,
    };
    if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
}

/// The estimate in few digits.
pub(super) fn glance(verdict: &Verdict) -> String {
    verdict.estimate.as_ref().map_or("—".into(), |e| {
        let (value, ends) = glance_beside([e.value, e.lower, e.upper], verdict.margin);
        format!("{value} {ends}")
    })
}

pub(super) fn estimate(verdict: &Verdict) -> String {
    verdict.estimate.as_ref().map_or("—".into(), |e| interval_beside([e.value, e.lower, e.upper], verdict.margin))
}

pub(super) fn margin(verdict: &Verdict) -> String {
    format!("{} {}", if verdict.right_side == "below" { "<" } else { ">" }, short(verdict.margin))
}

/// A threshold without zeros that say nothing.
fn short(value: f64) -> String {
    let text = number(value);
    if text.contains('.') && !text.contains('e') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

pub(super) fn informative(verdict: &Verdict) -> &'static str {
    match verdict.informative {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "—",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{BudgetScale, DEFAULT, Prepared};

    #[test]
    fn a_table_fits_eighty_columns_and_colours_change_no_letter() {
        let only = ["data_ergodicity".to_string()];
        let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), BudgetScale::Quick, &only).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let directory = prepared.directory(folder.path());
        prepared.run(&directory, (1, 1), &()).unwrap();
        let mut outcome = prepared.judge(&directory).unwrap();
        outcome.cases[0].verdicts[0].decided_by = Some("a condition that takes many words to say, ".repeat(5));
        outcome.cases[0].verdicts[0].as_expected = false;
        let plain = summary_table(&outcome, false);
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(
            plain.starts_with("Yes: the one claim that was checked holds in both cases.")
                && plain.contains("not as expected")
                && !plain.contains('\u{1b}'),
            "{plain}"
        );
        let coloured = summary_table(&outcome, true);
        let uncoloured = [32, 0].iter().fold(coloured, |text, code| text.replace(&format!("\u{1b}[{code}m"), ""));
        assert_eq!(uncoloured, plain);
        assert_eq!((short(0.98), short(1.0), short(0.01), short(1e-9)), ("0.98".into(), "1".into(), "0.01".into(), "1.00e-9".into()));
    }
}
