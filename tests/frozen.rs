//! Runs that earlier versions wrote: every later one reads them, and finds what they found.

use crate::common::command::{rtrl_lab, text, told};
use crate::common::runs::{copied, refused};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn frozen() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen");
    let runs = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    runs.collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Words, and estimates to the digits that another way of summing leaves.
fn assert_agree(run: &Path, earlier: &Path) {
    let [now, then] = [run, earlier].map(|folder| read(&folder.join("verdicts.json"))["claims"].as_array().unwrap().clone());
    assert!(!then.is_empty() && now.len() == then.len());
    for (now, then) in now.iter().zip(&then) {
        for field in ["id", "case", "verdict", "as_expected"] {
            assert_eq!(now[field], then[field]);
        }
        for end in ["value", "lower", "upper"] {
            let [now, then] = [now, then].map(|verdict| verdict["estimate"][end].as_f64().unwrap());
            assert!((now - then).abs() <= 1e-6 * then.abs().max(1e-3), "{end}: {now}, and {then} in {}", earlier.display());
        }
    }
}

#[test]
fn every_frozen_run_is_read_and_says_what_it_said() {
    let runs = frozen();
    assert!(!runs.is_empty());
    for earlier in runs {
        let folder = tempfile::tempdir().unwrap();
        let run = copied(&earlier, &folder.path().join("run"));
        let (code, output, errors) = told(&rtrl_lab(&["report", &text(&run)]));
        assert!(code == 0 && output.contains("data_ergodicity"), "{}: {errors}", earlier.display());
        assert_agree(&run, &earlier);
        assert!(run.join("report.html").exists());
    }
}

#[test]
fn a_run_of_another_version_is_read_and_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let earlier = frozen().into_iter().next().unwrap();
    let run = copied(&earlier, &here.join("run"));
    // A version whose study has other defaults: its fingerprint is not one that this version finds.
    let mut manifest = read(&run.join("manifest.json"));
    let print = manifest["fingerprint"].as_str().unwrap().to_string();
    let other = print.chars().rev().collect::<String>();
    manifest["version"] = "0.0.9".into();
    manifest["fingerprint"] = other.clone().into();
    manifest["study"]["level"] = Value::Null;
    std::fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    for (name, bytes) in crate::common::command::files(&run.join("records")) {
        let restamped = String::from_utf8(bytes).unwrap().replace(&print, &other);
        std::fs::write(run.join("records").join(name), restamped).unwrap();
    }
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&run)]));
    assert!(code == 0 && errors.contains("made by rtrl-lab 0.0.9"), "{code} {errors}");
    assert_agree(&run, &earlier);
    std::fs::remove_file(run.join("verdicts.json")).unwrap();
    let study = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/study.toml"));
    refused(here, &["verify", &study, "--only", "data_ergodicity", "--out", &text(&run)], &["0.0.9"]);
    let (code, output, _) = told(&rtrl_lab(&["check", &text(&run), "--every", "1000"]));
    assert!(code == 1 && output.contains("manifest.json/version"), "{output}");
    // Where that version filled in other values, its records are not those of today's study.
    manifest["study"]["cases"]["frozen"]["claims"]["data_ergodicity"]["steps"] = 50.into();
    std::fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&run)]));
    assert!(code == 2 && errors.contains("frozen/claims/data_ergodicity/steps: 50, not 40"), "{code} {errors}");
    manifest["study"]["cases"]["frozen"]["claims"]["data_ergodicity"]["steps"] = 40.into();
    manifest["study"]["cases"]["frozen"]["parameters"]["C"][0] = 0.5.into();
    std::fs::write(run.join("manifest.json"), manifest.to_string()).unwrap();
    let (code, _, errors) = told(&rtrl_lab(&["report", &text(&run)]));
    assert!(code == 2 && errors.contains("parameters/C/0: 0.5, not 0.18"), "{code} {errors}");
}
