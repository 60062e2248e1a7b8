//! Contraction where learning led: the certified rate at every checkpoint, and measured rates at
//! the end and at the worst parameters on the way.

use crate::claims::measuring::jacobian_products::Products;
use crate::claims::measuring::memory_count;
use crate::claims::measuring::pathwise;
use crate::claims::stationary_point::names;
use crate::claims::{Case, Condition, Contraction, Finding, Footprint, Outcome};
use crate::network::Network;
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined, normal_quantile};
use ndarray::Array2;

/// Chains and steps of a measurement of rates; see [`Contraction::of`].
const CHAINS: usize = 32;
const STEPS: usize = 200;
/// Columns of a row: the time, the certified rate there, and value and both ends of the pathwise
/// rate and of the moments of order 2 and 4.
pub(super) const COLUMNS: usize = 2 + 3 * 3;

/// What a measurement holds at once.
pub(super) fn footprint(case: &Case) -> Footprint {
    let budget = crate::claims::Budget { chains: CHAINS, steps: STEPS, ..case.budget("stationary_point").clone() };
    let (tangents, paths) = (
        Products::new(case, &[2.0, 4.0], CHAINS, STEPS).footprint(case),
        memory_count::trajectories(case, pathwise::steps(&budget), pathwise::SEGMENTS),
    );
    Footprint { working: tangents.working.max(paths.working), recorded: 0 }
}

/// Rows of measured rates of one run: where the certificate does not settle it, at the last
/// parameters and at those with the largest certified rate; for the first run at the last
/// parameters in any case. A certified rate below 1 bounds every other.
pub(super) fn measure(case: &Case, run: usize, frozen: &[Network], times: &[usize], certified: &[f64], key: RngKey) -> Vec<f64> {
    let Some(last) = frozen.len().checked_sub(1).filter(|last| certified[*last].is_finite()) else { return Vec::new() };
    let worst = (0..frozen.len()).fold(0, |worst, look| if certified[look] > certified[worst] { look } else { worst });
    let mut looks: Vec<usize> = Vec::new();
    if run == 0 || certified[last] >= 1.0 {
        looks.push(last);
    }
    if worst != last && certified[worst] >= 1.0 {
        looks.push(worst);
    }
    let mut rows = Vec::new();
    for look in looks {
        let there = Case { network: frozen[look].clone(), key: key.within("contraction").within(&look.to_string()), ..case.clone() };
        let found = Contraction::of(&there, CHAINS, STEPS);
        rows.extend([times[look] as f64, certified[look]]);
        for rate in [found.pathwise, found.moments[0].clone(), found.moments[1].clone()] {
            rows.extend(rate.map_or([f64::NAN; 3], |rate| [rate.value, rate.lower, rate.upper]));
        }
    }
    rows
}

/// Adds the rates to a finding, with the condition that the cell still contracts where learning
/// led.
///
/// `certified` holds a row a run and a column a checkpoint, `measured` the rows of [`measure`].
pub(super) fn weigh(case: &Case, finding: &mut Finding, certified: &Array2<f64>, measured: &Array2<f64>) {
    let worst = certified.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    finding.insert(names::CERTIFIED_RATE_ALONG_PATH, worst);
    let horizon = case.learning.steps as f64;
    let rate = |row: usize, which: usize| -> Result<Estimate, Undefined> {
        let at = |field: usize| measured[[row, 2 + 3 * which + field]];
        let [value, lower, upper] = [at(0), at(1), at(2)];
        let half = (upper - lower) / (2.0 * normal_quantile(0.5 + case.level / 2.0));
        if value.is_nan() {
            Err(Undefined::because("no rate could be fitted there"))
        } else {
            Ok(Estimate { value, standard_error: half, lower, upper, level: case.level })
        }
    };
    for (which, name) in [names::PATHWISE_RATE, names::MOMENT_RATE.at(2), names::MOMENT_RATE.at(4)].into_iter().enumerate() {
        if let Some(row) = (0..measured.nrows()).find(|row| measured[[*row, 0]] == horizon) {
            finding.insert(name.ending(" at the end"), rate(row, which));
        }
    }
    let open: Vec<Result<Estimate, Undefined>> = (0..measured.nrows()).filter(|row| measured[[*row, 1]] >= 1.0).map(|row| rate(row, 1)).collect();
    // So many rates are looked at that one of them would lie above 1 by chance: all intervals are
    // widened together.
    let widen = normal_quantile(1.0 - (1.0 - case.level) / (2.0 * open.len().max(1) as f64)) / normal_quantile(0.5 + case.level / 2.0);
    let grows = |rate: &Estimate| rate.value - widen * (rate.value - rate.lower) >= 1.0;
    let shrinks = |rate: &Estimate| rate.value + widen * (rate.upper - rate.value) < 1.0;
    if let Some(largest) = open.iter().flatten().copied().reduce(|a, b| if b.value > a.value { b } else { a }) {
        finding.insert(names::MOMENT_RATE.at(2).ending(" along path"), largest);
    }
    let outcome = if open.iter().flatten().any(grows) {
        Outcome::Contradicted
    } else if worst < 1.0 || (!open.is_empty() && open.iter().all(|rate| rate.as_ref().is_ok_and(shrinks))) {
        Outcome::Supported
    } else {
        Outcome::Inconclusive
    };
    finding.conditions.push(Condition { name: "the cell still contracts in the mean square where learning led".into(), outcome });
}
