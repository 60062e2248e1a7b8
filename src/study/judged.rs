//! A claim weighed from its records; failed units and records that no claim writes end in
//! `undefined`, with the reason.

use super::fault::{Fault, caught};
use super::store::{Left, RunDirectory, StoreError};
use super::unit::UnitId;
use crate::claims::{Case, Claim, Finding, Part, Record, Records, Work};
use crate::stats::Undefined;
use std::collections::BTreeMap;

/// Weighs a claim in a case, or in its designed violation where there is no `name`.
///
/// Where a unit failed the finding is undefined, for the unit's reason. A judgement that breaks off
/// is undefined too: records may be whole by their checksums and still lack what the claim asks
/// for.
///
/// In the middle of a run (`interim`) it is undefined as well where records are not there yet.
///
/// # Errors
/// [`StoreError`] where a record is missing or broken.
pub(super) fn finding(
    claim: &'static dyn Claim,
    case: &Case,
    name: Option<&String>,
    (directory, interim): (&RunDirectory, bool),
) -> Result<Finding, StoreError> {
    let mut parts = BTreeMap::new();
    for Work { part, count, .. } in claim.work(case) {
        let unit = |index| UnitId { case: name.cloned(), claim: claim.id(), part, index };
        let missing = if interim { (0..count).filter(|index| !directory.lists(&unit(*index))).count() } else { 0 };
        if missing > 0 {
            return Ok(undefined(claim, case, format!("{missing} of {count} units of the part `{part}` are not done yet")));
        }
        let left: Result<Vec<Left>, StoreError> = (0..count).map(|index| directory.read_record(&unit(index))).collect();
        match whole(left?) {
            Ok(list) => drop(parts.insert(part.to_string(), Part(list))),
            Err(failed) => return Ok(undefined(claim, case, failure(&unit(failed.first), count, &failed))),
        }
    }
    Ok(weighed(claim, case, &Records(parts)))
}

/// The units of a part that failed.
struct Failed {
    first: usize,
    count: usize,
    fault: Fault,
}

fn whole(left: Vec<Left>) -> Result<Vec<Record>, Failed> {
    let count = left.iter().filter(|left| left.is_err()).count();
    let mut records = Vec::with_capacity(left.len());
    for (first, left) in left.into_iter().enumerate() {
        records.push(left.map_err(|fault| Failed { first, count, fault })?);
    }
    Ok(records)
}

fn failure(unit: &UnitId, of: usize, failed: &Failed) -> String {
    format!("{} of {of} units failed, the first of them {unit}: {}; this is a fault of rtrl-lab, please report it", failed.count, failed.fault)
}

fn weighed(claim: &'static dyn Claim, case: &Case, records: &Records) -> Finding {
    caught(|| claim.finding(case, records)).unwrap_or_else(|fault| {
        let said =
            format!("the records cannot be weighed: {fault}; they were changed (`rtrl-lab check --every 1` tells), or this is a fault of rtrl-lab");
        undefined(claim, case, said)
    })
}

fn undefined(claim: &'static dyn Claim, case: &Case, why: String) -> Finding {
    Finding::undefined(claim.question(case), Undefined::because(why))
}
