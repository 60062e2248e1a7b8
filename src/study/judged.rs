//! A claim weighed from its records; failed units and records that no claim writes end in
//! `undefined`, with the reason.

use super::fault::{Fault, caught};
use super::store::{Left, RunDirectory, StoreError};
use super::unit::UnitId;
use crate::claims::{Case, Claim, Finding, LOOKS, Part, Record, Records, Stopping, Work, finding_at, seen_at};
use crate::stats::Undefined;
use std::collections::BTreeMap;

/// Weighs a claim in a case, or in its designed violation where there is no `name`.
///
/// Where a unit failed the finding is undefined, for the unit's reason. A judgement that breaks off
/// is undefined too: records may be whole by their checksums and still lack what the claim asks
/// for.
///
/// In the middle of a run (`interim`) it is undefined as well where records are not there yet. With
/// a sequential budget it is the finding at the first look that ends it; in the middle of a run, at
/// the last one whose records are there.
///
/// # Errors
/// [`StoreError`] where a record is missing or broken.
pub(super) fn finding(
    claim: &'static dyn Claim,
    case: &Case,
    name: Option<&String>,
    (directory, interim): (&RunDirectory, bool),
) -> Result<Finding, StoreError> {
    let judged = Looked { claim, case, name, directory };
    if case.budget(claim.id()).until.is_none() {
        return judged.at(None, interim);
    }
    let mut finding = judged.at(Some(0), interim)?;
    for look in 1..LOOKS {
        if finding.stopping.as_ref().is_none_or(Stopping::ends) || (interim && !judged.has(look)) {
            break;
        }
        finding = judged.at(Some(look), interim)?;
    }
    Ok(finding)
}

/// A claim of a case, in a directory that may hold its records.
pub(super) struct Looked<'a> {
    pub claim: &'static dyn Claim,
    pub case: &'a Case,
    pub name: Option<&'a String>,
    pub directory: &'a RunDirectory,
}

impl Looked<'_> {
    /// The look (from 0) whose units are wanted next, or that has ended the claim, and where the
    /// claim stands by the records that there are.
    ///
    /// # Errors
    /// [`StoreError`] where a record is broken.
    pub(super) fn standing(&self) -> Result<(usize, Option<Stopping>), StoreError> {
        let (mut look, mut stopping) = (0, None);
        while self.has(look) {
            stopping = self.at(Some(look), false)?.stopping;
            // The last look always ends.
            if stopping.as_ref().is_none_or(Stopping::ends) {
                break;
            }
            look += 1;
        }
        Ok((look, stopping))
    }

    /// Whether the records of a look are there and whole.
    fn has(&self, look: usize) -> bool {
        let held = |part: &'static str, index| self.directory.held(&self.unit(part, index)).is_some();
        self.claim.work(self.case).iter().all(|work| seen_at(work.count, look).into_iter().all(|index| held(work.part, index)))
    }

    fn unit(&self, part: &'static str, index: usize) -> UnitId {
        UnitId { case: self.name.cloned(), claim: self.claim.id(), part, index }
    }

    /// The finding from all records, or from those of a look.
    fn at(&self, look: Option<usize>, interim: bool) -> Result<Finding, StoreError> {
        let (claim, case) = (self.claim, self.case);
        let (mut parts, mut of) = (BTreeMap::new(), 0);
        for Work { part, count, .. } in claim.work(case) {
            let seen = look.map_or_else(|| (0..count).collect(), |look| seen_at(count, look));
            let missing = if interim { seen.iter().filter(|index| !self.directory.lists(&self.unit(part, **index))).count() } else { 0 };
            if missing > 0 {
                return Ok(undefined(claim, case, format!("{missing} of {} units of the part `{part}` are not done yet", seen.len())));
            }
            let left: Result<Vec<Left>, StoreError> = seen.iter().map(|index| self.directory.read_record(&self.unit(part, *index))).collect();
            match whole(left?) {
                Ok(list) => drop(parts.insert(part.to_string(), Part(list))),
                Err(failed) => return Ok(undefined(claim, case, failure(&self.unit(part, seen[failed.first]), seen.len(), &failed))),
            }
            of += count;
        }
        let records = Records(parts);
        Ok(weighed(claim, case, || match look {
            None => claim.finding(case, &records),
            Some(look) => finding_at(claim, case, &records, look, of),
        }))
    }
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

fn weighed(claim: &'static dyn Claim, case: &Case, judgement: impl FnOnce() -> Finding) -> Finding {
    caught(judgement).unwrap_or_else(|fault| {
        let said =
            format!("the records cannot be weighed: {fault}; they were changed (`rtrl-lab check --every 1` tells), or this is a fault of rtrl-lab");
        undefined(claim, case, said)
    })
}

fn undefined(claim: &'static dyn Claim, case: &Case, why: String) -> Finding {
    Finding::undefined(claim.question(case), Undefined::because(why))
}
