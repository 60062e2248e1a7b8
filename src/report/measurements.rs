//! Every number of a report as one row of a CSV file, in long form: what numbers of one quantity
//! differ in stands in a column of its own.

use crate::claims::Number;
use crate::data::shown;
use crate::figures::digits;
use crate::study::StudyOutcome;
use std::cmp::Ordering;

/// The heads of the columns.
const HEADS: [&str; 9] = ["case", "claim", "quantity", "index", "value", "lower", "upper", "level", "undefined"];

/// `case,claim,quantity,index,value,lower,upper,level,undefined`: `bias_squared[12]` is the
/// quantity `bias_squared` at the index 12. Rows of a quantity are in the order of their indices.
/// Empty cells where a number has no index or no interval, or is undefined; then the last cell says
/// why.
///
/// # Errors
/// The CSV writer's error.
pub(crate) fn measurements_csv(outcome: &StudyOutcome) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADS)?;
    for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts) {
        let mut rows: Vec<((String, String), &Number)> = verdict.numbers.iter().map(|(name, number)| (split(name), number)).collect();
        rows.sort_by(|((quantity, index), _), ((other, at), _)| quantity.cmp(other).then_with(|| by_index(index, at)));
        for ((quantity, index), number) in rows {
            let cells = match number {
                Number::Interval(e) => [digits(e.value), digits(e.lower), digits(e.upper), digits(e.level), String::new()],
                Number::Exact(value) => [digits(*value), String::new(), String::new(), String::new(), String::new()],
                Number::Undefined { undefined } => [String::new(), String::new(), String::new(), String::new(), shown(undefined).into_owned()],
            };
            let before = [verdict.case.as_str(), verdict.id.as_str(), &shown(&quantity), &shown(&index)];
            writer.write_record(before.into_iter().chain(cells.iter().map(String::as_str)))?;
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

/// Quantity and index of a name; `moment_rate[2] at the end` is the quantity `moment_rate at the
/// end`.
pub(super) fn split(name: &str) -> (String, String) {
    match name.split_once('[').and_then(|(before, rest)| Some((before, rest.rsplit_once(']')?))) {
        Some((before, (index, after))) => (format!("{before}{after}"), index.to_string()),
        None => (name.to_string(), String::new()),
    }
}

/// Numbers by size, before all else by its letters.
pub(super) fn by_index(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.trim_end_matches('%').parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::{by_index, split};

    #[test]
    fn a_name_falls_into_quantity_and_index() {
        let of = |name: &str| split(name);
        assert_eq!(of("bias_squared[12]"), ("bias_squared".into(), "12".into()));
        assert_eq!(of("moment_rate[2] at the end"), ("moment_rate at the end".into(), "2".into()));
        assert_eq!(of("split_half[load [MW]]"), ("split_half".into(), "load [MW]".into()));
        assert_eq!(of("rate"), ("rate".into(), String::new()));
    }

    #[test]
    fn indices_are_in_the_order_of_their_size() {
        let mut indices = ["100", "2", "1e-3", "0.1%", "load", "10%", "air"];
        indices.sort_by(|a, b| by_index(a, b));
        assert_eq!(indices, ["1e-3", "0.1%", "2", "10%", "100", "air", "load"]);
    }
}
