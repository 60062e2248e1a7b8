//! What is compared, validated.

use super::published::Sources;
use super::unit::places;
use super::{Trained, TrainingRecord};
use crate::data::InputError;
use crate::data::section::Located;
use crate::random::RngKey;
use crate::study::config::{CompareSection, Config, KeyIndex, parts};
use crate::study::memory::{in_bytes, machine_memory};
use crate::study::{BudgetScale, Study};
use crate::training::{Method, Scaling, method};
use rayon::prelude::*;
use std::path::Path;

/// A validated comparison: the study of every seed, and how its networks are trained.
///
/// ```
/// # use rtrl_lab::study::{ComparePlan, config::Config};
/// let text = "[study]\nname = \"a\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\n\
///     target = [1.0]\n[network]\nhidden = 2\n[learning]\nsteps = 100\n[compare]\nseeds = 2\n\
///     methods = [\"rtrl\", \"rolling-tbptt(1)\"]\nstretches = 8\nstretch = 50\nburn_in = 20";
/// let (config, index) = Config::parse(text, "a.toml").unwrap();
/// let plan = ComparePlan::build(&config, &index, ".".as_ref()).unwrap();
/// let records = plan.run(&|| {});
/// assert!(records.iter().all(|record| record.online_loss.is_some()));
/// assert_eq!(records, plan.run(&|| {}), "the same seed gives the same bits");
/// ```
pub struct ComparePlan {
    /// The study at every seed.
    pub(super) studies: Vec<Study>,
    pub(super) methods: Vec<Method>,
    pub(super) scaling: Scaling,
    pub(super) optimiser: String,
    pub(super) clip: Option<f64>,
    pub(super) lanes: usize,
    pub(super) reset: usize,
    pub(super) window: Option<usize>,
    pub(super) cosines: bool,
    pub(super) stretches: usize,
    pub(super) stretch: usize,
    pub(super) burn_in: usize,
    pub(super) published: Sources,
    /// Steps of a run that tells whether a step is stable; 0 for none.
    pub(super) stability: usize,
    /// The blocks that learn, or a row of one; all where none is named.
    pub(super) train: Option<Vec<(String, Option<usize>)>>,
}

/// Most steps of all runs together, times the work of a method's step.
const MOST_WORK: f64 = 1e12;

impl ComparePlan {
    /// Validates a study for `train`; `base` is the folder that its files are relative to.
    ///
    /// # Errors
    /// [`InputError`] naming file, line and key.
    pub fn build(config: &Config, index: &KeyIndex, base: &Path) -> Result<ComparePlan, InputError> {
        let section = config.compare.clone().unwrap_or_default();
        let at = Located { index, section: "compare" };
        let count = |key: &str, value: Option<usize>, default: usize, range: (usize, usize)| at.count(key, value.unwrap_or(default), range);
        let seeds = count("seeds", section.seeds, 10, (2, 10_000))?;
        let studies = (0..seeds).map(|seed| at_seed(config, index, base, seed)).collect::<Result<Vec<Study>, InputError>>()?;
        let methods = methods(&section, at, &studies[0])?;
        let published = Sources::stated(section.published.as_ref(), &methods, at)?;
        let memory = at.number("momentum", section.momentum.unwrap_or(0.9), (0.0, 1.0), false)?;
        let optimiser = at.word("optimiser", section.optimiser.as_deref().unwrap_or("sgd"), &["sgd", "momentum", "rmsprop", "adam"])?;
        if section.momentum.is_some() && optimiser != "momentum" {
            return Err(at.error("momentum", format!("the optimiser `{optimiser}` takes none"), "take it out, or choose optimiser = \"momentum\""));
        }
        let scaling = match optimiser {
            "momentum" => Scaling::momentum(memory),
            "rmsprop" => Scaling::rms_prop(),
            "adam" => Scaling::adam(),
            _ => Scaling::Plain,
        };
        let clip = section.clip.map(|clip| at.number("clip", clip, (0.0, 1e12), true)).transpose()?;
        let reset = count("reset", section.reset, 0, (0, 1_000_000_000))?;
        if let Some(method) = methods.iter().find(|method| reset > 0 && method.period() > reset) {
            let problem = format!("sequences of {reset} steps end before a block of {method} does, so that it would never learn");
            return Err(at.error("reset", problem, "take longer sequences, or a shorter block"));
        }
        let steps = studies[0].cases.iter().map(|case| case.case.learning.steps).min().unwrap_or(0);
        let plan = ComparePlan {
            methods,
            scaling,
            optimiser: optimiser.to_string(),
            clip,
            lanes: count("lanes", section.lanes, 1, (1, 10_000))?,
            reset,
            window: section.window.map(|window| at.count("window", window, (1, steps))).transpose()?,
            cosines: section.cosines.unwrap_or(true),
            stretches: count("stretches", section.stretches, 32, (4, 100_000))?,
            stretch: count("stretch", section.stretch, 500, (2, 100_000_000))?,
            burn_in: count("burn_in", section.burn_in, 200, (0, 100_000_000))?,
            published,
            stability: section.stability.map_or(Ok(1000), |steps| at.count("stability", steps, (0, 100_000_000)))?,
            train: section.train.as_ref().map(|listed| trained(listed, at, &studies[0])).transpose()?,
            studies,
        };
        plan.affordable(at)?;
        Ok(plan)
    }

    fn affordable(&self, at: Located) -> Result<(), InputError> {
        let longest = self.cases().iter().map(|(_, steps)| *steps as f64).sum::<f64>();
        let work: f64 = self.methods.iter().map(|method| method.work() as f64).sum::<f64>();
        let tried = self.stability_steps() as f64 * self.cases().len() as f64 * self.methods[0].work() as f64;
        let all = (longest * work + tried) * self.lanes as f64 * self.studies.len() as f64;
        if all > MOST_WORK {
            return Err(at.error(
                "seeds",
                format!("all runs together take about {all:.0e} steps"),
                format!("take fewer seeds, lanes, methods or steps: at most {MOST_WORK:.0e}"),
            ));
        }
        self.in_memory(at)
    }

    /// Refuses what the machine cannot hold on all threads at once.
    fn in_memory(&self, at: Located) -> Result<(), InputError> {
        let Some(there) = machine_memory() else { return Ok(()) };
        let (threads, lanes) = (rayon::current_num_threads() as f64, self.lanes.next_multiple_of(8) as f64);
        for (case, method) in self.studies[0].cases.iter().flat_map(|case| self.methods.iter().map(move |method| (&case.case, method))) {
            let cell = &*case.network.cell;
            let own = |method: Method| method.numbers(cell) as f64 + 2.0 * case.network.len() as f64;
            let beside = if self.cosines { own(Method::RTRL) } else { 0.0 };
            let bytes = 8.0 * threads * lanes * (own(*method) + beside);
            if bytes > there as f64 {
                let problem = format!(
                    "{method} in case `{}` needs {} on {threads} threads, and there are {}",
                    case.name,
                    in_bytes(bytes),
                    in_bytes(there as f64)
                );
                return Err(at.error("lanes", problem, "take fewer lanes, a smaller network or a shorter block, or cosines = false"));
            }
        }
        Ok(())
    }

    /// Seeds.
    pub(crate) fn seeds(&self) -> usize {
        self.studies.len()
    }

    /// Name and steps of every case.
    pub(crate) fn cases(&self) -> Vec<(String, usize)> {
        self.studies[0].cases.iter().map(|case| (case.case.name.clone(), case.case.learning.steps)).collect()
    }

    /// The methods; the others are held against the first.
    pub(crate) fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Training runs in all.
    pub(crate) fn units(&self) -> usize {
        self.cases().len() * self.studies.len() * self.methods.len()
    }

    /// Steps over which a case's online loss is a mean.
    pub(super) fn window(&self, steps: usize) -> usize {
        self.window.unwrap_or((steps / 10).max(1)).min(steps)
    }

    /// All training runs, case by case, seed by seed, method by method; `done` is called after
    /// each.
    pub fn run(&self, done: &(dyn Fn() + Sync)) -> Vec<TrainingRecord> {
        let all = self.run_rest(vec![None; self.units()], &|_, _| done());
        all.into_iter().map(|trained| trained.record).collect()
    }

    /// The training runs that are not known yet, with those that are.
    pub(crate) fn run_rest(&self, known: Vec<Option<Trained>>, done: &(dyn Fn(usize, &Trained) + Sync)) -> Vec<Trained> {
        let one = |(unit, known): (usize, Option<Trained>)| {
            known.unwrap_or_else(|| {
                let trained = self.unit(unit);
                done(unit, &trained);
                trained
            })
        };
        known.into_par_iter().enumerate().with_max_len(1).map(one).collect()
    }

    /// One training run, by its number.
    pub(crate) fn unit(&self, unit: usize) -> Trained {
        let (methods, seeds) = (self.methods.len(), self.studies.len());
        self.train(unit / (methods * seeds), unit / methods % seeds, unit % methods)
    }
}

/// A method as a list of methods names it.
pub(super) fn stated(method: Method) -> String {
    if method.kind().is_truncated() { format!("{}({})", method.kind().id(), method.length()) } else { method.kind().id().to_string() }
}

/// The blocks, or rows of one, that a section lets learn.
fn trained(listed: &[String], at: Located, study: &Study) -> Result<Vec<(String, Option<usize>)>, InputError> {
    if listed.is_empty() {
        return Err(at.error("train", "the list is empty", "name what learns, as \"B\" or \"B[3]\", or take the key out: then all does"));
    }
    let mut all = Vec::new();
    for word in listed {
        let refused = |problem: String| at.error("train", problem, "name a block of the network, as \"B\", or of one row of it, from 1, as \"B[3]\"");
        let (block, row) = match word.strip_suffix(']').and_then(|word| word.split_once('[')) {
            Some((block, row)) => (block, Some(row.trim().parse::<usize>().map_err(|_| refused(format!("`{word}` names no row")))?)),
            None => (word.as_str(), None),
        };
        for case in &study.cases {
            if case.case.learning.projection.is_some() {
                let problem = format!("in case `{}` the projection may move weights that do not learn", case.case.name);
                return Err(at.error("train", problem, "switch it off with projection = 0 in [learning], or take `train` out"));
            }
            let layout = case.case.network.layout();
            if places(&layout, block, row).is_none() {
                let there: Vec<String> = layout.blocks().iter().map(|block| format!("{} of {} rows", block.name, block.rows)).collect();
                return Err(refused(format!("there is no `{word}` in case `{}`, whose blocks are {}", case.case.name, there.join(", "))));
            }
        }
        all.push((block.to_string(), row));
    }
    Ok(all)
}

/// The study as it is at a seed: weights that are drawn, data and noise are its own.
fn at_seed(config: &Config, index: &KeyIndex, base: &Path, seed: usize) -> Result<Study, InputError> {
    let root = RngKey::root(config.study.seed).within(&config.study.name).within(&format!("seed {seed}"));
    Study::rooted(root, (config, index, base), BudgetScale::Full, &[])
}

/// The methods of a section, each of which must suit every case.
fn methods(section: &CompareSection, at: Located, study: &Study) -> Result<Vec<Method>, InputError> {
    let Some(listed) = &section.methods else {
        let own: Vec<Method> = study.cases.iter().map(|case| case.case.learning.method).collect();
        return match own.split_first() {
            Some((first, rest)) if rest.iter().all(|method| method == first) => Ok(vec![*first]),
            _ => Err(at.error("methods", "the cases learn by different methods", "list the methods here, and take them out of the cases")),
        };
    };
    if listed.is_empty() {
        return Err(at.error("methods", "the list is empty", "name at least one method, as \"rtrl\" or \"rolling-tbptt(8)\""));
    }
    let offered: Vec<&str> = method::ALL.iter().map(|kind| kind.id()).collect();
    let mut methods = Vec::new();
    for word in listed {
        let (id, length) = parts(word);
        at.word("methods", id, &offered)?;
        let kind = method::named(id).ok_or_else(|| at.error("methods", "no such method", "see `rtrl-lab list`"))?;
        let length = match (kind.is_truncated(), length) {
            (true, None) => return Err(at.error("methods", format!("`{word}` needs a length"), format!("write \"{id}(8)\""))),
            (false, Some(_)) => return Err(at.error("methods", format!("`{id}` has no length"), format!("write \"{id}\""))),
            (_, length) => length.unwrap_or(0),
        };
        if kind.is_truncated() {
            at.count("methods", length, (1, 1_000_000))?;
        }
        for case in &study.cases {
            if let Err(why) = kind.suits(&*case.case.network.cell) {
                return Err(at.error(
                    "methods",
                    format!("`{id}` in case `{}`: {why}", case.case.name),
                    "take the method out, or choose another cell",
                ));
            }
            if let Some(most) = kind.most_steps().filter(|most| case.case.learning.steps > *most) {
                return Err(at.error(
                    "methods",
                    format!("`{id}` goes back to the first step, so a run may have {most} steps at most"),
                    "take it out, or take fewer steps",
                ));
            }
        }
        let method = Method::of(kind, length);
        if methods.contains(&method) {
            return Err(at.error("methods", format!("`{word}` stands twice"), "list every method once"));
        }
        methods.push(method);
    }
    Ok(methods)
}
