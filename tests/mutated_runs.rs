//! Runs whose files were mutated at random: every command ends in time with a documented code and
//! without a panic.

use crate::common::command::{files, text, told};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use rtrl_lab::claims::Record;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One small network, each claim with as little as it takes.
const TINY: &str = r#"
[study]
name = "tiny"
seed = 9
[data]
kind = "var"
transition = [[0.5]]
target = [1.0]
target_noise = 0.1
[learning]
schedule = { kind = "polynomial", initial = 0.05, offset = 100, exponent = 0.7 }
steps = 400
[network]
hidden = 1
"#;

/// Claims whose judgements take records of every form; with a stated number of mutations, all
/// claims.
const CLAIMS: [&str; 8] = [
    "data_ergodicity",
    "hidden_contraction",
    "gradient_identity",
    "stationary_point",
    "fixed_point",
    "poisson_equation",
    "schedule_conditions",
    "geometric_ergodicity",
];

/// Mutations unless `RTRL_LAB_MUTATIONS` says otherwise, and the longest that one command may take.
const MUTATIONS: usize = 320;
const LIMIT: Duration = Duration::from_secs(60);

fn checksum(bytes: &[u8]) -> Value {
    json!(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Replaces one value somewhere in a document.
fn value_changed(value: &mut Value, random: &mut ChaCha8Rng) {
    match value {
        Value::Object(map) if !map.is_empty() && random.random_range(0..8) > 0 => {
            let key = map.keys().nth(random.random_range(0..map.len())).unwrap().clone();
            if random.random_range(0..12) == 0 {
                map.remove(&key);
            } else {
                value_changed(map.get_mut(&key).unwrap(), random);
            }
        }
        Value::Array(list) if !list.is_empty() && random.random_range(0..8) > 0 => {
            let at = random.random_range(0..list.len());
            match random.random_range(0..8) {
                0 => drop(list.remove(at)),
                1 => list.push(list[at].clone()),
                _ => value_changed(&mut list[at], random),
            }
        }
        _ => {
            let others = [
                json!(null),
                json!(-1),
                json!(0),
                json!(1e300),
                json!(u64::MAX),
                json!("NaN"),
                json!("inf"),
                json!([]),
                json!({}),
                json!("x\u{1b}\u{0}"),
                json!(-0.0),
                json!(7),
            ];
            *value = others[random.random_range(0..others.len())].clone();
        }
    }
}

/// Changes the arrays of a record and makes its checksum again, so that only its meaning is wrong.
fn record_changed(path: &Path, random: &mut ChaCha8Rng) -> Option<()> {
    let mut stored: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let mut record: Record = serde_json::from_value(stored["record"].take()).ok()?;
    let name = record.series.keys().nth(random.random_range(0..record.series.len().max(1)))?.clone();
    let series = record.series.get_mut(&name)?;
    match random.random_range(0..7) {
        0 => drop(record.series.remove(&name)),
        1 => (series.rows, series.columns) = (series.columns, series.rows),
        2 => (series.rows, series.columns, series.values) = (0, series.columns, Vec::new()),
        3 => (series.rows, series.columns) = (1, series.values.len()),
        4 => {
            series.rows = series.rows.saturating_sub(1);
            series.values.truncate(series.rows * series.columns);
        }
        5 => {
            let others = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, -1e-300, 1e18];
            let at = random.random_range(0..series.values.len().max(1));
            *series.values.get_mut(at)? = others[random.random_range(0..others.len())];
        }
        _ => (series.rows, series.columns, series.values) = (1, 1, vec![random.random_range(-2.0..2.0)]),
    }
    let bytes = serde_json::to_vec(&record).ok()?;
    stored["checksum"] = checksum(&bytes);
    stored["record"] = serde_json::from_slice(&bytes).ok()?;
    std::fs::write(path, stored.to_string()).ok()
}

/// Copies the arrays of another unit under this one's name.
fn record_taken(from: &Path, to: &Path) -> Option<()> {
    let parsed = |path: &Path| -> Option<Value> { serde_json::from_slice(&std::fs::read(path).ok()?).ok() };
    let (mut source, target) = (parsed(from)?, parsed(to)?);
    source["unit"] = target["unit"].clone();
    std::fs::write(to, source.to_string()).ok()
}

fn mutated(run: &Path, random: &mut ChaCha8Rng) -> String {
    let all: Vec<PathBuf> =
        files(run).into_iter().map(|(name, _)| run.join(name)).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    let records: Vec<&PathBuf> = all.iter().filter(|path| path.to_str().is_some_and(|path| path.contains("records"))).collect();
    let [a, b] = [0; 2].map(|_| records[random.random_range(0..records.len())].clone());
    let kind = random.random_range(0..9);
    match kind {
        0 => {
            let mut bytes = std::fs::read(&a).unwrap();
            let at = random.random_range(0..bytes.len());
            bytes[at] = random.next_u32() as u8;
            std::fs::write(&a, bytes).unwrap();
        }
        1 => {
            let bytes = std::fs::read(&a).unwrap();
            std::fs::write(&a, &bytes[..random.random_range(0..bytes.len())]).unwrap();
        }
        2 | 3 => {
            let path = if kind == 2 { run.join("manifest.json") } else { a.clone() };
            let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            value_changed(&mut value, random);
            std::fs::write(&path, value.to_string()).unwrap();
        }
        4 => assert!(std::fs::copy(&a, &b).is_ok()),
        5 => assert!(record_taken(&a, &b).is_some()),
        _ => drop(record_changed(&a, random)),
    }
    format!("kind {kind} on {} and {}", a.display(), b.display())
}

/// Runs a command to its end or to the limit.
fn ended(arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rtrl-lab")).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            return (None, "past the limit".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Makes a run of one claim, mutates it again and again, and counts the exit codes.
fn codes_of(claim: &str, here: &Path, seed: u64, count: usize) -> [usize; 4] {
    let (study, run) = (here.join("tiny.toml"), here.join(claim));
    let (code, _, errors) = told(&crate::common::command::rtrl_lab(&["verify", &text(&study), "--quick", "--only", claim, "--out", &text(&run)]));
    assert!(code <= 1, "{claim}: {errors}");
    let whole = files(&run);
    let mut codes = [0; 4];
    for number in 0..count {
        // A claim has its own mutations, however many other claims there are.
        let mut random = ChaCha8Rng::seed_from_u64(seed ^ claim.bytes().fold(0, |sum, byte| 31 * (sum % (1 << 50)) + u64::from(byte)));
        random.set_stream(number as u64);
        let what = mutated(&run, &mut random);
        let (command, place) = (if number % 3 == 0 { "check" } else { "report" }, text(&run));
        let (code, errors) = ended(&[command, &place, "--json"]);
        let documented = code.and_then(|code| codes.get_mut(usize::try_from(code).ok()?));
        let said = format!("{claim}, seed {seed}, mutation {number}, {command}: {what}: {code:?} {errors}");
        *documented.unwrap_or_else(|| panic!("{said}")) += 1;
        let fault = ["panicked", "RUST_BACKTRACE", "this is a fault of rtrl-lab"].iter().any(|word| errors.contains(word));
        assert!(!fault && errors.lines().count() <= 1, "{said}");
        for (name, bytes) in whole.iter().filter(|(name, bytes)| std::fs::read(run.join(name)).ok().as_ref() != Some(bytes)) {
            std::fs::write(run.join(name), bytes).unwrap();
        }
    }
    codes
}

#[test]
fn a_mutated_run_ends_with_a_documented_code_and_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tiny.toml"), TINY).unwrap();
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<usize>().ok());
    let (asked, seed) = (number("RTRL_LAB_MUTATIONS"), number("RTRL_LAB_MUTATION_SEED").unwrap_or(1) as u64);
    let all: Vec<&str> = rtrl_lab::claims::ALL.into_iter().map(|claim| claim.id()).collect();
    let claims = if asked.is_some() { all } else { CLAIMS.to_vec() };
    let each = asked.unwrap_or(MUTATIONS).div_ceil(claims.len());
    let codes: Vec<[usize; 4]> = claims.par_iter().map(|claim| codes_of(claim, folder.path(), seed, each)).collect();
    let total: [usize; 4] = std::array::from_fn(|code| codes.iter().map(|of| of[code]).sum());
    println!("exit codes 0 to 3 of {} mutations: {total:?}", each * claims.len());
    // The mutations reach all the ways to end: nothing said, verdicts that changed, a manifest
    // refused, a record refused.
    assert!(total.iter().all(|count| *count > 0), "{total:?}");
}
