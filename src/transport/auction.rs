//! Near-optimal potentials by an auction with falling ε.

use super::shortlist::Shortlists;

/// No partner.
pub(super) const FREE: u32 = u32::MAX;

/// A partial assignment with column potentials.
pub(super) struct Matching {
    /// Column potentials, padded with −∞.
    pub(super) v: Vec<f64>,
    /// The column of each row.
    pub(super) column_of: Vec<u32>,
    /// The row of each column.
    pub(super) row_of: Vec<u32>,
    /// The cost of each row's pair.
    pub(super) cost_of: Vec<f64>,
}

impl Matching {
    /// Makes `row` and `column` a pair; the row that is displaced.
    pub(super) fn pair(&mut self, row: usize, column: u32, cost: f64) -> u32 {
        let displaced = std::mem::replace(&mut self.row_of[column as usize], row as u32);
        if displaced != FREE {
            self.column_of[displaced as usize] = FREE;
        }
        self.column_of[row] = column;
        self.cost_of[row] = cost;
        displaced
    }

    /// Parts the pair of `row`, if it has one.
    pub(super) fn part(&mut self, row: usize) {
        let column = std::mem::replace(&mut self.column_of[row], FREE);
        if column != FREE {
            self.row_of[column as usize] = FREE;
        }
    }
}

/// Bids a row and round, on average, after which a war of prices is left to the shortest paths.
const PATIENCE: usize = 40;

/// One round of the auction: ends when every row has a column within `epsilon` of its best, or
/// after too many bids; the rows that are then still free.
pub(super) fn round(lists: &mut Shortlists, matching: &mut Matching, epsilon: f64) -> Vec<u32> {
    let mut waiting: Vec<u32> = Vec::new();
    for row in (0..matching.column_of.len()).rev() {
        if excess(lists, matching, row) > epsilon {
            matching.part(row);
            waiting.push(row as u32);
        }
    }
    for _ in 0..PATIENCE * matching.column_of.len() {
        let Some(row) = waiting.pop() else { break };
        let best = lists.best(row as usize, &matching.v, true);
        let raise = if best.second < f64::INFINITY { best.second - best.least } else { 0.0 };
        matching.v[best.column as usize] -= raise + epsilon;
        let displaced = matching.pair(row as usize, best.column, best.cost);
        if displaced != FREE {
            waiting.push(displaced);
        }
    }
    waiting
}

/// How much dearer the column of `row` is than its best one; infinite without a column.
pub(super) fn excess(lists: &mut Shortlists, matching: &Matching, row: usize) -> f64 {
    match matching.column_of[row] {
        FREE => f64::INFINITY,
        column => {
            let best = lists.best(row, &matching.v, false);
            matching.cost_of[row] - matching.v[column as usize] - best.least
        }
    }
}
