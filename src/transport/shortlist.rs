//! For every row the columns that can matter to it, found anew only when prices have moved too far.

use super::ground::Ground;
use rayon::prelude::*;

/// Columns a list aims at.
pub(super) const AIM: usize = 20;
/// Up to so many columns a list holds them all.
const WHOLE: usize = 384;

/// Columns from which a list counts as widened.
const WIDE: usize = 8 * AIM;

/// One candidate of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) cost: f64,
    pub(super) column: u32,
}

/// What a row sees on its list: its cheapest column, and the reduced cost of the second cheapest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Best {
    pub(super) column: u32,
    pub(super) cost: f64,
    pub(super) least: f64,
    pub(super) second: f64,
}

/// Lists of candidates with thresholds.
///
/// A column that is not on the list of row i had `c_ij − v_j ≥ threshold_i` when the list was made.
/// Column potentials only ever fall, so this stays true, and whatever lies below the threshold on
/// the list is what a search of the whole row would find.
pub(super) struct Shortlists<'a> {
    ground: &'a Ground,
    lists: Vec<Vec<Candidate>>,
    thresholds: Vec<f64>,
    costs: Vec<f64>,
    minima: Vec<f64>,
}

impl<'a> Shortlists<'a> {
    /// Lists of every row at the potentials `v`, which are padded with −∞.
    pub(super) fn new(ground: &'a Ground, v: &[f64]) -> Self {
        let made: Vec<(Vec<Candidate>, f64)> = (0..ground.rows())
            .into_par_iter()
            .map_init(
                || (vec![0.0; ground.padded()], vec![0.0; ground.groups()]),
                |(costs, minima), row| shortlist(ground, row, v, AIM, costs, minima),
            )
            .collect();
        let (lists, thresholds) = made.into_iter().unzip();
        Shortlists { ground, lists, thresholds, costs: vec![0.0; ground.padded()], minima: vec![0.0; ground.groups()] }
    }

    /// The list of `row`.
    pub(super) fn list(&self, row: usize) -> &[Candidate] {
        &self.lists[row]
    }

    /// What every column off the list of `row` costs at least, potentials deducted.
    pub(super) fn threshold(&self, row: usize) -> f64 {
        self.thresholds[row]
    }

    /// Makes the list of `row` anew; `wider` asks for twice as many columns as it held.
    pub(super) fn renew(&mut self, row: usize, v: &[f64], wider: bool) {
        let aim = if wider { 2 * self.lists[row].len() } else { AIM };
        (self.lists[row], self.thresholds[row]) = shortlist(self.ground, row, v, aim, &mut self.costs, &mut self.minima);
    }

    /// Whether lists hold less than all columns.
    pub(super) fn are_short(&self) -> bool {
        self.ground.columns() > WHOLE
    }

    /// Makes lists anew that searches have widened.
    pub(super) fn narrow(&mut self, v: &[f64]) {
        for row in 0..self.lists.len() {
            if self.lists[row].len() > WIDE {
                self.renew(row, v, false);
            }
        }
    }

    /// The best of the whole row; with `second`, the second best too, else a lower bound of it.
    pub(super) fn best(&mut self, row: usize, v: &[f64], second: bool) -> Best {
        let mut best = scan(&self.lists[row], v);
        if (if second { best.second } else { best.least }) > self.thresholds[row] {
            self.renew(row, v, false);
            best = scan(&self.lists[row], v);
        }
        best.second = best.second.min(self.thresholds[row]);
        best
    }
}

fn scan(list: &[Candidate], v: &[f64]) -> Best {
    let mut best = Best { column: 0, cost: 0.0, least: f64::INFINITY, second: f64::INFINITY };
    for candidate in list {
        let reduced = candidate.cost - v[candidate.column as usize];
        if reduced < best.second {
            if reduced < best.least {
                best = Best { column: candidate.column, cost: candidate.cost, least: reduced, second: best.least };
            } else {
                best.second = reduced;
            }
        }
    }
    best
}

/// About `aim` columns of least reduced cost, at least that many but for ties, and a bound from
/// below for all others.
fn shortlist(ground: &Ground, row: usize, v: &[f64], aim: usize, costs: &mut [f64], minima: &mut [f64]) -> (Vec<Candidate>, f64) {
    let (groups, columns) = (ground.groups(), ground.columns());
    ground.row(row, costs);
    if columns <= WHOLE || 4 * aim > groups {
        return ((0..columns).map(|j| Candidate { cost: costs[j], column: j as u32 }).collect(), f64::INFINITY);
    }
    Ground::reduced(costs, v, minima);
    // Each of the `aim` groups of least minimum holds a column at most as dear as the dearest of
    // these minima.
    let mut sorted = minima.to_vec();
    let threshold = *sorted.select_nth_unstable_by(aim - 1, f64::total_cmp).1;
    let mut list = Vec::with_capacity(aim + aim / 2);
    // Rows begin at different groups, so that rows with the same ties do not all list the same
    // columns.
    let first = row.wrapping_mul(0x9e37_79b9) % groups;
    for group in (first..groups).chain(0..first) {
        if minima[group] <= threshold {
            for column in Ground::members(group) {
                if costs[column] < threshold || (costs[column] == threshold && list.len() < 2 * aim) {
                    list.push(Candidate { cost: ground.cost(row, column), column: column as u32 });
                }
            }
        }
    }
    (list, threshold)
}
