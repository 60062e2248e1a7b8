//! The trials: every kind of interval in the report, in settings whose answer is known.

mod averages;
mod decays;
mod distances;
mod gated;
mod gradients;
mod laws;
mod moments;
mod records;
mod sequential;
mod spectra;
mod units;

use super::systems::Spectra;
use super::tally::{Kind, LEVELS, Replicate, Scenario, Truth};
use crate::claims::Name;
use crate::claims::{self, Budget, Case, Finding, Records};
use crate::stats::{Estimate, Undefined};
use std::collections::BTreeMap;

/// Spectral radii of data and network by kind.
const RADII: [(Spectra, f64, f64); 5] = [
    (Spectra::SlowData, 0.8, 0.5),
    (Spectra::SlowNetwork, 0.5, 0.8),
    (Spectra::Near, 0.8, 0.795),
    (Spectra::Defective, 0.8, 0.8),
    (Spectra::Rotating, 0.5, 0.8),
];

/// All trials, by what they ask.
pub fn trials() -> Vec<Scenario> {
    [
        averages::trials(),
        distances::trials(),
        moments::trials(),
        gradients::trials(),
        laws::trials(),
        records::trials(),
        decays::trials(),
        spectra::trials(),
        units::trials(),
        gated::trials(),
        sequential::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A shot of an estimator that can be asked for every level.
fn shot(estimator: &'static str, kind: Kind, truth: f64, at: impl Fn(f64) -> Result<Estimate, Undefined>) -> Replicate {
    shot_of(estimator, kind, truth, LEVELS.map(at))
}

/// A shot of estimates at every level.
fn shot_of(estimator: &'static str, kind: Kind, truth: f64, estimates: [Result<Estimate, Undefined>; LEVELS.len()]) -> Replicate {
    let value = estimates[1].as_ref().map_or(f64::NAN, |estimate| estimate.value);
    let intervals = estimates.map(|estimate| estimate.ok().map(|e| [e.lower, e.upper]));
    Replicate { estimator, kind, truth: Truth::Exact(truth), value, intervals }
}

/// A number of a finding at the middle level.
fn number(estimator: &'static str, kind: Kind, truth: Truth, finding: &Finding, name: Name) -> Replicate {
    let (value, ends) = finding.interval(&name).map_or((f64::NAN, None), |estimate| (estimate.value, Some([estimate.lower, estimate.upper])));
    Replicate { estimator, kind, truth, value, intervals: [None, ends, None] }
}

/// The estimate that decides a finding.
fn deciding(estimator: &'static str, kind: Kind, truth: Truth, finding: &Finding) -> Replicate {
    let (value, ends) = finding.estimate.as_ref().map_or((f64::NAN, None), |e| (e.value, Some([e.lower, e.upper])));
    Replicate { estimator, kind, truth, value, intervals: [None, ends, None] }
}

/// The budget of a claim, changed where a trial can do with less.
pub(super) fn budgets(claim: &str, change: impl Fn(&mut Budget)) -> BTreeMap<String, Budget> {
    let mut budget = claim_named(claim).budget();
    change(&mut budget);
    BTreeMap::from([(claim.to_string(), budget)])
}

pub(super) fn claim_named(id: &str) -> &'static dyn claims::Claim {
    claims::named(id).unwrap_or_else(|| panic!("{id} is a claim"))
}

/// The records and the finding of a claim at the middle level.
pub(super) fn judged(claim: &str, case: &Case) -> (Records, Finding) {
    let claim = claim_named(claim);
    let records = claims::measure(claim, case);
    let finding = claim.finding(&Case { level: LEVELS[1], ..case.clone() }, &records);
    (records, finding)
}
