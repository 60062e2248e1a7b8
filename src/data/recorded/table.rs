//! Numeric columns read from a CSV file, every failure with its line and column.

use crate::data::{InputError, nearest};
use sha2::{Digest, Sha256};
use std::path::Path;

/// What to do with an empty or non-finite cell of a needed column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Refuse the file.
    Error,
    /// Leave the row out and count it.
    Drop,
    /// Take the value of the row before and count it.
    Previous,
}

impl Missing {
    /// The policy that a word names.
    pub fn named(word: &str) -> Option<Missing> {
        match word {
            "error" => Some(Missing::Error),
            "drop" => Some(Missing::Drop),
            "previous" => Some(Missing::Previous),
            _ => None,
        }
    }
}

/// The needed columns of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Where it came from.
    pub place: String,
    /// Names of the columns, in the order asked for.
    pub names: Vec<String>,
    /// The columns.
    pub columns: Vec<Vec<f64>>,
    /// Rows left out for missing values.
    pub rows_dropped: usize,
    /// Cells filled from the row before.
    pub cells_filled: usize,
    /// SHA-256 of the file, in hexadecimal.
    pub checksum: String,
}

impl Table {
    /// Reads the columns `names` of a CSV file with one header row. Commas, semicolons and tabs are told apart by the header.
    ///
    /// # Errors
    /// [`InputError`] with line and column for a file that cannot be read, a column that is not there, a cell that is no number.
    pub fn read(path: &Path, names: &[String], missing: Missing) -> Result<Self, InputError> {
        let place = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            InputError::new(&place, format!("the file cannot be read ({error})"), "check the path; it must be a CSV file with one header row")
        })?;
        Self::parse(&bytes, &place, names, missing)
    }

    /// Reads the columns from the bytes of a CSV file.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(bytes: &[u8], place: &str, names: &[String], missing: Missing) -> Result<Self, InputError> {
        let checksum = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let header_end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        let count = |separator: u8| text[..header_end].iter().filter(|byte| **byte == separator).count();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|separator| (count(*separator), *separator == b',')).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(text);
        let unreadable = |error: csv::Error| {
            let line = error.position().map(|position| position.line() as usize);
            InputError::new(place, format!("the row cannot be read ({})", plain(&error)), "every row needs as many cells as the header, in UTF-8")
                .at(line)
        };
        let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_string).collect();
        let tabular = is_tabular(text, separator);
        let positions: Result<Vec<usize>, InputError> = names.iter().map(|name| position(place, &header, name, tabular)).collect();
        let positions = positions?;
        let mut table = Table {
            place: place.to_string(),
            names: names.to_vec(),
            columns: vec![Vec::new(); names.len()],
            rows_dropped: 0,
            cells_filled: 0,
            checksum,
        };
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map(|position| position.line() as usize);
            table.push(&record, &positions, line, missing)?;
        }
        Ok(table)
    }

    fn push(&mut self, record: &csv::StringRecord, positions: &[usize], line: Option<usize>, missing: Missing) -> Result<(), InputError> {
        let mut row = Vec::with_capacity(positions.len());
        for (index, position) in positions.iter().enumerate() {
            let cell = record.get(*position).unwrap_or("");
            let error =
                |problem: String, remedy: &str| InputError::new(&self.place, problem, remedy).at(line).on(format!("column {}", self.names[index]));
            let value = if cell.is_empty() {
                f64::NAN
            } else {
                cell.parse::<f64>().map_err(|_| error(format!("`{cell}` is not a number"), "name numeric columns, or clean the cell"))?
            };
            row.push(match (value.is_finite(), missing) {
                (true, _) => value,
                (false, Missing::Drop) => {
                    self.rows_dropped += 1;
                    return Ok(());
                }
                (false, Missing::Previous) => match self.columns[index].last() {
                    Some(previous) => {
                        self.cells_filled += 1;
                        *previous
                    }
                    None => return Err(error("the first row is empty, so there is no value before it".into(), "choose missing = \"drop\"")),
                },
                (false, Missing::Error) => {
                    let what = if cell.is_empty() { "the cell is empty".to_string() } else { format!("`{cell}` is not a finite number") };
                    return Err(error(what, "fill it, or choose missing = \"drop\" or \"previous\" (--missing on the command line)"));
                }
            });
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        Ok(())
    }

    /// Number of rows kept.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} cells where the header has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".into(),
        _ => error.to_string(),
    }
}

/// Whether a file looks like a table with numbers: only then is its first line told, for any other file is not what was asked for.
fn is_tabular(text: &[u8], separator: u8) -> bool {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(text);
    let has_number = |row: csv::StringRecord| row.iter().any(|cell| cell.parse::<f64>().is_ok());
    reader.records().next().is_some_and(|row| row.is_ok_and(has_number))
}

fn position(place: &str, header: &[String], name: &str, tabular: bool) -> Result<usize, InputError> {
    let mut found = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(position, _)| position);
    match (found.next(), found.next()) {
        (Some(position), None) => Ok(position),
        (Some(_), Some(_)) => {
            Err(InputError::new(place, "the header names this column twice", "rename one of them").at(Some(1)).on(format!("column {name}")))
        }
        (None, _) if !tabular => {
            let remedy = "the file does not look like a table either: name a CSV file with one header row and numbers below it";
            Err(InputError::new(place, "there is no such column", remedy).at(Some(1)).on(format!("column {name}")))
        }
        (None, _) => {
            let hint = nearest(name, header.iter().map(String::as_str)).map_or(String::new(), |near| format!("did you mean `{near}`? "));
            let listed = header.iter().take(30).map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(InputError::new(place, "there is no such column", format!("{hint}the file has: {listed}")).at(Some(1)).on(format!("column {name}")))
        }
    }
}
