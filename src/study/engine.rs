//! Units of work: which there are, in what order they are done, and doing them in parallel.

use super::build::Study;
use super::chunk::part_of;
use super::fault::{Fault, caught};
use super::queue::Queue;
use super::store::{Left, RunDirectory, StoreError};
use super::unit::UnitId;
use crate::claims::{self, Case, Claim, Footprint, Work, premises};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Why a run could not be finished.
///
/// ```
/// use rtrl_lab::study::{RunError, StoreError};
/// let torn = StoreError::Content { path: "a.json".into(), why: "it is torn".into() };
/// assert_eq!(RunError::from(torn).to_string(), "a.json: it is torn");
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread pool.
    #[error("the threads could not be started: {0}")]
    Threads(String),
}

/// Told of every unit that is done; `()` tells nobody.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// use rtrl_lab::study::{Progress, SoFar};
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// struct Count(AtomicUsize);
/// impl Progress for Count {
///     fn done(&self, _so_far: SoFar<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
/// }
/// # let only = ["data_ergodicity".to_string()];
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// let (directory, count) = (prepared.directory(folder.path()), Count(0.into()));
/// prepared.run(&directory, (1, 1), &count).unwrap();
/// // Sixteen pairs a unit: four of each of two cases, and two of the violation.
/// assert_eq!(count.0.into_inner(), 4 + 4 + 2);
/// ```
pub trait Progress: Sync {
    /// A unit is done.
    fn done(&self, _so_far: SoFar<'_>) {}

    /// A sequential budget was looked at.
    fn stands(&self, _standing: &super::Standing) {}

    /// Whether no further unit is to be begun: those in hand are done to their ends.
    fn stops(&self) -> bool {
        false
    }
}

/// How far a run is.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared, Progress, SoFar};
/// # use std::sync::Mutex;
/// struct Last(Mutex<Option<f64>>);
/// impl Progress for Last {
///     fn done(&self, so_far: SoFar<'_>) {
///         *self.0.lock().unwrap() = so_far.ahead.map(|(share, _)| share);
///     }
/// }
/// # let only = ["data_ergodicity".to_string()];
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// let (directory, last) = (prepared.directory(folder.path()), Last(None.into()));
/// prepared.run(&directory, (1, 1), &last).unwrap();
/// assert_eq!(last.0.into_inner().unwrap(), Some(1.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SoFar<'a> {
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub total: usize,
    /// The unit done last.
    pub unit: &'a UnitId,
    /// Share of the work that is done, by cost, and the time that the rest will take; `None` until
    /// a unit of every part has been measured.
    pub ahead: Option<(f64, Duration)>,
}

impl Progress for () {}

/// A unit with the work that it is one of.
pub(super) struct Unit<'a> {
    pub id: UnitId,
    work: Arc<Work<'a>>,
}

impl Unit<'_> {
    /// Does the work. A unit that panics has failed: what it leaves then is its fault, and other
    /// units go on.
    pub(super) fn run(&self) -> Left {
        caught(|| self.work.run(self.id.index))
    }

    /// The numbers that it holds.
    pub(super) fn footprint(&self) -> Footprint {
        self.work.footprint
    }
}

/// The designed violations of the claims that a study asks for, in order.
pub(super) fn violations(study: &Study) -> Vec<(&'static dyn Claim, Case)> {
    let asked: BTreeSet<&str> = study.cases.iter().flat_map(|case| case.asked.iter().copied()).collect();
    claims::ALL.into_iter().filter(|claim| asked.contains(claim.id())).map(|claim| (claim, claim.violation(study.seed))).collect()
}

/// The claims to measure in a case: those asked for and the claims they presuppose.
pub(super) fn measured(asked: &[&'static str], case: &Case) -> Vec<&'static dyn Claim> {
    let mut wanted: BTreeSet<&str> = asked.iter().copied().collect();
    for claim in claims::ALL.into_iter().rev() {
        if wanted.contains(claim.id()) {
            wanted.extend(claim.premises().iter().filter(|id| premises::structural(id, case).is_none()).map(|id| premises::settled_by(id)));
        }
    }
    claims::ALL.into_iter().filter(|claim| wanted.contains(claim.id())).collect()
}

/// All units of a study.
pub(super) fn units<'a>(study: &'a Study, violations: &'a [(&'static dyn Claim, Case)]) -> Vec<Unit<'a>> {
    let expand = |claim: &'static dyn Claim, case: &'a Case, name: Option<&String>| -> Vec<Unit<'a>> {
        let units = claim.work(case).into_iter().map(Arc::new).flat_map(|work| {
            let name = name.cloned();
            let part = work.part;
            let id = move |index| UnitId { case: name.clone(), claim: claim.id(), part, index };
            (0..work.count).map(move |index| Unit { id: id(index), work: work.clone() })
        });
        units.collect()
    };
    let of_cases = study.cases.iter().flat_map(|study_case| {
        let case = &study_case.case;
        measured(&study_case.asked, case).into_iter().flat_map(move |claim| expand(claim, case, Some(&case.name)))
    });
    of_cases.chain(violations.iter().flat_map(|(claim, case)| expand(*claim, case, None))).collect()
}

/// The time that units took, by case and claim.
pub(super) type Timings = std::collections::BTreeMap<String, f64>;

/// What came of the units of a share.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// # let only = ["data_ergodicity".to_string()];
/// # let scale = BudgetScale::Quick;
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// // The first of ten units alone, which is of the first case.
/// let done = prepared.run(&prepared.directory(folder.path()), (1, 10), &()).unwrap();
/// assert_eq!(done.timings.keys().collect::<Vec<_>>(), ["linear/data_ergodicity"]);
/// assert_eq!(done.failed, []);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The time they took.
    pub timings: Timings,
    /// Those that failed, in order.
    pub failed: Vec<(UnitId, Fault)>,
    /// Units that were not begun, since [`Progress::stops`] said so.
    pub left: usize,
}

/// Which units of a study are to be done, by their numbers in its list.
#[derive(Clone, Copy)]
pub(super) enum Chosen<'a> {
    /// K and N: the units whose number is K modulo N, counted from 1.
    Share(usize, usize),
    /// These.
    Numbers(&'a BTreeSet<usize>),
}

impl Chosen<'_> {
    fn has(&self, number: usize) -> bool {
        match self {
            Chosen::Share(k, n) => number % n == k - 1,
            Chosen::Numbers(numbers) => numbers.contains(&number),
        }
    }
}

/// Numbers of the units of every part, those of the claims that come last first: they are the
/// longest as a rule.
fn by_part(units: &[Unit<'_>]) -> Vec<Vec<usize>> {
    let place = |unit: &Unit<'_>| claims::ALL.iter().position(|claim| claim.id() == unit.id.claim);
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for (number, unit) in units.iter().enumerate() {
        let same = |part: &&mut Vec<usize>| {
            let other = &units[part[0]].id;
            (&other.case, other.claim, other.part) == (&unit.id.case, unit.id.claim, unit.id.part)
        };
        match parts.iter_mut().rev().find(same) {
            Some(part) => part.push(number),
            None => parts.push(vec![number]),
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(place(&units[part[0]])));
    parts
}

/// Does every chosen unit that the directory does not hold yet.
pub(super) fn run(
    study: &Study,
    violations: &[(&'static dyn Claim, Case)],
    directory: &RunDirectory,
    chosen: Chosen<'_>,
    progress: &dyn Progress,
) -> Result<Done, RunError> {
    let all: Vec<Unit> = units(study, violations).into_iter().enumerate().filter(|(number, _)| chosen.has(*number)).map(|(_, unit)| unit).collect();
    let threads = rayon::current_num_threads();
    // The order of work does not touch any number.
    let queue = Mutex::new(Queue::of(by_part(&all), threads));
    let done = Mutex::new((0, Done::default()));
    let broken = AtomicBool::new(false);
    let one_after_the_other = |_| -> Result<(), StoreError> {
        while !broken.load(Ordering::Relaxed) && !progress.stops() {
            let Some(ticket) = queue.lock().unwrap_or_else(PoisonError::into_inner).next() else { return Ok(()) };
            let (unit, began) = (&all[ticket.unit], Instant::now());
            let (left, took) = match directory.held(&unit.id) {
                Some(left) => (left, None),
                None => {
                    let left = unit.run();
                    directory.write_record(&unit.id, &left).inspect_err(|_| broken.store(true, Ordering::Relaxed))?;
                    (left, Some(began.elapsed()))
                }
            };
            let ahead = {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.done(ticket, took);
                queue.ahead()
            };
            let mut state = done.lock().unwrap_or_else(PoisonError::into_inner);
            state.0 += 1;
            state.1.failed.extend(left.err().map(|fault| (unit.id.clone(), fault)));
            let spent = took.unwrap_or_default().as_secs_f64();
            *state.1.timings.entry(format!("{}/{}", unit.id.case.as_deref().unwrap_or("violations"), unit.id.claim)).or_default() += spent;
            progress.done(SoFar { done: state.0, total: all.len(), unit: &unit.id, ahead });
        }
        Ok(())
    };
    (0..threads).into_par_iter().with_max_len(1).try_for_each(one_after_the_other)?;
    let (finished, mut done) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.left = all.len() - finished;
    done.failed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(done)
}

/// Seconds of a unit of every part, by the part's name.
pub(super) type Costs = std::collections::BTreeMap<String, f64>;

/// A unit that takes no longer is timed twice.
const AGAIN: Duration = Duration::from_millis(200);

/// Does the first unit of every part whose cost is not known and says how long it took; where there
/// is a directory that does not hold it, its record is kept there.
pub(super) fn pilot(units: &[Unit<'_>], known: &Costs, directory: Option<&RunDirectory>, progress: &dyn Progress) -> Result<Costs, RunError> {
    let wanted = |part: &Vec<usize>| !known.contains_key(&part_of(&units[part[0]].id));
    let firsts: Vec<&Unit> = by_part(units).iter().filter(|part| wanted(part)).map(|part| &units[part[0]]).collect();
    let done = Mutex::new(0);
    let measured: Result<Vec<Option<(String, f64)>>, StoreError> = firsts
        .par_iter()
        .with_max_len(1)
        .map(|unit| {
            if progress.stops() {
                return Ok(None);
            }
            let timed = || {
                let began = Instant::now();
                (unit.run(), began.elapsed())
            };
            let (left, first) = timed();
            // The first time a part runs, memory is fetched and tables are made.
            let took = if first < AGAIN { timed().1.min(first) } else { first };
            if let Some(directory) = directory.filter(|directory| directory.held(&unit.id).is_none()) {
                directory.write_record(&unit.id, &left)?;
            }
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            *done += 1;
            progress.done(SoFar { done: *done, total: firsts.len(), unit: &unit.id, ahead: None });
            Ok(Some((part_of(&unit.id), took.as_secs_f64())))
        })
        .collect();
    Ok(known.clone().into_iter().chain(measured?.into_iter().flatten()).collect())
}

/// Does the wanted units again, one in `every`, and names those whose bits differ.
pub(super) fn rerun_sample(
    all: &[Unit<'_>],
    directory: &RunDirectory,
    (wanted, every): (&BTreeSet<usize>, usize),
) -> Result<(usize, Vec<String>), StoreError> {
    let sample: Vec<&Unit> = wanted.iter().map(|number| &all[*number]).step_by(every.max(1)).collect();
    let differing: Result<Vec<Option<String>>, StoreError> = sample
        .par_iter()
        .map(|unit| {
            let stored = directory.read_record(&unit.id)?;
            let again = unit.run();
            let same =
                stored.as_ref().err() == again.as_ref().err() && serde_json::to_string(&stored.ok()).ok() == serde_json::to_string(&again.ok()).ok();
            Ok((!same).then(|| unit.id.to_string()))
        })
        .collect();
    Ok((sample.len(), differing?.into_iter().flatten().collect()))
}

#[cfg(test)]
mod tests {
    use super::super::judged::finding;
    use super::*;
    use crate::claims::{Alternative, Budget, Finding, Footprint, Name, Outcome, Question, Record, Records};
    use crate::stats::Undefined;
    use crate::study::{BudgetScale, Prepared};
    use std::path::Path;

    const STUDY: &str = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[network]\nhidden = 1\n";

    /// A claim whose third unit panics, and whose judgement does unless it is shown records that
    /// say otherwise.
    struct Broken;

    impl Claim for Broken {
        fn id(&self) -> &'static str {
            "data_ergodicity"
        }
        fn statement(&self) -> &'static str {
            "it breaks off"
        }
        fn margin_meaning(&self) -> &'static str {
            "none"
        }
        fn premises(&self) -> &'static [&'static str] {
            &[]
        }
        fn budget(&self) -> Budget {
            claims::ALL[0].budget()
        }
        fn work<'c>(&self, _case: &'c Case) -> Vec<Work<'c>> {
            let run = |index| {
                assert!(index != 2, "unit {index}\nbroke off");
                Record::default().with(Name::new("x"), 1, vec![index as f64])
            };
            vec![Work::new("parts", 5, Footprint::default(), run)]
        }
        fn question(&self, _case: &Case) -> Question {
            Question::above("a quantity", 1.0)
        }
        fn judge(&self, _case: &Case, _records: &Records) -> Result<Finding, Undefined> {
            panic!("the judgement broke off")
        }
        fn violation(&self, seed: u64) -> Case {
            claims::ALL[0].violation(seed)
        }
    }

    #[test]
    fn a_unit_that_panics_has_failed_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut study = Prepared::new(STUDY, "test", Path::new("."), BudgetScale::Quick, &[]).unwrap().study;
        let case = study.cases[0].case.clone();
        study.cases.clear();
        let broken: &'static dyn Claim = &Broken;
        let violations = [(broken, case.clone())];
        let directory = RunDirectory::new(folder.path(), "fingerprint");
        // The second time the records are there, the failed one among them.
        for _ in 0..2 {
            let done = run(&study, &violations, &directory, Chosen::Share(1, 1), &()).unwrap();
            let failed: Vec<(String, &str)> = done.failed.iter().map(|(unit, fault)| (unit.to_string(), fault.message.as_str())).collect();
            assert_eq!(failed, [("violations/data_ergodicity/parts-0002".to_string(), "unit 2 broke off")]);
        }
        let left: Vec<bool> = units(&study, &violations).iter().map(|unit| directory.read_record(&unit.id).unwrap().is_ok()).collect();
        assert_eq!(left, [true, true, false, true, true]);
        let (checked, differing) = rerun_sample(&units(&study, &violations), &directory, (&(0..5).collect(), 1)).unwrap();
        assert_eq!((checked, differing), (5, Vec::new()));
        let found = finding(broken, &case, None, (&directory, false)).unwrap();
        assert_eq!((found.outcome(), found.quantity, found.right_side), (Outcome::Undefined, "a quantity", Alternative::Above));
        assert!(found.reason.contains("1 of 5 units failed, the first of them violations/data_ergodicity/parts-0002"), "{}", found.reason);
        // With the unit mended the judgement itself breaks off, and that is caught too.
        let id = UnitId { case: None, claim: "data_ergodicity", part: "parts", index: 2 };
        directory.write_record(&id, &Ok(Record::default())).unwrap();
        let found = finding(broken, &case, None, (&directory, false)).unwrap();
        assert!(found.outcome() == Outcome::Undefined && found.reason.contains("the judgement broke off"), "{}", found.reason);
    }
}
