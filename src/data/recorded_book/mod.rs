//! `kind = "recorded-book"`: an order book as it was recorded, played in a cycle.

mod features;
mod layout;

use super::kind::{DataKind, Made};
use super::recorded::{Alignment, RecordedColumns, Series, Table, standardised};
use super::recorded_series::{RecordedSeries, held_out, held_words, time_column};
use super::section::{Entry, Keys};
use super::{InputError, SeriesClass};
use features::{Asked, Seen};
use layout::{Quote, Quotes};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind.
pub(super) struct Kind;

/// Layouts of files.
const LAYOUTS: [&str; 3] = ["columns", "lobster", "fi-2010"];
/// Most levels that a study may ask for.
const DEEPEST: usize = 1000;
/// Most rows that an answer may lie ahead.
const FARTHEST: usize = 1 << 30;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "recorded-book"
    }

    fn formula(&self) -> &'static str {
        "a recorded order book, level by level, as LOBSTER's pairs or in FI-2010's order, played in a cycle"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::needed("file", "\"book.csv\"", "the file of the book, relative to the study"),
                Entry::filled("layout", "\"columns\"", "how the file is laid out").one_of(&["columns", "lobster", "fi-2010"]),
                Entry::absent(
                    "columns",
                    "{ bid_price = \"bid_price_#\" }",
                    "names of the columns, # for the level from 1 (ask_price_#, ask_size_#, bid_price_#, bid_size_#)",
                ),
                Entry::absent("messages", "\"messages.csv\"", "message file of a LOBSTER pair; required there"),
                Entry::absent(
                    "order",
                    "[\"ask_price\", \"ask_size\", \"bid_price\", \"bid_size\"]",
                    "what the four lines of a level are, for fi-2010; required there",
                ),
                Entry::filled("levels", "1", "price levels of a side"),
                Entry::filled(
                    "inputs",
                    "[\"spread\", \"bid\", \"ask\", \"imbalance\"]",
                    "what the network sees: any of spread, bid, ask, imbalance, gap, offsets, sizes",
                ),
                Entry::filled("target", "\"next-move\"", "what is asked for").one_of(&["next-move", "direction", "mid-change"]),
                Entry::absent("horizon", "1", "rows that the answer lies ahead, for direction and mid-change (1)"),
                Entry::filled("tick", "1.0", "unit of prices"),
                Entry::filled("odd_rows", "\"error\"", "rows that are no book: refuse, or leave out").one_of(&["error", "drop"]),
                Entry::absent("rows", "1000", "the first rows alone (all)"),
                Entry::filled("held_out", "0", "rows at the end that nothing is learnt from"),
                Entry::filled("standardise", "true", "inputs to mean 0 and variance 1"),
                Entry::absent("scale_rows", "1000", "mean and variance of the first rows alone (of all)"),
                Entry::absent("time_column", "\"time\"", "the column of times"),
                Entry::absent("time_unit", "\"s\"", "unit of times that are numbers").one_of(&["s", "ms", "us", "ns", "min", "h", "d"]),
                Entry::absent("time_order", "\"rising\"", "times must rise, or rows stand as they are (rising)").one_of(&["rising", "rows"]),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "file = \"book.csv\"\nlevels = 1\ninputs = [\"spread\", \"imbalance\"]\ntarget = \"next-move\""
    }

    fn known(&self) -> &'static str {
        "what its audit says; played in a cycle, so that nothing is forgotten; the shares of the answers and how often the last comes again"
    }

    fn class(&self) -> Option<SeriesClass> {
        None
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let file: String = keys.required("file", "name the file of the book, relative to the study")?;
        let word: String = keys.get("target")?.unwrap_or_else(|| Asked::WORDS[0].into());
        let Some(asked) = Asked::named(keys.at.word("target", &word, &Asked::WORDS)?) else {
            return Err(keys.error("target", "no such target", "see the list of data"));
        };
        let wanted = inputs(keys)?;
        let horizon = match keys.get("horizon")? {
            Some(_) if asked == Asked::NextMove => {
                return Err(keys.error("horizon", "the next move comes when it comes", "take the key out, or ask for direction or mid-change"));
            }
            rows => keys.at.count("horizon", rows.unwrap_or(1), (1, FARTHEST))?,
        };
        let tick = keys.number("tick", 1.0, (0.0, f64::MAX), true)?;
        let mut quotes = read(keys, &file)?;
        let mut notes: Vec<String> = std::mem::take(&mut quotes.notes);
        notes.extend(sound(keys, &mut quotes)?);
        if let Some(rows) = keys.get("rows")?.map(|rows| keys.at.count("rows", rows, (2, 1 << 40))).transpose()? {
            if rows > quotes.rows() {
                let problem = format!("{rows} rows are asked for, and {file} has {}", quotes.rows());
                return Err(keys.error("rows", problem, "ask for as many at most, or take the key out"));
            }
            quotes.retain(&(0..quotes.rows()).map(|row| row < rows).collect::<Vec<bool>>());
            notes.push(format!("the first {rows} rows are played, as `rows` says"));
        }
        let mids = features::mids(&quotes);
        let (answers, rows) = features::asked(&mids, asked, horizon, tick);
        notes.extend(features::naive(&mids, asked, &answers));
        let seen = features::seen(&quotes, &wanted, tick)?;
        let inputs = seen.len();
        let (names, mut columns): (Vec<String>, Vec<Vec<f64>>) = seen.into_iter().chain(answers).unzip();
        columns.iter_mut().for_each(|column| column.truncate(rows));
        let checksum = quotes.checksum.clone();
        let mut times = quotes.times;
        times.truncate(rows);
        let table = Table { place: quotes.place, names, columns, rows_dropped: 0, gaps: 0, cells_filled: 0, times, checksum };
        let held = held_out(keys, rows)?;
        let series = aligned(keys, &table, (inputs, asked, held), &mut notes)?;
        let names = table.names[..inputs].to_vec();
        let shown = (0..inputs).map(|index| table.columns[index].iter().map(|x| standardised(*x, series.scaling[index])).collect()).collect();
        let columns = RecordedColumns { names, columns: shown, seconds: table.seconds_between() };
        notes.extend(held_words(held));
        let process = Arc::new(RecordedSeries::split(series, columns, held));
        let notes = notes.into_iter().map(|note| format!("{file}: {note}")).collect();
        Ok(Made { process, source: Some((file, table.checksum)), notes })
    }
}

/// What the network sees.
fn inputs(keys: Keys<'_>) -> Result<Vec<Seen>, InputError> {
    let known: Vec<&str> = Seen::ALL.iter().map(|(_, word)| *word).collect();
    let names = keys.get::<Vec<String>>("inputs")?.unwrap_or_else(|| ["spread", "bid", "ask", "imbalance"].map(String::from).to_vec());
    let mut wanted = Vec::new();
    for name in &names {
        wanted.extend(Seen::named(keys.at.word("inputs", name, &known)?).filter(|seen| !wanted.contains(seen)));
    }
    if wanted.is_empty() {
        return Err(keys.error("inputs", "no input is named", format!("choose among {}", known.join(", "))));
    }
    Ok(wanted)
}

/// The file in the layout that the keys name.
fn read(keys: Keys<'_>, file: &str) -> Result<Quotes, InputError> {
    let depth = keys.at.count("levels", keys.get("levels")?.unwrap_or(1), (1, DEEPEST))?;
    let word: String = keys.get("layout")?.unwrap_or_else(|| LAYOUTS[0].into());
    let layout = keys.at.word("layout", &word, &LAYOUTS)?;
    let path = keys.base.join(file);
    for (key, belongs) in [("columns", "columns"), ("messages", "lobster"), ("order", "fi-2010"), ("time_column", "columns")] {
        if layout != belongs && keys.values.contains_key(key) {
            return Err(keys.error(
                key,
                format!("this key means nothing for layout = \"{layout}\""),
                format!("take it out, or use layout = \"{belongs}\""),
            ));
        }
    }
    match layout {
        "lobster" => {
            let messages: String = keys.required("messages", "name the message file of the pair, relative to the study")?;
            layout::lobster(&path, &keys.base.join(messages), depth)
        }
        "fi-2010" => {
            let remedy = "say what the four lines of a level are, as in order = [\"ask_price\", \"ask_size\", \"bid_price\", \"bid_size\"]: public readers of these files contradict each other";
            let words: Vec<String> = keys.required("order", remedy)?;
            let order: Vec<Quote> = words.iter().filter_map(|word| Quote::named(word)).collect();
            match <[Quote; 4]>::try_from(order) {
                Ok(order) if Quote::ALL.iter().all(|(quote, _)| order.contains(quote)) => layout::transposed(&path, order, depth),
                _ => Err(keys.error("order", "it does not name the four lines of a level once each", remedy)),
            }
        }
        _ => layout::columns(&path, &patterns(keys)?, depth, time_column(keys)?.as_ref()),
    }
}

/// The names of the columns, `#` standing for the level.
fn patterns(keys: Keys<'_>) -> Result<[String; 4], InputError> {
    let given = keys.get::<BTreeMap<String, String>>("columns")?.unwrap_or_default();
    if let Some(name) = given.keys().find(|name| Quote::named(name).is_none()) {
        return Err(keys.error("columns", format!("`{name}` is nothing that a level has"), "give ask_price, ask_size, bid_price, bid_size"));
    }
    let patterns = Quote::ALL.map(|(_, word)| given.get(word).cloned().unwrap_or_else(|| format!("{word}_#")));
    match patterns.iter().find(|pattern| !pattern.contains('#')) {
        Some(pattern) => Err(keys.error("columns", format!("`{pattern}` does not say where the level stands"), "write # for it, as in bid_price_#")),
        None => Ok(patterns),
    }
}

/// Refuses rows that are no book, or leaves them out as the study says.
fn sound(keys: Keys<'_>, quotes: &mut Quotes) -> Result<Option<String>, InputError> {
    let word: String = keys.get("odd_rows")?.unwrap_or_else(|| "error".into());
    let drop = keys.at.word("odd_rows", &word, &["error", "drop"])? == "drop";
    let odd = |row: usize| {
        let [ask, bid] = [Quote::AskPrice, Quote::BidPrice].map(|quote| quotes.at(quote, 0, row));
        let sizes = [Quote::AskSize, Quote::BidSize];
        if sizes.iter().any(|side| (0..quotes.depth()).any(|level| quotes.at(*side, level, row) < 0.0)) {
            return Some("a size is negative");
        }
        if !(ask.is_finite() && bid.is_finite()) || sizes.iter().any(|side| quotes.at(*side, 0, row) == 0.0) {
            return Some("a side has no order, so that there is no mid price");
        }
        (ask <= bid).then_some("the best ask is not above the best bid")
    };
    let oddities: Vec<Option<&str>> = (0..quotes.rows()).map(odd).collect();
    let count = oddities.iter().flatten().count();
    match oddities.iter().position(Option::is_some) {
        Some(row) if !drop => {
            let problem = format!("{} ({count} such rows)", oddities[row].unwrap_or_default());
            let error = InputError::new(&quotes.place, problem, "clean the file, or leave such rows out by odd_rows = \"drop\"");
            Err(error.at(quotes.lines.get(row).copied()))
        }
        Some(_) => {
            let rows = quotes.rows();
            quotes.retain(&oddities.iter().map(Option::is_none).collect::<Vec<bool>>());
            Ok(Some(format!("{count} of {rows} rows are no book (crossed, or a side without an order) and were left out")))
        }
        None => Ok(None),
    }
}

/// Inputs of variance 1, and targets: classes as they are, numbers of variance 1.
fn aligned(keys: Keys<'_>, table: &Table, (inputs, asked, held): (usize, Asked, usize), notes: &mut Vec<String>) -> Result<Series, InputError> {
    let (standardise, scale_rows) = (keys.get("standardise")?.unwrap_or(true), keys.get("scale_rows")?);
    if let Some(rows) = scale_rows {
        if !standardise {
            let remedy = "take it out, or take out standardise = false";
            return Err(keys.error("scale_rows", "columns are kept as they are, so no scale is taken", remedy));
        }
        keys.at.count("scale_rows", rows, (2, table.rows().max(2)))?;
    }
    let stated: Vec<Option<(f64, f64)>> =
        (0..table.columns.len()).map(|column| (column >= inputs && asked.is_class()).then_some((0.0, 1.0))).collect();
    let mut alignment = Alignment { inputs, horizon: 0, standardise, scale_rows };
    alignment.before(held, table.rows(), false);
    let series = Series::aligned(table, alignment, &stated)?;
    if standardise {
        let over = alignment.scale_rows.map_or_else(|| format!("all {} rows", table.rows()), |rows| format!("their first {rows} rows"));
        notes.push(format!("what is seen was brought to mean 0 and variance 1 over {over}"));
    }
    Ok(series)
}
