//! Same seed, same bytes: for any number of threads, in one go, resumed or in shares.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};
use std::path::{Path, PathBuf};

fn study(folder: &Path) -> PathBuf {
    let path = folder.join("small.toml");
    std::fs::write(&path, SMALL).unwrap();
    path
}

fn verify(study: &Path, out: &Path, more: &[&str]) {
    let mut arguments = vec!["verify".to_string(), text(study), "--out".into(), text(out)];
    arguments.extend(more.iter().map(|argument| argument.to_string()));
    let (code, _, errors) = told(&rtrl_lab(&arguments));
    assert!(code == 0 || code == 1, "{code}: {errors}");
}

/// Everything but the manifest, which holds times.
fn content(run: &Path) -> Vec<(String, Vec<u8>)> {
    files(run).into_iter().filter(|(name, _)| name != "manifest.json").collect()
}

fn assert_same(a: &Path, b: &Path) {
    let (a, b) = (content(a), content(b));
    assert!(a.iter().any(|(name, _)| name == "verdicts.json") && a.len() > 60, "only {} files were compared", a.len());
    assert_eq!(a.iter().map(|file| &file.0).collect::<Vec<_>>(), b.iter().map(|file| &file.0).collect::<Vec<_>>());
    for (a, b) in a.iter().zip(&b) {
        assert!(a.1 == b.1, "{} differs", a.0);
    }
}

#[test]
fn one_thread_two_threads_resumed_and_sharded_runs_end_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let run = |name: &str| folder.path().join(name);
    verify(&study, &run("one"), &["--jobs", "1"]);
    verify(&study, &run("two"), &["--jobs", "2"]);
    assert_same(&run("one"), &run("two"));
    // A run that was stopped after a third of its units goes on where it was.
    verify(&study, &run("stopped"), &["--shard", "1/3"]);
    assert!(!run("stopped").join("verdicts.json").exists());
    let before = files(&run("stopped").join("records")).len();
    assert!(before > 10 && before < files(&run("one").join("records")).len());
    verify(&study, &run("stopped"), &[]);
    assert_same(&run("one"), &run("stopped"));
    // Two shares, merged.
    verify(&study, &run("share 1"), &["--shard", "1/2"]);
    verify(&study, &run("share 2"), &["--shard", "2/2"]);
    let merged = [text(&run("share 1")), text(&run("share 2")), "--out".into(), text(&run("merged"))];
    let (code, _, errors) = told(&rtrl_lab(&[&["report".to_string()], &merged[..]].concat()));
    assert!(code <= 1, "{errors}");
    assert_same(&run("one"), &run("merged"));
}

#[test]
fn another_seed_gives_other_records() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.toml"), folder.path().join("second.toml"));
    std::fs::write(&first, SMALL).unwrap();
    std::fs::write(&second, SMALL.replace("seed = 5", "seed = 6")).unwrap();
    verify(&first, &folder.path().join("1"), &["--only", "data_ergodicity"]);
    verify(&second, &folder.path().join("2"), &["--only", "data_ergodicity"]);
    let records = |run: &str| files(&folder.path().join(run).join("records"));
    let (a, b) = (records("1"), records("2"));
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && a.1 != b.1));
}

#[test]
fn check_passes_on_a_run_and_finds_a_changed_number() {
    let folder = tempfile::tempdir().unwrap();
    let study = study(folder.path());
    let run = folder.path().join("run");
    verify(&study, &run, &["--only", "data_ergodicity,hidden_contraction"]);
    let check = || told(&rtrl_lab(&["check", &text(&run), "--every", "3", "--json"]));
    let (code, answer, _) = check();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((code, &answer["passed"]), (0, &serde_json::json!(true)));
    assert!(answer["numbers"].as_u64().unwrap() > 20 && answer["units"].as_u64().unwrap() > 3);
    // A number of the page's source is changed by hand.
    let verdicts = run.join("verdicts.json");
    let written = std::fs::read_to_string(&verdicts).unwrap();
    let changed = written.replacen("\"replicas\": 48.0", "\"replicas\": 49.0", 1);
    assert_ne!(written, changed);
    std::fs::write(&verdicts, &changed).unwrap();
    let (code, answer, _) = check();
    assert!(code == 1 && answer.contains("/replicas"), "{answer}");
    std::fs::write(&verdicts, &written).unwrap();
    // A record is changed by hand: its checksum tells.
    let (name, bytes) = files(&run.join("records")).into_iter().next().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let place = text.find("values\":[").unwrap() + 9;
    let digit = text[place..].find(|c: char| c.is_ascii_digit()).unwrap() + place;
    let other = if &text[digit..=digit] == "7" { "8" } else { "7" };
    std::fs::write(run.join("records").join(&name), format!("{}{other}{}", &text[..digit], &text[digit + 1..])).unwrap();
    let (code, _, errors) = check();
    assert!(code == 3 && errors.contains("checksum"), "{code} {errors}");
}
