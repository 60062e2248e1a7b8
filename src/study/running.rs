//! A run under way: its work, whoever does which part of it, and its manifest.

use super::build::BudgetScale;
use super::chunk::{Chunk, FINGERPRINT, part_of};
use super::engine::{self, Chosen, Costs, Done, Progress, RunError, Timings};
use super::manifest::{Manifest, processor};
use super::memory::{self, Memory};
use super::outcome::Prepared;
use super::program;
use super::store::{RunDirectory, StoreError, fingerprint};
use crate::data::{InputError, shortened_to};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// What the manifest says of the time.
#[derive(Default)]
struct Spent {
    started: u64,
    seconds: Option<f64>,
    timings: Timings,
    costs: Costs,
}

impl Prepared {
    /// Does the work of a share and writes records and manifest. A run of all shares ends a
    /// sequential budget as soon as it may; a share does all of its own, since it cannot see the
    /// others.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let directory = prepared.directory(folder.path());
    /// let done = prepared.run(&directory, (2, 3), &()).unwrap();
    /// assert_eq!((done.failed.len(), done.left), (0, 0));
    /// assert!(directory.read("manifest.json").is_ok());
    /// ```
    ///
    /// # Errors
    /// [`RunError`] from the disk.
    pub fn run(&self, directory: &RunDirectory, share: (usize, usize), progress: &dyn Progress) -> Result<Done, RunError> {
        let (began, costs) = (Instant::now(), self.known_costs(directory));
        let spent = Spent { started: now(), costs, ..Spent::default() };
        self.write_manifest(directory, &spent)?;
        let done = if share == (1, 1) {
            self.look_after_look(directory, progress)?
        } else {
            engine::run(&self.study, &self.violations, directory, Chosen::Share(share.0, share.1), progress)?
        };
        self.write_manifest(directory, &Spent { seconds: Some(began.elapsed().as_secs_f64()), timings: done.timings.clone(), ..spent })?;
        Ok(done)
    }

    /// Does what is wanted, look after look, until no sequential budget goes on.
    fn look_after_look(&self, directory: &RunDirectory, progress: &dyn Progress) -> Result<Done, RunError> {
        let (mut told, mut timings) = (Vec::new(), Timings::new());
        let mut wanted = || -> Result<BTreeSet<usize>, RunError> {
            let wanted = self.wanted(Some(directory))?;
            for standing in wanted.standings.into_iter().filter(|standing| standing.stopping.is_some()) {
                if !told.contains(&standing) {
                    progress.stands(&standing);
                    told.push(standing);
                }
            }
            Ok(wanted.numbers)
        };
        let mut numbers = wanted()?;
        loop {
            let done = engine::run(&self.study, &self.violations, directory, Chosen::Numbers(&numbers), progress)?;
            for (place, seconds) in &done.timings {
                *timings.entry(place.clone()).or_default() += seconds;
            }
            let next = wanted()?;
            if next == numbers || done.left > 0 {
                return Ok(Done { timings, ..done });
            }
            numbers = next;
        }
    }

    /// Makes a directory the one of this study, and measures a unit of every part whose cost it
    /// does not know yet. Their records stay.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let directory = prepared.directory(folder.path());
    /// let costs = prepared.pilot(&directory, &()).unwrap();
    /// let parts: Vec<&String> = costs.keys().collect();
    /// assert_eq!(parts[0], "cases/linear/data_ergodicity/pairs");
    /// // What is known is not measured again.
    /// assert_eq!(prepared.pilot(&directory, &()).unwrap(), costs);
    /// ```
    ///
    /// # Errors
    /// [`RunError`] from the disk.
    pub fn pilot(&self, directory: &RunDirectory, progress: &dyn Progress) -> Result<BTreeMap<String, f64>, RunError> {
        let known = self.known_costs(directory);
        let spent = Spent { started: now(), costs: known.clone(), ..Spent::default() };
        self.write_manifest(directory, &spent)?;
        let costs = engine::pilot(&engine::units(&self.study, &self.violations), &known, Some(directory), progress)?;
        if costs != known {
            self.write_manifest(directory, &Spent { costs: costs.clone(), ..spent })?;
        }
        Ok(costs)
    }

    /// Seconds of a unit of every part, as far as they were measured in that directory by this
    /// program.
    fn known_costs(&self, directory: &RunDirectory) -> Costs {
        let manifest = directory.read("manifest.json").ok().and_then(|bytes| Manifest::parse(&bytes).ok());
        let own = manifest.filter(|manifest| manifest.fingerprint == self.fingerprint() && manifest.source.as_deref() == Some(program::SOURCE));
        own.map_or_else(Costs::new, |manifest| manifest.costs)
    }

    /// Does the units of chunks that the directory does not hold yet, and writes their records and
    /// nothing else: any number of workers may share a directory.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let directory = prepared.directory(folder.path());
    /// let costs = prepared.pilot(&directory, &()).unwrap();
    /// let planned = prepared.plan(&costs, Some(&directory), 60.0).unwrap();
    /// let chunks: Vec<_> = planned.into_iter().map(|planned| planned.chunk).collect();
    /// let numbers = prepared.numbers_of(&chunks).unwrap();
    /// assert_eq!(prepared.work(&directory, &numbers, &()).unwrap().failed.len(), 0);
    /// let missing = prepared.plan(&costs, Some(&directory), 60.0).unwrap();
    /// assert!(missing.is_empty());
    /// ```
    ///
    /// # Errors
    /// [`RunError`] from the disk.
    pub fn work(&self, directory: &RunDirectory, numbers: &BTreeSet<usize>, progress: &dyn Progress) -> Result<Done, RunError> {
        engine::run(&self.study, &self.violations, directory, Chosen::Numbers(numbers), progress)
    }

    /// What chunks of this study are held to: study, data and the source of the program.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let scale = BudgetScale::Full;
    /// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
    /// assert_eq!(prepared.chunk_fingerprint().len(), 16);
    /// ```
    pub fn chunk_fingerprint(&self) -> String {
        let mut print = fingerprint(format!("{} {}", self.fingerprint(), program::SOURCE).as_bytes());
        print.truncate(FINGERPRINT);
        print
    }

    /// The numbers, in the list of this study's units, of the units of chunks.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let scale = BudgetScale::Full;
    /// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
    /// let of = |units: &str, print: &str| {
    ///     prepared.numbers_of(&[format!("{print}:{units}").parse().unwrap()])
    /// };
    /// let own = prepared.chunk_fingerprint();
    /// let two = of("cases/linear/data_ergodicity/pairs-0000..0001", &own);
    /// assert_eq!(two.unwrap(), [0, 1].into());
    /// assert!(of("cases/linear/data_ergodicity/pairs-9999", &own).is_err(), "there is none");
    /// assert!(of("cases/linear/data_ergodicity/pairs-0000", "0000000000000000").is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] where a chunk was made for another study, other data or another program, or
    /// names units that the study does not have.
    pub fn numbers_of(&self, chunks: &[Chunk]) -> Result<BTreeSet<usize>, InputError> {
        let own = self.chunk_fingerprint();
        let refused = |chunk: &Chunk, problem: String, remedy: &str| InputError::new(shortened_to(&chunk.to_string(), 80), problem, remedy);
        let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (number, unit) in engine::units(&self.study, &self.violations).iter().enumerate() {
            parts.entry(part_of(&unit.id)).or_insert((number, 0)).1 += 1;
        }
        let mut numbers = BTreeSet::new();
        for chunk in chunks {
            if chunk.fingerprint != own {
                let problem = format!("this chunk was made for another study, other data or another program; those here have {own}");
                return Err(refused(chunk, problem, "make the chunks again with `rtrl-lab units --missing RUN`"));
            }
            for range in &chunk.ranges {
                match parts.get(&range.part) {
                    Some((begin, count)) if range.last < *count => numbers.extend(begin + range.first..=begin + range.last),
                    Some((_, count)) => {
                        return Err(refused(
                            chunk,
                            format!("{range}: the last unit of this part is {}", count - 1),
                            "take the chunks that `rtrl-lab units` prints",
                        ));
                    }
                    None => {
                        return Err(refused(chunk, format!("{range}: the study has no such part"), "take the chunks that `rtrl-lab units` prints"));
                    }
                }
            }
        }
        Ok(numbers)
    }

    /// The manifest of a run that goes on in another directory, from which another way leads to the
    /// study's files.
    ///
    /// # Errors
    /// [`StoreError`] from the disk.
    pub(crate) fn move_manifest(&self, manifest: Manifest, to: &RunDirectory) -> Result<(), StoreError> {
        write(&Manifest { base_from_run: way(to.root(), Path::new(&self.base)), ..manifest }, to)
    }

    /// Whether the run of a manifest was made by this program, as far as the manifest tells.
    pub(crate) fn is_by_this_program(&self, manifest: &Manifest) -> bool {
        manifest.source.as_deref().is_none_or(|source| source == program::SOURCE)
    }

    /// Makes a directory without a manifest the one of this study.
    pub(super) fn begin(&self, directory: &RunDirectory) -> Result<(), StoreError> {
        if directory.has("manifest.json") {
            return Ok(());
        }
        self.write_manifest(directory, &Spent { started: now(), ..Spent::default() })
    }

    fn write_manifest(&self, directory: &RunDirectory, spent: &Spent) -> Result<(), StoreError> {
        let manifest = Manifest {
            schema_version: 1,
            version: env!("CARGO_PKG_VERSION").into(),
            commit: program::COMMIT.map(str::to_string),
            dirty: program::is_dirty(),
            source: Some(program::SOURCE.into()),
            study_text: self.text.clone(),
            base: self.base.clone(),
            base_from_run: way(directory.root(), Path::new(&self.base)),
            fingerprint: self.fingerprint(),
            study: self.study.origin.resolved.clone(),
            quick: self.pace == BudgetScale::Quick,
            only: self.only.clone(),
            data: self.study.origin.sources.iter().cloned().collect(),
            processor: processor(),
            threads: rayon::current_num_threads(),
            memory: Some(Memory { peak: spent.seconds.and_then(|_| memory::peak()), ..self.memory(rayon::current_num_threads()) }),
            started: spent.started,
            seconds: spent.seconds,
            timings: spent.timings.clone(),
            costs: spent.costs.clone(),
        };
        write(&manifest, directory)
    }
}

fn write(manifest: &Manifest, directory: &RunDirectory) -> Result<(), StoreError> {
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| StoreError::Content { path: "manifest.json".into(), why: error.to_string() })?;
    directory.write("manifest.json", &text)
}

/// The way from a folder to another or to a file, with `/` between names: the same wherever both
/// are moved together. `None` where there is none, as between two drives.
pub(crate) fn way(from: &Path, to: &Path) -> Option<String> {
    // The empty path is the folder that one stands in.
    let [from, to] = [from, to].map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path }.canonicalize().ok());
    let (from, to) = (from?, to?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return None;
    }
    let up = from.components().skip(shared).map(|_| Some(".."));
    let down = to.components().skip(shared).map(|name| name.as_os_str().to_str());
    let steps = up.chain(down).collect::<Option<Vec<&str>>>()?;
    Some(if steps.is_empty() { ".".into() } else { steps.join("/") })
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::way;
    use std::path::Path;

    #[test]
    fn a_way_leads_from_one_folder_to_another() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let (run, studies) = (folder("runs/first"), folder("experiments"));
        assert_eq!(way(&run, &studies).as_deref(), Some("../../experiments"));
        assert_eq!(way(&studies, &run).as_deref(), Some("../runs/first"));
        assert_eq!(way(&run, &run).as_deref(), Some("."));
        assert_eq!(way(&run, &root.path().join("nowhere")), None);
        assert_eq!(way(Path::new(""), Path::new(".")).as_deref(), Some("."), "an empty base is the folder one stands in");
    }
}
