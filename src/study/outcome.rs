//! From records to verdicts, and the whole life of a run.

use super::build::{BudgetScale, Study, StudyCase};
use super::config::Config;
use super::engine;
use super::gather;
use super::judged::finding;
use super::manifest::{self, Manifest};
use super::memory::{self, Memory, machine_memory};
use super::store::{RunDirectory, StoreError, fingerprint};
use crate::claims::{Answer, Case, Claim, Judged, Outcome, Verdict, answers, decide};
use crate::data::InputError;
use crate::figures::Figure;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The verdicts and figures of one case.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, CaseOutcome, DEFAULT, Prepared};
/// # let scale = BudgetScale::Quick;
/// # let only = ["data_ergodicity".to_string()];
/// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
/// # let folder = tempfile::tempdir().unwrap();
/// # let directory = prepared.directory(folder.path());
/// # prepared.run(&directory, (1, 1), &()).unwrap();
/// let CaseOutcome { verdicts, .. } = &prepared.judge(&directory).unwrap().cases[0];
/// // Linear data with roots 0.8 and 0.5: the slower one decides.
/// let rate = verdicts[0].estimate.as_ref().unwrap();
/// assert!(rate.lower <= 0.8 && 0.8 <= rate.upper && rate.upper < 0.81);
/// ```
pub struct CaseOutcome {
    /// The case.
    pub case: Case,
    /// Its verdicts.
    pub verdicts: Vec<Verdict>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// Everything that a report is made of.
///
/// ```
/// # use rtrl_lab::study::StudyOutcome;
/// let (name, description, level) = ("none".to_string(), String::new(), 0.95);
/// let (notes, cases, violations) = (vec![], vec![], vec![]);
/// let only_stated = false;
/// let outcome =
///     StudyOutcome { name, seed: 1, description, level, notes, only_stated, cases, violations };
/// assert!(outcome.as_expected(), "nothing was asked");
/// ```
pub struct StudyOutcome {
    /// Name of the study.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// A sentence.
    pub description: String,
    /// Nominal level.
    pub level: f64,
    /// What a reader should know of how the data were read.
    pub notes: Vec<String>,
    /// Whether only stated verdicts can be unexpected.
    pub only_stated: bool,
    /// The cases.
    pub cases: Vec<CaseOutcome>,
    /// What became of each designed violation.
    pub violations: Vec<(String, Outcome, String)>,
}

/// `verdicts.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct VerdictsFile {
    /// Version of this form.
    pub schema_version: u32,
    /// Name of the study.
    pub study: String,
    /// Its seed.
    pub seed: u64,
    /// What was left out, filled and scaled of recorded data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The verdicts.
    pub claims: Vec<Verdict>,
    /// Answers in words, by case of recorded data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Vec<Answer>>,
}

impl CaseOutcome {
    /// The verdicts as answers to what the user of a recorded series asks; none for drawn data.
    pub fn answers(&self) -> Vec<Answer> {
        answers(&self.case, &self.verdicts)
    }
}

impl StudyOutcome {
    /// The content of `verdicts.json`.
    pub(crate) fn verdicts_file(&self) -> VerdictsFile {
        let claims = self.cases.iter().flat_map(|case| case.verdicts.iter().cloned()).collect();
        let answered = |case: &CaseOutcome| Some((case.case.name.clone(), case.answers())).filter(|(_, answers)| !answers.is_empty());
        let answers = self.cases.iter().filter_map(answered).collect();
        VerdictsFile { schema_version: 1, study: self.name.clone(), seed: self.seed, notes: self.notes.clone(), claims, answers }
    }

    /// Whether every verdict is as expected.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// let text = format!("{DEFAULT}\n[claims.data_ergodicity]\nexpect = \"contradicted\"");
    /// # let scale = BudgetScale::Quick;
    /// let prepared = Prepared::new(&text, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// let folder = tempfile::tempdir().unwrap();
    /// let directory = prepared.directory(folder.path());
    /// prepared.run(&directory, (1, 1), &()).unwrap();
    /// assert!(!prepared.judge(&directory).unwrap().as_expected(), "these data forget");
    /// ```
    pub fn as_expected(&self) -> bool {
        self.cases.iter().flat_map(|case| &case.verdicts).all(|verdict| verdict.as_expected)
    }
}

/// A study that can be run, with everything the manifest needs.
///
/// ```
/// use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), BudgetScale::Full, &[]).unwrap();
/// assert_eq!(prepared.study.cases.len(), 2);
/// assert_eq!(prepared.fingerprint().len(), 64);
/// ```
pub struct Prepared {
    /// The validated study.
    pub study: Study,
    pub(super) text: String,
    pub(super) base: String,
    pub(super) file: String,
    pub(super) pace: BudgetScale,
    pub(super) only: Vec<String>,
    pub(super) violations: Vec<(&'static dyn Claim, Case)>,
    /// Fingerprint of the run that is read, where another version has made it.
    pub(super) earlier: Option<String>,
}

impl Prepared {
    /// Reads a study from its text.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// let text = DEFAULT.replace("hidden = 8", "hiden = 8");
    /// let refused = Prepared::new(&text, "a.toml", ".".as_ref(), BudgetScale::Full, &[]);
    /// assert!(refused.err().unwrap().to_string().contains("did you mean `hidden`?"));
    /// ```
    ///
    /// # Errors
    /// [`InputError`] for anything the user should mend.
    pub fn new(text: &str, file: &str, base: &Path, pace: BudgetScale, only: &[String]) -> Result<Self, InputError> {
        let (config, index) = Config::parse(text, file)?;
        let study = Study::build(&config, &index, base, pace, only)?;
        let violations = engine::violations(&study);
        Ok(Prepared {
            study,
            text: text.to_string(),
            base: base.display().to_string(),
            file: file.to_string(),
            pace,
            only: only.to_vec(),
            violations,
            earlier: None,
        })
    }

    /// SHA-256 of everything that fixes the records.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// let print = |text: &str| {
    ///     let prepared = Prepared::new(text, "a.toml", ".".as_ref(), BudgetScale::Full, &[]);
    ///     prepared.unwrap().fingerprint()
    /// };
    /// assert_eq!(print(DEFAULT), print(&format!("# A comment.\n{DEFAULT}")));
    /// assert_ne!(print(DEFAULT), print(&DEFAULT.replace("seed = 2", "seed = 3")));
    /// ```
    pub fn fingerprint(&self) -> String {
        if let Some(earlier) = &self.earlier {
            return earlier.clone();
        }
        let parts = serde_json::json!([env!("CARGO_PKG_VERSION"), self.study.seed, self.study.origin.resolved, self.study.origin.sources]);
        fingerprint(parts.to_string().as_bytes())
    }

    /// The run directory at `root` of this study.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let scale = BudgetScale::Full;
    /// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
    /// assert_eq!(prepared.directory("run".as_ref()).root().as_os_str(), "run");
    /// ```
    pub fn directory(&self, root: &Path) -> RunDirectory {
        RunDirectory::new(root, &self.fingerprint())
    }

    /// The memory that a run on so many threads takes, counted beforehand.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let scale = BudgetScale::Full;
    /// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
    /// assert!(prepared.memory(4).predicted >= prepared.memory(1).predicted);
    /// assert_eq!(prepared.memory(1).peak, None);
    /// ```
    pub fn memory(&self, jobs: usize) -> Memory {
        memory::forecast(&self.study, &self.violations, jobs)
    }

    /// Refuses to start where that is more than `limit` bytes, or than the machine has where no
    /// limit is stated.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let scale = BudgetScale::Full;
    /// let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &[]).unwrap();
    /// let memory = prepared.memory(1);
    /// assert!(prepared.fits(&memory, Some(memory.predicted)).is_ok());
    /// assert!(prepared.fits(&memory, Some(memory.predicted - 1)).is_err());
    /// ```
    ///
    /// # Errors
    /// [`InputError`] with what takes the memory and what takes less.
    pub fn fits(&self, memory: &Memory, limit: Option<u64>) -> Result<(), InputError> {
        match limit.or_else(machine_memory) {
            Some(bytes) => memory::refuse(memory, bytes, limit.is_some()),
            None => Ok(()),
        }
    }

    /// Takes into the directory what other runs of the same study hold; [`Prepared::complete`]
    /// tells beforehand whether that is all.
    ///
    /// # Errors
    /// [`StoreError`] where a record is missing or broken, or from the disk.
    pub(crate) fn gather(&self, directory: &RunDirectory, others: &[RunDirectory]) -> Result<(), StoreError> {
        let units = self.needed(others)?;
        for unit in &units {
            directory.adopt(others, &unit.id)?;
        }
        others.iter().try_for_each(|other| self.adopt_files(directory, other))
    }

    /// Refuses runs that do not hold every record together, in a word on how many and which; reads
    /// all of them where they are to be gathered.
    ///
    /// # Errors
    /// [`StoreError`] where a record is in none of the runs, or whole in none.
    pub(crate) fn complete(&self, runs: &[RunDirectory], to_be_gathered: bool) -> Result<(), StoreError> {
        let units = self.needed(runs)?;
        gather::complete(&units, runs)?;
        if to_be_gathered { gather::whole(&units, runs) } else { Ok(()) }
    }

    /// The units that a report on these runs needs: of one run those that it wants so far; shares
    /// do all of their units, look or no look.
    fn needed(&self, runs: &[RunDirectory]) -> Result<Vec<engine::Unit<'_>>, StoreError> {
        let mut units = engine::units(&self.study, &self.violations);
        if let [run] = runs {
            let wanted = self.wanted(Some(run))?.numbers;
            let mut number = 0..;
            units.retain(|_| number.next().is_some_and(|number| wanted.contains(&number)));
        }
        Ok(units)
    }

    /// Names of all records below a run directory, in order.
    pub(crate) fn record_names(&self) -> Vec<String> {
        engine::units(&self.study, &self.violations).iter().map(|unit| format!("records/{}.json", unit.id)).collect()
    }

    /// In which ways the run of a manifest is another one than this study; empty where it is the
    /// same.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale::Full, DEFAULT, Manifest, Prepared};
    /// # let of = |text: &str| Prepared::new(text, "a", ".".as_ref(), Full, &[]).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let (run, other) = (of(DEFAULT), of(&DEFAULT.replace("seed = 20250114", "seed = 7")));
    /// let directory = run.directory(folder.path());
    /// run.run(&directory, (1_000_000, 1_000_000), &()).unwrap();
    /// let manifest = Manifest::parse(&directory.read("manifest.json").unwrap()).unwrap();
    /// assert_eq!(run.differences(&manifest).len(), 0);
    /// assert_eq!(other.differences(&manifest), ["seed: 20250114, not 7"]);
    /// ```
    pub fn differences(&self, manifest: &Manifest) -> Vec<String> {
        let own = manifest::Identity {
            resolved: &self.study.origin.resolved,
            quick: self.pace == BudgetScale::Quick,
            only: &self.only,
            data: self.study.origin.sources.iter().cloned().collect(),
        };
        if self.fingerprint() == manifest.fingerprint { Vec::new() } else { manifest.differences(&own) }
    }

    /// Weighs the records of a directory.
    ///
    /// # Errors
    /// [`StoreError`] where a record is missing or broken.
    pub fn judge(&self, directory: &RunDirectory) -> Result<StudyOutcome, StoreError> {
        self.judge_at((directory, false))
    }

    /// Weighs the records that an unfinished run holds: claims that lack some are undefined.
    ///
    /// ```
    /// # use rtrl_lab::claims::Outcome;
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
    /// # let only = ["data_ergodicity".to_string()];
    /// # let scale = BudgetScale::Quick;
    /// # let prepared = Prepared::new(DEFAULT, "a.toml", ".".as_ref(), scale, &only).unwrap();
    /// # let folder = tempfile::tempdir().unwrap();
    /// let directory = prepared.directory(folder.path());
    /// assert!(prepared.judge(&directory).is_err());
    /// let verdict = &prepared.judge_interim(&directory).unwrap().cases[0].verdicts[0];
    /// assert_eq!(verdict.verdict, Outcome::Undefined);
    /// assert!(verdict.reason.contains("4 of 4 units of the part `pairs` are not done yet"));
    /// ```
    ///
    /// # Errors
    /// [`StoreError`] where a record is broken.
    pub fn judge_interim(&self, directory: &RunDirectory) -> Result<StudyOutcome, StoreError> {
        self.judge_at((directory, true))
    }

    fn judge_at(&self, directory: (&RunDirectory, bool)) -> Result<StudyOutcome, StoreError> {
        let violations: Result<Vec<(String, Outcome, String)>, StoreError> = self
            .violations
            .par_iter()
            .map(|(claim, case)| {
                let finding = finding(*claim, case, None, directory)?;
                Ok((claim.id().to_string(), finding.outcome(), finding.reason))
            })
            .collect();
        let violations = violations?;
        let caught: BTreeMap<&str, Outcome> = violations.iter().map(|(id, outcome, _)| (id.as_str(), *outcome)).collect();
        let judged = |study_case: &StudyCase| {
            let case = &study_case.case;
            let judged: Result<Vec<Judged>, StoreError> = engine::measured(&study_case.asked, case)
                .into_par_iter()
                .map(|claim| {
                    let finding = finding(claim, case, Some(&case.name), directory)?;
                    Ok(Judged {
                        claim,
                        finding,
                        violation: caught.get(claim.id()).copied(),
                        expected: study_case.expected.get(claim.id()).copied(),
                        asked: study_case.asked.contains(&claim.id()),
                    })
                })
                .collect();
            let (mut verdicts, figures) = decide(case, &judged?);
            if self.study.only_stated {
                verdicts.iter_mut().filter(|verdict| verdict.expected.is_none()).for_each(|verdict| verdict.as_expected = true);
            }
            Ok(CaseOutcome { case: case.clone(), verdicts, figures })
        };
        // Large cases one after the other, since each takes a good part of the memory.
        let cases: Result<Vec<CaseOutcome>, StoreError> = if memory::is_judged_together(&self.study) {
            self.study.cases.par_iter().map(judged).collect()
        } else {
            self.study.cases.iter().map(judged).collect()
        };
        Ok(StudyOutcome {
            name: self.study.name.clone(),
            seed: self.study.seed,
            description: self.study.description.clone(),
            level: self.study.level,
            notes: self.study.notes.clone(),
            only_stated: self.study.only_stated,
            cases: cases?,
            violations,
        })
    }

    /// Does one in `every` units again; how many, and those whose bits differ.
    ///
    /// # Errors
    /// [`StoreError`] where a record is missing or broken.
    pub(crate) fn rerun_sample(&self, directory: &RunDirectory, every: usize) -> Result<(usize, Vec<String>), StoreError> {
        let units = engine::units(&self.study, &self.violations);
        engine::rerun_sample(&units, directory, (&self.wanted(Some(directory))?.numbers, every))
    }
}
