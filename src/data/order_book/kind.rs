//! `kind = "order-book"`.

use super::{BookInput, BookTarget, OrderBook, OrderRates};
use crate::data::kind::{DataKind, Made};
use crate::data::section::{Entry, Keys};
use crate::data::{InputError, SeriesClass};

/// The kind.
pub(in crate::data) struct Kind;

/// Farthest distance and fullest queue that a study may ask for.
const LARGEST: usize = 200;
/// Least number of orders that the far side of a book holds on average: `e^−14` is how rarely it
/// then holds none.
const FEWEST: f64 = 14.0;

impl DataKind for Kind {
    fn name(&self) -> &'static str {
        "order-book"
    }

    fn formula(&self) -> &'static str {
        "zero-intelligence order book, event by event, with the exact chance of the next move"
    }

    fn keys(&self) -> &'static [Entry] {
        const {
            &[
                Entry::filled(
                    "inputs",
                    "[\"spread\", \"bid\", \"ask\", \"imbalance\"]",
                    "what the network sees: any of spread, bid, ask, imbalance, bid-depth, ask-depth, bid-queues, ask-queues",
                ),
                Entry::filled("target", "\"next-move\"", "what is asked for").one_of(&["next-move", "fill", "next-event"]),
                Entry::filled("depth", "20", "price levels of a side"),
                Entry::filled("capacity", "40", "most orders of a level"),
                Entry::filled("limit", "[1.85, 1.51, 1.09, 0.88, 0.77]", "rates of limit orders by distance from the opposite quote"),
                Entry::filled("tail", "[1.92, 0.52]", "beyond these, k i^(-α) as [k, α]"),
                Entry::filled("cancel", "[0.71, 0.81, 0.68, 0.56, 0.47]", "rates of cancelling by distance; the last goes on"),
                Entry::filled("market", "0.94", "rate of market orders of a side"),
            ]
        }
    }

    fn example(&self) -> &'static str {
        "inputs = [\"spread\", \"bid\", \"ask\", \"imbalance\"]\ntarget = \"next-move\"\ndepth = 20"
    }

    fn known(&self) -> &'static str {
        "stationary; queues forget as orders are cancelled and taken; counts, whose logarithms are seen; best log loss of a move the entropy of its exact chance"
    }

    fn class(&self) -> Option<SeriesClass> {
        Some(SeriesClass::Stationary)
    }

    fn make(&self, keys: Keys<'_>) -> Result<Made, InputError> {
        let depth = keys.at.count("depth", keys.get("depth")?.unwrap_or(20), (2, LARGEST))?;
        let capacity = keys.at.count("capacity", keys.get("capacity")?.unwrap_or(40), (2, LARGEST))?;
        let rates = rates(keys, depth)?;
        let word: String = keys.get("target")?.unwrap_or_else(|| BookTarget::WORDS[0].into());
        let word = keys.at.word("target", &word, &BookTarget::WORDS)?;
        let Some(asked) = BookTarget::named(word) else { return Err(keys.error("target", "no such target", "see the list of data")) };
        let names = keys.get::<Vec<String>>("inputs")?.unwrap_or_else(|| ["spread", "bid", "ask", "imbalance"].map(String::from).to_vec());
        let known: Vec<&str> = BookInput::ALL.iter().map(|(_, word)| *word).collect();
        let mut seen = Vec::new();
        for name in &names {
            let word = keys.at.word("inputs", name, &known)?;
            seen.extend(BookInput::named(word));
        }
        if seen.is_empty() {
            return Err(keys.error("inputs", "no input is named", format!("choose among {}", known.join(", "))));
        }
        if depth < super::asked::QUEUES && seen.iter().any(|input| input.len() > 1) {
            let remedy = format!("give a depth of at least {}", super::asked::QUEUES);
            return Err(keys.error("depth", "a book this shallow has no five queues to show", remedy));
        }
        Ok(Made::drawn(OrderBook::new(rates, capacity, asked, seen)))
    }
}

fn rates(keys: Keys<'_>, depth: usize) -> Result<OrderRates, InputError> {
    let plain = OrderRates::sky_perfect(5);
    let listed = |key: &str, default: Vec<f64>| -> Result<Vec<f64>, InputError> {
        let rates = keys.get::<Vec<f64>>(key)?.unwrap_or(default);
        if rates.is_empty() || rates.iter().any(|rate| !(rate.is_finite() && (0.0..=1e6).contains(rate))) {
            return Err(keys.error(key, "these are no rates", "give at least one, each from 0 to 1e6, the nearest distance first"));
        }
        Ok(rates)
    };
    let (limit, cancel) = (listed("limit", plain.limit)?, listed("cancel", plain.cancel)?);
    let tail: Vec<f64> = keys.get("tail")?.unwrap_or_else(|| vec![1.92, 0.52]);
    let [scale, exponent] = tail[..] else {
        return Err(keys.error("tail", format!("it has {} numbers", tail.len()), "give two, [k, α], for rates k i^(−α)"));
    };
    if !((0.0..=1e6).contains(&scale) && (-10.0..=10.0).contains(&exponent)) {
        return Err(keys.error("tail", "this is no power law of rates", "give [k, α] with k from 0 to 1e6 and α from −10 to 10"));
    }
    let rates = OrderRates::with_tail(&limit, [scale, exponent], &cancel, keys.number("market", plain.market, (0.0, 1e6), false)?, depth);
    if rates.limit[0] == 0.0 {
        return Err(keys.error("limit", "no order ever comes next to the opposite quote", "give the first rate above 0"));
    }
    let behind: f64 = rates.limit.iter().zip(&rates.cancel).skip(1).map(|(limit, cancel)| limit / cancel).filter(|mean| !mean.is_nan()).sum();
    if behind < FEWEST {
        let problem = format!("a side holds {behind:.1} orders behind the quote on average, so that it would be empty now and then");
        return Err(keys.error("depth", problem, "give more depth, more limit orders or fewer cancellations"));
    }
    Ok(rates)
}
