//! Every number of a report as one row of a CSV file.

use crate::claims::Number;
use crate::data::shown;
use crate::study::StudyOutcome;

/// `case,claim,quantity,value,lower,upper,level`; empty cells where a number has no interval or is
/// undefined.
///
/// # Errors
/// The CSV writer's error.
pub(crate) fn measurements_csv(outcome: &StudyOutcome) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["case", "claim", "quantity", "value", "lower", "upper", "level", "undefined"])?;
    for verdict in outcome.cases.iter().flat_map(|case| &case.verdicts) {
        for (name, number) in &verdict.numbers {
            let cells = match number {
                Number::Interval(e) => [e.value.to_string(), e.lower.to_string(), e.upper.to_string(), e.level.to_string(), String::new()],
                Number::Exact(value) => [value.to_string(), String::new(), String::new(), String::new(), String::new()],
                Number::Undefined { undefined } => [String::new(), String::new(), String::new(), String::new(), shown(undefined).into_owned()],
            };
            writer.write_record([verdict.case.as_str(), verdict.id.as_str(), &shown(name)].into_iter().chain(cells.iter().map(String::as_str)))?;
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}
