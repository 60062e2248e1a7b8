//! Numeric columns read from a CSV file, every failure with its line and column.

use super::source::{Source, checksum_of};
use super::text::{Layout, decoded, has_decimal_comma, has_thousands, is_missing};
use super::times::{TimeColumn, checked};
use crate::data::{InputError, did_you_mean, shortened_to};
use crate::stats::median;
use std::io::Read;
use std::path::Path;

/// What to do with a cell of a needed column that is empty, says that nothing is there (`NA`,
/// `N/A`, `#N/A`, `null`, `None`, `nan`, `-`, `?`, `.` in any case), or is not finite.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Table};
/// let read = |missing| {
///     let names = ["x".to_string()];
///     Table::parse(b"x\n1\nNA\n3\n", "x.csv", &names, Reading::plain(missing))
/// };
/// assert_eq!(read(Missing::Drop).unwrap().columns[0], [1.0, 3.0]);
/// assert_eq!(read(Missing::Previous).unwrap().columns[0], [1.0, 1.0, 3.0]);
/// assert_eq!(read(Missing::Error).unwrap_err().line, Some(3));
/// ```
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
    ///
    /// ```
    /// use rtrl_lab::data::recorded::Missing;
    /// let policies = ["drop", "previous", "next"].map(Missing::named);
    /// assert_eq!(policies, [Some(Missing::Drop), Some(Missing::Previous), None]);
    /// ```
    pub fn named(word: &str) -> Option<Missing> {
        match word {
            "error" => Some(Missing::Error),
            "drop" => Some(Missing::Drop),
            "previous" => Some(Missing::Previous),
            _ => None,
        }
    }
}

/// How the cells of a file are read.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Table};
/// let reading = Reading { missing: Missing::Error, decimal_comma: true };
/// let table = Table::parse(b"x;y\n3,25;1\n", "x.csv", &["x".to_string()], reading).unwrap();
/// assert_eq!(table.columns[0], [3.25]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What to do with a missing value.
    pub missing: Missing,
    /// Whether `3,14` is a number.
    pub decimal_comma: bool,
}

impl Reading {
    /// Numbers with a decimal point.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading};
    /// let reading = Reading::plain(Missing::Drop);
    /// assert_eq!(reading, Reading { missing: Missing::Drop, decimal_comma: false });
    /// ```
    pub fn plain(missing: Missing) -> Reading {
        Reading { missing, decimal_comma: false }
    }
}

/// The needed columns of a file.
///
/// ```
/// use rtrl_lab::data::recorded::{Missing, Reading, Table};
/// let (names, reading) = (["y".to_string()], Reading::plain(Missing::Drop));
/// let table = Table::parse(b"x,y\n1,2\n3,\n,4\n", "x.csv", &names, reading).unwrap();
/// assert_eq!(table.columns, [[2.0, 4.0]]);
/// assert_eq!((table.rows_dropped, table.gaps, table.cells_filled), (1, 1, 0));
/// ```
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
    /// Places between two kept rows at which rows were left out.
    pub gaps: usize,
    /// Cells filled from the row before.
    pub cells_filled: usize,
    /// Times of the kept rows in seconds; none without a time column.
    pub times: Vec<f64>,
    /// SHA-256 of the file, in hexadecimal.
    pub checksum: String,
}

impl Table {
    /// Reads the columns `names` of a CSV file with one header row, in UTF-8 or UTF-16, plain or
    /// packed by gzip. Cells are separated by commas, semicolons, tabs or bars, told apart
    /// by the header, or as a first line `sep=…` says.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table};
    /// let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    /// std::fs::write(&path, "time\tlevel\n0\t14.5\n1\t15\n").unwrap();
    /// let names = ["level".to_string()];
    /// let table = Table::read(&path, &names, Reading::plain(Missing::Error)).unwrap();
    /// assert_eq!(table.columns[0], [14.5, 15.0]);
    /// ```
    ///
    /// # Errors
    /// [`InputError`] with line and column for a file that cannot be read, a column that is not
    /// there, a cell that is no number.
    pub fn read(path: &Path, names: &[String], reading: Reading) -> Result<Self, InputError> {
        Self::read_first(path, names, reading, usize::MAX, None)
    }

    /// The same of the first `rows` rows that are kept; those behind are not looked at.
    pub(in crate::data) fn read_first(
        path: &Path,
        names: &[String],
        reading: Reading,
        rows: usize,
        time: Option<&TimeColumn>,
    ) -> Result<Self, InputError> {
        let place = path.display().to_string();
        let asked = Asked { place: &place, names, reading, rows, time };
        match Source::open(path)? {
            Source::Whole(bytes) => asked.of_bytes(&bytes),
            Source::Stream(mut stream) => {
                let head = stream.head.clone();
                let table = asked.of_text(stream.text(), &head)?;
                let remedy = "check the path; it must be a CSV file with one header row";
                let checksum = stream.checksum().map_err(|error| InputError::new(&place, format!("the file cannot be read ({error})"), remedy))?;
                Ok(Table { checksum, ..table })
            }
        }
    }

    /// Reads the columns from the bytes of a CSV file.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table};
    /// let (names, reading) = (["x".to_string()], Reading::plain(Missing::Error));
    /// let refused = Table::parse(b"x,y\n1,2\nten,4\n", "x.csv", &names, reading).unwrap_err();
    /// assert_eq!((refused.line, refused.item.as_deref()), (Some(3), Some("column x")));
    /// ```
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn parse(bytes: &[u8], place: &str, names: &[String], reading: Reading) -> Result<Self, InputError> {
        Asked { place, names, reading, rows: usize::MAX, time: None }.of_bytes(bytes)
    }

    /// The same with the times of the rows.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table, TimeColumn};
    /// let time = TimeColumn { name: "s".into(), unit: Some(60.0), any_order: false };
    /// let (names, reading) = (["x".to_string()], Reading::plain(Missing::Error));
    /// let read = |text: &str| Table::timed(text.as_bytes(), "x.csv", &names, reading, &time);
    /// assert_eq!(read("s,x\n0,5\n2,6\n").unwrap().times, [0.0, 120.0]);
    /// let refused = read("s,x\n0,5\n0,6\n").unwrap_err();
    /// assert_eq!((refused.line, refused.item.as_deref()), (Some(3), Some("column s")));
    /// ```
    ///
    /// # Errors
    /// As [`Table::read`], and at a time that cannot be read, repeats or goes back.
    pub fn timed(bytes: &[u8], place: &str, names: &[String], reading: Reading, time: &TimeColumn) -> Result<Self, InputError> {
        Asked { place, names, reading, rows: usize::MAX, time: Some(time) }.of_bytes(bytes)
    }

    /// Takes a row; `false` where it is left out.
    fn push(&mut self, record: &csv::StringRecord, positions: &[usize], line: Option<usize>, reading: Reading) -> Result<bool, InputError> {
        let mut row = Vec::with_capacity(positions.len());
        let mut filled = 0;
        for (index, position) in positions.iter().enumerate() {
            let cell = record.get(*position).unwrap_or("");
            let error =
                |problem: String, remedy: &str| InputError::new(&self.place, problem, remedy).at(line).on(format!("column {}", self.names[index]));
            let value =
                if is_missing(cell) { f64::NAN } else { number(cell, reading.decimal_comma).map_err(|remedy| error(no_number(cell), remedy))? };
            row.push(match (value.is_finite(), reading.missing) {
                (true, _) => value,
                (false, Missing::Drop) => return Ok(false),
                (false, Missing::Previous) => match self.columns[index].last() {
                    Some(previous) => {
                        // A column may be asked for twice, as an input and as a target.
                        filled += usize::from(!self.names[..index].contains(&self.names[index]));
                        *previous
                    }
                    None => return Err(error("the first row is empty, so there is no value before it".into(), "choose missing = \"drop\"")),
                },
                (false, Missing::Error) => {
                    let what = if cell.is_empty() {
                        "the cell is empty".to_string()
                    } else if is_missing(cell) {
                        format!("`{cell}` says that the value is missing, and is not a finite number")
                    } else {
                        format!("`{}` is not a finite number", shortened_to(cell, REPEATED))
                    };
                    return Err(error(what, "fill it, or choose missing = \"drop\" or \"previous\" (--missing on the command line)"));
                }
            });
        }
        self.cells_filled += filled;
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        Ok(true)
    }

    /// Number of columns, one that is asked for twice counted once.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table};
    /// let (names, reading) = (["x", "y", "x"].map(String::from), Reading::plain(Missing::Error));
    /// assert_eq!(Table::parse(b"x,y\n1,2\n", "x.csv", &names, reading).unwrap().distinct(), 2);
    /// ```
    pub fn distinct(&self) -> usize {
        self.names.iter().enumerate().filter(|(index, name)| !self.names[..*index].contains(name)).count()
    }

    /// The usual number of seconds from row to row, the median; `None` without a time column.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table};
    /// let (names, reading) = (["x".to_string()], Reading::plain(Missing::Error));
    /// let table = Table::parse(b"x\n1\n2\n", "x.csv", &names, reading).unwrap();
    /// assert_eq!(table.seconds_between(), None);
    /// ```
    pub fn seconds_between(&self) -> Option<f64> {
        let gaps: Vec<f64> = self.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Some(median(gaps)).filter(|seconds| *seconds > 0.0)
    }

    /// Number of rows kept.
    ///
    /// ```
    /// use rtrl_lab::data::recorded::{Missing, Reading, Table};
    /// let (names, reading) = (["x".to_string()], Reading::plain(Missing::Drop));
    /// let table = Table::parse(b"x\n1\nnull\n3\n4\n", "x.csv", &names, reading).unwrap();
    /// assert_eq!(table.rows(), 3);
    /// ```
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }
}

/// What is asked of a file.
#[derive(Clone, Copy)]
struct Asked<'a> {
    place: &'a str,
    names: &'a [String],
    reading: Reading,
    rows: usize,
    time: Option<&'a TimeColumn>,
}

impl Asked<'_> {
    fn of_bytes(self, bytes: &[u8]) -> Result<Table, InputError> {
        let text = decoded(bytes, self.place)?;
        Ok(Table { checksum: checksum_of(bytes), ..self.of_text(text.as_bytes(), &text)? })
    }

    /// Reads text row by row; its form is told from its beginning.
    fn of_text(self, mut text: impl Read, head: &str) -> Result<Table, InputError> {
        let Asked { place, names, reading, rows, time } = self;
        let layout = Layout::of(head, names);
        let lines_before = usize::from(layout.preface > 0);
        let line_of = |position: Option<&csv::Position>| position.map(|position| position.line() as usize + lines_before);
        let unread = |error: std::io::Error| InputError::new(place, format!("the file cannot be read ({error})"), "check the file");
        std::io::copy(&mut text.by_ref().take(layout.preface as u64), &mut std::io::sink()).map_err(unread)?;
        let mut reader = csv::ReaderBuilder::new().delimiter(layout.separator).trim(csv::Trim::All).from_reader(text);
        let unreadable = |error: csv::Error| {
            let remedy = if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                "check the file; where it is packed, pack it again or unpack it yourself"
            } else if layout.separator == b',' {
                "every row needs as many cells as the header; numbers with a decimal comma need another separator, such as ;"
            } else {
                "every row needs as many cells as the header"
            };
            InputError::new(place, format!("the row cannot be read ({})", plain(&error)), remedy).at(line_of(error.position()))
        };
        let header: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_string).collect();
        let header_line = 1 + lines_before;
        let tabular = is_tabular(&head.as_bytes()[layout.preface..], layout.separator);
        let positions: Result<Vec<usize>, InputError> = names.iter().map(|name| position((place, header_line), &header, name, tabular)).collect();
        let positions = positions?;
        let clock = time.map(|time| position((place, header_line), &header, &time.name, tabular).map(|at| (time, at))).transpose()?;
        let mut table = Table {
            place: place.to_string(),
            names: names.to_vec(),
            columns: vec![Vec::new(); names.len()],
            rows_dropped: 0,
            gaps: 0,
            cells_filled: 0,
            times: Vec::new(),
            checksum: String::new(),
        };
        let mut in_gap = false;
        for record in reader.records() {
            if table.rows() == rows {
                break;
            }
            let record = record.map_err(unreadable)?;
            let kept = table.push(&record, &positions, line_of(record.position()), reading)?;
            if let Some((time, at)) = clock.filter(|_| kept) {
                let cell = record.get(at).unwrap_or("");
                let read = checked(time, place, line_of(record.position()), cell, table.times.last().copied())?;
                table.times.push(read);
            }
            // Rows that are missing before the first and after the last kept row part no two of
            // them.
            table.gaps += usize::from(kept && in_gap);
            in_gap = !kept && table.rows() > 0;
            table.rows_dropped += usize::from(!kept);
        }
        Ok(table)
    }
}

/// The number that a cell holds, or what to do where it holds none.
fn number(cell: &str, decimal_comma: bool) -> Result<f64, &'static str> {
    if decimal_comma && cell.contains('.') {
        return Err("with a decimal comma, write no point: take out the thousands separators, or leave decimal_comma out");
    }
    let read = if decimal_comma { cell.replacen(',', ".", 1).parse() } else { cell.parse::<f64>() };
    read.map_err(|_| {
        if !decimal_comma && has_decimal_comma(cell) {
            "it may have a decimal comma: state decimal_comma = true (--decimal-comma on the command line)"
        } else if has_thousands(cell) {
            "take out the thousands separators"
        } else {
            "name numeric columns, or clean the cell"
        }
    })
}

fn no_number(cell: &str) -> String {
    format!("`{}` is not a number", shortened_to(cell, REPEATED))
}

/// Longest cell or name that an error repeats.
const REPEATED: usize = 48;

fn plain(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} cells where the header has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".into(),
        _ => error.to_string(),
    }
}

/// Whether a file looks like a table with numbers: only then is its first line told, for any other
/// file is not what was asked for.
fn is_tabular(text: &[u8], separator: u8) -> bool {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(text);
    let has_number = |row: csv::StringRecord| row.iter().any(|cell| cell.parse::<f64>().is_ok());
    reader.records().next().is_some_and(|row| row.is_ok_and(has_number))
}

fn position((place, line): (&str, usize), header: &[String], name: &str, tabular: bool) -> Result<usize, InputError> {
    let mut found = header.iter().enumerate().filter(|(_, column)| *column == name).map(|(position, _)| position);
    match (found.next(), found.next()) {
        (Some(position), None) => Ok(position),
        (Some(_), Some(_)) => {
            Err(InputError::new(place, "the header names this column twice", "rename one of them").at(Some(line)).on(format!("column {name}")))
        }
        (None, _) if !tabular => {
            let remedy = "the file does not look like a table either: name a CSV file with one header row and numbers below it";
            Err(InputError::new(place, "there is no such column", remedy).at(Some(line)).on(format!("column {name}")))
        }
        (None, _) => {
            let hint = did_you_mean(name, header.iter().map(String::as_str));
            let listed = header.iter().take(30).map(|name| shortened_to(name, REPEATED)).collect::<Vec<_>>().join(", ");
            Err(InputError::new(place, "there is no such column", format!("{hint}the file has: {listed}"))
                .at(Some(line))
                .on(format!("column {name}")))
        }
    }
}
