//! What is done with the bytes of each form: the whole way from a file to what the program knows of
//! it. None may panic, hang or take much memory, whatever the bytes; what is refused says why and
//! what would help.

use rtrl_lab::claims::{Record, Records, Part, Verdict, named};
use rtrl_lab::data::InputError;
use rtrl_lab::data::arrays::ArrayFile;
use rtrl_lab::data::recorded::{Missing, Reading, Table};
use rtrl_lab::study::{BudgetScale, Chunk, DEFAULT, Manifest, Prepared, UnitId, differences};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// Largest array that is read: sizes are what a file says of itself.
const LARGEST: u64 = 1 << 20;

fn refused(error: &InputError) {
    assert!(!error.problem.is_empty() && !error.remedy.is_empty(), "{error}");
    shown(&error.to_string());
}

/// Nothing that a terminal obeys reaches it.
fn shown(message: &str) {
    assert!(!message.contains(|c: char| c.is_control() && c != '\n'), "{message:?}");
}

/// A file of this process, in memory where there is a folder for it.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    thread_local!(static FOLDER: OnceCell<PathBuf> = const { OnceCell::new() });
    let folder = FOLDER.with(|folder| {
        let made = || {
            let memory = Path::new("/dev/shm");
            let base = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
            let folder = base.join(format!("rtrl-lab-fuzz-{}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("a folder for the file");
            folder
        };
        folder.get_or_init(made).clone()
    });
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder for the file");
    std::fs::write(&path, bytes).expect("the file");
    path
}

/// Whether a network is so large that drawing it takes seconds by right; absurd ones are refused.
fn is_long(text: &str) -> bool {
    let sizes = text.split("hidden").skip(1).filter_map(|rest| rest.lines().next());
    let mut numbers = sizes.flat_map(|line| line.split(|c: char| !c.is_ascii_digit())).filter_map(|digits| digits.parse::<u128>().ok());
    numbers.any(|size| (65..100_000).contains(&size))
}

/// A study, from its text to the count of what it takes.
pub fn study(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if is_long(&text) {
        return;
    }
    match Prepared::new(&text, "study.toml", Path::new("/nowhere"), BudgetScale::Quick, &[]) {
        Ok(prepared) => assert!(prepared.memory(2).predicted > 0 && prepared.fingerprint().len() == 64),
        Err(error) => refused(&error),
    }
}

/// A table, in one of the ways to take what is missing and to write decimals: the first byte says
/// which.
pub fn csv(bytes: &[u8]) {
    let names = ["a".to_string(), "b".to_string()];
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let missing = [Missing::Error, Missing::Drop, Missing::Previous][usize::from(choice % 3)];
    if let Err(error) = Table::parse(bytes, "x.csv", &names, Reading { missing, decimal_comma: choice % 2 == 1 }) {
        refused(&error);
    }
}

fn arrays(path: &Path) {
    let mut file = match ArrayFile::open(path, "give another") {
        Ok(file) => file,
        Err(error) => return refused(&error),
    };
    let names: Vec<String> = file.arrays().iter().map(|array| array.name.clone()).collect();
    for name in names {
        match file.read(&name, LARGEST) {
            Ok(array) => assert!(array.len() as u64 <= LARGEST),
            Err(error) => refused(&error),
        }
    }
}

/// One array.
pub fn npy(bytes: &[u8]) {
    arrays(&file("x.npy", bytes));
}

const WEIGHTS: &str = "[study]\nname = \"s\"\nseed = 1\n[data]\nkind = \"var\"\ntransition = [[0.6]]\ntarget = [1.0]\n[network]\n[network.parameters]\n";

/// A file of arrays, by itself and as the weights of a study.
fn weights(path: &Path) {
    arrays(path);
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let text = format!("{WEIGHTS}file = \"{name}\"\n");
    if let Err(error) = Prepared::new(&text, "s.toml", path.parent().expect("a folder"), BudgetScale::Quick, &[]) {
        refused(&error);
    }
}

/// An archive of arrays.
pub fn npz(bytes: &[u8]) {
    weights(&file("x.npz", bytes));
}

/// Weights as PyTorch saves them.
pub fn safetensors(bytes: &[u8]) {
    weights(&file("x.safetensors", bytes));
}

/// A record of a run, read from its place and weighed.
pub fn records(bytes: &[u8]) {
    thread_local!(static RUN: OnceCell<Prepared> = const { OnceCell::new() });
    RUN.with(|prepared| {
        let only = ["hidden_contraction".to_string()];
        let prepared = prepared.get_or_init(|| Prepared::new(DEFAULT, "a.toml", Path::new("."), BudgetScale::Quick, &only).expect("the built-in study"));
        let unit = UnitId { case: Some("tanh".into()), claim: "hidden_contraction", part: "pairs", index: 0 };
        let path = file(&format!("run/records/{unit}.json"), bytes);
        let directory = prepared.directory(path.ancestors().nth(5).expect("the run"));
        let _ = directory.held(&unit);
        // A record that is whole by its checksum may still hold anything.
        let Ok(record) = serde_json::from_slice::<Record>(bytes) else { return };
        let parts = ["pairs", "trajectories"].map(|part| (part.to_string(), Part(vec![record.clone(), record.clone()])));
        let case = &prepared.study.cases[0].case;
        let claim = named("hidden_contraction").expect("a claim");
        // Here a panic is a finding, though a run would make it an undefined claim.
        claim.finding(case, &Records(parts.into()));
    });
}

/// Verdicts, which `check` holds against its own, field by field.
pub fn verdicts(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    for difference in differences(&value, &serde_json::json!({ "claims": [], "study": "s" })) {
        shown(&difference.path);
    }
    if let Ok(verdict) = serde_json::from_slice::<Verdict>(bytes) {
        assert!(serde_json::to_vec(&verdict).is_ok());
    }
}

/// A manifest, and the study and the chunks that it may name.
pub fn manifest(bytes: &[u8]) {
    match Manifest::parse(bytes) {
        Ok(manifest) if is_long(&manifest.study_text) => {}
        Ok(manifest) => {
            if let Err(error) = Prepared::new(&manifest.study_text, "study of the run", Path::new("/nowhere"), BudgetScale::Quick, &manifest.only) {
                refused(&error);
            }
        }
        Err(why) => shown(&why),
    }
    if let Ok(chunk) = String::from_utf8_lossy(bytes).parse::<Chunk>() {
        assert!(chunk.units() > 0 && chunk.to_string().parse::<Chunk>().is_ok_and(|again| again == chunk));
    }
}
