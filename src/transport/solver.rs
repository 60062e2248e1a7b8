//! The assignment solver: a thinned problem gives prices, an auction sharpens them, shortest paths
//! finish exactly.

use super::auction::{self, FREE, Matching};
use super::ground::Ground;
use super::paths::Search;
use super::shortlist::{AIM, Shortlists};

/// Problems up to this size start from prices of zero.
const DIRECT: usize = 200;
/// A larger problem asks first for the solution between every fourth point.
const THINNING: usize = 4;
/// The auction's ε as shares of the mean gap between a row's best column and its [`AIM`]-th: its
/// start and where it stops.
///
/// A start below half of the gap leaves long wars of prices where many columns cost nearly the same
/// (two dimensions, order 1).
const EPSILON: (f64, f64) = (1.0, 0.001);
/// What ε is divided by from round to round.
const FALL: f64 = 7.0;

/// A complete assignment whose pairs are tight under its column potentials, up to rounding.
pub(super) fn solve(ground: &Ground) -> Matching {
    let n = ground.rows();
    let mut v = vec![f64::NEG_INFINITY; ground.padded()];
    if n > DIRECT {
        extend(ground, &solve(&ground.thinned(THINNING)), &mut v[..n])
    } else {
        v[..n].fill(0.0)
    }
    let mut lists = Shortlists::new(ground, &v);
    let mut matching = Matching { v, column_of: vec![FREE; n], row_of: vec![FREE; n], cost_of: vec![0.0; n] };
    let (spread, magnitude) = (0..n).fold((0.0, 0.0f64), |(spread, magnitude), row| {
        let best = lists.best(row, &matching.v, false);
        let mut reduced: Vec<f64> = lists.list(row).iter().map(|c| c.cost - matching.v[c.column as usize]).collect();
        let place = AIM.min(reduced.len()) - 1;
        let far = *reduced.select_nth_unstable_by(place, f64::total_cmp).1;
        (spread + (far - best.least) / n as f64, magnitude.max(far.abs() + best.cost))
    });
    let mut search = Search::new(n);
    let mut epsilon = EPSILON.0 * spread;
    // Steps near the rounding of the costs would not move a price.
    let last = (EPSILON.1 * spread).max(4.0 * f64::EPSILON * magnitude);
    while epsilon > last {
        let outbid = auction::round(&mut lists, &mut matching, epsilon);
        if !outbid.is_empty() && lists.are_short() {
            // Whole groups of columns are priced wrongly against each other: bids move them by
            // steps of ε, a path by all at once. Lists that it had to widen made bids slow.
            outbid.into_iter().for_each(|row| search.augment(&mut lists, &mut matching, row as usize));
            lists.narrow(&matching.v);
        }
        epsilon /= FALL;
    }
    let loose: Vec<usize> = (0..n).filter(|row| auction::excess(&mut lists, &matching, *row) > 0.0).collect();
    loose.iter().for_each(|row| matching.part(*row));
    loose.into_iter().for_each(|row| search.augment(&mut lists, &mut matching, row));
    matching
}

/// The largest column potentials that the rows of a thinned problem allow.
///
/// ```text
/// v_j = min over thinned rows i of c_ij − u_i
/// ```
fn extend(ground: &Ground, thinned: &Matching, v: &mut [f64]) {
    let mut costs = vec![0.0; ground.padded()];
    v.fill(f64::INFINITY);
    for (i, (cost, column)) in thinned.cost_of.iter().zip(&thinned.column_of).enumerate() {
        let u = cost - thinned.v[*column as usize];
        ground.row(i * THINNING, &mut costs);
        for (v, cost) in v.iter_mut().zip(&costs) {
            *v = if cost - u < *v { cost - u } else { *v };
        }
    }
}
