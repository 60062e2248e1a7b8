//! What a study will take, and its work cut into chunks.

use super::chunk::{Planned, PlannedChunk, cut, part_of};
use super::engine::{self, Progress, RunError, Unit};
use super::memory::{self, Memory};
use super::outcome::Prepared;
use super::store::{RunDirectory, StoreError};
use super::unit::UnitId;
use std::collections::{BTreeMap, BTreeSet};

/// What one claim of a case will take.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// # let only = ["data_ergodicity".to_string()];
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// let ahead = prepared.forecast(&()).unwrap();
/// let places: Vec<&str> = ahead.iter().map(|ahead| ahead.place.as_str()).collect();
/// assert_eq!(places[..2], ["cases/linear/data_ergodicity", "cases/tanh/data_ergodicity"]);
/// assert_eq!(places[2..], ["violations/data_ergodicity"]);
/// assert_eq!(ahead[0].units, 4);
/// assert!(ahead[0].seconds > 0.0 && ahead[0].disk > 0.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimForecast {
    /// `cases/CASE/CLAIM` or `violations/CLAIM`.
    pub place: String,
    /// Units of work.
    pub units: usize,
    /// Seconds of one thread, by one measured unit of every part.
    pub seconds: f64,
    /// Bytes of its records, counted.
    pub disk: f64,
    /// Bytes of its largest unit while it runs, counted.
    pub memory: f64,
}

impl Prepared {
    /// The units that a directory does not hold, or all, cut into chunks of so many seconds; of a
    /// sequential budget, those of its next look.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// let parts = ["cases/linear", "cases/tanh", "violations"];
    /// let costs = parts.map(|part| (format!("{part}/data_ergodicity/pairs"), 1.0)).into();
    /// let chunks = prepared.plan(&costs, None, 3.0).unwrap();
    /// let units: Vec<usize> = chunks.iter().map(|planned| planned.chunk.units()).collect();
    /// assert_eq!(units, [3, 3, 3, 1]);
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] where a record is broken.
    pub fn plan(&self, costs: &BTreeMap<String, f64>, directory: Option<&RunDirectory>, seconds: f64) -> Result<Vec<PlannedChunk>, StoreError> {
        Ok(self.cut(&self.missing(costs, directory)?, seconds))
    }

    /// What a directory does not hold, in so many chunks at most: units are not divided, so that
    /// chunks of the mean length may be more. Nor is the text of a chunk without end, so that there
    /// may be more after all.
    pub(crate) fn plan_tasks(&self, costs: &BTreeMap<String, f64>, directory: &RunDirectory, most: usize) -> Result<Vec<PlannedChunk>, StoreError> {
        let missing = self.missing(costs, Some(directory))?;
        let seconds = missing.iter().fold(0.0, |sum, (_, unit)| sum + unit.seconds);
        let mut length = (seconds / most as f64).max(f64::MIN_POSITIVE);
        loop {
            let chunks = self.cut(&missing, length);
            if chunks.len() <= most || length > seconds {
                return Ok(chunks);
            }
            length *= 1.1;
        }
    }

    /// The wanted units that a directory does not hold, with what they take.
    fn missing(&self, costs: &BTreeMap<String, f64>, directory: Option<&RunDirectory>) -> Result<Vec<(UnitId, Planned)>, StoreError> {
        let wanted = self.wanted(directory)?.numbers;
        let units = engine::units(&self.study, &self.violations);
        let base = memory::of_worker(&self.study, units.len());
        let planned = |unit: Unit<'_>| {
            let seconds = costs.get(&part_of(&unit.id)).copied().unwrap_or(0.0);
            let memory = base + memory::of_unit(unit.footprint()) as u64;
            (unit.id, Planned { seconds, memory })
        };
        let missing = |unit: &Unit<'_>| directory.is_none_or(|directory| directory.held(&unit.id).is_none());
        let wanted = units.into_iter().enumerate().filter(|(number, _)| wanted.contains(number)).map(|(_, unit)| unit);
        Ok(wanted.filter(missing).map(planned).collect())
    }

    fn cut(&self, units: &[(UnitId, Planned)], seconds: f64) -> Vec<PlannedChunk> {
        cut(units.iter().map(|(id, planned)| (id, *planned)), &self.chunk_fingerprint(), seconds)
    }

    /// The memory of a worker that does these units on so many threads, counted beforehand.
    pub(crate) fn memory_of_work(&self, numbers: &BTreeSet<usize>, jobs: usize) -> Memory {
        let units = engine::units(&self.study, &self.violations);
        let mut sizes: Vec<(f64, &Unit<'_>)> =
            numbers.iter().filter_map(|number| units.get(*number)).map(|unit| (memory::of_unit(unit.footprint()), unit)).collect();
        sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let running: f64 = sizes.iter().take(jobs).map(|(bytes, _)| bytes).sum();
        let largest = sizes.first().map_or_else(String::new, |(_, unit)| format!("unit {}", unit.id));
        Memory { predicted: memory::of_worker(&self.study, units.len()) + running as u64, largest, peak: None }
    }

    /// What every claim will take, by one unit of every part that is done for it and forgotten.
    ///
    /// # Errors
    /// [`RunError`] from the threads.
    pub fn forecast(&self, progress: &dyn Progress) -> Result<Vec<ClaimForecast>, RunError> {
        let units = engine::units(&self.study, &self.violations);
        let costs = engine::pilot(&units, &BTreeMap::new(), None, progress)?;
        let mut claims: Vec<ClaimForecast> = Vec::new();
        for unit in &units {
            let part = part_of(&unit.id);
            let place = part.rsplit_once('/').map_or("", |(place, _)| place);
            if claims.last().is_none_or(|last| last.place != place) {
                claims.push(ClaimForecast { place: place.to_string(), units: 0, seconds: 0.0, disk: 0.0, memory: 0.0 });
            }
            let Some(last) = claims.last_mut() else { continue };
            last.units += 1;
            last.seconds += costs.get(&part).copied().unwrap_or(0.0);
            last.disk += memory::on_disk(unit.footprint());
            last.memory = last.memory.max(memory::of_unit(unit.footprint()));
        }
        Ok(claims)
    }
}
