//! The validated study: cases with budgets, what is asked and what is expected.

use super::{learning, network};
use crate::claims::{self, Case, Derivatives, Outcome};
use crate::data::kind;
use crate::data::section::{Keys, Located};
use crate::data::{InputError, did_you_mean};
use crate::network::NamedBlock;
use crate::random::RngKey;
use crate::study::config::{CaseSection, ClaimSection, Config, KeyIndex};
use crate::study::name;
use std::collections::BTreeMap;
use std::path::Path;

/// How much a run may spend.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// let chains = |scale| {
///     let prepared = Prepared::new(DEFAULT, "default.toml", ".".as_ref(), scale, &[]).unwrap();
///     prepared.study.cases[0].case.budget("data_ergodicity").chains
/// };
/// assert_eq!((chains(BudgetScale::Full), chains(BudgetScale::Quick)), (256, 64));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetScale {
    /// The budgets as they stand.
    Full,
    /// A quick look with smaller budgets.
    Quick,
}

/// Where a study came from, for the manifest.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// # let scale = BudgetScale::Full;
/// let prepared = Prepared::new(DEFAULT, "default.toml", ".".as_ref(), scale, &[]).unwrap();
/// let origin = &prepared.study.origin;
/// assert_eq!(origin.resolved["level"], 0.95);
/// assert_eq!(origin.resolved["cases"]["linear"]["learning"]["projection"], 0.98);
/// assert!(origin.sources.is_empty(), "no data were recorded");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StudyOrigin {
    /// The study with every default written out.
    pub resolved: serde_json::Value,
    /// Recorded files with their SHA-256.
    pub sources: Vec<(String, String)>,
}

/// One case of a study.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// # let scale = BudgetScale::Full;
/// let only = ["staleness".to_string()];
/// let prepared = Prepared::new(DEFAULT, "default.toml", ".".as_ref(), scale, &only).unwrap();
/// let linear = &prepared.study.cases[0];
/// assert_eq!((linear.case.name.as_str(), &linear.asked), ("linear", &vec!["staleness"]));
/// ```
#[derive(Clone)]
pub struct StudyCase {
    /// The validated setting.
    pub case: Case,
    /// The claims asked for.
    pub asked: Vec<&'static str>,
    /// The verdicts that the study states.
    pub expected: BTreeMap<String, Outcome>,
}

/// A validated study.
///
/// ```
/// # use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
/// # let scale = BudgetScale::Full;
/// let study = Prepared::new(DEFAULT, "default.toml", ".".as_ref(), scale, &[]).unwrap().study;
/// assert_eq!((study.seed, study.cases.len()), (20_250_114, 2));
/// assert_eq!(study.cases[1].case.network.cell.state_len(), 8);
/// ```
#[derive(Clone)]
pub struct Study {
    /// Its name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// Nominal level of every interval.
    pub level: f64,
    /// A sentence for the page.
    pub description: String,
    /// Whether only stated verdicts can be unexpected.
    pub only_stated: bool,
    /// What a reader should know of how the data were read.
    pub notes: Vec<String>,
    /// The cases.
    pub cases: Vec<StudyCase>,
    /// Where it came from.
    pub origin: StudyOrigin,
}

impl Study {
    /// Validates a study; `base` is the folder that its files are relative to, `only` restricts the
    /// claims asked for.
    ///
    /// ```
    /// # use rtrl_lab::study::{BudgetScale, DEFAULT, Study, config::Config};
    /// let (config, index) = Config::parse(DEFAULT, "default.toml").unwrap();
    /// let of = |claim: &str| {
    ///     Study::build(&config, &index, ".".as_ref(), BudgetScale::Full, &[claim.to_string()])
    /// };
    /// assert_eq!(of("staleness").unwrap().name, "default");
    /// assert!(of("stalenes").err().unwrap().remedy.starts_with("did you mean `staleness`?"));
    /// ```
    ///
    /// # Errors
    /// [`InputError`] naming file, line and key.
    pub fn build(config: &Config, index: &KeyIndex, base: &Path, pace: BudgetScale, only: &[String]) -> Result<Study, InputError> {
        let root = RngKey::root(config.study.seed).within(&config.study.name);
        Self::rooted(root, (config, index, base), pace, only)
    }

    /// The same with all weights, data and noise drawn from a key.
    pub(in crate::study) fn rooted(
        root: RngKey,
        (config, index, base): (&Config, &KeyIndex, &Path),
        pace: BudgetScale,
        only: &[String],
    ) -> Result<Study, InputError> {
        let at = Located { index, section: "study" };
        let level = at.number("level", config.study.level.unwrap_or(0.95), (0.5, 1.0), true)?;
        let work_limit = at.number("work_limit", config.study.work_limit.unwrap_or(WORK_LIMIT), (0.0, f64::MAX), true)?;
        let expectations = at.word("expectations", config.study.expectations.as_deref().unwrap_or("default"), &["default", "stated"])?;
        check_claims(&config.claims, index, "claims")?;
        for id in only {
            if claims::named(id).is_none() {
                return Err(unknown_claim(InputError::new("--only", "", ""), id));
            }
        }
        let written: Vec<(String, Option<&CaseSection>)> = if config.case.is_empty() {
            vec![(config.study.name.clone(), None)]
        } else {
            // Those of a sweep as it lists them, written ones by name.
            let mut cases: Vec<_> = config.case.iter().map(|(name, section)| (name.clone(), Some(section))).collect();
            cases.sort_by_key(|(_, section)| section.map(|section| section.place));
            cases
        };
        let (mut sources, mut notes, mut cases) = (Vec::new(), Vec::new(), Vec::new());
        if let Some((problem, remedy)) = name::fault_of(&config.study.name) {
            return Err(at.error("name", problem, remedy));
        }
        for (name, section) in written {
            if let Some((problem, remedy)) = name::fault_of(&name) {
                return Err(Located { index, section: "case" }.error(&name, problem, remedy));
            }
            let builder = CaseBuilder { config, index, section, name: &name, base, level, work_limit, root, rng_key: root.within(&name) };
            cases.push(builder.build(pace, only, &mut sources, &mut notes)?);
        }
        let resolved = resolved(config, &cases);
        Ok(Study {
            name: config.study.name.clone(),
            seed: config.study.seed,
            level,
            description: config.study.description.clone().unwrap_or_default(),
            only_stated: expectations == "stated",
            notes,
            cases,
            origin: StudyOrigin { resolved, sources },
        })
    }
}

fn unknown_claim(error: InputError, id: &str) -> InputError {
    let known: Vec<&str> = claims::ALL.iter().map(|claim| claim.id()).collect();
    let hint = did_you_mean(id, known.iter().copied());
    InputError { problem: format!("there is no claim `{id}`"), remedy: format!("{hint}claims: {}", known.join(", ")), ..error }
}

fn check_claims(sections: &BTreeMap<String, ClaimSection>, index: &KeyIndex, path: &str) -> Result<(), InputError> {
    match sections.keys().find(|id| claims::named(id).is_none()) {
        Some(id) => Err(unknown_claim(Located { index, section: path }.error(id, "", ""), id)),
        None => Ok(()),
    }
}

struct CaseBuilder<'a> {
    config: &'a Config,
    index: &'a KeyIndex,
    section: Option<&'a CaseSection>,
    name: &'a str,
    base: &'a Path,
    level: f64,
    work_limit: f64,
    /// Root of all noise of the study.
    root: RngKey,
    rng_key: RngKey,
}

impl CaseBuilder<'_> {
    /// The key of drawn weights: of the draw that the case names, of the case where it has a
    /// network of its own, else of the network that the study's cases share.
    fn draw(&self) -> RngKey {
        let states_own = self.section.is_some_and(|section| section.draw.is_some());
        let own = states_own || self.section.is_some_and(|section| section.network.is_some());
        match self.section.and_then(|section| section.network_draw.as_ref()) {
            Some(name) => self.root.within(name),
            None if own => self.rng_key,
            None => self.root.within(&self.config.study.name),
        }
    }

    /// The section that holds here, the case's own before the base's, with its path.
    fn chosen<T: Clone>(&self, key: &str, of_case: impl Fn(&CaseSection) -> &Option<T>, base: &Option<T>) -> (Option<T>, String) {
        match self.section.and_then(|section| of_case(section).clone()) {
            Some(own) => (Some(own), format!("case.{}.{key}", self.name)),
            None => (base.clone(), key.to_string()),
        }
    }

    fn build(
        &self,
        pace: BudgetScale,
        only: &[String],
        sources: &mut Vec<(String, String)>,
        notes: &mut Vec<String>,
    ) -> Result<StudyCase, InputError> {
        let missing = |key: &str| {
            InputError::new(
                self.index.file(),
                format!("case `{}` has no [{key}] section", self.name),
                format!("add [{key}]; `rtrl-lab init` shows a complete study"),
            )
            .on(key)
        };
        if let Some(section) = self.section {
            let path = format!("case.{}", self.name);
            let at = Located { index: self.index, section: &path };
            if let Some(draw) = &section.draw {
                at.word("draw", draw, &["own"])?;
                if section.network_draw.is_some() {
                    return Err(at.error("draw", "`network_draw` names a draw as well", "give one of the two"));
                }
            }
        }
        let (data_section, data_path) = self.chosen("data", |case| &case.data, &self.config.data);
        let data_section = data_section.ok_or_else(|| missing("data"))?;
        let at = Located { index: self.index, section: &data_path };
        let built = kind::make(&data_section.kind, Keys { at, values: &data_section.keys, base: self.base })?;
        sources.extend(built.source.clone());
        notes.extend(built.notes.iter().filter(|note| !notes.contains(note)).cloned().collect::<Vec<_>>());
        let (network_section, network_path) = self.chosen("network", |case| &case.network, &self.config.network);
        let network_section = network_section.ok_or_else(|| missing("network"))?;
        let at = Located { index: self.index, section: &network_path };
        let (network, note) = network::build(&network_section, at, &*built.process, (self.draw(), self.work_limit), self.base)?;
        notes.extend(note.filter(|note| !notes.contains(note)));
        let (learning_section, learning_path) = self.chosen("learning", |case| &case.learning, &self.config.learning);
        let learning =
            learning::learning(&learning_section.unwrap_or_default(), Located { index: self.index, section: &learning_path }, &*network.cell, pace)?;
        let (start_section, start_path) = self.chosen("start", |case| &case.start, &self.config.start);
        let start_at = Located { index: self.index, section: &start_path };
        let start = learning::start(&start_section.unwrap_or_default(), start_at, &*built.process, &*network.cell)?;
        let plain = Case::new(self.name, built.process, network);
        let claims_path = format!("case.{}.claims", self.name);
        let own = self.section.map(|section| &section.claims);
        if let Some(own) = own {
            check_claims(own, self.index, &claims_path)?;
        }
        let (mut budgets, mut asked, mut expected) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let mut derivatives = Derivatives::Exact;
        for claim in claims::ALL {
            let id = claim.id();
            let stated = own.and_then(|own| own.get(id));
            let section = learning::merged(self.config.claims.get(id), stated);
            let path = if stated.is_some() { format!("{claims_path}.{id}") } else { format!("claims.{id}") };
            let at = Located { index: self.index, section: &path };
            let budget = learning::budget(claim, &section, at, &plain.certificate)?;
            derivatives = learning::derivatives(&*plain.network.cell, claim, &budget, at)?.unwrap_or(derivatives);
            let quick = pace == BudgetScale::Quick;
            budgets.insert(id.to_string(), if quick { learning::quickened(budget, plain.data.is_recorded()) } else { budget });
            let singled_out = only.iter().any(|only| only == id);
            let named = singled_out || stated.is_some() || self.config.claims.contains_key(id);
            if section.enabled.unwrap_or(named || !claim.on_request()) && (only.is_empty() || singled_out) {
                asked.push(id);
            }
            if let Some(outcome) = learning::expected(&section, at)? {
                expected.insert(id.to_string(), outcome);
            }
        }
        let case = Case { key: self.rng_key, level: self.level, derivatives, start, learning, budgets, ..plain };
        self.affordable(&case, &asked)?;
        Ok(StudyCase { case, asked, expected })
    }
}

/// Steps of a network that one claim may take where the study states no limit: some days of one
/// thread on the smallest network.
const WORK_LIMIT: f64 = 1e12;

impl CaseBuilder<'_> {
    /// Refuses a claim whose steps, counted roughly, are more than the limit.
    fn affordable(&self, case: &Case, asked: &[&'static str]) -> Result<(), InputError> {
        for claim in crate::study::engine::measured(asked, case) {
            let budget = case.budget(claim.id());
            let steps = learning::steps_of(budget, &case.learning);
            let (key, most) = steps.iter().fold(("", 0.0), |top, (key, steps)| if *steps > top.1 { (*key, *steps) } else { top });
            if most > self.work_limit {
                let learning = key == "learning";
                let path = if learning { "learning".to_string() } else { format!("claims.{}", claim.id()) };
                let own = format!("case.{}.{path}", self.name);
                let section = if self.index.names(&own) { &own } else { &path };
                let at = Located { index: self.index, section };
                let problem = format!(
                    "`{}` in case `{}` would take about {most:.0e} steps of the network, more than the limit of {:.0e}",
                    claim.id(),
                    self.name,
                    self.work_limit
                );
                let fewer =
                    if learning { "fewer `steps` or `seeds`, or a shorter `truncation`" } else { "fewer `chains` or `steps`, or shorter `taus`" };
                return Err(at.error("steps", problem, format!("take {fewer}, or raise `work_limit` under [study]")));
            }
        }
        Ok(())
    }
}

/// Longest parameter block that is written out; of a longer one the checksum is.
const WRITTEN_OUT: usize = 65_536;

fn written(block: &NamedBlock, parameters: &[f64]) -> (String, serde_json::Value) {
    let numbers = block.rows * block.columns;
    let value = if numbers <= WRITTEN_OUT {
        serde_json::json!(block.values(parameters))
    } else {
        let values = block.positions().map(|position| parameters[position]);
        serde_json::json!({ "numbers": numbers, "sha256": crate::study::store::fingerprint_of_numbers(values) })
    };
    (block.name.to_string(), value)
}

/// The study as written, without the words that fix no record: what may be spent and expected, and
/// which blocks are drawn under which name, which shows in the parameters.
fn numbers_alone(config: &Config) -> Config {
    let mut config = config.clone();
    let networks = config.case.values_mut().filter_map(|case| case.network.as_mut()).chain(config.network.as_mut());
    networks.filter_map(|network| network.parameters.as_mut()).for_each(|parameters| parameters.drawn = None);
    config.case.values_mut().for_each(|case| case.network_draw = None);
    (config.study.work_limit, config.study.expectations) = (None, None);
    config
}

/// The study with every default written out.
fn resolved(config: &Config, cases: &[StudyCase]) -> serde_json::Value {
    let cases: serde_json::Map<String, serde_json::Value> = cases
        .iter()
        .map(|study_case| {
            let case = &study_case.case;
            let schedule = case.learning.schedule;
            let parameters: serde_json::Map<String, serde_json::Value> = {
                let (cell, readout) = (&case.network.cell, &case.network.readout);
                let of_cell = cell.layout().blocks().iter().map(|block| written(block, cell.parameters())).collect::<Vec<_>>();
                of_cell.into_iter().chain(readout.layout().blocks().iter().map(|block| written(block, readout.parameters()))).collect()
            };
            let value = serde_json::json!({
                "activation": case.network.cell.nonlinearity(),
                "parameters": parameters,
                "derivatives": case.derivatives,
                "start": { "data": case.start.data, "hidden": case.start.hidden, "spread": case.start.spread },
                "learning": {
                    "method": case.learning.method.to_string(), "steps": case.learning.steps, "projection": case.learning.projection,
                    "schedule": { "initial": schedule.initial, "offset": schedule.offset, "exponent": schedule.exponent },
                },
                "claims": case.budgets,
                "asked": study_case.asked,
            });
            (case.name.clone(), value)
        })
        .collect();
    serde_json::json!({ "written": numbers_alone(config), "level": config.study.level.unwrap_or(0.95), "cases": cases })
}
