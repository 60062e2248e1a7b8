//! Files of order books: columns by name, LOBSTER's pairs, FI-2010's transposed table.

use crate::data::InputError;
use crate::data::recorded::{Missing, Reading, Table, TimeColumn, bytes_of, checksum_of, decoded};
use std::path::Path;

/// What a book tells at a level of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    AskPrice,
    AskSize,
    BidPrice,
    BidSize,
}

impl Quote {
    pub(super) const ALL: [(Quote, &'static str); 4] =
        [(Quote::AskPrice, "ask_price"), (Quote::AskSize, "ask_size"), (Quote::BidPrice, "bid_price"), (Quote::BidSize, "bid_size")];

    pub(super) fn named(word: &str) -> Option<Quote> {
        Self::ALL.into_iter().find(|(_, name)| *name == word).map(|(quote, _)| quote)
    }
}

/// A book as it was recorded, the best level first: a row an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quotes {
    /// Where it came from.
    pub place: String,
    /// Prices and sizes by kind (in the order of [`Quote::ALL`]), level and row. A level without an
    /// order has the size 0 and a price that is no number.
    pub levels: [Vec<Vec<f64>>; 4],
    /// Times of the rows in seconds; none where they are not told.
    pub times: Vec<f64>,
    /// Lines of the rows in the file; none where a row is no line.
    pub lines: Vec<usize>,
    /// SHA-256 of the file, in hexadecimal.
    pub checksum: String,
    /// What was left out.
    pub notes: Vec<String>,
}

impl Quotes {
    pub(super) fn rows(&self) -> usize {
        self.levels[0].first().map_or(0, Vec::len)
    }

    pub(super) fn depth(&self) -> usize {
        self.levels[0].len()
    }

    pub(super) fn at(&self, quote: Quote, level: usize, row: usize) -> f64 {
        self.levels[quote as usize][level][row]
    }

    /// Keeps the rows for which `keep` holds.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        let kept = |column: &mut Vec<f64>| {
            let mut row = 0;
            column.retain(|_| {
                row += 1;
                keep[row - 1]
            });
        };
        self.levels.iter_mut().flatten().for_each(kept);
        kept(&mut self.times);
        let mut row = 0;
        self.lines.retain(|_| {
            row += 1;
            keep[row - 1]
        });
    }
}

/// Columns by name: `patterns` gives the four names, `#` standing for the level from 1.
pub(super) fn columns(path: &Path, patterns: &[String; 4], depth: usize, time: Option<&TimeColumn>) -> Result<Quotes, InputError> {
    let names: Vec<String> = patterns.iter().flat_map(|pattern| (1..=depth).map(move |level| pattern.replace('#', &level.to_string()))).collect();
    let table = Table::read_first(path, &names, Reading::plain(Missing::Error), usize::MAX, time)?;
    let rows = table.rows();
    let lines = (2..rows + 2).collect();
    Ok(Quotes { lines, times: table.times.clone(), checksum: table.checksum.clone(), ..by_level(table, depth) })
}

/// The columns of a table, all levels of a kind after the other, in turn.
fn by_level(table: Table, depth: usize) -> Quotes {
    let mut columns = table.columns.into_iter();
    let levels = [(); 4].map(|()| columns.by_ref().take(depth).collect());
    Quotes { place: table.place, levels, times: Vec::new(), lines: Vec::new(), checksum: String::new(), notes: Vec::new() }
}

/// Price of an empty level in LOBSTER's files, and by what their prices are multiplied.
const EMPTY: f64 = 9_999_999_999.0;
const PRICES: f64 = 1e-4;
/// The type of LOBSTER's messages of halts, which carry codes in place of prices.
const HALT: f64 = 7.0;

/// LOBSTER's pair: a message and the book after it on the same line of two files without headers.
/// Messages of halts are left out.
pub(super) fn lobster(book: &Path, messages: &Path, depth: usize) -> Result<Quotes, InputError> {
    let (table, checksum) = headless(book, &|columns| {
        let levels = columns / 4;
        let problem = format!("{columns} columns are no book: there are four of every level (ask price, ask size, bid price, bid size)");
        if columns % 4 != 0 || levels == 0 {
            return Err(InputError::new(book.display().to_string(), problem, "name the book file of the pair, and the message file as `messages`"));
        }
        if levels < depth {
            let problem = format!("{depth} levels are asked for, and the file has {levels}");
            return Err(InputError::new(book.display().to_string(), problem, "ask for as many at most"));
        }
        let name = |quote: usize, level: usize| format!("{}_{level}", Quote::ALL[quote].1);
        let header = (1..=levels).flat_map(|level| (0..4).map(move |quote| name(quote, level))).collect();
        Ok((header, (0..4).flat_map(|quote| (1..=depth).map(move |level| name(quote, level))).collect()))
    })?;
    let (told, _) = headless(messages, &|columns| {
        // A seventh names the participant, where it is told.
        if !(6..=7).contains(&columns) {
            let problem = format!("{columns} columns are no messages: there are six (time, type, id, size, price, direction)");
            return Err(InputError::new(messages.display().to_string(), problem, "name the message file of the pair"));
        }
        let known = ["time", "type", "id", "size", "price", "direction"].map(String::from);
        let more = (known.len()..columns).map(|column| format!("column_{}", column + 1));
        Ok((known.iter().cloned().chain(more).collect(), known[..2].to_vec()))
    })?;
    if told.rows() != table.rows() {
        let problem = format!("{} messages and {} books are no pair: there is one line each of an event", told.rows(), table.rows());
        return Err(InputError::new(messages.display().to_string(), problem, "name the two files of one day and one number of levels"));
    }
    let mut quotes = Quotes { checksum, times: told.columns[0].clone(), lines: (1..=told.rows()).collect(), ..by_level(table, depth) };
    for quote in [Quote::AskPrice, Quote::BidPrice] {
        for price in quotes.levels[quote as usize].iter_mut().flatten() {
            *price = if price.abs() == EMPTY { f64::NAN } else { *price * PRICES };
        }
    }
    let going: Vec<bool> = told.columns[1].iter().map(|kind| *kind != HALT).collect();
    let halts = going.iter().filter(|going| !**going).count();
    if halts > 0 {
        quotes.retain(&going);
        quotes.notes.push(format!("{halts} messages of halts (type 7) were left out"));
    }
    Ok(quotes)
}

/// A CSV file without a header: `names` gives the names of so many columns, and those to keep.
type Names<'n> = &'n dyn Fn(usize) -> Result<(Vec<String>, Vec<String>), InputError>;

fn headless(path: &Path, names: Names<'_>) -> Result<(Table, String), InputError> {
    let place = path.display().to_string();
    let bytes = bytes_of(path)?;
    let checksum = checksum_of(&bytes);
    let text = decoded(&bytes, &place)?;
    let Some(first) = text.lines().next().filter(|line| !line.trim().is_empty()) else {
        return Err(InputError::new(place, "the file is empty", "name a file with a line an event"));
    };
    let (header, kept) = names(first.split(',').count())?;
    let table = Table::parse(format!("{}\n{text}", header.join(",")).as_bytes(), &place, &kept, Reading::plain(Missing::Error));
    // The header is ours, and no line of the file.
    let table = table.map_err(|error| InputError { line: error.line.map(|line| line.saturating_sub(1)), ..error })?;
    Ok((table, checksum))
}

/// FI-2010: a line a number of the book and a column an event, `order` saying what the four lines
/// of a level are.
pub(super) fn transposed(path: &Path, order: [Quote; 4], depth: usize) -> Result<Quotes, InputError> {
    let place = path.display().to_string();
    let bytes = bytes_of(path)?;
    let text = decoded(&bytes, &place)?;
    let error = |line: usize, problem: String, remedy: &str| InputError::new(&place, problem, remedy).at(Some(line));
    let mut quotes = Quotes {
        place: place.clone(),
        levels: [(); 4].map(|()| Vec::with_capacity(depth)),
        times: Vec::new(),
        lines: Vec::new(),
        checksum: checksum_of(&bytes),
        notes: Vec::new(),
    };
    let mut lines = text.lines().enumerate();
    let mut events = None;
    for _level in 0..depth {
        for quote in order {
            let Some((at, line)) = lines.next() else {
                let problem = format!("{depth} levels take {} lines, and the file has fewer", 4 * depth);
                return Err(InputError::new(&place, problem, "ask for fewer levels, or name a file with a line a number of the book"));
            };
            let mut row = Vec::with_capacity(events.unwrap_or(0));
            for cell in line.split([' ', '\t', ',']).filter(|cell| !cell.is_empty()) {
                let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
                let remedy = "every line holds one number an event";
                row.push(number.ok_or_else(|| error(at + 1, format!("its cell {} is not a finite number", row.len() + 1), remedy))?);
            }
            if *events.get_or_insert(row.len()) != row.len() {
                let problem = format!("it has {} numbers where the lines before have {}", row.len(), events.unwrap_or(0));
                return Err(error(at + 1, problem, "every line holds one number of each event"));
            }
            quotes.levels[quote as usize].push(row);
        }
    }
    Ok(quotes)
}
