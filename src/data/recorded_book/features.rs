//! What a network sees of a recorded book, and what it is to predict.

use super::layout::{Quote, Quotes};
use crate::data::InputError;

/// What a network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Spread,
    Bid,
    Ask,
    Imbalance,
    Gap,
    Offsets,
    Sizes,
}

impl Seen {
    pub(super) const ALL: [(Seen, &'static str); 7] = [
        (Seen::Spread, "spread"),
        (Seen::Bid, "bid"),
        (Seen::Ask, "ask"),
        (Seen::Imbalance, "imbalance"),
        (Seen::Gap, "gap"),
        (Seen::Offsets, "offsets"),
        (Seen::Sizes, "sizes"),
    ];

    pub(super) fn named(word: &str) -> Option<Seen> {
        Self::ALL.into_iter().find(|(_, name)| *name == word).map(|(seen, _)| seen)
    }
}

/// What is to be predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    NextMove,
    Direction,
    MidChange,
}

impl Asked {
    pub(super) const WORDS: [&'static str; 3] = ["next-move", "direction", "mid-change"];

    pub(super) fn named(word: &str) -> Option<Asked> {
        let all = [Asked::NextMove, Asked::Direction, Asked::MidChange];
        Self::WORDS.iter().position(|name| *name == word).map(|at| all[at])
    }

    /// Whether it is a class and not a number.
    pub(super) fn is_class(self) -> bool {
        self != Asked::MidChange
    }
}

/// Named columns, a number a row.
pub(super) type Columns = Vec<(String, Vec<f64>)>;

/// The middle between the best quotes.
pub(super) fn mids(quotes: &Quotes) -> Vec<f64> {
    (0..quotes.rows()).map(|row| 0.5 * (quotes.at(Quote::BidPrice, 0, row) + quotes.at(Quote::AskPrice, 0, row))).collect()
}

/// Prices that differ by less than this part of themselves are equal: a middle is a rounded sum.
const ROUNDING: f64 = 1e-9;

/// By how much the middle has moved.
fn moved(from: f64, to: f64) -> f64 {
    if (to - from).abs() <= ROUNDING * from.abs().max(to.abs()) { 0.0 } else { to - from }
}

/// The columns of what is seen; prices are in ticks of the size `tick`.
pub(super) fn seen(quotes: &Quotes, wanted: &[Seen], tick: f64) -> Result<Columns, InputError> {
    let mids = mids(quotes);
    let rows = 0..quotes.rows();
    let size = |quote: Quote, level: usize| rows.clone().map(|row| libm::log1p(quotes.at(quote, level, row))).collect::<Vec<f64>>();
    let mut columns = Columns::new();
    for one in wanted {
        match one {
            Seen::Spread => {
                let spread = |row: usize| (quotes.at(Quote::AskPrice, 0, row) - quotes.at(Quote::BidPrice, 0, row)) / tick;
                columns.push(("spread".into(), rows.clone().map(spread).collect()));
            }
            Seen::Bid => columns.push(("bid".into(), size(Quote::BidSize, 0))),
            Seen::Ask => columns.push(("ask".into(), size(Quote::AskSize, 0))),
            Seen::Imbalance => {
                let imbalance = |row: usize| {
                    let [bid, ask] = [Quote::BidSize, Quote::AskSize].map(|quote| quotes.at(quote, 0, row));
                    (bid - ask) / (bid + ask)
                };
                columns.push(("imbalance".into(), rows.clone().map(imbalance).collect()));
            }
            Seen::Gap => {
                if quotes.times.is_empty() {
                    return Err(InputError::new(
                        &quotes.place,
                        "no times are known, and the gap between rows is asked for",
                        "take `gap` out of the inputs, or name a time column",
                    ));
                }
                let gap = |row: usize| if row == 0 { 0.0 } else { libm::log1p((quotes.times[row] - quotes.times[row - 1]).max(0.0)) };
                columns.push(("gap".into(), rows.clone().map(gap).collect()));
            }
            Seen::Offsets => {
                for (side, quote) in [("bid", Quote::BidPrice), ("ask", Quote::AskPrice)] {
                    for level in 0..quotes.depth() {
                        columns.push((format!("offset_{side}_{}", level + 1), offsets(quotes, &mids, (quote, level), tick)?));
                    }
                }
            }
            Seen::Sizes => {
                for (side, quote) in [("bid", Quote::BidSize), ("ask", Quote::AskSize)] {
                    columns.extend((0..quotes.depth()).map(|level| (format!("size_{side}_{}", level + 1), size(quote, level))));
                }
            }
        }
    }
    Ok(columns)
}

fn offsets(quotes: &Quotes, mids: &[f64], (quote, level): (Quote, usize), tick: f64) -> Result<Vec<f64>, InputError> {
    let offset = |row: usize| {
        let price = quotes.at(quote, level, row);
        if price.is_finite() {
            return Ok((price - mids[row]).abs() / tick);
        }
        let problem = format!("level {} is empty, so that it has no offset", level + 1);
        let remedy = "ask for fewer levels, or take `offsets` out of the inputs: sizes say that a level is empty";
        Err(InputError::new(&quotes.place, problem, remedy).at(quotes.lines.get(row).copied()))
    };
    (0..mids.len()).map(offset).collect()
}

/// The columns of what is asked, and how many rows have an answer: those at the end have none.
///
/// A move is a change of the mid price. `direction` and `mid-change` look so many rows ahead.
pub(super) fn asked(mids: &[f64], asked: Asked, horizon: usize, tick: f64) -> (Columns, usize) {
    let class = |holds: bool| f64::from(u8::from(holds));
    match asked {
        Asked::NextMove => {
            let mut next = None;
            let mut up: Vec<Option<f64>> = vec![None; mids.len()];
            for row in (0..mids.len().saturating_sub(1)).rev() {
                let by = moved(mids[row], mids[row + 1]);
                if by != 0.0 {
                    next = Some(class(by > 0.0));
                }
                up[row] = next;
            }
            let up: Vec<f64> = up.into_iter().flatten().collect();
            let rows = up.len();
            (vec![("next_move_up".into(), up)], rows)
        }
        Asked::Direction => {
            let of =
                |holds: fn(f64) -> bool| mids.iter().zip(mids.iter().skip(horizon)).map(|(now, then)| class(holds(moved(*now, *then)))).collect();
            let (down, same, up): (Vec<f64>, Vec<f64>, Vec<f64>) = (of(|x| x < 0.0), of(|x| x == 0.0), of(|x| x > 0.0));
            let rows = up.len();
            (vec![("down".into(), down), ("same".into(), same), ("up".into(), up)], rows)
        }
        Asked::MidChange => {
            let change: Vec<f64> = mids.iter().zip(mids.iter().skip(horizon)).map(|(now, then)| moved(*now, *then) / tick).collect();
            let rows = change.len();
            (vec![("mid_change".into(), change)], rows)
        }
    }
}

/// What is known of the answers without looking at an input: the shares of the classes, and how
/// often the last answer comes again.
pub(super) fn naive(mids: &[f64], asked: Asked, columns: &Columns) -> Option<String> {
    let rows = columns.first()?.1.len() as f64;
    let share = |column: &[f64]| column.iter().sum::<f64>() / rows;
    let entropy = |shares: &[f64]| -shares.iter().filter(|p| **p > 0.0).map(|p| p * libm::log(*p)).sum::<f64>();
    let percent = |x: f64| format!("{:.1} %", 100.0 * x);
    match asked {
        Asked::NextMove => {
            let up = share(&columns[0].1);
            // The last move before a row, where there was one.
            let mut last = None;
            let (mut again, mut told) = (0.0, 0.0);
            for (row, next) in columns[0].1.iter().enumerate() {
                let by = if row > 0 { moved(mids[row - 1], mids[row]) } else { 0.0 };
                if by != 0.0 {
                    last = Some(by > 0.0);
                }
                if let Some(last) = last {
                    (again, told) = (again + f64::from(u8::from(last == (*next == 1.0))), told + 1.0);
                }
            }
            Some(format!(
                "the next move is up at {} of the rows: one constant answer is right at {} with a log loss of {:.4}, the last move again at {}",
                percent(up),
                percent(up.max(1.0 - up)),
                entropy(&[up, 1.0 - up]),
                percent(again / told)
            ))
        }
        Asked::Direction => {
            let shares: Vec<f64> = columns.iter().map(|(_, column)| share(column)).collect();
            Some(format!(
                "the mid price is lower at {}, the same at {}, higher at {} of the rows: one constant answer has a log loss of {:.4}, and `no move` is right at {}",
                percent(shares[0]),
                percent(shares[1]),
                percent(shares[2]),
                entropy(&shares),
                percent(shares[1])
            ))
        }
        Asked::MidChange => None,
    }
}
