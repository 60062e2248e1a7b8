//! Every key of a study file: its default, what it means, and which words it may be.
//!
//! `init --full`, `help study` and `schema` say what stands here; tests hold it against what the
//! parser knows and against the defaults that are really filled in.

use crate::claims::{self, Claim, Outcome};
use crate::data;
use crate::data::section::{Entry, Standing};
use crate::network::{activation, kind, loss};
use crate::training::method;

/// A key as a reader is told of it.
///
/// ```
/// let sections = rtrl_lab::study::config::reference();
/// let network = sections.iter().find(|section| section.path == "network").unwrap();
/// let cell = &network.rows[0];
/// assert_eq!((cell.line().as_str(), cell.choices[1]), ("cell = \"elman\"", "diagonal"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// The key.
    pub key: String,
    /// A value as TOML: the default where there is one, else an example.
    pub value: String,
    /// What holds where it is not stated.
    pub standing: Standing,
    /// What it means.
    pub words: String,
    /// The words that it may be, where it is one of few.
    pub choices: Vec<&'static str>,
}

impl KeyRow {
    fn of(entry: &Entry) -> Self {
        KeyRow {
            key: entry.key.into(),
            value: entry.value.into(),
            standing: entry.standing,
            words: entry.words.into(),
            choices: entry.choices.to_vec(),
        }
    }

    /// The key and its value, as a study has them.
    ///
    /// ```
    /// let sections = rtrl_lab::study::config::reference();
    /// assert_eq!(sections[0].rows[2].line(), "level = 0.95");
    /// ```
    pub fn line(&self) -> String {
        format!("{} = {}", self.key, self.value)
    }
}

/// A section of a study file.
///
/// ```
/// let sections = rtrl_lab::study::config::reference();
/// assert_eq!((sections[0].path.as_str(), sections[0].rows[1].key.as_str()), ("study", "seed"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionRows {
    /// Its dotted path, as `network.parameters`; `NAME` stands for a name of the user's.
    pub path: String,
    /// The word by which its keys are chosen, as a kind of data.
    pub kind: Option<&'static str>,
    /// What it is, in a sentence.
    pub words: String,
    /// Its keys.
    pub rows: Vec<KeyRow>,
}

const STUDY: [Entry; 6] = [
    Entry::needed("name", "\"mine\"", "name of the study"),
    Entry::needed("seed", "20250114", "seed of all noise; the same seed gives the same bits"),
    Entry::filled("level", "0.95", "nominal level of every interval"),
    Entry::filled("description", "\"\"", "a sentence for the page"),
    Entry::filled("expectations", "\"default\"", "stated: only a verdict that an `expect` names can be unexpected").one_of(&["default", "stated"]),
    Entry::filled("work_limit", "1e12", "most steps of a network that one claim of a case may take"),
];

const NETWORK: [Entry; 12] = [
    Entry::filled("cell", "\"elman\"", "the recurrent cell"),
    Entry::absent("hidden", "8", "hidden units N; required unless the parameters tell it"),
    Entry::filled("activation", "\"tanh\"", "activation σ of cells that have one"),
    Entry::filled("beta", "0.0", "mean-field exponent β: recurrent weights count N^-β; 0, 0.5 or 1"),
    Entry::filled("density", "1.0", "share of the recurrent weights that there are, drawn from the seed"),
    Entry::absent("mask", "[[1.0, 0.0], [1.0, 1.0]]", "which recurrent weights there are, rows of 1 and 0 (all)"),
    Entry::filled("recurrent_norm", "0.8", "spectral norm of N^-β B where B is drawn"),
    Entry::filled("init", "\"normal\"", "law of drawn weights; uniform: between -1/√N and 1/√N").one_of(&["normal", "uniform"]),
    Entry::filled("input_scale", "1.0", "standard deviation of drawn W, times 1/√d for d inputs"),
    Entry::filled("bias_scale", "0.1", "standard deviation of drawn b"),
    Entry::filled("readout_scale", "1.0", "standard deviation of drawn C, times 1/√N"),
    Entry::filled("loss", "\"squared\"", "the loss ℓ(Ŷ, Y)"),
];

const PARAMETERS: [Entry; 4] = [
    Entry::absent("file", "\"network.npz\"", "arrays from an NPZ or safetensors file, instead of the blocks here"),
    Entry::absent("layout", "\"pytorch\"", "whose names the arrays have (seen from the names)").one_of(&["pytorch", "keras", "flax"]),
    Entry::absent("drawn", "[\"C\", \"c\"]", "blocks that are drawn from the seed; any other that is missing is an error (none)"),
    Entry::absent("B", "[[0.5, 0.1], [0.0, 0.4]]", "a block of the cell or of the readout (C, c) by rows; `rtrl-lab list` has each cell's formula"),
];

const LEARNING: [Entry; 4] = [
    Entry::filled("method", "\"rtrl\"", "the learning method"),
    Entry::absent("truncation", "8", "truncation length τ; required by truncated methods"),
    Entry::filled("steps", "100_000", "updates of a run"),
    Entry::filled("projection", "0.98", "certified contraction rate that parameters are projected back to; 0: none"),
];

const SCHEDULE: [Entry; 4] = [
    Entry::filled("kind", "\"polynomial\"", "polynomial: α_k = initial (1 + k/offset)^-exponent").one_of(&["polynomial", "constant"]),
    Entry::filled("initial", "0.05", "first step size"),
    Entry::filled("offset", "1000.0", "updates after which a polynomial schedule starts to fall"),
    Entry::filled("exponent", "0.7", "exponent of the fall; above 1 the steps are summable"),
];

const START: [Entry; 3] = [
    Entry::absent("data", "[6.0, -4.0]", "state of the data that chains start in (drawn)"),
    Entry::absent("hidden", "[0.0, 0.0]", "hidden state that chains start in (drawn)"),
    Entry::filled("spread", "2.0", "standard deviation of what is drawn"),
];

const SWEEP: [Entry; 8] = [
    Entry::absent("cell", "[\"elman\", \"gru\"]", "cells"),
    Entry::absent("activation", "[\"tanh\", \"relu\"]", "activations"),
    Entry::absent("hidden", "[4, 16, 64]", "hidden units"),
    Entry::absent("recurrent_norm", "[0.5, 0.9]", "spectral norms of a drawn recurrent matrix"),
    Entry::absent("method", "[\"rtrl\", \"rolling-tbptt(8)\"]", "learning methods"),
    Entry::absent("steps", "[10_000, 100_000]", "updates of a run"),
    Entry::absent("initial", "[0.01, 0.1]", "first step sizes"),
    Entry::absent("exponent", "[0.6, 0.9]", "exponents of the schedule"),
];

const COMPARE: [Entry; 14] = [
    Entry::absent("methods", "[\"rtrl\", \"rolling-tbptt(8)\"]", "methods; the first is the one that others are held against (that of [learning])"),
    Entry::filled("seeds", "10", "seeds; each has weights, data and noise of its own, which all methods share"),
    Entry::filled("optimiser", "\"sgd\"", "how a gradient becomes a step").one_of(&["sgd", "momentum", "rmsprop", "adam"]),
    Entry::absent("momentum", "0.9", "momentum of `momentum` (0.9)"),
    Entry::absent("clip", "1.0", "longest gradient; longer ones are cut to it (none)"),
    Entry::filled("lanes", "1", "streams of data side by side"),
    Entry::filled("reset", "0", "steps after which hidden states and derivatives begin anew; 0: never"),
    Entry::absent("window", "1000", "steps at the end over which online loss and cosines are means (a tenth of the run)"),
    Entry::filled("cosines", "true", "whether gradients are held against exact ones"),
    Entry::filled("stretches", "32", "stretches at the last parameters, for loss and gradient norm"),
    Entry::filled("stretch", "500", "steps of each"),
    Entry::filled("burn_in", "200", "steps before each"),
    Entry::filled("stability", "1000", "steps of the runs that tell the largest stable step; 0: none"),
    Entry::absent("train", "[\"B\", \"W[3]\"]", "blocks, or rows of one, that learn (all)"),
];

const PUBLISHED: [Entry; 3] = [
    Entry::needed("source", "\"where the numbers stand\"", "where the numbers stand"),
    Entry::filled("times", "1.0", "by which our online loss is multiplied to be one of theirs"),
    Entry::needed(
        "losses",
        "[{ method = \"rtrl\", mean = 0.1, deviation = 0.01, seeds = 10 }]",
        "their mean and standard deviation over so many seeds, a method each",
    ),
];

const CASE: [Entry; 2] = [
    Entry::absent(
        "network_draw",
        "\"shared\"",
        "name under which weights are drawn; cases of one name share them (the study's, or the case's where it has a network of its own)",
    ),
    Entry::absent("draw", "\"own\"", "this case draws its weights under its own name").one_of(&["own"]),
];

/// What the numbers of a budget mean.
const BUDGET: [(&str, &str); 8] = [
    ("chains", "independent replicas"),
    ("steps", "steps of each"),
    ("burn_in", "steps that bring a chain near its stationary law; more where the certificate asks for it"),
    ("margin", ""),
    ("seeds", "learning runs"),
    ("checkpoints", "times, evenly on a log scale, at which a learning run is looked at"),
    ("taus", "truncation lengths τ"),
    ("times", "times at which laws are compared"),
];

/// Names of tables that a key chooses from.
fn offered(path: &str, key: &str) -> Vec<&'static str> {
    match (path, key) {
        ("network", "cell") => kind::ALL.iter().map(|kind| kind.name()).collect(),
        ("network", "activation") => activation::ALL.iter().map(|activation| activation.name()).collect(),
        ("network", "loss") => loss::ALL.iter().map(|loss| loss.name()).collect(),
        ("learning", "method") => method::ALL.iter().map(|kind| kind.id()).collect(),
        _ => Vec::new(),
    }
}

fn section(path: &str, words: &str, entries: &[Entry]) -> SectionRows {
    let row = |entry: &Entry| {
        let row = KeyRow::of(entry);
        let choices = if row.choices.is_empty() { offered(path, entry.key) } else { row.choices.clone() };
        KeyRow { choices, ..row }
    };
    SectionRows { path: path.into(), kind: None, words: words.into(), rows: entries.iter().map(row).collect() }
}

/// The section of a claim.
fn of_claim(claim: &dyn Claim) -> SectionRows {
    let row = |key: &str, value: String, standing: Standing, words: String| KeyRow { key: key.into(), value, standing, words, choices: Vec::new() };
    let asked = if claim.on_request() { "true: a claim that is asked for by name" } else { "whether the claim is asked for" };
    let mut rows = vec![
        row("enabled", "true".into(), Standing::Filled, asked.into()),
        KeyRow {
            choices: Outcome::ALL.iter().map(|outcome| outcome.word()).collect(),
            ..row("expect", "\"supported\"".into(), Standing::Absent, "the verdict that the study expects (supported)".into())
        },
    ];
    let budget = claim.budget();
    let values = serde_json::to_value(&budget).unwrap_or_default();
    for key in budget.keys() {
        let words = BUDGET.iter().find(|(name, _)| *name == key).map_or("", |(_, words)| *words);
        let words = if key == "margin" { claim.margin_meaning() } else { words };
        rows.push(row(key, values[key].to_string(), Standing::Filled, words.into()));
    }
    for knob in claim.knobs() {
        rows.push(row(knob.key, "8".into(), Standing::Absent, format!("{} (chosen by the size of the network)", knob.words)));
    }
    if claim.stops_early() {
        rows.push(row("until", "0.02".into(), Standing::Absent, "width of the interval at which the budget ends early (never)".into()));
    }
    SectionRows { path: format!("claims.{}", claim.id()), kind: None, words: claim.statement().into(), rows }
}

/// Every section of a study file, with every key.
///
/// ```
/// let sections = rtrl_lab::study::config::reference();
/// let paths: Vec<&str> = sections.iter().map(|section| section.path.as_str()).collect();
/// assert!(paths.contains(&"learning.schedule") && paths.contains(&"claims.truncation_bias"));
/// assert_eq!(paths.iter().filter(|path| **path == "data").count(), 19, "a kind each");
/// ```
pub fn reference() -> Vec<SectionRows> {
    let of_data = |kind: &&'static dyn data::kind::DataKind| {
        let word = KeyRow {
            choices: data::kind::ALL.iter().map(|kind| kind.name()).collect(),
            ..KeyRow::of(&Entry::needed("kind", "", "what makes the data"))
        };
        let word = KeyRow { value: format!("\"{}\"", kind.name()), ..word };
        let rows = std::iter::once(word).chain(kind.keys().iter().map(KeyRow::of)).collect();
        SectionRows { path: "data".into(), kind: Some(kind.name()), words: kind.formula().into(), rows }
    };
    let mut sections = vec![section("study", "Name, seed and level of the study.", &STUDY)];
    sections.extend(data::kind::ALL.iter().map(of_data));
    sections.extend([
        section("network", "The network of every case that has none of its own; all such cases have the same weights.", &NETWORK),
        section("network.parameters", "Weights that are given: every block, or its name in `drawn`.", &PARAMETERS),
        section("learning", "How every case learns that has no [case.NAME.learning].", &LEARNING),
        section("learning.schedule", "Step sizes α_k of update k; schedule = { kind = \"polynomial\", … } says the same.", &SCHEDULE),
        section("start", "Where chains start.", &START),
        section("sweep", "Lists whose combinations are the cases; instead of [case.NAME].", &SWEEP),
        section("compare", "What `rtrl-lab train` compares.", &COMPARE),
        section("compare.published", "What others published of the same methods.", &PUBLISHED),
        section("case.NAME", "A case, with sections [case.NAME.data], .network, .learning, .start and .claims.CLAIM of its own.", &CASE),
    ]);
    sections.extend(claims::ALL.into_iter().map(of_claim));
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Segment;
    use crate::data::section::{KeyIndex, Keys, Located};
    use crate::random::{Noise, RngKey};
    use crate::study::config::Config;
    use crate::study::{BudgetScale, Prepared};
    use std::collections::BTreeSet;
    use std::path::Path;

    const BASE: &str = "[study]\nname = \"a\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.5]]\ntarget = [1.0]\n[network]\nhidden = 2\n";

    /// The keys that the parser names when it meets one that it does not know.
    fn known(section: &str) -> BTreeSet<String> {
        let path = section.replace("NAME", "x");
        let needed = if section == "compare.published" { "source = \"s\"\nlosses = []\n" } else { "" };
        let base = if section == "sweep" { BASE.replace("[network]\nhidden = 2\n", "") } else { BASE.to_string() };
        let text = match section {
            "study" | "network" => BASE.replace(&format!("[{section}]\n"), &format!("[{section}]\nno_such_key = 1\n")),
            _ => format!("{base}[{path}]\n{needed}no_such_key = 1\n"),
        };
        let refused = match Config::parse(&text, "a.toml") {
            Err(error) => error,
            Ok(_) => Prepared::new(&text, "a.toml", ".".as_ref(), BudgetScale::Full, &[]).err().unwrap(),
        };
        let (_, list) = refused.remedy.rsplit_once("known keys here: ").unwrap_or_else(|| panic!("{section}: {refused}"));
        list.split(", ").map(String::from).collect()
    }

    #[test]
    fn every_key_that_is_read_is_told_and_no_other() {
        let sections = reference();
        for section in sections.iter().filter(|section| !["data", "network.parameters"].contains(&section.path.as_str())) {
            let mut told: BTreeSet<String> = section.rows.iter().map(|row| row.key.clone()).collect();
            let known = known(&section.path);
            // Sections inside a section are told as sections of their own.
            let inside = sections.iter().filter_map(|other| other.path.strip_prefix(&format!("{}.", section.path)).map(String::from));
            told.extend(inside);
            if section.path == "case.NAME" {
                told.extend(["data", "network", "learning", "start", "claims"].map(String::from));
            }
            if section.path.starts_with("claims.") {
                // What `until` is refused for is known to the parser and not told.
                told.insert("until".into());
            }
            assert_eq!(told, known, "{}", section.path);
        }
    }

    /// Every default that is told is the one that is filled in: stating all of them changes
    /// nothing.
    #[test]
    fn stating_every_default_changes_nothing() {
        let cases = |text: &str| {
            let prepared = Prepared::new(text, "a.toml", ".".as_ref(), BudgetScale::Full, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
            prepared.study.origin.resolved["cases"].clone()
        };
        let plain = cases(BASE);
        let mut stated = BASE.to_string();
        for section in reference() {
            let lines: String = section.rows.iter().filter(|row| row.standing == Standing::Filled).map(|row| format!("{}\n", row.line())).collect();
            match section.path.as_str() {
                "data" | "compare" | "compare.published" => {}
                "study" | "network" => {
                    let head = format!("[{}]\n", section.path);
                    stated = stated.replace(&head, &format!("{head}{lines}"));
                }
                // Claims that are asked for by name alone would be more than the plain study asks.
                path if path.starts_with("claims.") && claims::named(&path[7..]).unwrap().on_request() => {}
                path if lines.is_empty() => assert!(["network.parameters", "sweep", "case.NAME"].contains(&path), "{path}"),
                path => stated.push_str(&format!("[{path}]\n{lines}")),
            }
        }
        let found = cases(&stated);
        let differences = crate::study::differences(&plain, &found);
        assert!(differences.is_empty(), "{:?}", differences.iter().map(|difference| &difference.path).collect::<Vec<_>>());
        assert_ne!(plain, cases(&stated.replace("spread = 2.0", "spread = 2.5")));
    }

    /// Of every kind of data: its keys as told make a process, and stating the defaults changes no
    /// draw.
    #[test]
    fn the_defaults_of_data_are_those_that_are_told() {
        let index = KeyIndex::default();
        let path = |text: &str, name: &str| {
            let values = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let keys = Keys { at: Located { index: &index, section: "data" }, values: &values, base: Path::new("/nowhere") };
            let process = match data::kind::make(name, keys) {
                Ok(made) => made.process,
                Err(error) => {
                    assert!(text.contains("file = ") && error.to_string().contains(".csv"), "{name}: {error}");
                    return None;
                }
            };
            let at = RngKey::root(3);
            let mut start = vec![0.0; process.state_len()];
            process.start(1.0, 0, 1, &mut Noise::at(at.stream(0)), &mut start);
            let (inputs, targets) = (&mut Noise::at(at.stream(1)), &mut Noise::at(at.stream(2)));
            let segment = Segment::follow(&*process, start, 40, inputs, targets).0;
            let seen: Vec<u64> =
                (0..40).flat_map(|t| segment.input(t).iter().chain(segment.target(t)).map(|x| x.to_bits()).collect::<Vec<_>>()).collect();
            Some(seen)
        };
        for kind in data::kind::ALL {
            let lines = |wanted: &dyn Fn(Standing) -> bool| -> String {
                kind.keys().iter().filter(|entry| wanted(entry.standing)).map(|entry| format!("{}\n", entry.line())).collect()
            };
            let least = lines(&|standing| standing == Standing::Needed);
            let stated = lines(&|standing| standing != Standing::Absent);
            assert_eq!(path(&least, kind.name()), path(&stated, kind.name()), "{}", kind.name());
            for entry in kind.keys() {
                let value: toml::Table = toml::from_str(&entry.line()).unwrap_or_else(|error| panic!("{}: {}: {error}", kind.name(), entry.key));
                let word = value[entry.key].as_str();
                assert!(entry.choices.is_empty() || word.is_some_and(|word| entry.choices.contains(&word)), "{}: {}", kind.name(), entry.key);
            }
        }
    }
}
