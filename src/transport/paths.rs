//! Shortest augmenting paths over lists of candidates, exact for the whole cost matrix.

use super::auction::{FREE, Matching};
use super::shortlist::Shortlists;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A column to settle, or a row (counted from `n`) whose list ends at this length.
#[derive(Clone, Copy, PartialEq)]
struct Event {
    length: f64,
    code: u32,
}

impl Eq for Event {}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        other.length.total_cmp(&self.length).then(other.code.cmp(&self.code))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Work space of the searches.
pub(super) struct Search {
    events: BinaryHeap<Event>,
    length: Vec<f64>,
    previous: Vec<(u32, f64)>,
    settled: Vec<u32>,
    touched: Vec<u32>,
    is_settled: Vec<bool>,
    /// Of each row that was reached: where it stands and its potential.
    standing: Vec<(f64, f64)>,
    nearest_free: f64,
}

impl Search {
    /// Work space for `n` rows and columns.
    pub(super) fn new(n: usize) -> Self {
        Search {
            events: BinaryHeap::new(),
            length: vec![f64::INFINITY; n],
            previous: vec![(FREE, 0.0); n],
            settled: Vec::new(),
            touched: Vec::new(),
            is_settled: vec![false; n],
            standing: vec![(0.0, 0.0); n],
            nearest_free: f64::INFINITY,
        }
    }

    /// Gives the free row `start` a column along the shortest path, keeping all potentials feasible
    /// and all pairs tight.
    pub(super) fn augment(&mut self, lists: &mut Shortlists, matching: &mut Matching, start: usize) {
        self.events.clear();
        self.nearest_free = f64::INFINITY;
        let n = self.length.len() as u32;
        let potential = lists.best(start, &matching.v, false).least;
        self.standing[start] = (0.0, potential);
        self.relax(lists, matching, start);
        let end = loop {
            let event = self.events.pop().expect("a free column is left as long as a row is free");
            if event.code >= n {
                let row = (event.code - n) as usize;
                lists.renew(row, &matching.v, true);
                self.relax(lists, matching, row);
                continue;
            }
            let column = event.code as usize;
            if self.is_settled[column] {
                continue;
            }
            match matching.row_of[column] {
                FREE => break event.code,
                row => {
                    self.is_settled[column] = true;
                    self.settled.push(event.code);
                    self.standing[row as usize] = (event.length, matching.cost_of[row as usize] - matching.v[column]);
                    self.relax(lists, matching, row as usize);
                }
            }
        };
        let reached = self.length[end as usize];
        for column in self.settled.drain(..) {
            matching.v[column as usize] -= reached - self.length[column as usize];
            self.is_settled[column as usize] = false;
        }
        let mut column = end;
        loop {
            let (row, cost) = self.previous[column as usize];
            matching.row_of[column as usize] = row;
            matching.cost_of[row as usize] = cost;
            std::mem::swap(&mut matching.column_of[row as usize], &mut column);
            if row as usize == start {
                break;
            }
        }
        for column in self.touched.drain(..) {
            self.length[column as usize] = f64::INFINITY;
        }
    }

    fn relax(&mut self, lists: &Shortlists, matching: &Matching, row: usize) {
        let (at, potential) = self.standing[row];
        for candidate in lists.list(row) {
            let column = candidate.column as usize;
            // Rounding may leave a reduced cost just below zero.
            let length = at + (candidate.cost - matching.v[column] - potential).max(0.0);
            if length < self.length[column] && length < self.nearest_free && !self.is_settled[column] {
                if self.length[column] == f64::INFINITY {
                    self.touched.push(candidate.column);
                }
                self.length[column] = length;
                self.previous[column] = (row as u32, candidate.cost);
                self.events.push(Event { length, code: candidate.column });
                if matching.row_of[column] == FREE {
                    self.nearest_free = length;
                }
            }
        }
        let beyond = at + (lists.threshold(row) - potential).max(0.0);
        if beyond < self.nearest_free {
            self.events.push(Event { length: beyond, code: (self.length.len() + row) as u32 });
        }
    }
}
