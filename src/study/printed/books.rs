//! Tables of order books.

use super::{PrintedRow, PrintedTable};
use crate::markov::{Queue, both_served, second_empties_first, served_before};

const SOURCE: &str = "Cont, Stoikov and Talreja (2010), A stochastic model for order book dynamics, doi 10.1287/opre.1090.0780";

/// The best queues at a spread of one tick, by the rates of Table 2.
const BEST: Queue = Queue { arrival: 1.85, market: 0.94, cancel: 0.71, capacity: 60 };

/// Bid queue, ask queue, chance.
const UPWARD: [(usize, usize, f64); 10] = [
    (1, 2, 0.336),
    (1, 3, 0.259),
    (1, 4, 0.216),
    (1, 5, 0.188),
    (2, 3, 0.407),
    (2, 4, 0.348),
    (2, 5, 0.307),
    (3, 4, 0.437),
    (3, 5, 0.391),
    (4, 5, 0.452),
];

const FOURTH: [[f64; 5]; 5] = [
    [0.497, 0.641, 0.709, 0.749, 0.776],
    [0.302, 0.449, 0.535, 0.591, 0.631],
    [0.206, 0.336, 0.422, 0.483, 0.528],
    [0.152, 0.263, 0.344, 0.404, 0.452],
    [0.118, 0.213, 0.287, 0.346, 0.393],
];

/// The upper triangle, row by row.
const FIFTH: [&[f64]; 5] = [&[0.266, 0.308, 0.309, 0.300, 0.288], &[0.386, 0.406, 0.406, 0.400], &[0.441, 0.452, 0.452], &[0.471, 0.479], &[0.491]];

fn of(bid: usize, ask: usize) -> String {
    format!("bid queue {bid}, ask queue {ask}")
}

pub(super) fn tables() -> Vec<PrintedTable> {
    let up = second_empties_first([BEST, BEST], [0.0, 0.0]);
    let filled = served_before(5, BEST, BEST, 0.0);
    let both = both_served([BEST, BEST], [5, 5]);
    let cells = || (1..=5usize).flat_map(|b| (1..=5usize).map(move |a| (b, a)));
    let fourth = cells().map(|(b, a)| PrintedRow::exact(of(b, a), FOURTH[b - 1][a - 1], 3, 1.0 - filled[[a, b]]));
    let fifth = cells().filter(|(b, a)| a >= b).map(|(b, a)| PrintedRow::exact(of(b, a), FIFTH[b - 1][a - b], 3, both[[b, a]]));
    let by_caption = cells().map(|(b, a)| (filled[[b, a]] - FOURTH[b - 1][a - 1]).abs()).fold(0.0, f64::max);
    vec![
        PrintedTable {
            title: "Order book: chance that the mid price goes up first (Table 3)".into(),
            source: SOURCE.into(),
            note: "Ours by a small linear system, exact to 13 digits. The printed numbers come from a transform that was inverted numerically."
                .into(),
            rows: UPWARD.into_iter().map(|(b, a, printed)| PrintedRow::exact(of(b, a), printed, 3, up[[b, a]])).collect(),
        },
        PrintedTable {
            title: "Order book: Table 4 as it was printed".into(),
            source: SOURCE.into(),
            note: format!(
                "The caption names the chance that a patient bid order is filled before the mid price moves. The printed numbers are those of another event: that the bid queue is \
                 empty before a patient ask order is filled, which is what stands here. The event of the caption differs from them by up to {by_caption:.2}."
            ),
            rows: fourth.collect(),
        },
        PrintedTable {
            title: "Order book: chance that two patient orders are both filled before a move (Table 5)".into(),
            source: SOURCE.into(),
            note: "The table is symmetric: its upper triangle.".into(),
            rows: fifth.collect(),
        },
    ]
}
