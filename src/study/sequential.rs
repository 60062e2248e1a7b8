//! Sequential budgets of a study: which units a run needs as far as its records tell.

use super::engine;
use super::judged::Looked;
use super::outcome::Prepared;
use super::store::{RunDirectory, StoreError};
use super::unit::UnitId;
use crate::claims::{Case, Claim, Stopping, seen_at};
use std::collections::{BTreeMap, BTreeSet};

/// Where a sequential budget of a study stands.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared, RunDirectory};
/// # let only = ["hidden_contraction".to_string()];
/// let text = format!("{DEFAULT}\n[claims.hidden_contraction]\nuntil = 0.1");
/// # let scale = BudgetScale::Quick;
/// let prepared = Prepared::new(&text, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// let directory = prepared.directory(folder.path());
/// let standing = &prepared.standings(&directory).unwrap()[0];
/// assert_eq!(standing.to_string(), "cases/linear/hidden_contraction: not begun");
/// prepared.run(&directory, (1, 1), &()).unwrap();
/// let stopping = prepared.standings(&directory).unwrap()[0].stopping.clone().unwrap();
/// assert!(stopping.ends() && stopping.width.unwrap() <= 0.1, "{stopping}");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// `cases/CASE/CLAIM`.
    pub place: String,
    /// The interval at the last look; `None` before the first.
    pub stopping: Option<Stopping>,
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.stopping {
            Some(stopping) => write!(f, "{}: {stopping}", self.place),
            None => write!(f, "{}: not begun", self.place),
        }
    }
}

/// The units that a run needs so far, by their numbers in the study's list.
pub(super) struct Wanted {
    pub numbers: BTreeSet<usize>,
    pub standings: Vec<Standing>,
}

impl Prepared {
    /// Where every sequential budget stands, by the records of a directory.
    ///
    /// # Errors
    /// [`StoreError`] where a record is broken.
    pub fn standings(&self, directory: &RunDirectory) -> Result<Vec<Standing>, StoreError> {
        Ok(self.wanted(Some(directory))?.standings)
    }

    /// Whether any budget of the study may end early.
    pub(crate) fn is_sequential(&self) -> bool {
        !self.sequential().is_empty()
    }

    /// The units that a run needs as far as the records of a directory tell: all, but of a
    /// sequential budget those of its next look. Without a directory, those of the first look.
    pub(super) fn wanted(&self, directory: Option<&RunDirectory>) -> Result<Wanted, StoreError> {
        let mut looks = BTreeMap::new();
        let mut standings = Vec::new();
        for (claim, case) in self.sequential() {
            let standing = |directory| Looked { claim, case, name: Some(&case.name), directory }.standing();
            let (look, stopping) = directory.map_or(Ok((0, None)), standing)?;
            standings.push(Standing { place: format!("cases/{}/{}", case.name, claim.id()), stopping });
            let counts: BTreeMap<&str, BTreeSet<usize>> =
                claim.work(case).iter().map(|work| (work.part, seen_at(work.count, look).into_iter().collect())).collect();
            looks.insert((case.name.as_str(), claim.id()), counts);
        }
        let is_wanted = |unit: &UnitId| {
            let seen = unit.case.as_deref().and_then(|case| looks.get(&(case, unit.claim)));
            seen.is_none_or(|parts| parts.get(unit.part).is_some_and(|seen| seen.contains(&unit.index)))
        };
        let units = engine::units(&self.study, &self.violations);
        let numbers = units.iter().enumerate().filter(|(_, unit)| is_wanted(&unit.id)).map(|(number, _)| number).collect();
        Ok(Wanted { numbers, standings })
    }

    fn sequential(&self) -> Vec<(&'static dyn Claim, &Case)> {
        let of_case = |(asked, case)| engine::measured(asked, case).into_iter().map(move |claim| (claim, case));
        let cases = self.study.cases.iter().map(|study_case| (&study_case.asked[..], &study_case.case)).flat_map(of_case);
        cases.filter(|(claim, case)| case.budget(claim.id()).until.is_some()).collect()
    }
}
