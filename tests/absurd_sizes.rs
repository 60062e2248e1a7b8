//! Absurd sizes: refused at once with exit code 2, naming the key and what it may be, before lists
//! or memory grow.

use crate::common::command::{SMALL, rtrl_lab, text, told};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest that a refusal may take: seconds where the memory of one is never needed.
const AT_ONCE: Duration = Duration::from_secs(10);

fn refused(arguments: &[&str], words: &[&str]) {
    let begun = Instant::now();
    let (code, output, errors) = told(&rtrl_lab(arguments));
    assert!(begun.elapsed() < AT_ONCE, "{arguments:?} took {:?}", begun.elapsed());
    assert!(code == 2 && output.is_empty(), "{arguments:?}: {code} {output}{errors}");
    assert!(errors.starts_with("error: ") && errors.trim_end().lines().count() == 1, "{errors}");
    for word in words {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
}

fn refused_study(study: &str, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, study).unwrap();
    refused(&["verify", &text(&path), "--out", &text(&folder.path().join("out"))], words);
    assert!(!folder.path().join("out").exists());
}

fn with(from: &str, to: &str) -> String {
    let study = SMALL.replacen(from, to, 1);
    assert_ne!(study, SMALL, "`{from}` is in the study");
    study
}

const HUGE: [&str; 3] = ["1000000000000", "9223372036854775807", "1000000000000000000"];

#[test]
fn every_count_of_a_study_has_a_bound() {
    for huge in HUGE {
        refused_study(&with("chains = 48", &format!("chains = {huge}")), &["chains", "give at most 1000000"]);
        refused_study(&with("seeds = 6", &format!("seeds = {huge}")), &["seeds", "give at most 10000"]);
        refused_study(&with("checkpoints = 4", &format!("checkpoints = {huge}")), &["checkpoints", "give at most 10000"]);
        refused_study(
            &with("steps = 60\ntimes", &format!("steps = {huge}\ntimes")),
            &["claims.geometric_ergodicity.steps", "give at most 1000000000"],
        );
        refused_study(&with("steps = 60\ntimes", &format!("burn_in = {huge}\nsteps = 60\ntimes")), &["burn_in", "give at most 1000000000"]);
        refused_study(&with("times = [0, 3, 9]", &format!("times = [0, {huge}]")), &["times"]);
        refused_study(&with("[claims.truncation_bias]", &format!("[claims.truncation_bias]\ntaus = [1, {huge}]")), &["taus", "give at most 1000000"]);
        refused_study(&with("times = [0, 3, 9]", &format!("times = [0, 3, 9]\nsketch = {huge}")), &["sketch", "give at most 4096"]);
        refused_study(&with("hidden = 3", &format!("hidden = {huge}")), &["hidden", "more than"]);
    }
    refused_study(&with("steps = 4000", "steps = 9000000000000"), &["learning.steps", "give at most 1000000000000"]);
    let truncated = |length: &str| with("steps = 4000", &format!("method = \"rolling-tbptt\"\ntruncation = {length}\nsteps = 4000"));
    refused_study(&truncated(HUGE[0]), &["learning.truncation", "give at most 1000000"]);
    let taus = (1..=1500).map(|tau| tau.to_string()).collect::<Vec<_>>().join(", ");
    refused_study(
        &with("[claims.truncation_bias]", &format!("[claims.truncation_bias]\ntaus = [{taus}]")),
        &["taus", "1500 entries", "at most 1000"],
    );
    // Beyond the 64 bits of a number in TOML.
    refused_study(&with("chains = 48", "chains = 18446744073709551615"), &["bad.toml:"]);
}

#[test]
fn what_each_key_allows_and_all_together_do_not_is_refused_by_work() {
    refused_study(
        &with("steps = 4000", "steps = 1000000000000"),
        &["learning.steps", "`stationary_point` in case", "6e12 steps", "limit of 1e12", "work_limit"],
    );
    let many = with("chains = 32\nsteps = 400\n[claims.truncation_bias]", "chains = 1000000\nsteps = 1000000000\n[claims.truncation_bias]");
    refused_study(&many, &["claims.gradient_identity", "1e15 steps", "work_limit"]);
    let long = with("[claims.truncation_bias]\nchains = 32\nsteps = 400", "[claims.truncation_bias]\nchains = 4096\nsteps = 4000\ntaus = [1000000]");
    refused_study(&long, &["claims.truncation_bias", "2e13 steps"]);
    refused_study(&with("hidden = 3", "hidden = 20000"), &["case.curve.network.hidden", "8e12 operations", "diagonal"]);
    // The limit is the user's: below it the smallest study is refused, and above it nothing changes
    // but the refusal.
    refused_study(&with("seed = 5", "seed = 5\nwork_limit = 100"), &["limit of 1e2"]);
    refused_study(&with("seed = 5", "seed = 5\nwork_limit = -1"), &["study.work_limit", "out of range"]);
    let folder = Path::new("");
    let of = |study: &str| {
        rtrl_lab::study::Prepared::new(study, "s", folder, rtrl_lab::study::BudgetScale::Full, &[]).map(|prepared| prepared.fingerprint())
    };
    assert!(of(&with("steps = 4000", "steps = 1000000000000")).is_err());
    assert!(of(&with("steps = 4000", "steps = 1000000000000").replace("seed = 5", "seed = 5\nwork_limit = 1e14")).is_ok());
    assert_eq!(of(SMALL).unwrap(), of(&with("seed = 5", "seed = 5\nwork_limit = 1e14")).unwrap());
}

#[test]
fn a_block_longer_than_the_run_would_never_learn() {
    let block = |length: usize| with("steps = 4000", &format!("method = \"block-tbptt\"\ntruncation = {length}\nsteps = 4000"));
    refused_study(&block(4001), &["bad.toml:", "learning.truncation", "nothing would ever be learned"]);
    let built = |length: usize, pace| rtrl_lab::study::Prepared::new(&block(length), "s", Path::new(""), pace, &[]).map(drop);
    assert!(built(4000, rtrl_lab::study::BudgetScale::Full).is_ok() && built(1000, rtrl_lab::study::BudgetScale::Quick).is_ok());
    let quick = built(1001, rtrl_lab::study::BudgetScale::Quick).unwrap_err();
    assert!(quick.to_string().contains("a quick run of 1000 steps"), "{quick}");
}

#[test]
fn every_count_of_an_argument_has_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = here.join("s.toml");
    std::fs::write(&study, SMALL.replace("hidden = 2", "hidden = 2\nrecurrent_norm = 0.5")).unwrap();
    let (study, out) = (text(&study), text(&here.join("out")));
    let largest = "18446744073709551615";
    // More threads than are of use are not taken, with a word.
    let begun = Instant::now();
    let (code, _, errors) =
        told(&rtrl_lab(&["verify", &study, "--out", &text(&here.join("many")), "--quick", "--only", "data_ergodicity", "--jobs", "100000"]));
    assert!(code == 0 && errors.contains("threads are taken") && begun.elapsed() < AT_ONCE, "{code} {errors}");
    refused(
        &["verify", &study, "--out", &out, "--memory-limit", "1e-9"],
        &["--memory-limit", "MB, most of it for", "in case `", "may take 1 B", "[claims."],
    );
    refused(&["simulate", &study, "--out", &out, "--steps", largest], &["--steps", "more numbers than can be counted"]);
    refused(&["simulate", &study, "--out", &out, "--chains", largest], &["--chains", "more numbers than can be counted"]);
    refused(&["simulate", &study, "--out", &out, "--chains", "100000000"], &["--chains: ", "GB"]);
    refused(&["simulate", &study, "--out", &out, "--steps", "100000000"], &["--steps: ", "GB"]);
    refused(&["oracle", &study, "--times", "1000000000"], &["--times", "10000"]);
    refused(&["oracle", &study, "--taus", largest], &["--taus", "10000"]);
    refused(&["phase", &study, "--chains", largest], &["--chains", "1000000"]);
    refused(&["phase", &study, "--chains", "1000000", "--steps", "1000000"], &["--chains × --steps", "1000000000"]);
    refused(&["bench", "--sizes", largest], &["--sizes", "MB of derivatives", "up to 512"]);
    refused(&["bench", "--chains", largest], &["--chains"]);
    refused(&["calibrate", "--repeats", largest], &["repeats", "at most 10000000"]);
    refused(&["calibrate", "--heavy-repeats", "5"], &["heavy_repeats: 5 is so few"]);
    let csv = here.join("s.csv");
    std::fs::write(&csv, format!("a,b\n{}", (0..200).map(|t| format!("{},{}\n", t * 7 % 11, t * t % 17)).collect::<String>())).unwrap();
    let analyze =
        |more: &[&str], words: &[&str]| refused(&[&["analyze", &text(&csv), "--inputs", "a", "--target", "b", "--out", &out], more].concat(), words);
    analyze(&["--steps", "9000000000000000000"], &["error: --steps: ", "at most 1000000000000"]);
    analyze(&["--hidden", "9000000000000000000"], &["error: --hidden: "]);
    analyze(&["--horizon", "9000000000000000000"], &["0 usable rows"]);
    analyze(&["--scale-rows", "1000000"], &["error: --scale-rows: ", "give at most 200"]);
    assert!(!here.join("out").exists());
}

/// A file of a header in NumPy's form and `more` bytes.
fn npy(header: &str, more: usize) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + more, 0);
    bytes
}

#[test]
fn headers_are_read_in_one_pass_and_shapes_held_against_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = text(&folder.path().join("x.npy"));
    let shaped = |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let nested = ["[", "{", "(1,", "{1:"].map(|open| shaped(&open.repeat(9000)));
    let claims = [
        "(4, 1000000000000)",
        "(4000000000,)",
        "(1000000000, 1000000000)",
        "(18446744073709551615,)",
        "(18446744073709551616,)",
        "(3, 3)",
        "(1, 1,",
        "-1",
    ];
    for header in claims.map(shaped).into_iter().chain(nested).chain(["".into(), "{".repeat(60_000), shaped("(2,)").replace("<f8", "<f16")]) {
        std::fs::write(&file, npy(&header, 64)).unwrap();
        for command in [vec!["diagnose", &file], vec!["distance", &file, &file]] {
            refused(&command, &["x.npy: "]);
        }
    }
    // What the bytes do hold is read.
    std::fs::write(&file, npy(&shaped("(2, 4)"), 64)).unwrap();
    assert_eq!(told(&rtrl_lab(&["diagnose", &file])).0, 0);
    // A header that claims gigabytes of itself.
    let mut long = b"\x93NUMPY\x02\x00".to_vec();
    long.extend(u32::MAX.to_le_bytes());
    std::fs::write(&file, long).unwrap();
    refused(&["diagnose", &file], &["its header would take 4294967295 bytes"]);
    refused(&["diagnose", &text(folder.path())], &["not a file of its own"]);
}

#[test]
fn the_memory_of_a_diagonal_network_counts_all_of_its_blocks() {
    // Four blocks of 8 N bytes, three times over: of some 400 million units the recurrent block
    // alone would fit into 64 GB, and all together take 38 GB.
    let diagonal = |hidden: &str| with("hidden = 3", &format!("cell = \"diagonal\"\nhidden = {hidden}"));
    if let Some(there) = rtrl_lab::study::machine_memory() {
        let hidden = there / 8 / 9;
        if hidden <= 1_000_000_000 {
            refused_study(&diagonal(&hidden.to_string()), &["case.curve.network.hidden", "more than this machine has", "take fewer units"]);
        }
    }
    refused_study(&diagonal("1000000001"), &["hidden", "give at most 1000000000"]);
}
