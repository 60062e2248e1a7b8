//! The audit of each recorded column among the numbers of the claim: its class, and how long its
//! law lasts.

use crate::claims::data_ergodicity::names;
use crate::claims::{Finding, Number};
use crate::data::SeriesClass;
use crate::data::audit::{Audit, Horizon};
use crate::random::RngKey;
use crate::stats::Estimate;

/// Numbers of one column in a record.
pub(super) const WIDTH: usize = 16;

/// What an audit of a column leaves in a record; numbers that do not exist are none.
pub(super) fn record(column: &[f64], key: RngKey, margin: f64) -> Vec<f64> {
    let Ok(audit) = Audit::of(column, key.within("audit")) else { return vec![f64::NAN; WIDTH] };
    let horizon = Horizon::of(column, audit.memory, margin, key.within("audit"));
    let also = audit.also.iter().map(|class| f64::from(1 << place(*class))).sum();
    let [low, high] = audit.tail.interval.unwrap_or([f64::NAN; 2]);
    let numbers = [
        place(audit.class) as f64,
        also,
        audit.memory,
        audit.season.period as f64,
        audit.season.share,
        audit.level.change,
        audit.level.change_error,
        audit.drift.largest,
        audit.drift.beyond_resampling,
        audit.drift.p_value,
        audit.drift.change_at as f64,
        audit.tail.index.unwrap_or(f64::NAN),
        low,
        high,
        horizon.back as f64,
        horizon.ahead.map_or(f64::NAN, |rows| rows as f64),
    ];
    numbers.to_vec()
}

fn place(class: SeriesClass) -> usize {
    SeriesClass::ALL.iter().position(|other| *other == class).unwrap_or_default()
}

/// The class at a place of the table.
fn class_at(place: f64) -> Option<SeriesClass> {
    SeriesClass::ALL.get(place as usize).copied().filter(|_| place >= 0.0)
}

/// Adds the numbers of a column to a finding and says its class.
pub(super) fn told(mut finding: Finding, name: &str, rows: usize, numbers: &[f64]) -> (Finding, Option<String>) {
    let Some(class) = class_at(numbers[0]).filter(|_| numbers.len() == WIDTH) else { return (finding, None) };
    let also: Vec<&str> =
        SeriesClass::ALL.iter().filter(|other| (numbers[1] as usize >> place(**other)) & 1 == 1).map(|other| other.words()).collect();
    let undefined = |why: &str| Number::Undefined { undefined: why.into() };
    let tail = if numbers[11].is_nan() {
        undefined("the farthest values are hardly farther than other far ones, which leaves no tail")
    } else {
        let (value, lower, upper) = (numbers[11], numbers[12], numbers[13]);
        Number::from(Estimate { value, standard_error: (upper - value) / 2.0, lower, upper, level: 0.95 })
    };
    let ahead = if numbers[15].is_nan() { undefined("no change is seen up to half of the record") } else { Number::from(numbers[15]) };
    let plain = [
        (names::CLASS, numbers[0]),
        (names::MEMORY, numbers[2]),
        (names::SEASON_SHARE, numbers[4]),
        (names::TREND, numbers[5]),
        (names::DRIFT, numbers[7]),
        (names::DRIFT_BEYOND_CHANCE, numbers[8]),
        (names::DRIFT_P, numbers[9]),
        (names::LAW_BACK, numbers[14]),
    ];
    for (kind, number) in plain {
        finding.insert(kind.at(name), number);
    }
    if numbers[4] > 0.0 {
        finding.insert(names::SEASON.at(name), numbers[3]);
    }
    if class == SeriesClass::RegimeChanging {
        finding.insert(names::CHANGE_AT.at(name), numbers[10].min(rows as f64));
    }
    finding.insert(names::TAIL_INDEX.at(name), tail);
    finding.insert(names::LAW_AHEAD.at(name), ahead);
    let more = if also.is_empty() { String::new() } else { format!(" ({} too)", also.join(", ")) };
    (finding, Some(format!("`{name}` is {}{more}", class.words())))
}

/// The class that a finding's numbers hold for a column.
pub(crate) fn class_of(number: Option<&Number>) -> Option<SeriesClass> {
    match number {
        Some(Number::Exact(place)) => class_at(*place),
        _ => None,
    }
}
