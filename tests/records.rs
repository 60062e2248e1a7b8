//! Records and reports as untrusted files: swapped, of a wrong shape, missing, changed by hand.

use crate::common::command::{SMALL, files, rtrl_lab, text, told};
use crate::common::runs::{ONLY, assert_same, content, copied, finished, refused, study, verify};
use rtrl_lab::claims::{Name, Number, Outcome, Record, Verdict};
use rtrl_lab::study::{BudgetScale, Prepared};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

fn record_paths(run: &Path) -> Vec<PathBuf> {
    files(&run.join("records")).into_iter().map(|(name, _)| run.join("records").join(name)).collect()
}

/// Changes the arrays of a record and makes its checksum again.
fn changed(path: &Path, change: impl FnOnce(&mut Record)) {
    let mut stored: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut record: Record = serde_json::from_value(stored["record"].take()).unwrap();
    change(&mut record);
    let bytes = serde_json::to_vec(&record).unwrap();
    stored["checksum"] = json!(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    stored["record"] = serde_json::from_slice(&bytes).unwrap();
    std::fs::write(path, stored.to_string()).unwrap();
}

#[test]
fn a_record_is_the_record_of_its_unit() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let whole = finished(here, "whole", 5);
    let record = |run: &Path, place: &str| run.join("records").join(place);
    let (line, curve) = ("cases/line/hidden_contraction/trajectories-0000.json", "cases/curve/hidden_contraction/trajectories-0000.json");
    let (line, curve) = if record(&whole, line).exists() { (line.to_string(), curve.to_string()) } else { any_pair(&whole) };
    type Spoil<'a> = (&'a str, &'a dyn Fn(&Path));
    let spoil: [Spoil; 3] = [
        ("copied", &|run| assert!(std::fs::copy(record(run, &line), record(run, &curve)).is_ok())),
        ("swapped", &|run| {
            let (a, b) = (std::fs::read(record(run, &line)).unwrap(), std::fs::read(record(run, &curve)).unwrap());
            std::fs::write(record(run, &line), b).unwrap();
            std::fs::write(record(run, &curve), a).unwrap();
        }),
        ("renamed", &|run| {
            let text = std::fs::read_to_string(record(run, &curve)).unwrap();
            std::fs::write(record(run, &curve), text.replacen("cases/curve", "cases/curvy", 1)).unwrap();
        }),
    ];
    for (name, spoil) in spoil {
        let run = copied(&whole, &here.join(name));
        spoil(&run);
        for command in ["report", "check"] {
            let (code, _, errors) = told(&rtrl_lab(&[command, &text(&run)]));
            assert!(code == 3 && errors.contains("the record of another unit"), "{name}, {command}: {code} {errors}");
        }
        std::fs::remove_file(run.join("verdicts.json")).unwrap();
        assert!(verify(&study(here, 5), &run, &[]).0 <= 1, "a resumed run does the unit again");
        assert_same(&run, &whole);
    }
}

/// Records of one unit in both cases.
fn any_pair(run: &Path) -> (String, String) {
    let names = files(&run.join("records")).into_iter().map(|(name, _)| name);
    let line = names.into_iter().find(|name| name.starts_with("cases/line/")).unwrap();
    let curve = line.replacen("line", "curve", 1);
    assert!(run.join("records").join(&curve).exists());
    (line, curve)
}

#[test]
fn records_of_a_wrong_shape_make_a_claim_undefined_and_nothing_panics() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = finished(here, "run", 5);
    let prepared = Prepared::new(SMALL, "test", here, BudgetScale::Full, &ONLY.split(',').map(String::from).collect::<Vec<_>>()).unwrap();
    let directory = prepared.directory(&run);
    let undefined = |claim: &str| {
        let outcome = prepared.judge(&directory).unwrap();
        let verdicts = outcome.cases.iter().flat_map(|case| &case.verdicts).filter(|verdict| verdict.id == claim);
        // The verdict, or the number of it that these records give.
        let said =
            |verdict: &Verdict| verdict.verdict == Outcome::Undefined || verdict.numbers.values().any(|n| matches!(n, Number::Undefined { .. }));
        verdicts.filter(|verdict| said(verdict)).count() > 0
    };
    let (mut shapes, mut reasons) = (0, 0);
    assert!(!undefined("data_ergodicity") && !undefined("hidden_contraction"));
    for path in record_paths(&run).iter().filter(|path| !path.to_str().unwrap().contains("violations")).step_by(3) {
        let before = std::fs::read(path).unwrap();
        let claim = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        changed(path, |record| record.series.clear());
        reasons += usize::from(undefined(claim));
        changed(path, |record| *record = Record::default().with(Name::new("nothing"), 3, vec![1.0, 2.0, 3.0]));
        reasons += usize::from(undefined(claim));
        std::fs::write(path, &before).unwrap();
        changed(path, |record| record.series.values_mut().for_each(|series| (series.rows, series.columns, series.values) = (1, 1, vec![f64::NAN])));
        prepared.judge(&directory).unwrap();
        std::fs::write(path, &before).unwrap();
        // Rows and columns that the numbers do not fill are refused when the record is read.
        changed(path, |record| record.series.values_mut().for_each(|series| series.rows = usize::MAX));
        assert!(prepared.judge(&directory).is_err_and(|error| error.to_string().contains("is said to be")));
        std::fs::write(path, &before).unwrap();
        shapes += 1;
    }
    assert!(shapes >= 8 && reasons == 2 * shapes, "{reasons} of {} emptied records were said to be undefined", 2 * shapes);
    let path = &record_paths(&run)[0];
    changed(path, |record| record.series.clear());
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&run)]));
    assert!(code <= 1 && errors.is_empty(), "{code} {errors}");
}

#[test]
fn a_failed_unit_stands_in_its_record_and_makes_its_claim_undefined() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let path = record_paths(&run).into_iter().find(|path| path.to_str().unwrap().contains("curve/hidden_contraction")).unwrap();
    let mut stored: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let fault = json!({ "message": "index out of bounds" });
    stored.as_object_mut().unwrap().remove("record");
    stored["checksum"] = json!(Sha256::digest(fault.to_string()).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    stored["failed"] = fault;
    std::fs::write(&path, stored.to_string()).unwrap();
    let (code, answer, errors) = told(&rtrl_lab(&["report", &text(&run), "--json"]));
    let verdicts: Value = serde_json::from_str(&answer).unwrap();
    let of =
        |case: &str| verdicts["claims"].as_array().unwrap().iter().find(|v| v["case"] == case && v["id"] == "hidden_contraction").unwrap().clone();
    assert!(code == 1 && errors.is_empty(), "{code} {errors}");
    assert_eq!((&of("curve")["verdict"], &of("curve")["right_side"]), (&json!("undefined"), &of("line")["right_side"]));
    let reason = of("curve")["reason"].as_str().unwrap().to_string();
    assert!(reason.contains("1 of") && reason.contains("cases/curve/hidden_contraction/") && reason.contains("index out of bounds"), "{reason}");
    assert_ne!(of("line")["verdict"], json!("undefined"));
    // `check` does the unit again and finds that it does not fail.
    let (code, answer, _) = told(&rtrl_lab(&["check", &text(&run), "--every", "1"]));
    assert!(code == 1 && answer.contains("cases/curve/hidden_contraction/"), "{answer}");
}

#[test]
fn a_missing_share_is_named_and_no_half_merge_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let study = study(here, 5);
    let share = |k: &str| {
        let out = here.join(format!("share-{k}"));
        assert_eq!(verify(&study, &out, &["--shard", &format!("{k}/3")]).0, 0);
        text(&out)
    };
    let (one, two, three, merged) = (share("1"), share("2"), share("3"), text(&here.join("merged")));
    let total = [&one, &two, &three].iter().map(|run| record_paths(Path::new(run.as_str())).len()).sum::<usize>();
    let missing = record_paths(Path::new(&two)).len();
    let words = [format!("{missing} of {total} records are missing"), "share 2/3".into(), "the first is ".into(), "--shard 2/3".into()];
    refused(here, &["report", &one, &three, "--out", &merged], &words.iter().map(String::as_str).collect::<Vec<_>>());
    refused(here, &["check", &one], &["records are missing"]);
    // A record that is damaged in one run and whole in another is taken from that, in any order.
    let damaged = text(&copied(Path::new(&two), &here.join("damaged")));
    let victim = &record_paths(Path::new(&damaged))[3];
    std::fs::write(victim, "{").unwrap();
    for (name, order) in [("m1", [&one, &damaged, &two, &three]), ("m2", [&two, &three, &damaged, &one])] {
        let out = text(&here.join(name));
        let arguments: Vec<&str> = ["report"].into_iter().chain(order.iter().map(|run| run.as_str())).chain(["--out", &out]).collect();
        let (code, _, errors) = told(&rtrl_lab(&arguments));
        assert!(code <= 1, "{name}: {code} {errors}");
    }
    assert_same(&here.join("m1"), &here.join("m2"));
    let (code, _, errors) = told(&rtrl_lab(&["report", &one, &damaged, &three, "--out", &merged]));
    assert!(code == 3 && errors.contains(victim.file_name().unwrap().to_str().unwrap()) && !Path::new(&merged).exists(), "{code} {errors}");
    // One record alone.
    let run = here.join("m1");
    std::fs::remove_file(&record_paths(&run)[5]).unwrap();
    refused(here, &["report", &text(&run)], &["1 of", "are missing"]);
}

#[test]
fn check_covers_every_file_and_names_every_field() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished(folder.path(), "run", 5);
    let whole = copied(&run, &folder.path().join("whole"));
    let check = |word: &str| {
        let (code, answer, errors) = told(&rtrl_lab(&["check", &text(&run), "--every", "1000", "--json"]));
        assert!(code == 1 && errors.is_empty() && answer.contains(word), "`{word}`: {code} {answer}{errors}");
        for (name, bytes) in content(&whole) {
            std::fs::write(run.join(name), bytes).unwrap();
        }
    };
    let edit = |name: &str, edit: &dyn Fn(String) -> String| {
        let before = std::fs::read_to_string(whole.join(name)).unwrap();
        let after = edit(before.clone());
        assert_ne!(before, after, "{name}");
        std::fs::write(run.join(name), after).unwrap();
    };
    assert_eq!(told(&rtrl_lab(&["check", &text(&run), "--every", "1000"])).0, 0);
    for name in ["measurements.csv", "report.html"] {
        edit(name, &|text| text.replacen('1', "2", 1));
        check(name);
        std::fs::remove_file(run.join(name)).unwrap();
        check(&format!("{name} (missing)"));
    }
    std::fs::remove_file(run.join("verdicts.json")).unwrap();
    check("verdicts.json (missing)");
    for (name, bytes) in content(&whole).into_iter().filter(|(name, _)| name.starts_with("figures/")).step_by(5) {
        std::fs::write(run.join(&name), &bytes[..bytes.len() / 2]).unwrap();
        check(&name);
        std::fs::remove_file(run.join(&name)).unwrap();
        check(&format!("{name} (missing)"));
    }
    for name in ["records/patients.csv", "figures/mine.svg", "records/cases/line/data_ergodicity/.rtrl-lab-aB3dE6.part"] {
        std::fs::write(run.join(name), "mine").unwrap();
        check(&format!("{name} (not of this run)"));
        std::fs::remove_file(run.join(name)).unwrap();
    }
    let manifest: Value = serde_json::from_slice(&std::fs::read(whole.join("manifest.json")).unwrap()).unwrap();
    for (key, value) in [("version", json!("9.9.9")), ("schema_version", json!(7)), ("data", json!({ "a.csv": "0" }))] {
        let mut other = manifest.clone();
        other[key] = value;
        std::fs::write(run.join("manifest.json"), other.to_string()).unwrap();
        check(&format!("manifest.json/{key}"));
    }
    let mut other = manifest.clone();
    other["study"]["cases"]["line"]["activation"] = json!("tanh");
    std::fs::write(run.join("manifest.json"), other.to_string()).unwrap();
    check("manifest.json/study/cases/line/activation");
    std::fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    let verdicts: Value = serde_json::from_slice(&std::fs::read(whole.join("verdicts.json")).unwrap()).unwrap();
    let fields: Vec<String> = verdicts["claims"][0].as_object().unwrap().keys().cloned().collect();
    assert!(fields.len() > 15);
    for field in fields {
        let mut other = verdicts.clone();
        other["claims"][0][&field] = json!("something else");
        std::fs::write(run.join("verdicts.json"), other.to_string()).unwrap();
        check(&format!("/data_ergodicity/{field}\""));
    }
    edit("verdicts.json", &|text| text.replacen("\"seed\": 5", "\"seed\": 7", 1));
    check("verdicts.json/seed");
    edit("verdicts.json", &|text| text.replacen('\n', " \n", 1));
    check("\"verdicts.json\"");
}

#[test]
fn another_study_is_told_by_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let run = text(&finished(here, "run", 5));
    let path = here.join("other.toml");
    let other = |study: String, more: &[&str], words: &[&str]| {
        std::fs::write(&path, study).unwrap();
        refused(here, &[&["verify", &text(&path), "--only", ONLY, "--out", &run], more].concat(), &[words, &["another run", "--force"]].concat());
    };
    other(SMALL.replace("seed = 5", "seed = 6"), &[], &["seed: 5, not 6"]);
    other(SMALL.to_string(), &["--quick"], &["--quick: it was run without it"]);
    other(SMALL.replace("seed = 5", "seed = 5\ndescription = \"in other words\""), &[], &["description: null, not \"in other words\""]);
    other(SMALL.replace("[[0.6]]", "[[0.5]]"), &[], &["data/transition", "0.6, not 0.5"]);
    let only = ["verify", &text(&path), "--only", "data_ergodicity", "--out", &run];
    std::fs::write(&path, SMALL).unwrap();
    refused(here, &only, &["--only: data_ergodicity,hidden_contraction, not data_ergodicity"]);
    let place = Path::new(&run).join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&place).unwrap()).unwrap();
    (manifest["version"], manifest["fingerprint"]) = (json!("0.0.9"), json!("0".repeat(64)));
    std::fs::write(&place, manifest.to_string()).unwrap();
    other(SMALL.to_string(), &[], &["version: 0.0.9, not"]);
    // The run of another version is read, and these records are not of the run that it names.
    let (code, _, errors) = told(&rtrl_lab(&["report", &run]));
    assert!(code == 3 && errors.contains("made by rtrl-lab 0.0.9") && errors.contains("belongs to another study"), "{code} {errors}");
}
